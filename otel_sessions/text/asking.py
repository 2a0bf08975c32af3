"""Asking: whether and how a sentence asks for something, and where that starts.

A question mark alone does not ask: offers, confirmations and what is told in passing have one too.
Languages: English.
"""

import re
from collections.abc import Mapping, Sequence

from otel_sessions.records import AskFlag
from otel_sessions.text.question_phrases import (
    ADDITIONS,
    AFTER_ASKING,
    ANOTHER,
    ASKERS,
    ASKING,
    BEFORE_ASKING,
    CHECKS,
    CLOSING_FIRST,
    CONDITIONS,
    CONFIRMATIONS,
    CONFIRMED_LAST,
    FORBIDDING,
    HOW,
    IDENTIFYING,
    KINDS,
    LEADS,
    LINKING,
    MANNERS,
    NUMBER_NOUNS,
    OFFERS,
    ON_CONDITION,
    OWNING,
    POINTING,
    PREFERENCES,
    REQUESTING,
    REQUESTS,
    SPEAKERS,
    SUBORDINATING,
    TELLING_FIRST,
)

MAX_LEAD = 3
"""Words before what a further clause asks for ("and your zip code")."""
_LEADING = LEADS | {",", "/"}
_MAX_FRAGMENT_WORDS = 6
"""A question without a verb that asks ("Number of tickets?") is at most this long."""
_MAX_CHOICE_WORDS = 12
"""A longer offer with an "or" lists ways to go on, and not what a thing may be."""
_FIGURES = re.compile(
    r"\d|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|tonight)\b"
)


def way_of_asking(
    sentence: str, tokens: list[str], words: list[str], *, last: bool
) -> AskFlag | None:
    """Tell how a sentence asks; `None` if it does not ask."""
    marked = sentence.endswith("?")
    known = set(words)
    line = f" {' '.join(words)} "
    requests = (
        (words[-1] == "please" and "your" in known)
        or (_has(line, known, REQUESTS) and trigger(words) is not None)
        or (last and _is_fragment(words))
    )
    forbids = requests and not marked and not known.isdisjoint(FORBIDDING)
    spanish = "\u00bf" in sentence
    if forbids or spanish or not (marked or requests or last):
        return None  # "never share your password", and what is only told
    at = _first(words)
    first, asks_first = words[at], _opens(words, at)
    if marked and not asks_first and "," in tokens:
        behind = tokens[tokens.index(",") + 1 :]
        if behind and _opens(behind, _first(behind)):
            first, asks_first = behind[_first(behind)], True
    if not (marked or requests or (asks_first and last)):
        return None
    if asks_first:
        asks_how = first == "how" and known.isdisjoint(HOW) and not _has(line, known, MANNERS)
        rhetorical = any(word.endswith("n't") for word in words)
        return None if asks_how or rhetorical else AskFlag.NONE
    if (marked and words[-1] in CONFIRMED_LAST) or _has(line, known, CONFIRMATIONS):
        return None  # also an honest "please check it again"
    if requests or _has(line, known, PREFERENCES):
        return AskFlag.NONE
    return None if _offers(line, words, known) else _closed(sentence, first, words)


def _is_fragment(words: Sequence[str]) -> bool:
    """Tell a request without a verb: "tracking number please", "and the number of the meter"."""
    if len(words) > _MAX_FRAGMENT_WORDS or not (
        "please" in words or words[_first(words) - 1] in LEADS
    ):
        return False
    named = [word for word in words[-2:] if word != "please"][-1:]
    return any(word in NUMBER_NOUNS or KINDS.get(word) in IDENTIFYING for word in named)


def _first(words: Sequence[str]) -> int:
    return next((i for i, word in enumerate(words) if word not in LEADS), len(words) - 1)


def _opens(words: Sequence[str], i: int) -> bool:
    """Tell an asking word from one that opens a clause of time or place ("when you are ready")."""
    if words[i] not in ASKING or words[i] not in SUBORDINATING:
        return words[i] in ASKING
    return i + 1 >= len(words) or words[i + 1] in CLOSING_FIRST or words[i + 1] in AFTER_ASKING


def _offers(line: str, words: list[str], known: set[str]) -> bool:
    """Tell an offer of help from a question that offers a choice ("to rent or to buy?")."""
    choice = "or" in known and len(words) <= _MAX_CHOICE_WORDS
    return words[-2:] == ["anything", "else"] or (
        _has(line, known, OFFERS) and not _has(line, known, ADDITIONS) and not choice
    )


def _closed(sentence: str, first: str, words: list[str]) -> AskFlag | None:
    """Tell how a question asks that no asking word starts; with figures it only confirms."""
    if first in TELLING_FIRST or _FIGURES.search(sentence.lower()):
        return None
    if first in CLOSING_FIRST:
        return AskFlag.CLOSED if trigger(words) is None else AskFlag.NONE
    if trigger(words) is not None:
        return AskFlag.NONE
    if len(words) > _MAX_FRAGMENT_WORDS:
        return None
    return AskFlag.CLOSED if "or" in words else AskFlag.NONE


def trigger(tokens: Sequence[str]) -> int | None:
    """Return where what is asked for starts: at an asking word, or behind a word that requests."""
    for i, token in enumerate(tokens):
        if token in ASKING and (
            tokens[i - 1] in BEFORE_ASKING or _LEADING.issuperset(tokens[:i])
            if i and token in LINKING
            else _opens(tokens, i)
        ):
            return i
        if token in OWNING and i + 1 == len(tokens):
            break
        if (token in REQUESTING and _is_requested(tokens, i)) or (
            token in OWNING and _is_asked_for(tokens, i)
        ):
            follow = tokens[i + 1 : i + 1 + MAX_LEAD]
            return i + 1 + next((j for j, word in enumerate(follow) if word in ASKING), 0)
    return None


def _is_requested(tokens: Sequence[str], i: int) -> bool:
    """Tell "please send" from "before I send it", and "please confirm" from "to confirm"."""
    before = tokens[i - 1] if i else ""
    return before not in SPEAKERS and not (before == "to" and tokens[i] in CHECKS)


def _is_asked_for(tokens: Sequence[str], i: int) -> bool:
    """Tell "may I have", "I need" and "do you have" from "if you have" and "have you had"."""
    before = tokens[i - 1] if i else ""
    return before in ASKERS or (before == "you" and tokens[i - 2 : i - 1] == ["do"])


def condition(words: list[str], *, another: bool) -> AskFlag:
    """Tell what is only asked for if there is another one: "a second one? If so, its number?"."""
    known = set(words)
    another_here = not known.isdisjoint(ANOTHER)
    if_so = _has(f" {' '.join(words)} ", known, ON_CONDITION)
    if (
        (if_so and (another or another_here))
        or (words[0] in CONDITIONS and another_here)
        or (another and not known.isdisjoint(POINTING))
    ):
        return AskFlag.MORE
    return AskFlag.NONE


def _has(line: str, known: set[str], wanted: Mapping[str, Sequence[str]]) -> bool:
    if wanted.keys().isdisjoint(known):
        return False
    return any(phrase in line for first in wanted.keys() & known for phrase in wanted[first])
