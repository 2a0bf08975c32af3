"""Sizes: how many bytes a value takes in a store, without keeping or copying much of it.

Texts count as UTF-8, containers as the sum of what is in them. Of what is large only a part is
looked at and the rest is taken to be alike, so that it takes at most about 50 µs.
"""

from collections import deque
from collections.abc import Iterable
from itertools import islice

_WHOLE_CHARACTERS = 16_384
"""A text that is not ASCII is measured as a whole up to this length."""
_PIECES = 16
_PIECE_CHARACTERS = 512
_LOOKED_AT = 100
"""Items of a container that are looked at."""
_MAX_DEPTH = 4


def size_of(value: object, *, depth: int = 0) -> int | None:
    """Give the size in bytes; `None` for an object whose size is not known."""
    size: int | None = None
    match value:
        case None:
            size = 0
        case str():
            size = _text_bytes(value)
        case bytes() | bytearray():
            size = len(value)
        case memoryview():
            size = value.nbytes
        case int() | float():
            size = len(repr(value))
        # No other containers: looking into some, such as the result of a query, does something.
        case dict():
            pairs = (part for pair in value.items() for part in pair)
            size = _sum(pairs, 2 * len(value), depth)
        case list() | tuple() | set() | frozenset() | deque():
            size = _sum(value, len(value), depth)
    return size


def _sum(items: Iterable[object], count: int, depth: int) -> int | None:
    if not count:
        return 0
    if depth == _MAX_DEPTH:
        return None
    sizes = [size_of(item, depth=depth + 1) for item in islice(items, _LOOKED_AT)]
    known = [size for size in sizes if size is not None]
    return round(sum(known) / len(known) * count) if known else None


def _text_bytes(text: str) -> int:
    if text.isascii():
        return len(text)
    if len(text) <= _WHOLE_CHARACTERS:
        return len(text.encode("utf-8", "surrogatepass"))
    step = len(text) // _PIECES
    pieces = "".join(text[at * step : at * step + _PIECE_CHARACTERS] for at in range(_PIECES))
    return round(len(pieces.encode("utf-8", "surrogatepass")) / len(pieces) * len(text))
