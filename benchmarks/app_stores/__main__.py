"""App stores: `python -m benchmarks.app_stores` measures `observe_store` with a Redis of its own.

The first table has CPU time of the caller's thread per operation, in microseconds: the median over
interleaved blocks of the same operations with and without us, so that both meet the same machine.
The second fills a Redis of 16 MiB with growing sessions at an even rate, and compares each forecast
with the time that it really took until the first write was refused. About a minute.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
import sqlalchemy
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider

import otel_sessions
from collector.programs import provide

MAX_BYTES = 16 * 2**20
HISTORY = "x" * 8_000
PORT = 16_399


def main() -> int:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--blocks", type=int, default=21, help="of 200 operations each")
    parser.add_argument("--fill-s", type=float, default=30.0, help="how long the filling takes")
    options = parser.parse_args()
    metrics.set_meter_provider(MeterProvider())
    with _server() as client, otel_sessions.instrument(providers=[]):
        print("| operation | without, µs | added, µs |")
        print("| --- | --- | --- |")
        for name, plain, observed in _operations(client):
            without, added = _compare(plain, observed, options.blocks)
            print(f"| {name} | {without:.1f} | {added:.1f} |")
        client.flushall()
        print("\n| share of the limit | forecast, s | it took, s |")
        print("| --- | --- | --- |")
        for share, forecast_s, took_s in _fill(client, options.fill_s):
            print(f"| {share:.0%} | {forecast_s:.1f} | {took_s:.1f} |")
    return 0


@contextmanager
def _server() -> Iterator["redis.Redis[Any]"]:
    with tempfile.TemporaryDirectory() as folder:
        command = [provide("redis-server"), "--port", str(PORT), "--bind", "127.0.0.1"]
        command += ["--save", "", "--dir", folder, "--maxmemory", str(MAX_BYTES)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            client = redis.Redis(port=PORT, retry_on_error=[redis.ConnectionError])
            while True:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.05)
            yield client
            client.close()
        finally:
            process.kill()
            process.wait()


class _Chats(dict[str, str]):
    """A plain object with get and set."""

    set = dict.__setitem__


def _operations(
    client: "redis.Redis[Any]",
) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """Give each operation twice: on a store that is not watched and on one that is."""
    other = redis.Redis(port=PORT)
    otel_sessions.observe_store(other, key_pattern="chat:{session_id}")
    pair = (client, other)
    yield ("redis get, not found", *(lambda c=c: c.get("chat:s") for c in pair))
    yield ("redis set, a session", *(lambda c=c: c.set("chat:s", HISTORY) for c in pair))
    yield ("redis get, a session", *(lambda c=c: c.get("chat:s") for c in pair))
    yield ("redis get, another key", *(lambda c=c: c.get("cache:s") for c in pair))
    engines = [sqlalchemy.create_engine("sqlite://") for _ in range(2)]
    otel_sessions.observe_store(
        engines[1], table="chats", id_column="session_id", data_columns="history"
    )
    connections = [engine.connect() for engine in engines]
    table = sqlalchemy.Table(
        "chats",
        sqlalchemy.MetaData(),
        sqlalchemy.Column("session_id", sqlalchemy.String, primary_key=True),
        sqlalchemy.Column("history", sqlalchemy.Text),
    )
    for connection in connections:
        table.create(connection)
        connection.execute(sqlalchemy.insert(table), {"session_id": "s", "history": HISTORY})
    query = sqlalchemy.select(table).where(table.c.session_id == "s")
    yield ("sqlalchemy select", *(lambda c=c: c.execute(query).all() for c in connections))
    plain, chats = _Chats(s=HISTORY), _Chats(s=HISTORY)
    otel_sessions.observe_store(chats, key_pattern="{session_id}")
    yield ("object get", *(lambda c=c: c.get("s") for c in (plain, chats)))
    for connection in connections:
        connection.close()


def _compare(
    plain: Callable[[], Any], observed: Callable[[], Any], blocks: int
) -> tuple[float, float]:
    """Give the time without us and what we add, both per operation in microseconds."""
    pairs = []
    for at in range(blocks):
        order = (plain, observed) if at % 2 else (observed, plain)
        times = {run: _block(run) for run in order}
        pairs.append((times[plain], times[observed]))
    without = statistics.median(first for first, _ in pairs)
    return without, statistics.median(second - first for first, second in pairs)


def _block(run: Callable[[], Any], count: int = 200) -> float:
    started_s = time.thread_time()
    for _ in range(count):
        run()
    return (time.thread_time() - started_s) / count * 1e6


def _fill(client: "redis.Redis[Any]", fill_s: float) -> Iterator[tuple[float, float, float]]:
    """Let sessions grow until a write is refused; give forecasts beside what it took."""
    store = otel_sessions.observe_store(
        client, key_pattern="chat:{session_id}", name="filling", poll_s=max(0.1, fill_s / 60)
    )
    told: list[tuple[float, float, float]] = []
    turns, sessions = 150, 20
    turn_bytes = MAX_BYTES // sessions // turns
    started_s, history = time.monotonic(), b""
    try:
        while True:
            history += b"x" * turn_bytes
            for session in range(sessions):
                client.set(f"chat:{session}", history)
            capacity = store.capacity
            if capacity and capacity.full_in_s is not None and capacity.utilization is not None:
                told.append((capacity.utilization, capacity.full_in_s, time.monotonic()))
            time.sleep(
                max(0.0, started_s + len(history) / turn_bytes * fill_s / turns - time.monotonic())
            )
    except redis.OutOfMemoryError:
        full_s = time.monotonic()
    for wanted in (0.25, 0.5, 0.75, 0.9, 0.95):
        at = next((each for each in told if each[0] >= wanted), None)
        if at is not None:
            yield at[0], at[1], full_s - at[2]


if __name__ == "__main__":
    sys.exit(main())
