"""Exchanges: what every reader of a convention gives, and how their values are read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otel_sessions import names
from otel_sessions.calls import Message, Reply, Request, Role, ToolCall

Attributes = Mapping[str, Any]

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One inference as a span tells it."""

    provider: str
    request: Request
    reply: Reply
    session_id: str | None = None
    user_id: str | None = None
    agent: str | None = None


def role_of(value: object) -> Role:
    """Give the role by the name that a convention has for it; one that is unknown is a user's."""
    return _ROLES.get(str(value).lower(), "user")


def text_of(value: object) -> str:
    """Give a value as text; what is not text is written as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def number_of(value: object) -> int | None:
    """Give a count; `None` if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def first_text(attributes: Attributes, keys: Sequence[str]) -> str | None:
    """Give the first of these attributes that is there, as text."""
    found = (attributes.get(key) for key in keys)
    return next((str(value) for value in found if value not in (None, "")), None)


def list_of(value: object) -> list[Any]:
    """Give a list that may have been written as JSON text; empty if it is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []


def numbered(attributes: Attributes, prefix: str) -> Iterator[dict[str, Any]]:
    """Give what flat keys `prefix.0.rest`, `prefix.1.rest` ... say, in order, by `rest`."""
    found: dict[int, dict[str, Any]] = {}
    shape = re.compile(re.escape(prefix) + r"\.(\d{1,6})\.(.+)")
    for key, value in attributes.items():
        if (matched := shape.fullmatch(key)) is not None:
            found.setdefault(int(matched[1]), {})[matched[2]] = value
    return (found[at] for at in sorted(found))


def message_of(
    role: object,
    text: object,
    tool_calls: Sequence[ToolCall] = (),
    tool_call_id: object = None,
    other_parts: int = 0,
) -> Message:
    """Make a message."""
    answers = None if tool_call_id is None else str(tool_call_id)
    return Message(role_of(role), text_of(text), tuple(tool_calls), answers, other_parts)


def session_of(attributes: Attributes) -> str | None:
    """Give the id under which the application knows the conversation."""
    return first_text(attributes, names.STATED_SESSION_IDS)
