"""Traffic: an application that has recorded conversations with all clients, in rounds.

Started by the tests beside it. Each line on standard input is a file of recordings, one JSON object
a line with `agent` and `streamed` besides; when it has been played, the number of turns that were
told so far is printed. In each round the recorded calls of other clients are made, too: one of each
kind. The end of standard input ends all sessions.

The application keeps its sessions in Redis, and somebody else removes one of them now and then.

Arguments: base URL of an OTLP receiver, URL of a Redis. Service, version and export interval are
`OTEL_*`'s.
"""

import csv
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import redis

import otel_sessions
from benchmarks.recordings.clients import choose
from benchmarks.recordings.ways import SkipError, Way, outcome
from otel_sessions.cli.model_servers import ModelServer, Promises
from otel_sessions.cli.observations import Origin
from otel_sessions.cli.players import sync_client
from otel_sessions.cli.recordings import read_recording
from otel_sessions.cli.sdk import Telemetry
from otel_sessions.testing.exchanges import Exchange, read_exchanges
from otel_sessions.testing.wires import Wire

CASSETTES = Path(__file__).parents[3] / "../shared/data/cassettes"
KEY = "chat:{session_id}"
SETTLE_S = 300.0


class Application:
    """Makes calls, each inside a request as a web framework makes one."""

    def __init__(self, client, promises, telemetry, url):
        self._client, self._promises, self._telemetry = client, promises, telemetry
        self._chats, self._elsewhere = redis.Redis.from_url(url), redis.Redis.from_url(url)
        otel_sessions.observe_store(self._chats, name="chats", key_pattern=KEY, poll_s=0.5)

    def converse(self, record):
        """Have one recorded conversation."""
        recording = read_recording(record)
        key = KEY.format(session_id=recording.session_id)
        for number, call in enumerate(recording.calls):
            if number == len(recording.calls) // 2 and record["loses"]:
                self._elsewhere.delete(key)
            with (
                self._telemetry.request(Origin(recording.session_id, number)),
                otel_sessions.session(recording.session_id, agent=record["agent"]),
            ):
                self._chats.get(key)
                answer = self._client.chat.completions.create(
                    model=record["model"],
                    messages=call.messages,
                    extra_headers=self._promises.promise(call.reply),
                    **(_STREAMED if record["streamed"] else {}),
                )
                if record["streamed"]:
                    for _ in answer:
                        pass
                self._chats.set(key, json.dumps(call.messages))
        otel_sessions.end_session(recording.session_id, outcome=record["outcome"])

    def call_others(self, kinds, round_number):
        """Make a recorded call of each kind in all the ways of its client."""
        for kind, (exchange, ways) in kinds.items():
            for way in ways:
                session_id = f"{'-'.join(kind)}-{way.name}-{round_number}"
                with (
                    self._telemetry.request(Origin(session_id, 0)),
                    otel_sessions.session(session_id, agent="clients"),
                    suppress(SkipError),
                ):
                    outcome(way, Wire(exchange))
                otel_sessions.end_session(session_id)


_STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


def kinds() -> dict[tuple[str, str, str], tuple[Exchange, list[Way]]]:
    """Choose the shortest recording of each client and kind of reply."""
    found: dict[tuple[str, str, str], tuple[Exchange, list[Way]]] = {}
    for path in _shortest():
        for exchange in read_exchanges(path):
            if isinstance(exchange, str):
                continue
            try:
                choice = choose(exchange)
                ways = [*choice.ways(exchange)]
            except SkipError:
                continue
            streamed = "streamed" if exchange.streamed else "whole"
            found.setdefault((choice.client, choice.api, streamed), (exchange, ways))
    return found


def _shortest() -> Iterator[Path]:
    with (CASSETTES / "PROVENANCE.tsv").open() as lines:
        rows = sorted(csv.DictReader(lines, delimiter="\t"), key=lambda row: int(row["bytes"]))
    shortest: dict[tuple[str, str, str], Path] = {}
    for row in rows:
        path = CASSETTES / row["repo"].replace("/", "+") / row["path"]
        shortest.setdefault((row["providers"], row["apis"], row["stream"]), path)
    return (path for path in shortest.values() if path.exists())


def main() -> None:
    """Play rounds until standard input ends."""
    telemetry = Telemetry("traffic", sys.argv[1])
    others = kinds()
    otel_sessions.instrument(flush_timeout_s=120)
    promises = Promises()
    with ModelServer(promises) as server, sync_client(server.base_url) as client:
        application = Application(client, promises, telemetry, sys.argv[2])
        for number, path in enumerate(sys.stdin):
            with Path(path.strip()).open() as lines, ThreadPoolExecutor(8) as pool:
                for _ in pool.map(application.converse, map(json.loads, lines)):
                    pass
            application.call_others(others, number)
            if not otel_sessions.flush(SETTLE_S):
                sys.exit("not analysed in time")
            seen = telemetry.observer.sessions()
            told = {"turns": sum(each.turns for each in seen), "sessions": len(seen)}
            sys.stdout.write(f"{json.dumps({**told, 'kinds': len(others)})}\n")
            sys.stdout.flush()
    otel_sessions.uninstrument()
    telemetry.close()


if __name__ == "__main__":
    main()
