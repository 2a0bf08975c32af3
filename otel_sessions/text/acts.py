"""Acts: what a text does in a conversation, as far as its words say.

Languages: English. A question mark counts in every script; everything else is silent unless at
least a fifth of the words are function words of English and of no other large language, so that
"no" in Spanish or "was" in German says nothing.
"""

from collections.abc import Mapping, Sequence

from otel_sessions.text.words import FUNCTION_WORDS, phrases, word_set
from otel_sessions.texts import Act

_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_ASKING_FIRST = word_set(
    """
    what whats what's how hows how's why when where wheres where's who which whose can could would
    will is are am was were do does did may should shall has have show find book cancel check
    change update send explain list give tell search add remove reset track return exchange
    """
)
_BEFORE_ASKING = word_set("and so but ok okay well hi hello hey please then also yes no um uh now")
_ASKING = phrases(
    """
    i'd like, i would like, i'd love, i want, i need, i'm looking, im looking, i am looking,
    i'm trying, i am trying, i'm wondering, i was wondering, looking for, tell me, give me, show me,
    send me, help me, let me know, how about, what about, please
    """
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
_AGREEING_FIRST = word_set("yes yeah yep yup sure correct exactly absolutely agreed")
_AGREEMENT = _AGREEING | _BESIDE_AGREEING
_MAX_AGREEMENT = 8
"""Words: a longer text does more than agree."""

_THANKING = word_set("thanks thank thx thankyou")
_GREETING = word_set("hi hello hey hiya greetings bye goodbye")
_CORRECTING_FIRST = word_set("no nope actually sorry wait correction oops")
_CORRECTING = phrases(
    """
    i mean, i meant, make it, make that, change it to, change that to, rather than, instead,
    correction, not what i, is wrong, was wrong, are wrong, were wrong, that's wrong, it's wrong,
    is incorrect, was incorrect, are incorrect, mistyped, typo
    """
)
_REFUSING = phrases(
    """
    unfortunately, there is no, there are no, there's no, we have no, i have no, there is not,
    there are not, can't, cannot, can not, couldn't, could not, won't, unable to, not able to,
    not allowed to, not possible, not available, not eligible, not permitted, isn't possible,
    isn't available, aren't available, aren't eligible, don't have, do not have, didn't find,
    did not find, don't support, do not support, don't offer, do not offer
    """
)

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
    line = f" {' '.join(words)} "
    if _agrees(text, words, known):
        acts |= Act.NONE if acts else Act.ACKNOWLEDGEMENT
    elif _asks_first(words) or _has(line, known, _ASKING):
        acts |= Act.QUESTION
    if not _THANKING.isdisjoint(known):
        acts |= Act.THANKS
    if words[0] in _GREETING or (words[0] == "good" and words[1:2] in (["morning"], ["evening"])):
        acts |= Act.GREETING
    if (words[0] in _CORRECTING_FIRST and len(words) > 1) or _has(line, known, _CORRECTING):
        acts |= Act.CORRECTION
    if words[0] in _AGREEING_FIRST and not acts & Act.ACKNOWLEDGEMENT:
        acts |= Act.AGREEMENT
    if _has(line, known, _REFUSING):
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


def _asks_first(words: list[str]) -> bool:
    return next((word for word in words if word not in _BEFORE_ASKING), "") in _ASKING_FIRST


def _has(line: str, known: set[str], wanted: Mapping[str, Sequence[str]]) -> bool:
    return any(phrase in line for first in known.intersection(wanted) for phrase in wanted[first])
