"""Measure how well the cosine of two texts alone tells degraded turns from healthy ones.

    python scripts/measure_embedding.py --data ../shared/data/dev [--half 1 --table half0.bin]

Prints AUROC and average precision per dev set, with what is compared with what. About 20 s.
"""

import argparse
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from _sentences import half, read_sessions

from otel_sessions.records import VECTOR_BYTES
from otel_sessions.text.embedding import TABLE, Embedding

Encode = Callable[[str], bytes]


def main() -> None:
    """Print one line per comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of the dev sets")
    parser.add_argument("--half", type=int, choices=(0, 1), help="only this half of the sessions")
    parser.add_argument("--table", type=Path, default=TABLE, help="another table to measure")
    given = parser.parse_args()
    encode = functools.cache(Embedding(given.table).encode)
    for line in measure(given.data, encode, given.half):
        print(line)


def measure(data: Path, encode: Encode, only_half: int | None = None) -> Iterator[str]:
    """Score each labelled turn and say how well the scores order them."""
    for name, (signal, what, score) in COMPARISONS.items():
        sessions = read_sessions(data / f"{name}.jsonl.gz")
        chosen = [s for s in sessions if only_half in (None, half(s))]
        pairs = [
            (score(session["messages"], turn, encode), turn["label"])
            for session in chosen
            for turn in session["turn_labels"]
            if turn["signal"] == signal
            and turn["label"] is not None
            and _is_in_scope(name, session)
        ]
        scores, labels = (np.array(column) for column in zip(*pairs, strict=True))
        figures = f"AUROC {auroc(scores, labels):.3f}  AP {average_precision(scores, labels):.3f}"
        compared = f"{name}, {what}"
        yield f"{compared:<58} {figures}  ({labels.sum()} of {len(labels)})"


def auroc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Probability that a positive scores higher than a negative; ties count half."""
    order = np.sort(scores)
    ranks = (np.searchsorted(order, scores) + np.searchsorted(order, scores, "right") + 1) / 2
    positives = labels.sum()
    rank_sum = ranks[labels == 1].sum() - positives * (positives + 1) / 2
    return float(rank_sum / (positives * (len(labels) - positives)))


def average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    """Mean of the precision at each positive, from the highest score down."""
    hits = labels[np.argsort(-scores, kind="stable")]
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    return float(precision[hits == 1].mean())


def _nearest_distance(messages: Sequence[dict], turn: dict, encode: Encode) -> float:
    """From the message to the nearest of all earlier ones."""
    return 1 - _closest(messages, turn["i"], range(turn["i"]), encode)


def _nearest_question(messages: Sequence[dict], turn: dict, encode: Encode) -> float:
    """From the assistant's question to its nearest earlier one."""
    mine = messages[turn["i"]]["role"]
    asked = [
        i for i in range(turn["i"]) if messages[i]["role"] == mine and "?" in _text(messages[i])
    ]
    return _closest(messages, turn["i"], asked, encode)


def _nearest_request(messages: Sequence[dict], turn: dict, encode: Encode) -> float:
    """From the user's message to the nearest earlier one."""
    asked = [i for i in range(turn["i"]) if messages[i]["role"] == "user"]
    return _closest(messages, turn["i"], asked, encode)


def _previous_distance(messages: Sequence[dict], turn: dict, encode: Encode) -> float:
    """From the answer to the one before it."""
    answers = [i for i in range(turn["i"]) if messages[i]["role"] == "assistant"]
    return 1 - _closest(messages, turn["i"], answers[-1:], encode)


COMPARISONS = {
    "p_drift": ("drift", "distance to the nearest earlier message", _nearest_distance),
    "p_reask_sgd": ("reask", "question to earlier questions", _nearest_question),
    "p_repeat": ("repeat", "banking77, to earlier requests", _nearest_request),
    "sycon_debate": ("contradiction", "distance to the previous answer", _previous_distance),
}


def _is_in_scope(name: str, session: dict) -> bool:
    return name != "p_repeat" or session["labels"]["raw"].get("stratum") == "banking77"


def _closest(messages: Sequence[dict], i: int, others: Sequence[int], encode: Encode) -> float:
    one = _unit(encode(_text(messages[i])))
    return max((float(one @ _unit(encode(_text(messages[j])))) for j in others), default=0.0)


def _unit(vector: bytes) -> np.ndarray:
    values = np.frombuffer(vector, np.int8).astype(np.float32)
    return values / np.linalg.norm(values) if values.size else np.zeros(VECTOR_BYTES, np.float32)


def _text(message: dict) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""


if __name__ == "__main__":
    main()
