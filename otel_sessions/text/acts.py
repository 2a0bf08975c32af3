"""Acts: what a text does in a conversation, as far as its words say.

Languages: English. A question mark counts in every script; everything else is silent unless at
least a fifth of the words are function words of English and of no other large language, so that
"no" in Spanish or "was" in German says nothing.
"""

import re
from functools import cache

from otel_sessions.records import Act
from otel_sessions.text.act_phrases import PHRASES
from otel_sessions.text.complaints import TELLING as COMPLAINING_WORDS
from otel_sessions.text.complaints import read_complaint
from otel_sessions.text.escalations import PEOPLE, read_escalation
from otel_sessions.text.phrasing import STOP, plain_words
from otel_sessions.text.reminders import VERBS as REMINDING_VERBS
from otel_sessions.text.reminders import read_reminder
from otel_sessions.text.words import FUNCTION_WORDS, word_set

_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_ASKING_FIRST = word_set(
    """
    what whats what's how hows how's why when where wheres where's who which whose can could would
    will is are am was were do does did may should shall has have show find book cancel check
    change update send explain list give tell search add remove reset track return exchange
    """
)
_BEFORE_ASKING = word_set("and so but ok okay well hi hello hey please then also yes no um uh now")
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
_AGREEABLE = _AGREEING | _BESIDE_AGREEING
_MAX_AGREEMENT = 8
"""Words: a longer text does more than agree."""

_THANKING = word_set("thanks thank thx thankyou")
_GREETING = word_set("hi hello hey hiya greetings bye goodbye")
_SHARED_WITH_OTHER_LANGUAGES = word_set("no a me is was will so am an do on in he as die come")
_CONTRACTIONS = word_set(
    """
    i'm i've i'd i'll you're you've it's that's there's what's where's how's who's let's we're we've
    don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't haven't hasn't shouldn't
    """
)
_TELLING = word_set(
    """
    huh whatever nevermind nvm wtf useless ridiculous pathetic stupid dumb worst human unbelievable
    wrong never forget already told asked understand listen enough annoying helpful
    """
)
"""Words that people say alone, and that no other large language has."""
_ENGLISH = (
    FUNCTION_WORDS.union(_AGREEING, _THANKING, _GREETING, _CONTRACTIONS, _TELLING)
    - _SHARED_WITH_OTHER_LANGUAGES
)
_ENGLISH_SHARE = 0.2

_QUOTED = re.compile(
    r"""
    "[^"\n]{12,}" | \u201c[^\u201d\n]{12,}\u201d | (?<!\w)'[^'\n]{12,}'(?!\w)
    """,
    re.VERBOSE,
)
_QUOTES = ('"', "\u201c", " '")
_WRITING = word_set(
    """
    write compose draft translate rewrite rephrase paraphrase reword summarize summarise proofread
    classify analyze analyse pretend imagine roleplay simulate
    """
)
_NOT_WORDS_OF_OTHERS = word_set("it that this again them")
"""After a word for writing: "write it again" speaks for the user."""
_FIRST_WORDS = 8
_SHOUTING_MARKS = ("!!!", "??", "?!", "!?")
_MIN_CAPITALS = 2
"""Words in capitals besides "I"; less is no shout."""
_CAPITALS = re.compile(r"\b[A-Z][A-Z']+(?: [A-Z][A-Z']*){2,}")
_FUNCTION_CAPITALS = frozenset(word.upper() for word in FUNCTION_WORDS if len(word) > 1)

# Operations on flags take 0.5 µs each, on integers a tenth of that.
_QUESTION, _ACKNOWLEDGEMENT, _AGREEMENT = map(
    int, (Act.QUESTION, Act.ACKNOWLEDGEMENT, Act.AGREEMENT)
)
_THANKS, _GREETS, _EMPHASIS = map(int, (Act.THANKS, Act.GREETING, Act.EMPHASIS))
_REMINDER, _ESCALATION = int(Act.REMINDER), int(Act.ESCALATION)
_OWN_TROUBLE = int(
    Act.COMPLAINT
    | Act.ANGER
    | Act.REMINDER
    | Act.RECALL
    | Act.OBJECTION
    | Act.ESCALATION
    | Act.GIVING_UP
    | Act.APOLOGY
    | Act.ADMISSION
)
_flags = cache(Act)
"""Making flags of a number takes 0.7 µs, remembering them a tenth."""


def read_acts(text: str, words: list[str], plain: list[str] | None = None) -> Act:
    """Tell what `text` does.

    Args:
        text: as it was written.
        words: its words in lower case.
        plain: its words in plain form, if they are known.

    """
    asked = any(mark in text for mark in _QUESTION_MARKS)
    known = set(words)
    if not known or not _reads_english(known):
        return Act.QUESTION if asked else Act.NONE
    acts = _spoken(text, words, known, plain)
    if _agrees(text, words, known):
        acts = acts & ~_QUESTION | (0 if asked else _ACKNOWLEDGEMENT)
    else:
        if _asks_first(words):
            acts |= _QUESTION
        if words[0] in _AGREEING_FIRST:
            acts |= _AGREEMENT
    return _flags(acts | _QUESTION if asked else acts)


def _spoken(text: str, words: list[str], known: set[str], plain: list[str] | None) -> int:
    acts = 0
    if not _THANKING.isdisjoint(known):
        acts |= _THANKS
    if words[0] in _GREETING or (words[0] == "good" and words[1:2] in (["morning"], ["evening"])):
        acts |= _GREETS
    if _shouts(text):
        acts |= _EMPHASIS
    without_quotes = _without_quotes(text)
    if plain is None or without_quotes is not text:
        plain = plain_words(without_quotes)
    acts |= PHRASES.meanings(plain)
    said = set(plain)
    if not said.isdisjoint(REMINDING_VERBS) and not acts & _REMINDER:
        acts |= read_reminder(plain)
    if not said.isdisjoint(PEOPLE) and not acts & _ESCALATION:
        acts |= read_escalation(plain)
    if not said.isdisjoint(COMPLAINING_WORDS):
        acts |= read_complaint(plain)
    if acts & _OWN_TROUBLE and _gives_words_to_others(plain):
        acts &= ~_OWN_TROUBLE
    return acts


def _gives_words_to_others(plain: list[str]) -> bool:
    """Tell whether it asks for a text or a role: "write an angry mail that says ..."."""
    for at, word in enumerate(plain[:_FIRST_WORDS]):
        if word in _WRITING:
            following = plain[at + 1 : at + 4]
            text_follows = following[:2] == ["this", STOP] and following[2:] != []
            return text_follows or following[0] not in _NOT_WORDS_OF_OTHERS
    return False


def _without_quotes(text: str) -> str:
    """Leave out what is quoted within a line: it is somebody else's."""
    return _QUOTED.sub(" ", text) if any(quote in text for quote in _QUOTES) else text


def _shouts(text: str) -> bool:
    if any(marks in text for marks in _SHOUTING_MARKS):
        return True
    words = text.split()
    if sum(map(str.isupper, words)) - words.count("I") < _MIN_CAPITALS:
        return False
    run = _CAPITALS.search(text)
    return run is not None and not _FUNCTION_CAPITALS.isdisjoint(run.group().split())


def _reads_english(known: set[str]) -> bool:
    telling = known - _SHARED_WITH_OTHER_LANGUAGES
    return len(telling & _ENGLISH) >= max(_ENGLISH_SHARE * len(telling), bool(telling))


def _agrees(text: str, words: list[str], known: set[str]) -> bool:
    return (
        len(words) <= _MAX_AGREEMENT
        and not known.isdisjoint(_AGREEING)
        and known <= _AGREEABLE
        and not any(character.isdigit() for character in text)
    )


def _asks_first(words: list[str]) -> bool:
    return next((word for word in words if word not in _BEFORE_ASKING), "") in _ASKING_FIRST
