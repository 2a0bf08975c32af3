"""Fit the weights of health on labelled sessions: three figures, not one for each signal.

    python scripts/fit_health.py --data ../shared/data/dev [--check]

What is fitted is the weight of a conclusion, one for all of them, and that of each signal of the
session as a whole; facts weigh what people thought. A weight for each signal would tell the other
half of the sessions nothing more, because most signals are in a few sessions only. All combinations
are tried; the one whose AUROC of health against failure is highest in the mean over the sets wins,
of those that are within `ENOUGH` of it the one nearest to what people thought (the first).

Bounds keep what labels are for: what is critical makes its turn unhealthy, and what a signal of the
session says at its strongest does not make a session unhealthy alone.

Prints for each set the AUROC with what people thought, with what was chosen on the other half of
the sessions (halves by the checksum of `split_key`, so no task is in both), and with what was
chosen on all, which is what `health.py` should have and no measure of anything unseen. With
`--check` the exit status is 1 if it has other weights. About 3 min on two cores.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from benchmarks.signals.ablation import Judged, auroc, collect, health
from benchmarks.signals.pools import cores
from benchmarks.signals.sessions import data_files
from otel_sessions.health import CONCLUSION, OF_THE_SESSION, WEIGHTS

SETS = ("agentclinic", "dbdc3", "tau1", "tau2_retail")
"""Those of whose sessions somebody said how they ended, many of either kind."""
CONCLUSIONS = tuple(name for name, weight in WEIGHTS.items() if weight == CONCLUSION)


class Choice(NamedTuple):
    """The figures that are fitted."""

    conclusion: float = 0.75
    slow_progress: float = 0.5
    loose_replies: float = 0.5

    def weights(self) -> dict[str, float]:
        """Return all weights."""
        of_the_session = {name: getattr(self, name) for name in OF_THE_SESSION}
        return {**WEIGHTS, **dict.fromkeys(CONCLUSIONS, self.conclusion), **of_the_session}


PEOPLE = Choice()
"""What people thought."""
CHOICES = sorted(
    (Choice(*each) for each in product((0.65, 0.75, 0.85), (0.5, 0.75, 1.0), (0.5, 0.75, 1.0))),
    key=lambda choice: sum(abs(a - b) for a, b in zip(choice, PEOPLE, strict=True)),
)
"""Within bounds: 0.65 at a severity of 0.8 leaves 0.48, 1 at 0.45 leaves 0.55."""
ENOUGH = 0.001


def main() -> int:
    """Fit and print; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the dev sets")
    parser.add_argument("--check", action="store_true", help="compare with health.py")
    options = parser.parse_args()
    judged = collect(data_files(options.data, SETS), cores())
    halves = [_half(judged, half) for half in (0, 1)]
    tables = [_table(half) for half in halves]
    chosen = choose(_table(judged))
    crossed = [choose(table) for table in tables]
    print(f"people {PEOPLE}\nchosen {chosen}\nby half {crossed[0]}\n        {crossed[1]}")
    print(f"\n{'AUROC':<16}sessions  people  chosen on the other half  chosen on all")
    for name, sessions in judged.items():
        other = np.mean([tables[half][crossed[1 - half]][name] for half in (0, 1)])
        people, all_ = (measure(sessions, each) for each in (PEOPLE, chosen))
        print(f"{name:<16}{len(sessions):>8}{people:>8.3f}{other:>26.3f}{all_:>15.3f}")
    if options.check and chosen.weights() != dict(WEIGHTS):
        print("health.py has other weights", file=sys.stderr)
        return 1
    return 0


Table = Mapping[Choice, Mapping[str, float]]
"""AUROC by set."""


def choose(table: Table) -> Choice:
    """Return the combination that is best, or good enough and nearer to what people thought."""
    means = {choice: np.mean(list(by_set.values())) for choice, by_set in table.items()}
    best = max(means.values())
    return next(choice for choice in CHOICES if means[choice] >= best - ENOUGH)


def measure(sessions: Sequence[Judged], choice: Choice) -> float:
    """Give the AUROC of 1 - health with a choice."""
    weights = choice.weights()
    scores = np.array([1 - health(session.turns, weights) for session in sessions])
    return auroc(scores, np.array([session.failed for session in sessions]))


def _table(judged: Mapping[str, Sequence[Judged]]) -> Table:
    return {
        choice: {name: measure(sessions, choice) for name, sessions in judged.items()}
        for choice in CHOICES
    }


def _half(judged: Mapping[str, Sequence[Judged]], half: int) -> dict[str, list[Judged]]:
    return {
        name: [s for s in sessions if crc32(s.split_key.encode()) % 2 == half]
        for name, sessions in judged.items()
    }


if __name__ == "__main__":
    sys.exit(main())
