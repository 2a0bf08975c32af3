"""Encoders: a user's own encoder, made to give the vectors that are kept of texts.

Whatever length it gives, `VECTOR_BYTES` signed bytes are kept of it: a shorter vector is filled up
with zeros, a longer one is projected on fixed random directions at right angles to each other.
Projection moves the cosine of two vectors by about sqrt(1/128 - 1/length) x (1 - cosine²): 0.07
between unrelated texts at a length of 384, 0.09 at 4,096, and a fifth of that at a cosine of 0.9.
The directions are the same in every process and release, so that processes can share a store.

Besides the user's encoder a text costs 10 µs, or 60 µs where 1,536 numbers are projected; those
take 35 ms at set-up. Any language that the encoder knows.
Source: Johnson and Lindenstrauss (1984); with random signs: Achlioptas, "Database-friendly random
projections" (2003). The figures were measured on random vectors.
"""

import inspect
from collections.abc import Callable
from hashlib import shake_256
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel_sessions.errors import ConfigError
from otel_sessions.texts import VECTOR_BYTES

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]

PROBE = "Where is my order?"
MAX_LENGTH = 16_384


class OwnEncoder:
    """A user's encoder; as a callable it gives what we keep.

    What the encoder raises at run time is raised here; the caller contains it.
    """

    def __init__(self, encode: Callable[..., object], shown: str) -> None:
        """Try the encoder on a short text.

        Args:
            encode: text to a sequence of numbers, or to signed bytes, always of one length.
            shown: how the user named it, for errors.

        Raises:
            ConfigError: it fails, or gives something else.

        """
        self._encode = encode
        try:
            self._length = len(self._read(PROBE))
        except Exception as error:
            message = f"encoder={shown}: failed on a text: {type(error).__name__}: {error}"
            raise ConfigError(message) from error
        self._directions = _directions(self._length) if self._length > VECTOR_BYTES else None

    def __call__(self, text: str) -> bytes:
        """Return `VECTOR_BYTES` signed bytes; none if the encoder gave only zeros."""
        import numpy as np  # noqa: PLC0415 - a dictionary look-up once it is loaded

        vector = self._read(text)
        if len(vector) != self._length:
            message = f"the encoder gave {len(vector)} numbers, before it were {self._length}"
            raise ValueError(message)
        peak = float(np.abs(vector).max())
        if not peak:
            return b""
        kept = (vector / peak).astype(np.float32)
        if self._directions is not None:
            kept = kept @ self._directions
            kept = kept / np.abs(kept).max()
        return np.rint(kept * 127).astype(np.int8).tobytes().ljust(VECTOR_BYTES, b"\0")

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


def _directions(length: int) -> "Matrix":
    """Make the columns on which vectors of this length are projected."""
    import numpy as np  # noqa: PLC0415 - as above

    bits = shake_256(b"otel-sessions encoder").digest(length * VECTOR_BYTES // 8)
    signs = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(length, VECTOR_BYTES) * 2.0 - 1
    columns, triangle = np.linalg.qr(signs)
    # With a positive diagonal there is only one solution, whatever library computes it.
    return (columns * np.sign(np.diag(triangle))).astype(np.float32)
