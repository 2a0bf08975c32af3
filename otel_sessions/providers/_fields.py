"""Fields: careful reading of values that anybody may have sent.

A key that is missing, a value of another type and a client's "not given" are all `None` or empty;
nothing here raises, and nothing that can be read only once is read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def get(holder: Any, name: str) -> Any:
    """Return a key of a mapping or an attribute of anything else."""
    if isinstance(holder, dict):
        return holder.get(name)
    if isinstance(holder, Mapping):
        return dict(holder).get(name)
    return getattr(holder, name, None)


def sent(holder: Any, name: str) -> Any:
    """Return what `get` does, unless it is a default that a client filled in."""
    filled = name not in getattr(holder, "model_fields_set", (name,))
    return None if filled else get(holder, name)


def fields(holder: Any) -> Mapping[str, Any]:
    """Return all keys of a dict or all own attributes of an object, for many readings at once."""
    return holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})


def items(value: Any) -> Sequence[Any]:
    """Return a list or tuple as it is, and nothing of anything else."""
    return value if isinstance(value, list | tuple) else ()


def text(value: Any) -> str | None:
    """Return a string."""
    return value if isinstance(value, str) else None


def texts(values: Iterable[Any]) -> list[str]:
    """Return the strings among `values`, in order."""
    return [value for value in values if isinstance(value, str)]


def integer(value: Any) -> int | None:
    """Return an integer that is no truth value; some servers write whole numbers as 6.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: Any) -> float | None:
    """Return a number that is no truth value."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def total(*counts: int | None) -> int | None:
    """Add what is known; nothing known is `None`."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def decoded(value: Any) -> Any:
    """Parse JSON; `None` if it is none, is cut off, or is a file that can be read only once."""
    if not isinstance(value, str | bytes | bytearray):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None
