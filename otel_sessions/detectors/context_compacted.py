"""Context compacted: the history was replaced by a summary.

Good practice, told so that what follows can be understood: when the user has to repeat something
afterwards, the summary lost it. Told in the turn in which messages went, not as long as they are
gone. Range: (0, 0.4], which only informs. Languages: any.
"""

from collections.abc import Sequence

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def context_compacted(
    turns: Sequence[Turn], /, *, min_severity: float = 0.0, whole: float = 0.4
) -> Signal | None:
    """Look whether a summary took the place of messages in a call of the newest turn.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        whole: severity if all of the session's known tokens were replaced; a share of it if some
            were.

    """
    change = turns[-1].context
    severity = whole * min(1.0, change.lost_share)
    if change.kind != "compacted" or not change.newly_dropped_messages or severity < min_severity:
        return None
    explanation = f"{change.newly_dropped_messages} messages replaced by a summary"
    return Signal("context_compacted", severity, explanation)
