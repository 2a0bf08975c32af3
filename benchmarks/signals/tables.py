"""Tables: the results for people, with rich on a terminal that has it, plain otherwise."""

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol

from benchmarks.signals.results import Document

_HEADS = (
    "signal",
    "set",
    "level",
    "n",
    "pos.",
    "AUROC",
    "AP",
    "prec.",
    "recall",
    "F1",
    "base: AUROC",
    "AP",
    "F1",
)
_NUMBERS_FROM = 3
"""Columns from here on are aligned to the right."""
_TOLD_PER_RUN = 10
"""Without a terminal, progress is told about this often."""


class Advance(Protocol):
    """Takes note of so many more sessions."""

    def __call__(self, sessions: int) -> None:
        """Go on."""


def show_results(rows: Iterable[Document]) -> None:
    """Print one line for each signal and set."""
    _show(_HEADS, [_cells(row) for row in rows])


def show_alarms(alarms: Document) -> None:
    """Print one line for each set: of 100 turns, how many have an alarm."""
    heads = (
        "set",
        "of sessions",
        "sessions",
        "turns",
        "warnings",
        "critical",
        "unhealthy",
        "most from",
    )
    _show(heads, [_alarm_cells(name, found) for name, found in alarms.items()])


@contextmanager
def progress(total: int) -> Iterator[Advance]:
    """Show on stderr how far a run has come."""
    if sys.stderr.isatty() and importlib.util.find_spec("rich"):
        from rich.console import Console  # noqa: PLC0415 - an extra that may be missing
        from rich.progress import Progress  # noqa: PLC0415 - an extra that may be missing

        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("sessions", total=total)
            yield lambda sessions: bar.advance(task, sessions)
        return
    done = 0

    def advance(sessions: int) -> None:
        nonlocal done
        before, done = done, done + sessions
        step = max(1, total // _TOLD_PER_RUN)
        if done // step > before // step:
            print(f"{done} of {total} sessions", file=sys.stderr, flush=True)

    yield advance


def _show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if sys.stdout.isatty() and importlib.util.find_spec("rich"):
        from rich.box import SIMPLE  # noqa: PLC0415 - an extra that may be missing
        from rich.console import Console  # noqa: PLC0415 - an extra that may be missing
        from rich.table import Table  # noqa: PLC0415 - an extra that may be missing

        table = Table(box=SIMPLE, padding=0, collapse_padding=True)
        for at, head in enumerate(heads):
            number = at >= _NUMBERS_FROM
            justify: Literal["right", "left"] = "right" if number else "left"
            table.add_column(head, justify=justify, no_wrap=not number, overflow="fold")
        for row in rows:
            # A terminal is narrow: an interval goes below its figure.
            table.add_row(*(cell.replace(" (", "\n(") for cell in row))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [
            cell.rjust(width) if at >= _NUMBERS_FROM else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print()


def _cells(row: Document) -> list[str]:
    baseline = row["baseline"] or {}
    return [
        row["signal"],
        row["set"],
        row["level"],
        str(row["n"]),
        str(row["positives"]),
        *(_with_interval(row, name) for name in ("auroc", "ap", "precision", "recall", "f1")),
        *(_share(baseline.get(name)) for name in ("auroc", "ap", "f1")),
    ]


def _with_interval(row: Document, name: str) -> str:
    interval = row["interval"][name]
    shown = _share(row[name])
    return f"{shown} ({_share(interval[0])}-{_share(interval[1])})" if interval else shown


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def _alarm_cells(name: str, found: Document) -> list[str]:
    by_warnings = sorted(found["signals"].items(), key=lambda item: -(item[1]["warning"] or 0))
    return [
        name,
        found["sessions"],
        str(found["n_sessions"]),
        str(found["turns"]),
        *(_with_interval_of_100(found, label) for label in ("warning", "critical")),
        "-" if found["unhealthy"] is None else f"{found['unhealthy']:.1f}",
        ", ".join(f"{signal} {rates['warning']:.1f}" for signal, rates in by_warnings[:3]),
    ]


def _with_interval_of_100(found: Document, label: str) -> str:
    rate, interval = found[label], found["interval"][label]
    if rate is None or interval is None:
        return "-"
    return f"{rate:.1f} ({interval[0]:.1f}-{interval[1]:.1f})"
