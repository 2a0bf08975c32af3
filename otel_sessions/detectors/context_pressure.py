"""Context pressure: what the model is shown comes near to the size of its window.

Before a window overflows, answers get slower and dearer, and what stands in the middle is read less
well. A forecast warns while there is still time to summarise. Tokens are the provider's own count;
no count or no known window means no signal.
Source: warning 0.7 and critical 0.9 are the usual marks for a resource that fills up; the loss in
the middle is in Liu et al., "Lost in the Middle", TACL 12 (2024).
"""

from collections.abc import Sequence

from otel_sessions.signals import CRITICAL, WARNING, Signal
from otel_sessions.turns import Turn, turns_until_full


def context_pressure(
    turns: Sequence[Turn],
    /,
    *,
    warning: float = 0.7,
    critical: float = 0.9,
    forecast_turns: float = 3.0,
    forecast_from: float = 0.4,
) -> Signal | None:
    """Compare the newest call's input with the window.

    Severity is 0.5 at `warning`, 0.8 at `critical` and 1 at the full window, straight lines
    between; 0.5 for a forecast alone.

    Args:
        turns: oldest first, never empty.
        warning: share of the window.
        critical: share of the window.
        forecast_turns: turns within which the window must fill for a forecast to count.
        forecast_from: share of the window below which a forecast is a guess: three turns to go from
            less than this would each have to add more than a fifth of the window.

    """
    turn = turns[-1]
    if turn.input_tokens is None or not turn.window:
        return None
    used = turn.input_tokens / turn.window
    explanation = f"{used:.0%} of {turn.window} tokens"
    if used >= critical:
        severity = CRITICAL + (1 - CRITICAL) * (used - critical) / (1 - critical)
        return Signal("context_pressure", min(1.0, severity), explanation)
    if used >= warning:
        severity = WARNING + (CRITICAL - WARNING) * (used - warning) / (critical - warning)
        return Signal("context_pressure", severity, explanation)
    left = turns_until_full(turns) if used >= forecast_from else None
    if left is None or left > forecast_turns:
        return None
    return Signal("context_pressure", WARNING, f"{explanation}, full in {left:.1f} turns")
