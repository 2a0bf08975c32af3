"""Call failed: the provider or the way to it returned an error.

Whatever is tried again within a turn counts once: what matters to the user is whether an answer
came in the end. An exceeded window is `context_overflow`, and a reply that broke off in the middle
is `partial_response`, not this.
"""

import re
from collections.abc import Sequence

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn

_CAUSES = (
    ("rate_limited", re.compile("429|rate_?limit|quota|throttl", re.IGNORECASE)),
    ("timeout", re.compile("408|504|time_?d?_?out", re.IGNORECASE)),
    ("connection", re.compile("connect|network|protocol", re.IGNORECASE)),
    ("unavailable", re.compile("5[0-9][0-9]|internal|server|unavailable|overload", re.IGNORECASE)),
    (
        "rejected",
        re.compile("4[0-9][0-9]|badrequest|auth|permission|notfound|invalid", re.IGNORECASE),
    ),
)
"""What the type of an error, an HTTP status or the name of a class, tells; the first match
counts."""


def call_failed(
    turns: Sequence[Turn], /, *, failed_severity: float = 0.9, recovered_severity: float = 0.3
) -> Signal | None:
    """Look whether a call of the newest turn failed.

    Args:
        turns: oldest first, never empty.
        failed_severity: of a turn whose newest call failed: the user has no answer.
        recovered_severity: of a turn that was answered after all: the user only waited.

    """
    turn = turns[-1]
    if turn.overflow or (turn.outcome != "failed" and not turn.failures):
        return None
    if turn.outcome == "failed" and turn.reply is not None and turn.calls == 1:
        return None
    severity = failed_severity if turn.outcome == "failed" else recovered_severity
    ending = "no answer" if turn.outcome == "failed" else "answered after all"
    explanation = f"{max(1, turn.failures)} failed calls, {ending}"
    return Signal("call_failed", severity, explanation, _cause(turn.error_type))


def _cause(error_type: str | None) -> str:
    if error_type is None:
        return "unknown"
    return next((cause for cause, kind in _CAUSES if kind.search(error_type)), "other")
