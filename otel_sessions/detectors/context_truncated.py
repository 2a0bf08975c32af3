"""Context truncated: messages that the session had are missing from the head or the middle.

The model no longer knows what the user believes it knows. Whether that hurts depends on how much
went, so the severity is the share of the session's known tokens that is not shown: (0, 1].
A history that was replaced by a summary is `compacted`, not truncated.
"""

from collections.abc import Sequence

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def context_truncated(turns: Sequence[Turn], /) -> Signal | None:
    """Look whether a call of the newest turn was shown less than the session had."""
    change = turns[-1].context
    if change.kind != "truncated" or change.lost_share <= 0:
        return None
    return Signal(
        "context_truncated",
        min(1.0, change.lost_share),
        f"{change.dropped_messages} messages missing, {change.lost_share:.0%} of known tokens",
    )
