"""Shapes: what a value of a JSON file must be, and how the user is told that it is not."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN_CHARS = 40


def as_object(what: str, value: object) -> Mapping[str, Any]:
    """Give a JSON object.

    Raises:
        TypeError: it is none; `what` names it.

    """
    if isinstance(value, Mapping):
        return value
    raise TypeError(_wrong(what, "an object", value))


def as_list(what: str, value: object) -> Sequence[Any]:
    """Give a JSON list.

    Raises:
        TypeError: it is none; `what` names it.

    """
    if isinstance(value, list):
        return value
    raise TypeError(_wrong(what, "a list", value))


def _wrong(what: str, wanted: str, value: object) -> str:
    shown = json.dumps(value)
    short = shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}..."
    return f"{what} must be {wanted}, not {short}"
