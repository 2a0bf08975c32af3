"""Encoders: a user's own encoder, made to give the vectors that are kept of texts.

Many encoders put all texts into one corner, with cosines of 0.7 between any two, and thresholds
that were measured with the built-in one would fire at everything. So what a few texts of different
subjects have in common is taken away from each vector, as far as it is more than chance.

Whatever length it gives, `VECTOR_BYTES` signed bytes are kept of it: a shorter vector is filled up
with zeros, a longer one is projected on fixed random directions at right angles to each other.
Projection moves the cosine of two vectors by about sqrt(1/128 - 1/length) x (1 - cosine²): 0.07
between unrelated texts at a length of 384, 0.09 at 4,096, and a fifth of that at a cosine of 0.9.
The directions are the same in every process and release, so that processes can share a store.

Measured on dev with all-MiniLM-L6-v2 (384) as own encoder, cosine alone, AUROC and AP: p_repeat,
banking77, request to earlier requests .89, .85, of what is kept .88, .84 (built-in: .83, .82);
p_reask_sgd, 200 sessions, question to earlier questions .81, .79, kept .78, .77 (.80, .78). Moved
into a corner by hand, random pairs have a median cosine of .72, and .18 in what is kept.

Besides the user's encoder a text costs 15 µs, or 65 µs where 1,536 numbers are projected; those
take 35 ms at set-up. Any language that the encoder knows.
Source: Johnson and Lindenstrauss (1984); with random signs: Achlioptas, "Database-friendly random
projections" (2003). Common direction: Mu and Viswanath, "All-but-the-Top" (2018); how far it is
more than chance: James and Stein (1961).
"""

import inspect
from collections.abc import Callable, Sequence
from hashlib import shake_256
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel_sessions.errors import ConfigError
from otel_sessions.records import VECTOR_BYTES

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]

PROBES = (
    "Where is my order?",
    "The train leaves at nine in the morning.",
    "What does the function return for an empty list?",
    "Her sister plays the violin in an orchestra.",
    "Wo kann ich mein Passwort ändern?",
    "Il faut deux œufs et un peu de sel.",
    "¿Cuánto cuesta una habitación para dos?",
    "请把这句话翻译成英文。",
)
"""Of different subjects and languages. Eight are enough to find a common direction, and few enough
for an encoder that asks a server."""
MAX_LENGTH = 16_384
_NOTHING = 1e-6
"""What is left of a vector of length 1 where it is only rounded."""


class OwnEncoder:
    """A user's encoder; as a callable it gives what we keep.

    What the encoder raises at run time is raised here; the caller contains it.
    """

    def __init__(self, encode: Callable[..., object], shown: str) -> None:
        """Try the encoder on a few short texts.

        Args:
            encode: text to a sequence of numbers, or to signed bytes, always of one length.
            shown: how the user named it, for errors.

        Raises:
            ConfigError: it fails, or gives something else.

        """
        self._encode = encode
        try:
            probes = [self._read(text) for text in PROBES]
        except Exception as error:
            message = f"encoder={shown}: failed on a text: {type(error).__name__}: {error}"
            raise ConfigError(message) from error
        lengths = sorted({len(vector) for vector in probes})
        if len(lengths) > 1:
            message = f"encoder={shown}: must give vectors of one length, not {lengths}"
            raise ConfigError(message)
        (self._length,) = lengths
        units = [_unit(vector) for vector in probes if vector.any()]
        if len(units) == len(probes) and all((unit == units[0]).all() for unit in units):
            message = f"encoder={shown}: gives different texts the same direction"
            raise ConfigError(message)
        self._common = _common(units)
        self._directions = _directions(self._length) if self._length > VECTOR_BYTES else None

    def __call__(self, text: str) -> bytes:
        """Return `VECTOR_BYTES` signed bytes; none of a text that shows no direction of its own."""
        import numpy as np  # noqa: PLC0415 - a dictionary look-up once it is loaded

        vector = self._read(text)
        if len(vector) != self._length:
            message = f"the encoder gave {len(vector)} numbers, before it were {self._length}"
            raise ValueError(message)
        if not vector.any():
            return b""
        kept = (_unit(vector) - self._common).astype(np.float32)
        if self._directions is not None:
            kept = kept @ self._directions
        peak = float(np.abs(kept).max())
        if peak < _NOTHING:
            return b""
        quantised: bytes = np.rint(kept * (127 / peak)).astype(np.int8).tobytes()
        return quantised.ljust(VECTOR_BYTES, b"\0")

    def _read(self, text: str) -> "Vector":
        # An encoder may call a model; that is no call of the application's.
        with suppress_instrumentation():
            given = self._encode(text)
        return _vector(given)


def _vector(given: Any) -> "Vector":  # noqa: ANN401 - whatever a user's encoder gave
    import numpy as np  # noqa: PLC0415 - 30 ms; only who brings an encoder pays for it here

    if inspect.iscoroutine(given):
        given.close()
        message = "it must be no coroutine function"
        raise TypeError(message)
    if isinstance(given, bytes | bytearray | memoryview):
        vector = np.frombuffer(given, np.int8).astype(np.float64)
    else:
        vector = np.asarray(given, np.float64)
    if vector.ndim != 1 or not 1 <= len(vector) <= MAX_LENGTH:
        message = f"it must give 1 to {MAX_LENGTH:,} numbers in one dimension, not {vector.shape}"
        raise ValueError(message)
    if not np.isfinite(vector).all():
        message = "it must give finite numbers"
        raise ValueError(message)
    return vector


def _unit(vector: "Vector") -> "Vector":
    """Scale to length 1, however large or small the numbers are."""
    import numpy as np  # noqa: PLC0415 - as above

    scaled = vector / np.abs(vector).max()
    unit: Vector = scaled / np.linalg.norm(scaled)
    return unit


def _common(units: "Sequence[Vector]") -> "Vector | float":
    """Estimate what vectors of length 1 have in common; 0 if it is not more than chance."""
    import numpy as np  # noqa: PLC0415 - as above

    count = len(units)
    if count < 2:  # noqa: PLR2004 - one has nothing in common with others
        return 0.0
    mean: Vector = np.mean(units, axis=0)
    size = float(mean @ mean)
    chance = (1 - size) / (count - 1)
    return mean * (1 - chance / size) if size > chance else 0.0


def _directions(length: int) -> "Matrix":
    """Make the columns on which vectors of this length are projected."""
    import numpy as np  # noqa: PLC0415 - as above

    bits = shake_256(b"otel-sessions encoder").digest(length * VECTOR_BYTES // 8)
    signs = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(length, VECTOR_BYTES) * 2.0 - 1
    columns, triangle = np.linalg.qr(signs)
    # With a positive diagonal there is only one solution, whatever library computes it.
    return (columns * np.sign(np.diag(triangle))).astype(np.float32)
