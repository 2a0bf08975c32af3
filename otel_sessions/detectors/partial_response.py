"""Partial response: the user got less than a reply.

It was cut at the length limit, withheld by a content filter, broken off, or came without content.
A user who stops a stream is an abort too: seldom because the reply was good.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn

_SEVERITIES = MappingProxyType(
    {
        "content_filter": 0.7,
        "empty": 0.7,
        "broken": 0.7,
        "length": 0.6,
        "aborted": 0.5,
    }
)
"""By cause: nothing arrived is worse than a part did, and an abort may have been the user's
wish."""


def partial_response(
    turns: Sequence[Turn], /, *, severities: Mapping[str, float] = _SEVERITIES
) -> Signal | None:
    """Look how the newest turn's reply ended.

    Args:
        turns: oldest first, never empty.
        severities: [0, 1] for each cause: `content_filter`, `empty`, `broken`, `length`, `aborted`.

    """
    cause = _cause(turns[-1])
    if cause is None:
        return None
    return Signal("partial_response", severities[cause], cause.replace("_", " "), cause)


def _cause(turn: Turn) -> str | None:
    if turn.outcome == "aborted":
        return "aborted"
    if turn.outcome == "failed":
        # Of several calls an earlier one may have brought the text.
        return "broken" if turn.reply is not None and turn.calls == 1 else None
    if turn.finish_reason in ("length", "content_filter"):
        return turn.finish_reason
    # An unknown finish reason means that the reply was not understood, not that it was empty.
    if turn.complete and turn.reply is None and turn.finish_reason is not None:
        return "empty"
    return None
