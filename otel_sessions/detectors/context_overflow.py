"""Context overflow: the provider refused a call because the model's window was exceeded.

The user got nothing, and will get nothing until the application shortens what it sends.
"""

from collections.abc import Sequence

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def context_overflow(turns: Sequence[Turn], /, *, recovered_severity: float = 0.5) -> Signal | None:
    """Look whether a call of the newest turn exceeded the window.

    Severity is 1, or `recovered_severity` if a later call of the turn was answered: the user waited
    longer, and what was cut to make it fit is not known.
    """
    turn = turns[-1]
    if not turn.overflow:
        return None
    recovered = turn.outcome == "completed"
    return Signal(
        "context_overflow",
        recovered_severity if recovered else 1.0,
        "refused, then answered after a shorter call" if recovered else "refused by the provider",
    )
