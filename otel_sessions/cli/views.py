"""Views: what the commands show to a person.

Progress goes to stderr and vanishes when it is done; results go to stdout. Colours follow the
terminal and `NO_COLOR`. Output that is no terminal gets lines wide enough for the tables.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from otel_sessions.cli.observations import SessionSeen
from otel_sessions.cli.verdicts import Place, Verdict
from otel_sessions.signals import CRITICAL, WARNING

_FILE_COLUMNS = 160
"""Width of tables where there is no terminal to ask."""
_SINGLY = 8
"""Turns in which a signal is shown one by one."""
_WORST = 15
"""Sessions that a replay shows one by one; `--json` has all."""


def console(stream: TextIO, *, quiet: bool = False) -> Console:
    """Open a console on stdout or stderr."""
    return Console(file=stream, quiet=quiet, width=None if stream.isatty() else _FILE_COLUMNS)


@contextmanager
def live(*, quiet: bool) -> Iterator[Callable[[Table], None]]:
    """Show on stderr whatever the function is given, the newest only; nothing if nobody looks."""
    errors = console(sys.stderr, quiet=quiet or not sys.stderr.isatty())
    with Live(console=errors, transient=True, auto_refresh=False) as screen:
        yield lambda table: screen.update(table, refresh=True)


def replay_progress(*, quiet: bool) -> Progress:
    """Make the bar of a replay: calls made, time spent, time left."""
    errors = console(sys.stderr)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("calls"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=quiet or not errors.is_terminal,
    )


def demo_running(verdicts: Iterable[Verdict], steps_done: Counter[str]) -> Table:
    """Draw the state of all scripts while they play."""
    table = Table(
        "scenario", "turn", "", "signals (turn, severity)", "health", title="Sessions, live"
    )
    for verdict in verdicts:
        script, seen = verdict.script, verdict.seen
        done = steps_done[script.name] == len(script.steps)
        table.add_row(
            escape(script.name),
            f"{seen.turns} of {script.turns}" if seen else "",
            "done" if done else "[bold]running[/bold]" if seen else "[dim]waiting[/dim]",
            _signals(seen, set()),
            _health(seen),
        )
    return table


def demo_result(verdicts: Sequence[Verdict]) -> Table:
    """Draw what was found and what was expected, one line for each session."""
    table = Table(title="Sessions, as their telemetry tells them")
    for heading in (
        "session",
        "scenario",
        "turns",
        "signals (turn, severity)",
        "health",
        "id from",
    ):
        table.add_column(heading, justify="right" if heading in {"turns", "health"} else "left")
    table.add_column("found / expected")
    for verdict in verdicts:
        seen, expected = verdict.seen, set(verdict.script.expected())
        table.add_row(
            escape(_short(seen.session_id) if seen else "-"),
            escape(verdict.script.name),
            str(seen.turns if seen else 0),
            _signals(seen, expected),
            _health(seen),
            (seen and seen.id_source) or "-",
            _found(verdict, len(expected)),
        )
    return table


def replay_result(sessions: Sequence[SessionSeen]) -> Iterable[Table]:
    """Draw how often each signal was seen, then the sessions that are worst."""
    signals = Table("signal", title="Signals")
    for heading in ("sessions", "turns", "of them critical"):
        signals.add_column(heading, justify="right")
    for name in sorted({name for seen in sessions for _, name in seen.signals}):
        found = [
            [severity for (_, signal), severity in seen.signals.items() if signal == name]
            for seen in sessions
        ]
        turns = [severity for severities in found for severity in severities]
        critical = sum(severity >= CRITICAL for severity in turns)
        signals.add_row(name, str(sum(map(bool, found))), str(len(turns)), str(critical))
    yield signals
    worst = Table("session", "recording", title="Least healthy sessions")
    for heading in ("turns", "calls", "health"):
        worst.add_column(heading, justify="right")
    worst.add_column("signals (turn, severity)")
    unhealthy = [seen for seen in sessions if any(s >= WARNING for s in seen.signals.values())]
    for seen in sorted(unhealthy, key=lambda seen: seen.health or 0.0)[:_WORST]:
        worst.add_row(
            escape(_short(seen.session_id)),
            escape(_short(seen.origin)),
            str(seen.turns),
            str(seen.calls),
            _health(seen),
            _signals(seen, set()),
        )
    if unhealthy:
        yield worst


def _signals(seen: SessionSeen | None, expected: set[Place]) -> str:
    """Write the signals; those that are no warning are dim, unexpected warnings are marked.

    One that goes on and on is written once.
    """
    found = sorted(seen.signals.items()) if seen else []
    times = Counter(name for (_, name), _ in found)
    texts = [_often(name, found) for name, count in times.items() if count > _SINGLY]
    for (turn, name), severity in found:
        if times[name] > _SINGLY:
            continue
        style = _style(severity)
        mark = "" if not expected or severity < WARNING or (turn, name) in expected else " (extra)"
        texts.append(f"[{style}]{name} ({turn}, {severity:.2f}){mark}[/{style}]")
    return ", ".join(texts) or "-"


def _often(name: str, found: Sequence[tuple[Place, float]]) -> str:
    turns, severities = zip(*((turn, s) for (turn, each), s in found if each == name), strict=True)
    style = _style(max(severities))
    places = f"{len(turns)} turns of {min(turns)}-{max(turns)}"
    return f"[{style}]{name} ({places}, up to {max(severities):.2f})[/{style}]"


def _style(severity: float) -> str:
    return "red" if severity >= CRITICAL else "yellow" if severity >= WARNING else "dim"


def _health(seen: SessionSeen | None) -> str:
    if seen is None or seen.health is None:
        return "-"
    style = "green" if seen.health > WARNING else "yellow" if seen.health > 1 - CRITICAL else "red"
    return f"[{style}]{seen.health:.2f}[/{style}]"


def _found(verdict: Verdict, expected: int) -> str:
    if verdict.ok and not expected:
        return "[green]clean[/green]"
    failures = [
        *verdict.problems,
        *(f"missed {name} ({turn})" for turn, name in verdict.missed),
        *(f"unexpected {name} ({turn})" for turn, name in verdict.unexpected if not expected),
    ]
    style = "green" if verdict.ok else "red"
    count = f"{expected - len(verdict.missed)} / {expected}"
    return f"[{style}]{escape('; '.join([count, *failures]))}[/{style}]"


def _short(identifier: str, most: int = 28) -> str:
    """Leave out the middle: ids of one system often begin alike and end differently."""
    half = most // 2
    short = f"{identifier[: half - 1]}…{identifier[-half:]}"
    return identifier if len(identifier) <= most else short
