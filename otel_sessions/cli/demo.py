"""Demo: scripted sessions through the real client, healthy and degraded, seen by telemetry alone.

It shows what the library finds, and it tests the whole way: it fails if a degradation is missed,
found in the wrong turn or session, or seen where there is none. 10 to 20 s, no network.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import otel_sessions
from otel_sessions.cli.model_servers import ModelServer, Promises
from otel_sessions.cli.scenarios import SCENARIOS
from otel_sessions.cli.sdk import Telemetry
from otel_sessions.cli.verdicts import Verdict, judge

if TYPE_CHECKING:
    from otel_sessions.cli.players import Player

NAME = "demo"
SUMMARY = "play scripted sessions and show what is found in them"
DESCRIPTION = """\
Play scripted sessions, healthy and degraded, through the real openai client against a model server
on this machine, and show what their telemetry says, while they run and at the end.
It needs no network, no account and no other program.

Exit status: 0 if every scripted degradation was found in its session and turn and the healthy
sessions are clean, 1 if not, 2 if the demo could not start."""

_AT_ONCE = 5
"""Sessions that are played at the same time."""
_PAUSE_S = 0.3
"""Time that a user takes between turns, so that a person can follow; none with `--json`."""
_SETTLE_S = 60.0
"""The longest wait for the analysis, on a machine that is busy with other things."""
_FRAME_S = 0.125
"""Time between two looks at the telemetry."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON document instead of tables; no progress, no pauses",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play all scripts, compare, print."""
    from otel_sessions.cli import views  # noqa: PLC0415 - rich is in the extra `demo`
    from otel_sessions.cli.players import Player  # noqa: PLC0415 - and so is openai

    telemetry = Telemetry("otel-sessions-demo")
    otel_sessions.instrument(providers=["openai"], store="memory://")
    promises, steps_done = Promises(), Counter[str]()
    pause_s = 0.0 if arguments.json else _PAUSE_S
    try:
        with ModelServer(promises) as server, views.live(quiet=arguments.json) as show:
            player = Player(server.base_url, promises, telemetry, pause_s, steps_done.update)
            for _ in _play(player):
                sessions = telemetry.observer.sessions()
                show(views.demo_running(judge(SCENARIOS, sessions), steps_done))
        otel_sessions.flush(_SETTLE_S)
    finally:
        otel_sessions.uninstrument()
        lost = telemetry.lost_calls()
        telemetry.close()
    verdicts = judge(SCENARIOS, telemetry.observer.sessions())
    if arguments.json:
        print(json.dumps(_document(verdicts), indent=2))
        for verdict in verdicts:
            for problem in verdict.problems:
                print(f"{verdict.script.name}: {problem}", file=sys.stderr)
    else:
        views.console(sys.stdout).print(views.demo_result(verdicts))
    if lost:
        print(f"{lost} calls were not analysed", file=sys.stderr)
    return 0 if all(verdict.ok for verdict in verdicts) and not lost else 1


def _play(player: "Player") -> Iterator[None]:
    """Play all scripts, some at a time; yield often while they run."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        playing = [pool.submit(player.play, script) for script in SCENARIOS]
        waiting: Collection[Future[None]] = playing
        while waiting:
            _, waiting = wait(waiting, timeout=_FRAME_S)
            yield
        for played in playing:
            played.result()  # raises what the application would have seen


def _document(verdicts: Sequence[Verdict]) -> dict[str, object]:
    return {
        "sessions": [
            {
                "session_id": verdict.seen.session_id if verdict.seen else None,
                "scenario": verdict.script.name,
                "expected": [
                    {"turn": turn, "signal": signal} for turn, signal in verdict.script.expected()
                ],
                "signals": verdict.seen.signal_list() if verdict.seen else [],
                "health": verdict.seen.health if verdict.seen else None,
                "turns": verdict.seen.turns if verdict.seen else 0,
                "id_source": verdict.seen.id_source if verdict.seen else None,
            }
            for verdict in verdicts
        ],
        "ok": all(verdict.ok for verdict in verdicts),
    }
