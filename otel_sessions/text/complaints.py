"""Complaints: words of anger, and whether they are about the conversation.

"This bot is so useless" complains, "the film was useless" does not. From the telling word one walks
left past "is", "so" and the like to what it is said of: `you` or `this`, or the speaker's own mood.
Linear: at most `MAX_WORDS` telling words of a text are looked at, eight words around each.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.text.phrasing import STOP
from otel_sessions.text.words import word_set

MAX_WORDS = 32
_REACH = 7

_BAD = word_set(
    """
    useless ridiculous unacceptable unhelpful pathetic incompetent infuriating absurd worthless
    rubbish garbage trash nonsense stupid dumb idiotic insane outrageous hopeless clueless moronic
    """
)
_HARD = word_set(
    """
    annoying frustrating irritating exhausting disappointing terrible horrible awful lousy broken
    """
)
"""What things in the world are too: "that's frustrating" may be sympathy or a sore knee."""
_INSULTS = word_set("stupid dumb idiot idiotic moron moronic retard retarded imbecile loser")
_GOOD = word_set("helpful helping listening acceptable useful")
_MOODS = word_set(
    """
    frustrated annoyed pissed furious mad irritated livid
    """
)
_SAD = word_set("angry upset disappointed unhappy")
"""Moods that are mostly about something else."""
TELLING = _BAD | _HARD | _INSULTS | _GOOD | _MOODS | _SAD

_BETWEEN = word_set(
    """
    is are am was were be been being so very really just completely totally absolutely such a an
    the freaking fucking damn bloody getting becoming getting too pretty quite beyond kind of
    utterly extremely all really still seriously honestly simply truly plain even starting to
    feeling feel seem seems only
    """
)
_SUBJECTS = word_set(
    "this that it its you your bot chatbot assistant service support system ai thing app website"
)
_SERVICES = word_set(
    """
    bot chatbot assistant service support system ai machine robot answer answers reply
    """
)
_CONDITIONS = frozenset(("if", "whether"))
_ABOUT = word_set("with at about of by in")
_ABOUT_THIS = word_set(
    "you your situation process service conversation chat bot experience answer answers support"
)
_REASONS = frozenset(("because", "since", "that"))
"""What follows a mood with one of these is seldom the conversation."""
_THIS = (["this", STOP], ["that", STOP])


def read_complaint(words: Sequence[str]) -> int:
    """Return `Act.COMPLAINT` and `Act.ANGER`, as far as they apply, of words in plain form."""
    acts = seen = 0
    for at, word in enumerate(words):
        if word not in TELLING:
            continue
        if word in _MOODS or word in _SAD:
            acts |= _mood(words, at, word)
        else:
            acts |= _judgement(words, at, word)
        seen += 1
        if seen == MAX_WORDS:
            break
    return acts


def _said_of(words: Sequence[str], at: int) -> tuple[str, bool]:
    """Return what the word is said of, and whether a "not" lies between.

    What comes after an "if" is not said.
    """
    negated = False
    for i in range(at - 1, max(0, at - _REACH), -1):
        word = words[i]
        if word == "not":
            negated = True
        elif word not in _BETWEEN:
            return ("if" if words[i - 1] in _CONDITIONS else word), negated
    return STOP, negated


def _judgement(words: Sequence[str], at: int, word: str) -> int:
    subject, negated = _said_of(words, at)
    if negated != (word in _GOOD) or (word in _HARD and subject in ("it", "its", "that")):
        return 0
    follows = words[at + 1] if at + 1 < len(words) else STOP
    if subject == STOP:
        about_us = follows in _SERVICES or (follows == STOP and word not in _HARD)
    else:
        about_us = subject in _SUBJECTS and follows not in ("to", "for")
    if not about_us:
        return 0
    insults = word in _INSULTS and (subject in ("you", "your", STOP) or follows in _SERVICES)
    return int(Act.COMPLAINT | Act.ANGER if insults else Act.COMPLAINT)


def _mood(words: Sequence[str], at: int, word: str) -> int:
    subject, negated = _said_of(words, at)
    if negated or subject not in ("i", "me", STOP):
        return 0
    follows = words[at + 1 : at + 4]
    if not _REASONS.isdisjoint(follows):
        return 0
    if follows and follows[0] in _ABOUT:
        about_us = not _ABOUT_THIS.isdisjoint(follows[1:]) or follows[1:3] in _THIS
        return int(Act.COMPLAINT) if about_us else 0
    return 0 if word in _SAD else int(Act.COMPLAINT)
