"""Figures: how well scores tell positive from negative examples, and how sure that is.

Area under the ROC curve (ties count half), average precision (the sum over thresholds of precision
times the gain in recall), and precision, recall and F1 of what fired. Each is in [0, 1] and `None`
where it is not defined: no AUROC and no AP without both classes, no precision where nothing fired.

An interval is the middle 95 % of what resampled *sessions* give, because turns of one session are
alike; resamples in which a figure is not defined are left out, and the figure itself is always in.
About 0.2 s for 10,000 turns.
Source: Efron, "Bootstrap methods", Annals of Statistics 7 (1979); Davison and Hinkley (1997), 2.4
and 3.8, for resampling groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
SEED = 20_240_901
"""Any number would do; a fixed one gives the same intervals again."""
NAMES = ("auroc", "ap", "precision", "recall", "f1")

_BATCH = 50
"""Resamples made at once: 10,000 turns then take 4 MB an array."""
_PERCENTILES = (2.5, 97.5)

Floats = NDArray[np.float64]
Figures = dict[str, float | None]
Intervals = dict[str, tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class Example:
    """A turn or a session, with what people and what detectors say of it."""

    session: int
    """Examples of one session share it."""
    positive: bool
    score: float
    """The higher, the more likely positive."""
    fired: bool
    """The score reaches the shipped threshold."""


def measure(examples: Sequence[Example]) -> tuple[Figures, Intervals]:
    """Give the figures by their names, and the 95 % interval of each.

    Args:
        examples: in any order, never empty.

    """
    table = _Table(examples)
    point = table.measure(np.ones((1, len(examples))))
    values = [point[name][0] for name in NAMES]
    samples = {name: np.concatenate(parts) for name, parts in _resampled(table).items()}
    return (
        {name: _known(value) for name, value in zip(NAMES, values, strict=True)},
        {name: _interval(samples[name], point[name][0]) for name in NAMES},
    )


def measure_best(examples: Sequence[Example]) -> Figures:
    """Give the figures with the threshold that has the highest F1 on these very examples.

    That flatters what is measured, so it is for baselines only: it is all that they could reach.
    """
    table = _Table(examples)
    once = table.measure(np.ones((1, len(examples))))
    precision, recall = table.by_threshold(np.ones((1, len(examples))))
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision[0] * recall[0] / (precision[0] + recall[0]))
    best = int(np.argmax(f1))
    found = {"precision": precision[0, best], "recall": recall[0, best], "f1": f1[best]}
    kept = {name: once[name][0] for name in ("auroc", "ap")}
    if not any(example.positive for example in examples):
        return dict.fromkeys(NAMES)
    return {name: _known(value) for name, value in {**kept, **found}.items()}


def ratio_interval(numbers: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    """Give the 95 % interval of a share, from its part and whole in each session."""
    if not any(whole for _, whole in numbers):
        return None
    table = np.array(numbers, float)
    rng = np.random.default_rng(SEED)
    shares = []
    for counts in _counts(rng, len(numbers)):
        sums = counts @ table
        shares.append(sums[:, 0] / np.maximum(sums[:, 1], 1))
    return _interval(np.concatenate(shares), table[:, 0].sum() / table[:, 1].sum())


class _Table:
    """Examples as columns, the highest score first."""

    def __init__(self, examples: Sequence[Example]) -> None:
        scores = np.array([example.score for example in examples], float)
        self.order = np.argsort(-scores, kind="stable")
        self.positive = np.array([e.positive for e in examples], float)[self.order]
        self.fired = np.array([e.fired for e in examples], float)[self.order]
        sessions = sorted({example.session for example in examples})
        numbers = {session: number for number, session in enumerate(sessions)}
        self.session = np.array([numbers[e.session] for e in examples])[self.order]
        self.sessions = len(sessions)
        ordered = scores[self.order]
        self.starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        """Where each group of equal scores starts."""

    def by_threshold(self, weights: Floats) -> tuple[Floats, Floats]:
        """Give precision and recall at each distinct score, the highest first.

        Args:
            weights: how often each example counts; a row for each resample.

        """
        hits, others = self._groups(weights)
        hit, other = hits.cumsum(axis=1), others.cumsum(axis=1)
        return _share(hit, hit + other), _share(hit, hit[:, -1:])

    def measure(self, weights: Floats) -> dict[str, Floats]:
        """Give each figure, one value for each row of weights; NaN where it is not defined."""
        hits, others = self._groups(weights)
        hit, other = hits.sum(axis=1), others.sum(axis=1)
        before = others.cumsum(axis=1) - others
        beaten = (hits * (other[:, None] - before - others / 2)).sum(axis=1)
        precision, recall = self.by_threshold(weights)
        gained = np.diff(recall, axis=1, prepend=0)
        found = weights * self.fired
        true, fired = (found * self.positive).sum(axis=1), found.sum(axis=1)
        return {
            "auroc": _share(beaten, hit * other),
            "ap": np.nansum(gained * np.nan_to_num(precision), axis=1)
            + np.where(hit * other > 0, 0, np.nan),
            "precision": _share(true, fired),
            "recall": _share(true, hit),
            "f1": _share(2 * true, fired + hit) + np.where(hit > 0, 0, np.nan),
        }

    def _groups(self, weights: Floats) -> tuple[Floats, Floats]:
        """Sum up positive and negative examples in each group of equal scores."""
        positive = np.add.reduceat(weights * self.positive, self.starts, axis=1)
        negative = np.add.reduceat(weights * (1 - self.positive), self.starts, axis=1)
        return positive, negative


def _resampled(table: _Table) -> dict[str, list[Floats]]:
    rng = np.random.default_rng(SEED)
    parts: dict[str, list[Floats]] = {name: [] for name in NAMES}
    for counts in _counts(rng, table.sessions):
        for name, values in table.measure(counts[:, table.session]).items():
            parts[name].append(values)
    return parts


def _counts(rng: np.random.Generator, sessions: int) -> list[Floats]:
    """Draw as many sessions as there are, with replacement, and count how often each came."""
    shares = np.full(sessions, 1 / sessions)
    return [
        rng.multinomial(sessions, shares, size=_BATCH).astype(float)
        for _ in range(RESAMPLES // _BATCH)
    ]


def _share(part: Floats, whole: Floats) -> Floats:
    shares: Floats = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _interval(samples: Floats, point: float) -> tuple[float, float] | None:
    defined = samples[~np.isnan(samples)]
    if np.isnan(point) or not len(defined):
        return None
    low, high = np.percentile(defined, _PERCENTILES)
    return min(float(low), float(point)), max(float(high), float(point))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
