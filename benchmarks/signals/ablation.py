"""Ablation: `python -m benchmarks.signals.ablation --data DIR` tells what signals add to health.

How well a session's health tells which sessions failed (AUROC of 1 - health against the label
`session_failure`), and what is lost if one signal is left out: negative means that health is better
without it. Each with a 95 % interval from resampled sessions, paired, so that the noise both share
cancels. Sets without that label are left out. A minute on two cores.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.signals.findings import FAILURE
from benchmarks.signals.pools import cores
from benchmarks.signals.runs import score
from benchmarks.signals.sessions import data_files, name_of_set, read_sessions
from otel_sessions.cli.recordings import BrokenLine
from otel_sessions.health import WEIGHTS, session_health, session_left, turn_health
from otel_sessions.signals import Signal

Floats = NDArray[np.float64]
Turns = tuple[Mapping[str, float], ...]
"""Severity by signal, for each turn of a session."""

_RESAMPLES = 400
_SEED = 20_240_901
"""Any number would do; a fixed one gives the same intervals again."""
_MIDDLE = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Judged:
    """A session of which somebody said whether it failed."""

    split_key: str
    failed: bool
    turns: Turns
    """Oldest first."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; gives the exit status: 2 if nobody said how sessions ended."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="a folder, or one .jsonl[.gz]")
    parser.add_argument("--only", action="append", default=[], metavar="SET")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--jobs", type=int, default=cores(), help="processes; default: all cores")
    options = parser.parse_args(arguments)
    judged = collect(data_files(options.data, options.only), options.jobs)
    if not judged:
        print(f"--data {options.data}: no set has {FAILURE} of both kinds", file=sys.stderr)
        return 2
    document = {name: ablate(sessions) for name, sessions in judged.items()}
    for name, rows in document.items():
        failed = sum(session.failed for session in judged[name])
        print(f"{name}: {len(judged[name])} sessions, {failed} failed")
        for signal, (value, low, high) in rows.items():
            print(f"  {signal:<26}{value:>7.3f}  [{low:.3f}, {high:.3f}]")
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return 0


def collect(files: Sequence[Path], jobs: int = 1) -> dict[str, list[Judged]]:
    """Run the sessions of files that have the label, by set; sets of one kind only tell nothing."""
    if jobs == 1:
        found = list(map(_judged, files))
    else:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(_judged, files))
    return {
        name_of_set(path): kept
        for path, kept in zip(files, found, strict=True)
        if 0 < sum(session.failed for session in kept) < len(kept)
    }


def ablate(sessions: Sequence[Judged]) -> dict[str, tuple[float, float, float]]:
    """Give the AUROC of health, and by signal what it adds, each with the ends of its interval.

    Only signals that were seen have a row.
    """
    failed = np.array([session.failed for session in sessions])
    rng = np.random.default_rng(_SEED)
    picks = [rng.integers(0, len(failed), len(failed)) for _ in range(_RESAMPLES)]
    seen = {name for session in sessions for turn in session.turns for name in turn}
    whole = _scores(sessions)
    rows = {"health": _with_interval(lambda pick: auroc(whole[pick], failed[pick]), picks)}
    for name in sorted(seen & WEIGHTS.keys()):
        left = _scores(sessions, {**WEIGHTS, name: 0.0})

        def added(pick: NDArray[np.int64], left: Floats = left) -> float:
            return auroc(whole[pick], failed[pick]) - auroc(left[pick], failed[pick])

        rows[name] = _with_interval(added, picks)
    return rows


def health(turns: Turns, weights: Mapping[str, float] = WEIGHTS) -> float:
    """Give the health of a session with these signals, if they had these weights."""
    judged = [[Signal(name, severity) for name, severity in turn.items()] for turn in turns]
    return session_health(
        [turn_health(signals, weights) for signals in judged],
        [session_left(signals, weights) for signals in judged],
    )


def auroc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores higher than a negative; ties count half, 0.5 if none."""
    ordered = np.sort(scores)
    ranks = (ordered.searchsorted(scores) + ordered.searchsorted(scores, "right") + 1) / 2
    hits = int(positive.sum())
    pairs = hits * (len(scores) - hits)
    return float(ranks[positive].sum() - hits * (hits + 1) / 2) / pairs if pairs else 0.5


def _judged(path: Path) -> list[Judged]:
    judged = []
    for session in read_sessions([path]):
        if not isinstance(session, BrokenLine) and FAILURE in session.labels:
            turns = tuple(dict(turn.signals) for turn in score(session).turns)
            judged.append(Judged(session.split_key, session.labels[FAILURE], turns))
    return judged


def _scores(sessions: Sequence[Judged], weights: Mapping[str, float] = WEIGHTS) -> Floats:
    return np.array([1 - health(session.turns, weights) for session in sessions])


def _with_interval(
    measure: Callable[[NDArray[np.int64]], float], picks: Sequence[NDArray[np.int64]]
) -> tuple[float, float, float]:
    value = measure(np.arange(len(picks[0])))
    low, high = np.percentile([measure(pick) for pick in picks], _MIDDLE)
    return round(value, 4), round(min(value, float(low)), 4), round(max(value, float(high)), 4)


if __name__ == "__main__":
    sys.exit(main())
