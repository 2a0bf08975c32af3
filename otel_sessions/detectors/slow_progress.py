"""Slow progress: the user goes over ground that was covered before.

Who gets on says new things; who does not, says again what was said, in other words, in questions
about what the assistant just wrote, in details given once more. So the content words of the user's
messages that had been said before, by either side, are counted over the session. One such message
is nothing; the sum tells sessions that fail from others better than the number of turns does. It
informs and never warns: a long session is not a bad one, it only fails more often. In health it is
a signal of the session, not of the turn.
Range: [0.05, 0.45]. Languages: any that writes words apart.
What only looks like it: pasted logs, code and tables do not speak for the user and are not counted.
Cost: about 40 µs for 20 turns.
Source: measured on the dev sessions of tau2_retail, tau1 and agentclinic: AUROC of the sum against
failure .68, .63 and .77 (number of turns: .61, .57, .77; the user's tokens: .64, .60, .77). The
users of dbdc3, in ten short turns, say too little for it. Both ends were set by what passed and
failed sessions have: medians 31 and 45 words on tau2_retail, 16 and 21 on tau1, 25 and 56 on
agentclinic; other ends make no difference (.67 to .68, .60 to .63, .77).
"""

from collections.abc import Sequence
from math import log

from otel_sessions.records import Form
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_NOT_THE_USERS = Form.CODE | Form.TABLE | Form.PASTED


def slow_progress(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.05,
    min_words: int = 4,
    few: int = 10,
    many: int = 200,
    highest: float = 0.45,
) -> Signal | None:
    """Count what the user said again, over all turns.

    Severity is 0 at `few` words and `highest` from `many` on, and grows by as much with each
    doubling.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        min_words: words of the newest message that were said before; with fewer it is no signal.
        few: words said again that every session has.
        many: words said again from which more says nothing more.
        highest: severity where nobody gets on, [0, 1].

    """
    newest = turns[-1].request
    if newest is None or newest.word_count < min_words or newest.is_in(_NOT_THE_USERS):
        return None
    if sum(turn.request.word_count for turn in turns if turn.request is not None) <= few:
        return None
    seen: set[int] = set()
    again = lately = words = 0
    for turn in turns:
        if turn.request is not None:
            lately = _say(turn.request, seen)
            if not turn.request.is_in(_NOT_THE_USERS):
                again += lately
                words += turn.request.word_count
        if turn.reply is not None and turn is not turns[-1]:
            _say(turn.reply, seen)
    if lately < min_words or again <= few:
        return None
    severity = highest * min(1.0, log(again / few) / log(many / few))
    if severity < min_severity:
        return None
    return Signal(
        "slow_progress", severity, f"{again} of the user's {words} words were said before"
    )


def _say(text: TextFeatures, seen: set[int]) -> int:
    """Add a text's words to those seen; tell how many were among them."""
    words, before = memoryview(text.words).cast("I"), len(seen)
    seen.update(words)
    return len(words) - (len(seen) - before)
