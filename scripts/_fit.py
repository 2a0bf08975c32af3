"""Fit: vectors of word pieces whose weighted sum points where a sentence encoder points.

Three steps, each on what the one before left over. One linear map takes the averaged pieces, as the
encoder sees each alone, to the principal components of its sentence vectors. A ridge regression
then moves single pieces. Last, frequent pieces lose weight and the strongest components some of
their lead: function words and the domain say little about what a message is about.
Constants were chosen by the mean AUROC of `measure_embedding.py`, fitted on one half of the dev
sets and measured on the other, both ways (2026-11-22). Needs 3 GB and 1 min for 40,000 sentences.
Source: Tulkens and van Dongen, "Model2Vec" (2024), for distilling pieces; Arora et al. (2017) for
the weights of frequent words.
"""

from collections.abc import Iterator

import numpy as np

from otel_sessions.records import VECTOR_BYTES

Array = np.ndarray

WIDTH = VECTOR_BYTES
"""More components would double what a session keeps and help one set only. AUROC of 128, 192 and
256 on the half that was not fitted (2026-11-28): p_drift .872, .887, .890; p_reask_sgd .825, .828,
.828; p_repeat .829, .824, .823; sycon_debate .869, .863, .859."""
_MAP_RIDGE = 1e-3
_PIECE_RIDGE = 0.1
"""Smaller fits the encoder better and p_repeat worse: AUROC .83 at 0.1, .81 at 0.01 (one half)."""
_FREQUENT = 5e-3
"""Share of all pieces at which a piece loses half of its weight. Of 1e-2 to 5e-4 the best mean."""
_EVENED = 0.65
"""Power of a component's standard deviation that it is divided by. More helps p_drift (AUROC .890
at 0.5, .897 at 0.65, .909 at 1) and costs the other three (p_repeat .837, .831, .825)."""
_CHUNK = 4000


def fit(pieces: Array, rows: list[list[int]], sentences: Array) -> Array:
    """Return one vector of `WIDTH` for each piece.

    Args:
        pieces: the encoder's vector of each piece alone.
        rows: the pieces of each sentence, never empty.
        sentences: the encoder's vector of each.

    """
    ids = np.concatenate([np.asarray(row, np.int64) for row in rows])
    lengths = np.array([len(row) for row in rows])
    target = _principal_components(sentences)
    table = _mapped(pieces, _averages(pieces, ids, lengths), target)
    used, moved = _ridge(ids, lengths, target - _averages(table, ids, lengths))
    table[used] += moved
    share = np.bincount(ids, minlength=len(pieces)) / len(ids)
    weights = _FREQUENT / (_FREQUENT + share)
    return (table * weights[:, None] / target.std(axis=0) ** _EVENED).astype(np.float32)


def _principal_components(vectors: Array) -> Array:
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    values, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, np.argsort(-values, kind="stable")[:WIDTH]]
    # An axis has no sign of its own: its largest part is positive.
    peaks = axes[np.abs(axes).argmax(axis=0), np.arange(WIDTH)]
    return centred @ (axes * np.sign(peaks))


def _mapped(pieces: Array, averages: Array, target: Array) -> Array:
    """Map least squares from averages to target; the constant goes to each piece."""
    known = np.hstack([averages, np.ones((len(averages), 1))])
    square = known.T @ known + _MAP_RIDGE * np.eye(known.shape[1])
    linear = np.linalg.solve(square, known.T @ target)
    return pieces.astype(np.float64) @ linear[:-1] + linear[-1]


def _averages(table: Array, ids: Array, lengths: Array) -> Array:
    parts = [np.add.reduceat(table[ids[part]], starts, axis=0) for part, starts in _parts(lengths)]
    return np.concatenate(parts).astype(np.float64) / lengths[:, None]


def _ridge(ids: Array, lengths: Array, missing: Array) -> tuple[Array, Array]:
    """Move the pieces that occur so that averages come closer to the target by `missing`."""
    used, ids = np.unique(ids, return_inverse=True)
    square = np.zeros(len(used) ** 2)
    toward = np.zeros((len(used), WIDTH))
    share = 1 / np.repeat(lengths, lengths)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    for part, starts in _parts(lengths):
        rows = np.split(ids[part], starts[1:])
        pairs = np.concatenate([np.add.outer(row * len(used), row).ravel() for row in rows])
        weights = np.concatenate([np.full(len(row) ** 2, len(row) ** -2.0) for row in rows])
        places, which = np.unique(pairs, return_inverse=True)
        square[places] += np.bincount(which, weights)
        np.add.at(toward, ids[part], share[part, None] * missing[sentence[part]])
    square = square.reshape(len(used), len(used))
    square[np.diag_indices(len(used))] += _PIECE_RIDGE
    return used, np.linalg.solve(square, toward)


def _parts(lengths: Array) -> Iterator[tuple[slice, Array]]:
    """Cut the flat pieces into runs of whole sentences, with where each sentence starts in it."""
    starts = np.concatenate([[0], np.cumsum(lengths)])
    for first in range(0, len(lengths), _CHUNK):
        last = min(first + _CHUNK, len(lengths))
        yield slice(starts[first], starts[last]), starts[first:last] - starts[first]
