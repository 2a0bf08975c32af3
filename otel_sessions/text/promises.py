"""Promises: with which word of a clause something is promised, offered, granted or done.

"I'll refund it", "we can offer you", "you are entitled to", "has been approved", "it is on us".
What leads to nothing yet ("I will look into it") is no promise. Languages: English.
"""

from collections.abc import Sequence

from otel_sessions.text.claim_phrases import (
    ADVERBS,
    GIVEN,
    GIVING,
    GRANTED,
    IDLE,
    INSTRUCTED,
    NOT_GIVEN,
    PAYING,
    RIGHTS,
)
from otel_sessions.text.words import FUNCTION_WORDS, word_set


def promise_at(clause: Sequence[str]) -> int | None:
    """Find the verb with which a clause promises, offers or grants something."""
    for at, word in enumerate(clause[:-1]):
        if word not in _PROMISING:
            continue
        after = _past_adverbs(clause, at + 1)
        following = clause[after] if after < len(clause) else ""
        if word in ("i", "we"):
            found = _own_promise(clause, following, after)
        elif word == "you":
            found = _right(clause, following, after)
        elif _is_granted(clause, word, after):
            found = after
        elif word in ("let", "shall") and following in ("me", "i", "us"):
            found = _if_in(clause, after + 1, GIVING)
        elif word == "like" and following == "me":
            found = _if_in(clause, after + 2, GIVING)
        else:
            found = _without_speaker(clause, word, at)
        if found is not None:
            return found
    return None


BEING = word_set("is are was were been be")
_ON_THE_WAY = ("on us", "on the house", "on its way", "on the way", "on their way", "in the mail")
_NOT_ALLOWED = INSTRUCTED | IDLE | FUNCTION_WORDS
DONE = word_set("paid pay given sent put kept made taken held brought repaid")
_DOING = GIVING | word_set("get receive call phone ring contact come collect")
"""What somebody else is promised to do ("an engineer will call you")."""
_WILLING = word_set("happy glad pleased able authorized willing prepared ready going delighted")
_PROMISING = BEING | _WILLING | word_set("i we you let shall like will consider")


def _willing_at(clause: Sequence[str], at: int) -> int | None:
    """Find the verb of "happy to ..."."""
    verb = _past_adverbs(clause, at + 1)
    if clause[at : at + 1] != ["to"] or verb >= len(clause) or clause[verb] in IDLE:
        return None
    return verb


def _is_granted(clause: Sequence[str], word: str, at: int) -> bool:
    """Tell whether something is granted by whomever: "is approved", "is on us", "will get"."""
    following = clause[at] if at < len(clause) else ""
    if word == "will":
        done = clause[at + 1] if following == "be" and at + 1 < len(clause) else ""
        return following in _DOING or done in DONE or _is_done(done)
    if following == "being" and word in BEING:
        return clause[at + 1 : at + 2] != [] and clause[at + 1] in GIVEN
    return word in BEING and (following in GRANTED or _leads(clause, at))


def _without_speaker(clause: Sequence[str], word: str, at: int) -> int | None:
    """Find the verb of "consider it done" and "happy to extend it"."""
    if word == "consider":
        return _if_in(clause, at + 2, GIVEN)
    return _willing_at(clause, 1) if at == 0 and word in _WILLING else None


def _leads(clause: Sequence[str], at: int) -> bool:
    """Tell "is on us", "is on the house" and "is on its way"."""
    return " ".join(clause[at : at + 3]).startswith(_ON_THE_WAY)


def _own_promise(clause: Sequence[str], verb: str, at: int) -> int | None:
    if verb in GIVEN or verb in PAYING:
        return at
    after = _past_adverbs(clause, at + 1)
    following = clause[after] if after < len(clause) else ""
    if verb in ("will", "would", "am", "are") and following == "be":
        after = _past_adverbs(clause, after + 1)
        following = clause[after] if after < len(clause) else ""
    if following in _WILLING or verb == "promise":
        return _willing_at(clause, after if verb == "promise" else after + 1)
    if verb == "will":
        return after if following and following not in IDLE else None
    if verb in ("can", "am", "are"):
        base = following.removesuffix("ing")
        return after if base in GIVING or base + "e" in GIVING else None
    has = verb == "have" and following in ("a", "an")
    if verb in ("have", "am"):
        return after if has or following in GIVEN or _is_done(following) else None
    return None


def _is_done(word: str) -> bool:
    return word.endswith("ed") and word not in NOT_GIVEN


def _right(clause: Sequence[str], verb: str, at: int) -> int | None:
    after = _past_adverbs(clause, at + 1)
    following = clause[after] if after < len(clause) else ""
    if verb in ("qualify", "get", "receive"):
        return at
    if following == "have" and clause[after + 1 : after + 2] == ["to"]:
        return None  # a duty
    if verb == "will" and following == "be":
        return after + 1 if after + 1 < len(clause) else None
    if verb in ("can", "may") and following not in RIGHTS:
        return None if following in _NOT_ALLOWED else after
    if verb in ("will", "can", "may"):
        return after if following in RIGHTS else None
    return after if verb == "are" and following in GRANTED else None


def _if_in(clause: Sequence[str], at: int, wanted: frozenset[str]) -> int | None:
    at = _past_adverbs(clause, at)
    return at if at < len(clause) and clause[at] in wanted else None


def _past_adverbs(clause: Sequence[str], at: int) -> int:
    while at < len(clause) and clause[at] in ADVERBS:
        at += 1
    return at
