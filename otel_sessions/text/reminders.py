"""Reminders: who said what before, told from verbs of saying and the words around them.

A list of phrases cannot keep up with what people put between "I" and "told you"; so each verb of
saying is looked at with who says it (to its left, past adverbs) and to whom (to its right).
Linear: at most `MAX_VERBS` verbs of a text are looked at, a fixed number of words around each.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.text.phrasing import STOP
from otel_sessions.text.words import word_set

MAX_VERBS = 32
_BEFORE, _AFTER = 6, 7
"""Words looked at on either side."""

_TELLING = word_set("told gave given telling")
_SAYING = word_set(
    """
    said mentioned explained stated wrote written typed answered repeated specified described
    clarified confirmed
    """
)
_GIVING = word_set("provided sent entered shared supplied submitted")
_ONGOING = word_set("saying repeating explaining typing giving writing answering sending asking")
_ASKING = word_set("asked ask asking")
_WANTING = word_set("wanted requested")
_AGAIN = frozenset(("again",))
_SPEAKING = _TELLING | _SAYING | _GIVING | _ONGOING
VERBS = _AGAIN | _WANTING | _SPEAKING | _ASKING

_BETWEEN = word_set(
    """
    have had just already literally clearly specifically explicitly also did do even really all
    only both am are been keep kept keeps being now still previously repeatedly plainly
    """
)
_MARKS = word_set(
    "already twice thrice before earlier times again above previously literally beginning"
)
_MARKS_OF_ASKING = _MARKS | word_set("just keep keeps kept same")
_ASSISTANTS = word_set("you bot chatbot assistant system agent machine")
_OWN = word_set(
    """
    name names number email mail address zip zipcode postcode account order id phone date details
    detail info information code pin password birthday birth dob reference booking card reason
    answer
    """
)
_THINGS = word_set("you that this it everything all them these those so")
_INSISTING = _WANTING | word_set("said asked")
_STORIES = word_set("so how about")
"""After "I told you" a story goes on."""
_SURE = word_set("already twice thrice times literally")
_STARTS = word_set(". but and no yes because as like well hey ok okay so that is cause then")
_NOT_SAID = word_set("if unless until when should would could whether glad never what")


def read_reminder(words: Sequence[str]) -> int:
    """Return `Act.REMINDER`, maybe with `Act.OBJECTION`, or 0, of words in plain form."""
    seen = 0
    for at, word in enumerate(words):
        if word not in VERBS:
            continue
        if _repeats_number(words, at) if word == "again" else _reminds(words, at, word):
            return int(Act.REMINDER)
        if word in _INSISTING and _insists(words, at, word):
            return int(Act.OBJECTION if word in _WANTING else Act.REMINDER | Act.OBJECTION)
        seen += 1
        if seen == MAX_VERBS:
            break
    return 0


def _repeats_number(words: Sequence[str], at: int) -> bool:
    """Tell "again: 4711" and "again, 4711"."""
    following = [word for word in words[at + 1 : at + 3] if word != STOP]
    return words[at - 1] == STOP and following[:1] != [] and following[0].isdigit()


def _reminds(words: Sequence[str], at: int, verb: str) -> bool:
    who = at - 1
    while who > at - _BEFORE and words[who] in _BETWEEN:
        who -= 1
    subject, before = words[who], words[who - 1]
    adverbs = words[who + 1 : at]
    after = _clause(words[at + 1 : at + 1 + _AFTER])
    if before in _NOT_SAID:
        return False
    if subject == "you":
        return _assistant_again(verb, {*adverbs, *after})
    told_by_user = subject in ("i", "we") or (subject == STOP and "already" in adverbs)
    # In passing ("..., like I said") it may be filler.
    passing = before in ("as", "like") and words[who - 2] != STOP and "already" not in adverbs
    return (
        told_by_user
        and not passing
        and verb in _SPEAKING
        # "The number I gave you is right" reminds nobody.
        and (before in _STARTS or not _SURE.isdisjoint([*adverbs, *after]))
        and ((verb in _TELLING and _to_assistant(after)) or _said_before(verb, adverbs, after))
    )


def _insists(words: Sequence[str], at: int, verb: str) -> bool:
    """Tell "I said the 5th, not the 6th" and "but I said the 5th" from a story."""
    before, after = words[max(0, at - 2) : at], _clause(words[at + 1 : at + 1 + _AFTER])
    if before[-1:] != ["i"] or "to" in after[:1] or "hi" in after[:1]:
        return False
    return (
        before[0] == "no"
        or (before[0] == "but" and verb == "said")
        or (before[0] == STOP and "not" in after)
    )


def _clause(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index(STOP)] if STOP in words else words


def _assistant_again(verb: str, around: set[str]) -> bool:
    if verb in _ASKING:
        return not around.isdisjoint(_MARKS_OF_ASKING)
    if verb in _ONGOING:
        return not around.isdisjoint(("keep", "keeps", "kept", "yourself", "again"))
    return verb in _SAYING and not around.isdisjoint(("already", "before", "times", "twice"))


def _to_assistant(after: Sequence[str]) -> bool:
    to_you = after[:1] == ["you"] or (len(after) > 1 and after[1] in _ASSISTANTS)
    return to_you and _STORIES.isdisjoint(after[1:2])


def _said_before(verb: str, adverbs: Sequence[str], after: Sequence[str]) -> bool:
    around = {*adverbs, *after}
    if verb in _ONGOING or verb == "telling":
        return not around.isdisjoint(("keep", "kept", "again", "time", "times"))
    object_ = after[:3]
    if "to" in object_ and _ASSISTANTS.isdisjoint(after[object_.index("to") + 1 :][:2]):
        return False  # said or given to somebody else
    if verb in _SAYING:
        return not _MARKS.isdisjoint(around) or "just" in adverbs
    if _SURE.isdisjoint(around):
        return False
    return not after or after[0] in _THINGS or (after[0] == "my" and not _OWN.isdisjoint(after))
