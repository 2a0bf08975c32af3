"""Acts: what a text does in a conversation, as far as its words say.

Languages: English. A question mark counts in every script; everything else is silent unless at
least a fifth of the words are function words of English and of no other large language, so that
"no" in Spanish or "was" in German says nothing.
"""

import re

from otel_sessions.text.words import FUNCTION_WORDS, word_set
from otel_sessions.turns import Act

_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_ASKING_FIRST = word_set(
    """
    what whats what's how hows how's why when where wheres where's who which whose can could would
    will is are am was were do does did may should shall has have show find book cancel check
    change update send explain list give tell search add remove reset track return exchange
    """
)
_BEFORE_ASKING = word_set("and so but ok okay well hi hello hey please then also yes no um uh now")
_ASKING = re.compile(
    r"\b(?:i(?:'d| would) (?:like|love|want)|i(?:'m| am|m)? (?:want|need|looking|trying|wondering)"
    r"|(?:tell|give|show|send|help|let) me|(?:how|what) about|please|looking for)\b"
)

_AGREEING = word_set(
    """
    yes yeah yep yup ok okay sure right correct exactly alright agreed fine great perfect good
    absolutely certainly definitely indeed cool proceed confirm confirmed
    """
)
_BESIDE_AGREEING = word_set(
    """
    that that's thats it it's its is this sounds looks works go on ahead please do so thanks thank
    you very much all i the got and for me with a
    """
)
_AGREEMENT = _AGREEING | _BESIDE_AGREEING
_MAX_AGREEMENT = 8
"""Words: a longer text does more than agree."""

_THANKING = word_set("thanks thank thx thankyou")
_GREETING = word_set("hi hello hey hiya greetings bye goodbye")
_CORRECTING_FIRST = word_set("no nope actually sorry wait correction oops")
_CORRECTING = re.compile(
    r"\b(?:i mean(?:t)?|make (?:it|that)|change (?:it|that)|rather than|instead|correction"
    r"|not what i|(?:is|was|are|were|that's|it's) (?:wrong|incorrect)|mistyped|typo)\b"
)

_REFUSING = re.compile(
    r"\b(?:unfortunately|(?:there(?:'s| is| are)|we have|i have|have) no(?:t any)?\b"
    r"|(?:can't|cannot|can not|couldn't|could not|won't|unable to|not able to|not allowed to)\b"
    r"|(?:isn't|is not|aren't|are not|not) (?:possible|available|eligible|permitted)"
    r"|(?:don't|do not|didn't|did not) (?:have|find|support|offer))"
)
_REFUSING_HINTS = word_set(
    """
    unfortunately no not can't cannot couldn't won't unable isn't aren't don't didn't
    """
)
_ASKING_HINTS = word_set("i i'd i'm im me about please looking")
_CORRECTING_HINTS = word_set(
    """
    mean meant make change rather instead correction not wrong incorrect mistyped typo
    """
)
"""Words without one of which the patterns cannot match; a set is asked faster than a pattern."""

_SHARED_WITH_OTHER_LANGUAGES = word_set("no a me is was will so am an do on in he as die come")
_CONTRACTIONS = word_set(
    """
    i'm i've i'd i'll you're you've it's that's there's what's where's how's who's let's we're we've
    don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't haven't hasn't shouldn't
    """
)
_ENGLISH = (
    FUNCTION_WORDS.union(_AGREEING, _THANKING, _GREETING, _CONTRACTIONS)
    - _SHARED_WITH_OTHER_LANGUAGES
)
_ENGLISH_SHARE = 0.2


def read_acts(text: str, words: list[str]) -> Act:
    """Tell what `text` does.

    Args:
        text: as it was written.
        words: its words in lower case.

    """
    acts = Act.NONE
    if any(mark in text for mark in _QUESTION_MARKS):
        acts |= Act.QUESTION
    known = set(words)
    if not known or not _reads_english(known):
        return acts
    if _agrees(text, words, known):
        acts |= Act.NONE if acts else Act.ACKNOWLEDGEMENT
    elif _asks(text, words, known):
        acts |= Act.QUESTION
    if not _THANKING.isdisjoint(known):
        acts |= Act.THANKS
    if words[0] in _GREETING or (words[0] == "good" and words[1:2] in (["morning"], ["evening"])):
        acts |= Act.GREETING
    if _corrects(text, words, known):
        acts |= Act.CORRECTION
    if not known.isdisjoint(_REFUSING_HINTS) and _REFUSING.search(text.lower()):
        acts |= Act.REFUSAL
    return acts


def _reads_english(known: set[str]) -> bool:
    telling = known - _SHARED_WITH_OTHER_LANGUAGES
    return len(telling & _ENGLISH) >= max(_ENGLISH_SHARE * len(telling), bool(telling))


def _agrees(text: str, words: list[str], known: set[str]) -> bool:
    return (
        len(words) <= _MAX_AGREEMENT
        and not known.isdisjoint(_AGREEING)
        and known <= _AGREEMENT
        and not any(character.isdigit() for character in text)
    )


def _asks(text: str, words: list[str], known: set[str]) -> bool:
    first = next((word for word in words if word not in _BEFORE_ASKING), "")
    return first in _ASKING_FIRST or (
        not known.isdisjoint(_ASKING_HINTS) and _ASKING.search(text.lower()) is not None
    )


def _corrects(text: str, words: list[str], known: set[str]) -> bool:
    if words[0] in _CORRECTING_FIRST and len(words) > 1:
        return True
    return not known.isdisjoint(_CORRECTING_HINTS) and _CORRECTING.search(text.lower()) is not None
