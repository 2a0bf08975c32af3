"""Questions: what information a text asks for, sentence by sentence.

"What's your account number?", "Could you give me the number of your account again?" and "please
provide your account number" ask for the same: a kind of value, up to three words that say which
one, and perhaps an end of a journey or a period ("from where", "return date").

Not read as asking: offers ("anything else?", "shall I book it?"), confirmations ("is that right?",
"did you say Leeds?") and what is told in passing. Languages: English; silent in others.
About 15 µs for a sentence that asks, 2 µs for a text without any.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otel_sessions.records import AskFlag, ValueKind
from otel_sessions.text.asking import MAX_LEAD, condition, trigger, way_of_asking
from otel_sessions.text.question_phrases import (
    ANOTHER,
    CALLING,
    CHANGING,
    CHECKED,
    CHECKS,
    CONDITIONS,
    DESCRIBING,
    DURATION,
    ENDS,
    FORMS,
    HOW,
    IDENTIFYING,
    KINDS,
    MORE,
    NAMING,
    NUMBER_NOUNS,
    OTHERS,
    OWNERS,
    OWNING,
    PURPOSES,
    SORTS,
    STARTS,
    TRAVELLING,
)
from otel_sessions.text.words import FUNCTION_WORDS, content_words, word_set

MAX_ASKS = 4
MAX_TOPICS = 3
_MAX_SENTENCES = 40
"""Of a longer text, the last ones: questions stand at the end."""
_MAX_ASKING_WORDS = 48
"""A longer sentence tells more than it asks."""
_OPEN_KINDS = (ValueKind.OTHER, ValueKind.CHOICE)


_SIGNS = (",", "/")


class Question(NamedTuple):
    """One thing that a text asks for."""

    kind: ValueKind
    topics: tuple[str, ...]
    """Words that say which value it is, without those that only say its kind."""
    flags: AskFlag
    clause: str
    """The words that ask, without what only leads up to them."""


_NO_SUBJECTS = FUNCTION_WORDS.union(FORMS, NUMBER_NOUNS, DURATION, CHECKS) - NAMING.keys()
_NO_NOUNS = FUNCTION_WORDS | SORTS
_NO_TOPICS = _NO_SUBJECTS | KINDS.keys() - NAMING.keys()
_LIST_SIGNS = re.compile(r"\s*(?:[-*\u2022]|\d{1,2}[.)])\s")
_ENDINGS = (". ", "? ", "! ", ": ", "; ")
_MAYBE = re.compile(
    r"\?|\b(?:please|provide|tell|give|let|need|share|specify|enter|send|mind|remind|confirm|verify"
    r"|type|reply|respond|require|repeat"
    r"|(?:may|can|could) i|what|which|when|where|how|who)\b"
)
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[,/]")
_SEPARATORS = word_set(", / and or")


def read_questions(text: str) -> list[Question]:
    """Return what `text` asks for, at most `MAX_ASKS`, in order."""
    if "?" not in text and _MAYBE.search(text.lower()) is None:
        return []
    sentences = _sentences(text)[-_MAX_SENTENCES:]
    found: list[Question] = []
    listing = another = False
    for number, sentence in enumerate(sentences):
        tokens = _TOKEN.findall(sentence.lower().replace("\u2019", "'"))
        words = [token for token in tokens if token not in _SIGNS]
        if not words or len(words) > _MAX_ASKING_WORDS:
            continue
        if listing and _LIST_SIGNS.match(sentence):
            found += _asked(tokens, AskFlag.NONE)[:1]
        else:
            how = way_of_asking(sentence, tokens, words, last=number == len(sentences) - 1)
            listing = how is not None and sentence.endswith(":")
            if how is not None:
                found += _asked(tokens, how | condition(words, another=another))
            another = sentence.endswith("?") and not ANOTHER.isdisjoint(words)
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


def _asked(tokens: list[str], flags: AskFlag) -> list[Question]:
    """Read what each clause of an asking sentence asks for."""
    found: list[Question] = []
    start = trigger(tokens) or 0
    if start and tokens[start - 1] in CHECKS:
        flags |= AskFlag.CHECK
    for words in _clauses(tokens[start:], flags):
        kind, distance = _kind(words, closed=bool(flags & AskFlag.CLOSED))
        # A further clause asks for something only if it starts with that.
        if found and (kind is None or distance > MAX_LEAD):
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
        yield _choices(tokens) or [token for token in tokens if token not in _SIGNS]
        return
    clause: list[str] = []
    for token in [*tokens, ","]:
        if token not in _SEPARATORS:
            clause.append(token)
        elif clause:
            yield clause
            clause = []


def _choices(tokens: list[str]) -> list[str]:
    """Return the word before an "or", those before it in a list, and what stands behind it."""
    if "or" not in tokens[1:-1]:
        return []
    at = tokens.index("or", 1)
    start = at - 1
    while start > 0 and (tokens[start] == "," or tokens[start - 1] == ","):
        start -= 1
    return [token for token in tokens[max(0, start) :] if token not in _SIGNS]


def _same(question: Question, before: Question) -> bool:
    return question.kind is before.kind and not set(question.topics) - set(before.topics)


def _question(words: list[str], kind: ValueKind | None, flags: AskFlag) -> Question | None:
    known = set(words)
    kind = _told_kind(kind, known, closed=bool(flags & AskFlag.CLOSED))
    if flags & AskFlag.CHECK and kind not in CHECKED:
        return None
    if kind is not ValueKind.CODE and not known.isdisjoint(SORTS):
        flags |= AskFlag.SORT
    if not known.isdisjoint(OTHERS):
        flags |= AskFlag.OTHERS
    flags |= _ends(words, known, of_a_place=kind is ValueKind.PLACE)
    topics = _topics(words, known, kind)
    if topics == ["reason"] and "why" in known:
        topics = []  # "why is that?" asks for nothing that was given
    if words[0] in CONDITIONS or (kind in _OPEN_KINDS and not topics and not flags & AskFlag.SORT):
        return None
    return Question(kind, tuple(topics[:MAX_TOPICS]), flags, " ".join(words))


def _told_kind(kind: ValueKind | None, known: set[str], *, closed: bool) -> ValueKind:
    if kind is None:
        return ValueKind.OTHER if closed else ValueKind.CHOICE
    if kind is ValueKind.CODE and not known.isdisjoint(CALLING):
        return ValueKind.PHONE
    return ValueKind.NUMBER if kind is ValueKind.MONEY and "weigh" in known else kind


def _topics(words: Sequence[str], known: set[str], kind: ValueKind) -> list[str]:
    topics = [] if known.isdisjoint(DURATION) else ["duration"]
    if words[:2] == ["how", "old"]:
        topics.append("age")
    for at, word in enumerate(words):
        if kind in IDENTIFYING and word in PURPOSES:
            break
        # "Which plan are you on?" is about a plan, and so is its "plan code".
        if kind in _OPEN_KINDS:
            asked = at > 0 and words[at - 1] in ("what", "which")
        else:
            asked = words[at + 1 : at + 2] == ["code"]
        left_out = _NO_TOPICS if kind not in _OPEN_KINDS else _NO_SUBJECTS
        left_out = _NO_NOUNS if asked else left_out
        if word not in left_out and (word != "address" or kind is ValueKind.PLACE):
            topics += sorted(content_words([NAMING.get(word, word)]).difference(topics))
            if len(topics) >= MAX_TOPICS:
                break
    return topics


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
            kind = _kind_of(words, i, after)
            if kind is not None:
                return kind, i
    return None, len(words)


def _kind_of(words: Sequence[str], i: int, after: str) -> ValueKind | None:
    """Tell the kind by a telling word and the one behind it; none of "what phone do you have?"."""
    kind = KINDS[words[i]]
    if kind is ValueKind.PHONE and after not in NUMBER_NOUNS:
        return None if i and words[i - 1] in ("what", "which") else kind
    if kind not in (ValueKind.PHONE, ValueKind.EMAIL) and (
        after in NUMBER_NOUNS or KINDS.get(after) is ValueKind.CODE
    ):
        return ValueKind.CODE
    return kind


def _ends(words: Sequence[str], known: set[str], *, of_a_place: bool) -> AskFlag:
    line = f" {' '.join(words)} "
    starts = not known.isdisjoint(STARTS) or " check in " in line or " checking in " in line
    ends = not known.isdisjoint(ENDS) or " check out " in line or " checking out " in line
    if of_a_place and not starts and not ends:
        ends = words[-1] == "to" or not known.isdisjoint(TRAVELLING)
    changes = words[-1] in ("to", "for") and not known.isdisjoint(CHANGING)
    flags = AskFlag.NONE if known.isdisjoint(MORE) and not changes else AskFlag.MORE
    if starts != ends:
        flags |= AskFlag.START if starts else AskFlag.END
    return flags
