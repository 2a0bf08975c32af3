"""Replay: recorded sessions go through the real client again, answered as they were recorded.

So the library can be judged on real conversations, and a collector, its rules and its alerts can
be tried with real shapes. Calls of one session keep their order; sessions run side by side.
About 250 calls in a second on two cores; far fewer at long histories, which the client goes through
at each call.
"""

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import otel_sessions
from otel_sessions.cli.errors import CommandError
from otel_sessions.cli.model_servers import ModelServer, Promises
from otel_sessions.cli.observations import CallSeen, Origin, SessionSeen
from otel_sessions.cli.recordings import BrokenLine, Recording, read_files
from otel_sessions.cli.sdk import Telemetry

if TYPE_CHECKING:
    import openai

NAME = "replay"
SUMMARY = "send recorded sessions through the real client and show what is found in them"
DESCRIPTION = """\
Send recorded sessions through the real openai client, against a model server on this machine that
answers as recorded, tools included, and show what their telemetry says.

A file has one JSON object a line: {"session_id": ..., "messages": [{"role": ..., "content": ...}]},
optionally with "calls", the indices of the messages that each call sent. A line that cannot be read
is reported and skipped.

Exit status: 0 if all calls were made and analysed, 1 if not, 2 if the replay could not start."""

_MODEL = "gpt-4o-mini"
_SETTLE_CALLS = 2_000
"""Calls after which a replay waits for their analysis; the library lets 10,000 wait by default."""
_SETTLE_S = 60.0
"""The longest such wait."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".jsonl or .jsonl.gz")
    parser.add_argument(
        "--limit", type=_positive, metavar="N", help="replay the first N sessions of all files"
    )
    parser.add_argument(
        "--ids",
        action="store_true",
        help="tell the library the recorded session ids; without, it finds the sessions by itself",
    )
    parser.add_argument(
        "--otlp",
        metavar="URL",
        help="also send traces, metrics and logs to this OTLP/HTTP receiver (base URL)",
    )
    parser.add_argument(
        "--model",
        default=_MODEL,
        metavar="NAME",
        help="model of recordings that name none (default: %(default)s)",
    )
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=8,
        metavar="N",
        help="sessions at the same time (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of tables"
    )
    parser.add_argument(
        "--details", action="store_true", help="with --json, also list every call (calls_detail)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, replay, print."""
    from otel_sessions.cli import views  # noqa: PLC0415 - rich is in the extra `demo`
    from otel_sessions.cli.players import sync_client  # noqa: PLC0415 - and so is openai

    recordings = _read(arguments.files, arguments.limit)
    telemetry = Telemetry("otel-sessions-replay", arguments.otlp)
    otel_sessions.instrument(providers=["openai"])
    promises = Promises()
    failures: list[str] = []
    try:
        with (
            ModelServer(promises) as server,
            sync_client(server.base_url) as client,
            views.replay_progress(quiet=arguments.json) as progress,
        ):
            total = sum(len(recording.calls) for recording in recordings)
            task = progress.add_task("Replaying", total=total)
            replayer = _Replayer(
                client,
                promises,
                telemetry,
                give_ids=arguments.ids,
                model=arguments.model,
                on_call=lambda: progress.advance(task),
            )
            failures += filter(None, _all(replayer, recordings, arguments.jobs))
        otel_sessions.flush(_SETTLE_S)
    finally:
        otel_sessions.uninstrument()
        lost = telemetry.lost_calls()
        telemetry.close()
    if lost:
        failures.append(f"{lost} calls were not analysed")
    for failure in failures:
        print(failure, file=sys.stderr)
    sessions = telemetry.observer.sessions()
    if arguments.json:
        calls = telemetry.observer.calls() if arguments.details else None
        print(json.dumps(_document(sessions, calls), indent=2))
    else:
        out = views.console(sys.stdout)
        for table in views.replay_result(sessions):
            out.print(table)
        print(_summary(sessions, len(recordings)))
    return 1 if failures else 0


class _Replayer:
    """Makes the calls of recordings; safe with many threads."""

    def __init__(
        self,
        client: "openai.OpenAI",
        promises: Promises,
        telemetry: Telemetry,
        *,
        give_ids: bool,
        model: str,
        on_call: Callable[[], None],
    ) -> None:
        self._client = client
        self._promises = promises
        self._telemetry = telemetry
        self._give_ids = give_ids
        self._model = model
        self._on_call = on_call
        self._settling = threading.Lock()
        self._unsettled = 0

    def replay(self, recording: Recording) -> str | None:
        """Make all calls of one recording in order; say what went wrong, if anything did."""
        for number, call in enumerate(recording.calls):
            session_id = recording.session_id
            known = otel_sessions.session(session_id) if self._give_ids else nullcontext()
            try:
                with self._telemetry.request(Origin(session_id, number)), known:
                    self._client.chat.completions.create(
                        model=recording.model or self._model,
                        messages=cast("Any", call.messages),  # as recorded, whatever that is
                        extra_headers=self._promises.promise(call.reply),
                    )
            except Exception as error:  # noqa: BLE001 - one bad recording must not end the replay
                return f"{session_id}, call {number}: {error}"
            self._on_call()
        self._settle(len(recording.calls))
        return None

    def _settle(self, calls: int) -> None:
        """Let the analysis catch up now and then; it would drop calls if it fell far behind."""
        with self._settling:
            self._unsettled += calls
            if self._unsettled >= _SETTLE_CALLS:
                otel_sessions.flush(_SETTLE_S)
                self._unsettled = 0


def _all(replayer: _Replayer, recordings: list[Recording], jobs: int) -> Iterator[str | None]:
    """Replay side by side; yield what each recording says when it is done."""
    with ThreadPoolExecutor(jobs) as pool:
        replaying: list[Future[str | None]] = [
            pool.submit(replayer.replay, recording) for recording in recordings
        ]
        try:
            yield from (replayed.result() for replayed in as_completed(replaying))
        finally:
            pool.shutdown(cancel_futures=True)


def _read(paths: list[Path], limit: int | None) -> list[Recording]:
    """Read up to `limit` recordings; tell of broken lines on stderr."""
    recordings: list[Recording] = []
    try:
        for read in read_files(paths):
            if isinstance(read, BrokenLine):
                print(read, file=sys.stderr)
                continue
            recordings.append(read)
            if len(recordings) == limit:
                break
    except OSError as error:
        raise CommandError(str(error)) from error
    silent = sum(not recording.calls for recording in recordings)
    if silent:
        print(f"{silent} sessions have no reply, so no call is made of them", file=sys.stderr)
    if not recordings:
        message = (
            f"No session in {', '.join(map(str, paths))}: each must be one JSON object in one line"
        )
        raise CommandError(message)
    return recordings


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"{text!r}: must be a whole number from 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _document(sessions: list[SessionSeen], calls: list[CallSeen] | None) -> dict[str, object]:
    document: dict[str, object] = {"sessions": [_session(seen) for seen in sessions]}
    if calls is not None:
        document["calls_detail"] = [
            {
                "recorded_id": call.origin.name,
                "index": call.origin.index,
                "session_id": call.session_id,
                "turn": call.turn,
            }
            for call in calls
        ]
    return document


def _session(seen: SessionSeen) -> dict[str, object]:
    also = sorted(set(seen.origins) - {seen.origin})
    return {
        "session_id": seen.session_id,
        "recorded_id": seen.origin,
        **({"also": also} if also else {}),
        "turns": seen.turns,
        "calls": seen.calls,
        "signals": seen.signal_list(),
        "health": seen.health,
        "id_source": seen.id_source,
    }


def _summary(sessions: list[SessionSeen], recordings: int) -> str:
    turns, calls = sum(s.turns for s in sessions), sum(s.calls for s in sessions)
    return f"Recordings: {recordings}. Sessions: {len(sessions)}, turns: {turns}, calls: {calls}."
