"""Questions: what information a text asks for, sentence by sentence.

"What's your account number?", "Could you give me the number of your account again?" and "please
provide your account number" ask for the same: a kind of value, up to three words that say which
one, and perhaps an end of a journey or a period ("from where", "return date").

Not read as asking: offers ("anything else?", "shall I book it?"), confirmations ("is that right?",
"did you say Leeds?") and what is told in passing. Languages: English; silent in others.
About 15 µs for a sentence that asks, 2 µs for a text without any.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from otel_sessions.text.question_phrases import (
    ADDITIONS,
    AFTER_ASKING,
    ASKERS,
    ASKING,
    BEFORE_ASKING,
    CHECKED,
    CHECKS,
    CLOSING_FIRST,
    CONDITIONS,
    CONFIRMATIONS,
    CONFIRMED_LAST,
    DESCRIBING,
    DURATION,
    ENDS,
    FORBIDDING,
    FORMS,
    HOW,
    IDENTIFYING,
    KINDS,
    LEADS,
    LINKING,
    MORE,
    NAMING,
    NUMBER_NOUNS,
    OFFERS,
    OWNERS,
    OWNING,
    PREFERENCES,
    PURPOSES,
    REQUESTING,
    REQUESTS,
    SORTS,
    SPEAKERS,
    STARTS,
    SUBORDINATING,
    TELLING_FIRST,
    TRAVELLING,
)
from otel_sessions.text.words import FUNCTION_WORDS, content_words, word_set
from otel_sessions.texts import AskFlag, ValueKind

MAX_ASKS = 4
MAX_TOPICS = 3
_MAX_SENTENCES = 40
"""Of a longer text, the last ones: questions stand at the end."""
_MAX_ASKING_WORDS = 48
"""A longer sentence tells more than it asks."""
_MAX_LEAD = 3
"""Words before what a further clause asks for ("and your zip code")."""
_OPEN_KINDS = (ValueKind.OTHER, ValueKind.CHOICE)
_MAX_FRAGMENT_WORDS = 5
"""A question without a verb that asks ("Number of tickets?") is at most this long."""


_SIGNS = (",", "/")


class Question(NamedTuple):
    """One thing that a text asks for."""

    kind: ValueKind
    topics: tuple[str, ...]
    """Words that say which value it is, without those that only say its kind."""
    flags: AskFlag
    clause: str
    """The words that ask, without what only leads up to them."""


_NO_TOPICS = FUNCTION_WORDS.union(FORMS, NUMBER_NOUNS, DURATION, CHECKS, KINDS) - NAMING.keys()
_LIST_SIGNS = re.compile(r"\s*(?:[-*\u2022]|\d{1,2}[.)])\s")
_ENDINGS = (". ", "? ", "! ", ": ", "; ")
_MAYBE = re.compile(
    r"\?|\b(?:please|provide|tell|give|let|need|share|specify|enter|send|mind|remind|confirm|verify"
    r"|type|reply|respond|require|repeat"
    r"|(?:may|can|could) i|what|which|when|where|how|who)\b"
)
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[,/]")
_SEPARATORS = word_set(", / and or")
_FIGURES = re.compile(
    r"\d|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|tonight)\b"
)


def read_questions(text: str) -> list[Question]:
    """Return what `text` asks for, at most `MAX_ASKS`, in order."""
    if "?" not in text and _MAYBE.search(text.lower()) is None:
        return []
    sentences = _sentences(text)[-_MAX_SENTENCES:]
    found: list[Question] = []
    listing = False
    for number, sentence in enumerate(sentences):
        tokens = _TOKEN.findall(sentence.lower().replace("\u2019", "'"))
        words = [token for token in tokens if token not in _SIGNS]
        if not words or len(words) > _MAX_ASKING_WORDS:
            continue
        if listing and _LIST_SIGNS.match(sentence):
            found += _asked(tokens, AskFlag.NONE)[:1]
        else:
            how = _asks(sentence, tokens, words, last=number == len(sentences) - 1)
            listing = how is not None and sentence.endswith(":")
            if how is not None:
                found += _asked(tokens, how)
        if len(found) >= MAX_ASKS:
            break
    return found[:MAX_ASKS]


def _sentences(text: str) -> list[str]:
    for ending in _ENDINGS:
        text = text.replace(ending, f"{ending[0]}\n")
    sentences: list[str] = []
    for line in text.split("\n"):
        # The dot behind the number of an item ends nothing.
        if sentences and sentences[-1][:-1].isdigit():
            sentences[-1] += f" {line}"
        elif stripped := line.strip():
            sentences.append(stripped)
    return sentences


def _asks(sentence: str, tokens: list[str], words: list[str], *, last: bool) -> AskFlag | None:
    """Tell how a sentence asks; `None` if it does not ask."""
    marked = sentence.endswith("?")
    known = set(words)
    line = f" {' '.join(words)} "
    requests = (words[-1] == "please" and "your" in known) or (
        _has(line, known, REQUESTS) and _trigger(words) is not None
    )
    forbids = requests and not marked and not known.isdisjoint(FORBIDDING)
    if forbids or not (marked or requests or last):
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
        asks_how = first == "how" and known.isdisjoint(HOW)
        rhetorical = any(word.endswith("n't") for word in words)
        return None if asks_how or rhetorical else AskFlag.NONE
    if (marked and words[-1] in CONFIRMED_LAST) or _has(line, known, CONFIRMATIONS):
        return None  # also an honest "please check it again"
    if requests or _has(line, known, PREFERENCES):
        return AskFlag.NONE
    return None if _offers(line, words, known) else _closed(sentence, first, words)


def _first(words: Sequence[str]) -> int:
    return next((i for i, word in enumerate(words) if word not in LEADS), len(words) - 1)


def _opens(words: Sequence[str], i: int) -> bool:
    """Tell an asking word from one that opens a clause of time or place ("when you are ready")."""
    if words[i] not in ASKING or words[i] not in SUBORDINATING:
        return words[i] in ASKING
    return i + 1 >= len(words) or words[i + 1] in CLOSING_FIRST or words[i + 1] in AFTER_ASKING


def _offers(line: str, words: list[str], known: set[str]) -> bool:
    return words[-2:] == ["anything", "else"] or (
        _has(line, known, OFFERS) and not _has(line, known, ADDITIONS)
    )


def _closed(sentence: str, first: str, words: list[str]) -> AskFlag | None:
    """Tell how a question asks that no asking word starts; with figures it only confirms."""
    if first in TELLING_FIRST or _FIGURES.search(sentence.lower()):
        return None
    if first in CLOSING_FIRST:
        return AskFlag.CLOSED if _trigger(words) is None else AskFlag.NONE
    return (
        AskFlag.NONE if len(words) <= _MAX_FRAGMENT_WORDS or _trigger(words) is not None else None
    )


def _trigger(tokens: Sequence[str]) -> int | None:
    """Return where what is asked for starts: at an asking word, or behind a word that requests."""
    for i, token in enumerate(tokens):
        if token in ASKING and (
            tokens[i - 1] in BEFORE_ASKING if i and token in LINKING else _opens(tokens, i)
        ):
            return i
        if (token in REQUESTING and _is_requested(tokens, i)) or (
            token in OWNING and _is_asked_for(tokens, i)
        ):
            follow = tokens[i + 1 : i + 1 + _MAX_LEAD]
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


def _asked(tokens: list[str], flags: AskFlag) -> list[Question]:
    """Read what each clause of an asking sentence asks for."""
    found: list[Question] = []
    start = _trigger(tokens) or 0
    if start and tokens[start - 1] in CHECKS:
        flags |= AskFlag.CHECK
    for words in _clauses(tokens[start:], flags):
        kind, distance = _kind(words, closed=bool(flags & AskFlag.CLOSED))
        # A further clause asks for something only if it starts with that.
        if found and (kind is None or distance > _MAX_LEAD):
            continue
        question = _question(words, kind, flags)
        if question is not None:
            # "The new street and city": all of it is new.
            flags |= question.flags & AskFlag.MORE
        if question is None or (found and _same(question, found[-1])):
            continue
        found.append(question)
    return found


def _clauses(tokens: list[str], flags: AskFlag) -> Iterator[list[str]]:
    """Cut at commas, "and" and "or"; but what a closed question lists are its choices."""
    if flags & AskFlag.CLOSED:
        yield [token for token in tokens if token not in _SIGNS]
        return
    clause: list[str] = []
    for token in [*tokens, ","]:
        if token not in _SEPARATORS:
            clause.append(token)
        elif clause:
            yield clause
            clause = []


def _same(question: Question, before: Question) -> bool:
    return question.kind is before.kind and not set(question.topics) - set(before.topics)


def _question(words: list[str], kind: ValueKind | None, flags: AskFlag) -> Question | None:
    known = set(words)
    if kind is None:
        kind = ValueKind.OTHER if flags & AskFlag.CLOSED else ValueKind.CHOICE
    if flags & AskFlag.CHECK and kind not in CHECKED:
        return None
    if not known.isdisjoint(SORTS):
        flags |= AskFlag.SORT
    topics = [] if known.isdisjoint(DURATION) else ["duration"]
    for word in words:
        if kind in IDENTIFYING and word in PURPOSES:
            break
        if word not in _NO_TOPICS:
            topics += sorted(content_words([NAMING.get(word, word)]).difference(topics))
            if len(topics) >= MAX_TOPICS:
                break
    if words[0] in CONDITIONS or (kind in _OPEN_KINDS and not topics and not flags & AskFlag.SORT):
        return None
    flags |= _ends(words, known, of_a_place=kind is ValueKind.PLACE)
    return Question(kind, tuple(topics[:MAX_TOPICS]), flags, " ".join(words))


def _kind(words: Sequence[str], *, closed: bool) -> tuple[ValueKind | None, int]:
    """Return the kind of value that the first telling word asks for, and where it stands.

    What only describes the value ("the method for the price difference") does not tell its kind.
    """
    if closed and OWNING.isdisjoint(words):
        return None, len(words)
    named = False
    for i, word in enumerate(words):
        if named and word in DESCRIBING:
            break
        named = named or word not in FUNCTION_WORDS
        after = words[i + 1] if i + 1 < len(words) else ""
        if word == "how":
            if after in HOW:
                return HOW[after], i
        elif word in NUMBER_NOUNS:
            if after == "of" and words[i + 2 : i + 3] and words[i + 2] not in OWNERS:
                return ValueKind.NUMBER, i
            return ValueKind.CODE, i
        elif word in KINDS:
            kind = KINDS[word]
            if kind not in (ValueKind.PHONE, ValueKind.EMAIL) and (
                after in NUMBER_NOUNS or KINDS.get(after) is ValueKind.CODE
            ):
                kind = ValueKind.CODE
            return kind, i
    return None, len(words)


def _ends(words: Sequence[str], known: set[str], *, of_a_place: bool) -> AskFlag:
    line = f" {' '.join(words)} "
    starts = not known.isdisjoint(STARTS) or " check in " in line or " checking in " in line
    ends = not known.isdisjoint(ENDS) or " check out " in line or " checking out " in line
    if of_a_place and not starts and not ends:
        ends = words[-1] == "to" or not known.isdisjoint(TRAVELLING)
    flags = AskFlag.NONE if known.isdisjoint(MORE) else AskFlag.MORE
    if starts != ends:
        flags |= AskFlag.START if starts else AskFlag.END
    return flags


def _has(line: str, known: set[str], wanted: Mapping[str, Sequence[str]]) -> bool:
    if wanted.keys().isdisjoint(known):
        return False
    return any(phrase in line for first in wanted.keys() & known for phrase in wanted[first])
