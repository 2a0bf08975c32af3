"""Demands: how a system prompt or a user wants replies to be, and what can be held against it.

Understood: the language ("always answer in German"), JSON, bullets or none, no Markdown, no emoji,
a limit ("at most two sentences", "under 50 words"; "be brief" says no number), forbidden wording in
quotes or named as a word, required wording in quotes, anywhere, at the start or at the end. What is
demanded under a condition ("if the user asks, ...") or of something else than the reply (tool
arguments, titles, each item of a list) is left out. A demand of a user holds for all replies if it
says so ("from now on", "always") or is about the language, else for one.
Languages: English; the language of replies can also be demanded in German, French and Spanish.
Cost: 5 µs for a text of 80 tokens without a telling word, 20 µs for its shape; 1 ms for a system
prompt of 8,192 characters.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from otel_sessions.records import (
    DEMAND_WORDS,
    FIRST_WORDS,
    LAST_WORDS,
    Demand,
    DemandKind,
    Shape,
)
from otel_sessions.text import demand_phrases as phrases
from otel_sessions.text.words import content_words, split_words

MAX_DEMANDS = 12
_MAX_SENTENCE = 400
"""Characters of a sentence that are read: what is longer is no instruction."""
_MIN_SENTENCE = 8
_NEAR = 40
"""Characters before a word in which a negation belongs to it."""
_UNITS = {
    "sentence": DemandKind.MAX_SENTENCES,
    "word": DemandKind.MAX_WORDS,
    "character": DemandKind.MAX_CHARACTERS,
}
# A mark, behind two characters that are no "1" of a list and no "g" of "e.g.".
_SENTENCE = re.compile(
    r"""[.!?](?<=[\w"')\]*_%]{2}.)[.!?]*["')\]*_]*(?=\s+[^a-z\s]|\s*$)|[\u3002\uff01\uff1f]"""
)
_TITLES = ("Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Prof. ", "St. ", "No. ", "vs. ")
_ENDS = (".", "!", "?", "\u3002", "\uff01", "\uff1f", ":", ".)", '."', "*", "|")

Digest = Callable[[str], bytes]
"""First `CUE_BYTES` of a word's digest, as it stands in `TextFeatures.words`."""


def read_demands(text: str, words: Sequence[str], digest: Digest) -> list[Demand]:
    """Return what a text demands of replies, at most `MAX_DEMANDS`.

    Args:
        text: its writer's own words.
        words: the words of `text` in lower case.
        digest: see `Digest`.

    """
    known = set(words)
    quotes = any(mark in text for mark in phrases.QUOTES)
    telling = phrases.TRIGGERS | phrases.QUOTING_WORDS if quotes else phrases.TRIGGERS
    if known.isdisjoint(telling):
        return []
    found: list[Demand] = []
    for sentence in phrases.SENTENCE_END.split(text):
        if len(sentence) >= _MIN_SENTENCE and len(found) < MAX_DEMANDS:
            part = sentence[:_MAX_SENTENCE].replace("\u2019", "'")
            said = telling.intersection(split_words(part))
            if said and not phrases.CONDITION.search(part.lower()):
                found += _read_sentence(part, said, digest)
    if not known.isdisjoint(phrases.FOREIGN) and not any(
        demand.kind == DemandKind.LANGUAGE for demand in found
    ):
        found.insert(0, Demand(DemandKind.ANY_LANGUAGE, standing=False))
    return found[:MAX_DEMANDS]


def read_shape(text: str, words: Sequence[str], digest: Digest) -> Shape:
    """Return what of a reply can be held against demands.

    Args:
        text: the reply.
        words: its words in lower case.
        digest: see `Digest`.

    """
    first = b"".join(map(digest, words[:FIRST_WORDS]))
    last = b"".join(map(digest, words[: -LAST_WORDS - 1 : -1]))
    return Shape(len(words), _sentences(text), first, last)


def _sentences(text: str) -> int:
    """Count sentences; a line without an end, such as an item of a list, is one too."""
    count = len(_SENTENCE.findall(text))
    if ". " in text:
        count -= sum(map(text.count, _TITLES))
    if "\n" in text:
        lines = [line.strip() for line in text.split("\n")]
        count += sum(1 for line in lines if line and not line.endswith(_ENDS))
    return max(count, 1) if text.strip() else 0


def _read_sentence(part: str, said: AbstractSet[str], digest: Digest) -> Iterator[Demand]:
    lower = part.lower()
    standing = phrases.STANDING.search(lower) is not None
    if not said.isdisjoint(phrases.LANGUAGES) and (language := _language(lower)):
        yield Demand(DemandKind.LANGUAGE, standing=True, what=language.encode())
    if not said.isdisjoint(phrases.NAMING_WORDS | phrases.QUOTING_WORDS):
        yield from _wording(part, lower, digest, standing=standing)
    if phrases.OTHER_SUBJECT.search(lower):
        return
    if not said.isdisjoint(phrases.FORMAT_WORDS):
        yield from _formats(lower, standing=standing)
    if not said.isdisjoint(phrases.LIMIT_WORDS):
        yield from _limit(lower, standing=standing)


def _formats(lower: str, *, standing: bool) -> Iterator[Demand]:
    for kind, pattern in phrases.FORMATS:
        if pattern.search(lower) and (kind != DemandKind.LIST or not phrases.NEGATED.search(lower)):
            yield Demand(kind, standing)


def _limit(lower: str, *, standing: bool) -> Iterator[Demand]:
    if len(lower) > phrases.SHORT_DEMAND and not phrases.REPLYING.search(lower):
        return
    for pattern in phrases.LIMITS:
        if match := pattern.search(lower):
            number, unit = match.groups()
            limit = int(number) if number.isdecimal() else phrases.NUMBERS[number]
            yield Demand(_UNITS[unit], standing, limit)
            return


def _language(lower: str) -> str:
    """Return the code of the one language that replies shall be in; empty if none is demanded."""
    for name in phrases.LANGUAGE.finditer(lower):
        before, after = lower[: name.start()], lower[name.end() :]
        if (
            (phrases.BEFORE_LANGUAGE.search(before) or after.startswith(" only"))
            and not phrases.ALTERNATIVE_BEFORE.search(before)
            and not phrases.ALTERNATIVE_AFTER.match(after)
            and not phrases.NEGATED.search(before[-_NEAR:])
            and phrases.TRANSLATING.isdisjoint(lower.split())
            and (
                phrases.SPEAKING.search(lower)
                or (len(lower) <= phrases.SHORT_DEMAND and phrases.POLITE.search(lower))
            )
        ):
            return phrases.LANGUAGES[name.group()]
    return ""


def _wording(part: str, lower: str, digest: Digest, *, standing: bool) -> Iterator[Demand]:
    """Find wording that is forbidden or required: in quotes, named as a word, or a proper name."""
    if forbidding := phrases.FORBIDDING.search(lower):
        for wording in _forbidden(part, part[forbidding.end() :]):
            yield from _holding(DemandKind.FORBIDDEN, wording, digest, standing=standing)
        return
    if not standing and not phrases.REPLIES.search(lower):
        return
    if starting := phrases.STARTING.search(lower):
        for wording in _quoted(part[starting.end() :])[:1]:
            words = split_words(wording)[:FIRST_WORDS]
            yield Demand(DemandKind.START, standing, what=b"".join(map(digest, words)))
    elif ending := phrases.ENDING.search(lower):
        for wording in _quoted(part[ending.end() :])[:1]:
            words = split_words(wording)[: -LAST_WORDS - 1 : -1]
            yield Demand(DemandKind.END, standing, what=b"".join(map(digest, words)))
    elif requiring := phrases.REQUIRING.search(lower):
        for wording in _quoted(part[requiring.end() :])[:1]:
            yield from _holding(DemandKind.REQUIRED, wording, digest, standing=standing)


def _forbidden(part: str, rest: str) -> Sequence[str]:
    """Return what stands in `rest`, behind the verb that forbids it."""
    if wordings := _quoted(rest):
        return wordings
    if named := phrases.NAMED_WORDS.match(rest):
        return re.split(r",? (?:or|and|nor) |, ", named.group(1).strip(" ,"))
    proper = phrases.PROPER_NAME.search(part)
    return [proper.group(1)] if proper else ()


def _holding(kind: DemandKind, wording: str, digest: Digest, *, standing: bool) -> Iterator[Demand]:
    """Demand that all content words of a wording be there, or not."""
    words = [word for word in split_words(wording) if content_words([word])]
    if 0 < len(words) <= DEMAND_WORDS:
        yield Demand(kind, standing, what=b"".join(map(digest, words)))


def _quoted(text: str) -> list[str]:
    return [double or single for double, single in phrases.QUOTED.findall(text)]
