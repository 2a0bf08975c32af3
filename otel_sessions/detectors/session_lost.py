"""Session lost: the application's own store no longer has a session that had turns.

The store evicted it, its time to live was over, the store was started again without its data, or
nobody knows why. It is known of stores that `observe_store` watches. A session of which no turn was
answered has nothing to lose. Severity is 1, except where the model was nevertheless shown the
conversation, because the application had it from elsewhere; that only informs.
"""

from collections.abc import Sequence

from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def session_lost(turns: Sequence[Turn], /, *, mended: float = 0.4) -> Signal | None:
    """Look whether the store was asked for the session before the newest turn, and had it not.

    Args:
        turns: oldest first, never empty.
        mended: severity where the newest call shows more messages than the turn before, and none is
            missing.

    """
    *earlier, newest = turns
    if newest.store_lost is None or not any(turn.outcome == "completed" for turn in earlier):
        return None
    sent, before, change = newest.messages_sent, earlier[-1].messages_sent, newest.context
    grown = sent is not None and before is not None and sent > before
    whole = grown and change.kind == "continued" and not change.dropped_messages
    explanation = _EXPLANATIONS.get(newest.store_lost, _EXPLANATIONS["unknown"])
    if whole:
        explanation += ", the model was shown it all the same"
    return Signal("session_lost", mended if whole else 1.0, explanation, newest.store_lost)


_EXPLANATIONS = {
    "evicted": "the store evicted keys since the session was last seen in it",
    "expired": "the session's time to live in the store was over",
    "restarted": "the store was started again since the session was last seen in it",
    "unknown": "the store does not have the session any more",
}
