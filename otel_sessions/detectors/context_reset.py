"""Context reset: a known session goes on with none of its earlier turns.

A process was restarted, another instance took over or the application lost its history: to the user
it is the same conversation, to the model a new one. Severity is always 1; the cause says what
changed since the last turn.
"""

from collections.abc import Sequence

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def context_reset(turns: Sequence[Turn], /) -> Signal | None:
    """Look whether a call of the newest turn was shown nothing of the turns before it."""
    change = turns[-1].context
    if change.kind != "reset":
        return None
    explanation = f"{change.dropped_messages} messages gone"
    return Signal("context_reset", 1.0, explanation, change.cause or "unknown")
