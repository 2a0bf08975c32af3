"""Scale: `python -m benchmarks.scale` leads 100,000 sessions of 1,000,000 turns and watches memory.

Checked are: no session takes more than 64 KiB, whatever its length; a kept turn takes 1.5 KiB or
less on average over a session, in 95 % of the sessions of 8 turns or more; no more sessions are
active than `--max-sessions`, and those that are let go are counted as ended; no call is lost; and,
in runs of 100,000 turns or more, resident memory grows by no more than 5 % and no series of metrics
is new after warm-up (the first 30 % of the turns). Exits with 1 if one of these does not hold.

About 20 minutes on a free core. An interrupt (Ctrl-C) ends it with what there is so far.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from benchmarks.scale.plots import write_plot
from benchmarks.scale.soak import (
    MAX_GROWTH,
    MAX_SESSION_BYTES,
    MAX_TURN_BYTES,
    WARM,
    Results,
    soak,
)

_LONG_RUN = 100_000
"""Turns from which growth says something."""
_MIB = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and tell whether all of it holds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--max-sessions", type=int, default=10_000, help="the setting")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the figures as SVG")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args(arguments)
    if not 1 <= options.sessions <= options.turns or options.max_sessions < 1:
        parser.error("--sessions must be 1 or more, and --turns at least as many")
    columns = ("turns", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task("turns", total=options.turns)

        def told(results: Results) -> None:
            progress.update(bar, completed=results.samples[-1].turns)
            if options.json:
                options.json.write_text(json.dumps(asdict(results)) + "\n", "utf-8")

        results = soak(
            options.sessions, options.turns, max_sessions=options.max_sessions, told=told
        )
    if options.plot:
        _draw(options.plot, results)
    return _print(results, options.max_sessions)


def _print(results: Results, max_sessions: int) -> int:
    last = results.samples[-1]
    ended = ", ".join(f"{count:,} {reason}" for reason, count in sorted(last.ended.items()))
    print(f"{results.started:,} sessions started, {last.turns:,} turns, CPU {last.cpu_s:,.0f} s")
    print(f"ended: {ended}")
    failed = False
    for text, holds in _checks(results, max_sessions):
        failed |= not holds
        print(f"{'ok  ' if holds else 'FAIL'}  {text}")
    return int(failed)


def _checks(results: Results, max_sessions: int) -> Iterator[tuple[str, bool]]:
    samples, sizes = results.samples, results.turn_bytes()
    if samples[-1].turns >= _LONG_RUN:
        warm_mib = samples[round(WARM * len(samples))].resident_bytes / _MIB
        now_mib, growth = samples[-1].resident_bytes / _MIB, results.growth()
        told = f"resident memory {warm_mib:,.0f} -> {now_mib:,.0f} MiB after warm-up"
        yield f"{told}, {growth:+.1%} (at most {MAX_GROWTH:+.0%})", growth <= MAX_GROWTH
        new = results.new_series()
        yield f"{samples[-1].series} series of metrics, {new} new after warm-up", new == 0
    largest = results.largest_session()
    yield f"largest session {largest / 1024:.1f} KiB", largest <= MAX_SESSION_BYTES
    if sizes:
        average, at_95 = mean(sizes), sizes[int(0.95 * (len(sizes) - 1))]
        told = f"a kept turn {average / 1024:.2f} KiB, in 95 % of sessions <= {at_95 / 1024:.2f}"
        yield f"{told}, at most {sizes[-1] / 1024:.2f}", at_95 <= MAX_TURN_BYTES
    active = max(sample.active for sample in samples)
    yield f"active sessions at most {active:,}", active <= max_sessions
    ended = sum(samples[-1].ended.values())
    told = f"{ended:,} ended and {samples[-1].active:,} active are all that started"
    yield told, ended + samples[-1].active == results.started
    yield f"{results.lost} calls lost", results.lost == 0


def _draw(path: Path, results: Results) -> None:
    samples = results.samples
    curves = [
        ("resident memory, MiB", [sample.resident_bytes / _MIB for sample in samples]),
        ("active sessions", [float(sample.active) for sample in samples]),
        ("largest session, KiB", [sample.largest_session_bytes / 1024 for sample in samples]),
        ("series of metrics", [float(sample.series) for sample in samples]),
    ]
    write_plot(path, "Soak, memory store", [sample.turns for sample in samples], curves)


if __name__ == "__main__":
    sys.exit(main())
