"""Escalations: a person is asked for, or handed over to.

A word for such a person ("agent", "manager") with a verb of asking or handing over a few words to
its left. Linear: at most `MAX_PEOPLE` such words of a text are looked at, seven words before each.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.text.phrasing import STOP
from otel_sessions.text.words import word_set

MAX_PEOPLE = 32
_REACH = 8

PEOPLE = word_set(
    """
    human person agent agents representative rep manager supervisor operator someone somebody
    specialist service support care colleague advisor adviser boss superior staff employee
    """
)
_VAGUE = word_set("someone somebody person service support care boss colleague staff employee")
"""People whom one also meets elsewhere: only a few verbs make them the ones asked for."""
_REACHING = word_set("speak talk transfer transferred connect connected put")
_GETTING = _REACHING | word_set("get need want contact reach call chat prefer")
_ASKER = word_set("i me us")
_OTHERS = word_set("my his her their not you")
"""Somebody else's person, not wanted, or something that the assistant offers."""


def read_escalation(words: Sequence[str]) -> int:
    """Return `Act.ESCALATION`, or 0, of words in plain form."""
    seen = 0
    for at, word in enumerate(words):
        if word not in PEOPLE:
            continue
        before = words[max(0, at - _REACH) : at]
        if STOP in before:
            before = before[len(before) - before[::-1].index(STOP) :]
        vague = word in _VAGUE and before[-1:] not in (["real"], ["actual"], ["live"])
        verbs = _REACHING if vague else _GETTING
        wanted = not verbs.isdisjoint(before) and not _ASKER.isdisjoint(before)
        if wanted and _OTHERS.isdisjoint(before):
            return int(Act.ESCALATION)
        seen += 1
        if seen == MAX_PEOPLE:
            break
    return 0
