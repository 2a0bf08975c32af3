"""Four processes lead sessions in one store, and one after the other is killed.

`python killing.py URL TENANT FOLDER KILLS`. Each process is instrumented as an application is and
writes to a file of its own in the folder:

- `B session` before a turn is appended,
- `A session key opened` when it has been and was accepted by the store, or else `R`,
- `T session turns` when the session's span has been exported, which tells its end,
- `M sum` when metrics have been exported: the ends that this process has counted so far,
- `C session` when the store has taken in that the end was told.

A session gets turns for half a second, at random, from all; then some are ended by the application,
and the others are found idle. At last a process tells what the killed ones left.
"""

import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import otel_sessions
from otel_sessions import names
from otel_sessions.calls import Call, GivenId, Message, Reply, Request
from otel_sessions.instrumentation import Handle
from otel_sessions.stores import open_store
from otel_sessions.stores import redis as redis_store
from otel_sessions.stores import sqlite as sqlite_store

PROCESSES = 4
SESSIONS_A_ROUND = 20
ROUND_S = 0.5
IDLE_S = 2.5
KILL_EVERY_S = 0.3
LEASE_S = 15.0
"""Of who is alive; long enough for a slow machine, and short enough to run out within the test."""
WAITING_CALLS = 20

# An append that is late is done twice as far as this log knows; that is what outages are about.
redis_store.TIMEOUT_S = sqlite_store.TIMEOUT_S = 60.0
dice = Random()  # noqa: S311 - no secret
stopped: list[bool] = []


def main() -> None:
    # Before the forks, so that no child is without it for a moment.
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    url, tenant, folder, kills = sys.argv[1:]
    # Its modules are loaded once.
    open_store(url, max_sessions=1, key=b"one key")
    workers = {start(at, url, tenant, folder, work): at for at in range(PROCESSES)}
    dice.seed(7)
    for number in range(PROCESSES, PROCESSES + int(kills)):
        time.sleep(KILL_EVERY_S * dice.uniform(0.5, 1.5))
        while not (busy := [pid for pid, at in workers.items() if has("A", folder, at)]):
            time.sleep(0.01)
        # Rather one that has lived long enough to tell ends; at what it is now, nobody looks.
        grown = [pid for pid in busy if has("C", folder, workers[pid])]
        victim = dice.choice(grown or busy)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        (Path(folder) / f"{workers.pop(victim)}.killed").touch()
        workers[start(number, url, tenant, folder, work)] = number
    status = max([stop(worker) for worker in workers])
    last = start(PROCESSES + int(kills), url, tenant, folder, clear_up)
    sys.exit(max(status, os.waitpid(last, 0)[1]))


def has(done: str, folder: str, number: int) -> bool:
    """Tell whether a process has got so far that it has written a line of a kind."""
    log = Path(folder) / f"{number}.log"
    return log.exists() and f"\n{done} " in "\n" + log.read_text()


def start(number: int, url: str, tenant: str, folder: str, run) -> int:
    child = os.fork()
    if child == 0:
        dice.seed(number)
        log = os.open(Path(folder) / f"{number}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        try:
            run(instrumented(url, tenant, log))
            otel_sessions.uninstrument()
        except BaseException:  # noqa: BLE001 - whatever it is, the child ends here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def stop(worker: int) -> int:
    """End a process; a signal is lost on one that is just being forked, so it is sent again."""
    while True:
        os.kill(worker, signal.SIGTERM)
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.05)


def instrumented(url: str, tenant: str, log: int) -> Handle:
    """Instrument this process, with exporters and a store that write to its log."""

    def write(*lines: str) -> None:
        if lines:
            os.write(log, "".join(f"{line}\n" for line in lines).encode())

    spans = TracerProvider()
    spans.add_span_processor(BatchSpanProcessor(Spans(write)))
    trace.set_tracer_provider(spans)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(Sums(write), 1000)]))
    _logs.set_logger_provider(LoggerProvider())
    handle = otel_sessions.instrument(
        store=url,
        tenant=tenant,
        key="one long key",
        providers=[],
        idle_timeout_s=IDLE_S,
        max_sessions=100_000,
        flush_timeout_s=60,
    )
    store = handle.monitor._store
    store._lease_s = LEASE_S
    append, confirm = store.append, store.confirm

    def appending(turn, **options):
        write(f"B {turn.session_id}")
        appended = append(turn, **options)
        accepted = appended.fault is None and appended.refused is None
        write(f"A {turn.session_id} {turn.key} {appended.opened}" if accepted else "R")
        return appended

    def confirming(untold):
        confirm(untold)
        write(*(f"C {each.session_id}" for each in untold))

    store.append, store.confirm = appending, confirming
    return handle


class Spans(SpanExporter):
    """Writes the ends that spans tell, as one exporter sends a batch."""

    def __init__(self, write):
        self._write = write

    def export(self, spans):
        ends = [each.attributes for each in spans if each.name == names.SESSION_SPAN]
        self._write(*(f"T {each[names.SESSION_ID]} {each[names.TURNS]}" for each in ends))
        return SpanExportResult.SUCCESS


class Sums(MetricExporter):
    """Writes how many ends have been counted."""

    def __init__(self, write):
        super().__init__()
        self._write = write

    def export(self, metrics_data, timeout_millis=0, **_):
        told = [
            point.value
            for resource in metrics_data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == names.ENDED.name
            for point in metric.data.data_points
        ]
        self._write(f"M {sum(told)}")
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis=0):
        return True

    def shutdown(self, timeout_millis=0, **_):
        pass


@dataclass
class Made:
    """A call that has been made; it has no messages, so each is a turn."""

    session_id: str
    outcome = "completed"
    error_type = None

    def __post_init__(self):
        self.span = trace.get_tracer("test").start_span("a call")
        self.ended_ns = time.time_ns()

    def read(self):
        return Call(
            provider="openai",
            request=Request(model="m", messages=None),
            reply=Reply(Message("assistant", "A dull reply.")),
            outcome="completed",
            started_ns=self.ended_ns,
            ended_ns=self.ended_ns,
            given_id=GivenId(self.session_id, "session"),
        )


def work(handle: Handle) -> None:
    count = 0
    pipeline = handle.monitor.pipeline
    while not stopped:
        count += 1
        current = int(time.time() / ROUND_S)
        if count % 16:
            pipeline.submit(Made(f"{current}-{dice.randrange(SESSIONS_A_ROUND)}"))
        else:
            session_id = f"{current - 5}-{dice.randrange(SESSIONS_A_ROUND)}"
            otel_sessions.end_session(session_id, outcome="resolved")
        while len(pipeline) > WAITING_CALLS and not stopped:
            time.sleep(0.005)


def clear_up(handle: Handle) -> None:
    """Tell every end that is left, as if idle times and leases had run out."""
    tracker, store = handle.monitor.tracker, handle.monitor._store
    tracker._idle_timeout_s = store._lease_s = -1
    tracker.sweep()
    while tracker.ends._waiting:
        assert otel_sessions.flush(30)
        tracker.sweep()


if __name__ == "__main__":
    main()
