"""Values: the literal values in a text: numbers, amounts, dates, times, ids, addresses, names.

Meaning as a vector is blind to them ("table for two at 7", "table for four at 9"), and they decide
whether a similar request is the same request. The usual ways of writing one value are brought
to one form: case, currency signs, thousands separators, zeros after the point, ordinals, dashes
in long numbers, number words from two on. A value has a kind and, where a word close by names it,
that word as its cue ("order" of "order number 17", "people" of "4 people").

Words for numbers, days, months, names and places are English; digits, addresses and quotes count in
every language. About 30 µs for 80 tokens.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otel_sessions.text.words import FUNCTION_WORDS, word_set
from otel_sessions.texts import ValueKind

MAX_VALUES = 16
MAX_CHOICES = 3
_MAX_CHOOSING_WORDS = 12
"""A longer text tells a story; what it chooses cannot be told from what it says besides."""
_MAX_PLACES = 4
_CUE_REACH = 5
"""Words before a value among which its cue is looked for."""


class Literal(NamedTuple):
    """A value as it stands in a text."""

    text: str
    """In the one form that all ways of writing it are brought to."""
    kind: ValueKind
    cue: str = ""
    """The word that names it, in lower case; empty if none does."""


_NUMBERS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_NUMBERS.split(), 2)} | {
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "hundred": "100",
}
_MONTHS = word_set(
    "january february march april june july august september october november december"
)
_MONTH_CUES = _MONTHS | {"may"}
_DATE_WORDS = _MONTHS | word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday today tonight tomorrow yesterday
    """
)
_TIME_WORDS = word_set("noon midnight")
_HALVES_OF_DAY = {"am": "am", "pm": "pm", "a.m": "am", "p.m": "pm"}
_PARTS_OF_DAY = {"morning": "am", "afternoon": "pm", "evening": "pm"}
_PLACING = word_set("in at from to near")
_INTRODUCING = word_set("name this i'm am")
_SPECIAL = _DATE_WORDS.union(
    _TIME_WORDS, _PLACING, _INTRODUCING, _NUMBER_WORDS, _HALVES_OF_DAY, _PARTS_OF_DAY
)
_CURRENCIES = word_set("dollar dollars usd eur euro euros gbp pound pounds bucks cents")
_SIGNS_OF_MONEY = "$\u20ac\u00a3"
_UNNAMING = word_set("number numbers no id ids nr code is # ending of")
"""Words beside a value that do not say which one it is."""
_CODE_CUES = word_set(
    """
    number id code pin order account reference ref booking reservation case ticket invoice flight
    policy confirmation customer member membership serial tracking zip postcode zipcode extension
    """
)
_PHONE_CUES = word_set("phone telephone mobile cell call landline")
_UNKNOWING = word_set("forgot forget remember recall idea clue unsure unknown lost")
_ANY = word_set("any anything anywhere anytime whatever whichever either")
_ANY_PHRASES = ("care", "matter", "preference", "mind")
_NEGATIONS = word_set("don't dont doesn't doesnt not no")

_AROUND = ".,;:!?()[]{}<>\"'`#$\u20ac\u00a3*_"
# Letters, then a digit, then whatever belongs to it. Possessive and from the start of a run only,
# so that the time is linear in the text.
_FIGURE = re.compile(r"(?<![a-z\d_])[a-z_]*+\d(?:[a-z\d_]|[.,:/-](?=[a-z\d]))*+")
# What stands in quotes after a blank is meant literally; others are apostrophes or code.
_QUOTED = re.compile(
    r"(?<![^\s(])([\"'`])([^\"'`\n]{1,64})\1(?!\w)|\u201c([^\u201d\n]{1,64})\u201d"
)
_OPENING_QUOTES = ('"', " '", "`", "\u201c")
_EMAIL = re.compile(r"[\w.+-]{1,64}+@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")

_COMMA_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POINT_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+")
_DECIMAL = re.compile(r"\d+\.\d+")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_DASHED = re.compile(r"[\d-]{7,}")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?(?::\d\d)?(am|pm)?")
_CALENDAR = re.compile(r"\d{4}-\d\d?-\d\d?|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d\d)")
_MEASURE = re.compile(r"\d{1,4}(?:[.,]\d+)?-?[a-z]{1,6}|[a-z]{1,4}\d{1,2}")

_MAX_NAME_WORDS = 3
_MIN_CODE = 5
"""Digits or signs from which a number without a separator is an id rather than an amount."""
_MIN_PHONE = 7


def read_values(text: str) -> list[Literal]:
    """Return the values of `text`, at most `MAX_VALUES`.

    Figures, dates and the like come first and in the order of the text; then what is quoted, places
    and, of a short text, the words that it chooses.
    """
    lowered = text.lower().split()
    raw = text.split()
    values: list[Literal] = []
    at: list[int] = []
    places: list[Literal] = []
    for i, chunk in enumerate(lowered):
        word = chunk if chunk.isalpha() else chunk.strip(_AROUND)
        if word in _SPECIAL:
            _read_word(word, i, raw, lowered, values, at, places)
        elif not word.isalpha():
            for value in _values_of(word, chunk, i, lowered):
                values.append(value)
                at.append(i)
        if len(values) >= MAX_VALUES:
            return values[:MAX_VALUES]
    if any(mark in text for mark in _OPENING_QUOTES):
        values += [
            Literal((a or b).strip().lower(), ValueKind.QUOTED) for _, a, b in _QUOTED.findall(text)
        ]
    values += places[:_MAX_PLACES]
    if len(lowered) <= _MAX_CHOOSING_WORDS:
        values += _choices(lowered, {lowered[i] for i in at}.union(value.cue for value in values))
    return values[:MAX_VALUES]


def _read_word(
    word: str,
    i: int,
    raw: Sequence[str],
    lowered: Sequence[str],
    values: list[Literal],
    at: list[int],
    places: list[Literal],
) -> None:
    follows = at and i - at[-1] <= 3
    if word in _NUMBER_WORDS:
        values.append(_number(_NUMBER_WORDS[word], i, lowered))
        at.append(i)
    elif word in _DATE_WORDS:
        if word in _MONTHS and at and i - at[-1] <= 2 and values[-1].kind is ValueKind.NUMBER:
            values[-1] = values[-1]._replace(kind=ValueKind.DATE, cue=word)
        values.append(Literal(word, ValueKind.DATE))
        at.append(i)
    elif word in _TIME_WORDS:
        values.append(Literal(word, ValueKind.TIME))
        at.append(i)
    elif word in _HALVES_OF_DAY and at and at[-1] == i - 1:
        values[-1] = Literal(_clock(values[-1].text + _HALVES_OF_DAY[word]), ValueKind.TIME)
    elif word in _PARTS_OF_DAY:
        if follows and values[-1].kind in (ValueKind.NUMBER, ValueKind.TIME):
            half = "" if values[-1].text[-1] == "m" else _PARTS_OF_DAY[word]
            values[-1] = Literal(values[-1].text + half, ValueKind.TIME)
    elif word in _PLACING:
        name = _capitalised(raw, i + 1)
        if name:
            places.append(Literal(name, ValueKind.PLACE, word if word in ("from", "to") else ""))
    elif word in _INTRODUCING:
        name = _introduced(word, i, raw, lowered)
        if name:
            values.append(Literal(name, ValueKind.NAME, "name"))
            at.append(i)


def _introduced(word: str, i: int, raw: Sequence[str], lowered: Sequence[str]) -> str:
    """Return the name that a word introduces: "my name is ...", "this is ...", "I'm ..."."""
    if word == "name":
        start = i + 2 if lowered[i + 1 : i + 2] == ["is"] else i + 1
        if start == i + 1 and not lowered[i].endswith(":"):
            return ""
        words = []
        for chunk in lowered[start : start + _MAX_NAME_WORDS]:
            part = chunk.strip(_AROUND)
            if not part.replace("-", "").replace("'", "").isalpha() or part in FUNCTION_WORDS:
                break
            words.append(part)
            if chunk[-1] in ".,;!?":
                break
        return " ".join(words)
    if word == "am" and lowered[i - 1 : i] != ["i"]:
        return ""
    start = i + 1
    if word == "this":
        if lowered[i + 1 : i + 2] != ["is"]:
            return ""
        start = i + 2
    return _capitalised(raw, start)


def _capitalised(raw: Sequence[str], start: int) -> str:
    words: list[str] = []
    for chunk in raw[start : start + _MAX_NAME_WORDS]:
        part = chunk.strip(_AROUND)
        lower = part.lower()
        if not part[:1].isupper() or lower in _DATE_WORDS or lower in FUNCTION_WORDS:
            break
        words.append(lower)
        if chunk[-1] in ".,;:!?)":
            break
    return " ".join(words)


def _values_of(word: str, chunk: str, i: int, lowered: Sequence[str]) -> Iterator[Literal]:
    """Give the values in one run of characters without blanks."""
    if "@" in word and (email := _EMAIL.search(word)):
        yield Literal(email.group(), ValueKind.EMAIL, _cue_before(i, lowered))
        return
    for figure in _FIGURE.findall(word):
        yield _literal(figure, chunk, i, lowered)


def _literal(figure: str, chunk: str, i: int, lowered: Sequence[str]) -> Literal:
    value = _one_form(figure)
    after = lowered[i + 1].strip(_AROUND) if i + 1 < len(lowered) else ""
    if not _SIGNS_FREE.isdisjoint(chunk) or after in _CURRENCIES:
        return Literal(value, ValueKind.MONEY, _cue_before(i, lowered))
    if _ORDINAL.fullmatch(figure):
        month = lowered[i + 2] if after == "of" and i + 2 < len(lowered) else after
        month = month.strip(_AROUND)
        before = lowered[i - 1] if i else ""
        cue = month if month in _MONTH_CUES else before if before in _MONTH_CUES else ""
        return Literal(value, ValueKind.DATE, cue)
    if _CALENDAR.fullmatch(figure):
        return Literal(value, ValueKind.DATE, _cue_before(i, lowered))
    if (":" in figure or figure[-1] == "m") and _CLOCK.fullmatch(figure):
        return Literal(_clock(figure), ValueKind.TIME, _cue_before(i, lowered))
    if "#" not in chunk and _MEASURE.fullmatch(figure):
        return Literal(value, ValueKind.OTHER, _cue_before(i, lowered))
    if not value.isdigit():
        kind = ValueKind.NUMBER if _DECIMAL.fullmatch(value) else ValueKind.CODE
        return Literal(value, kind, _cue_before(i, lowered))
    if "#" in chunk or len(value) >= _MIN_CODE or figure != value:
        return _long_number(value, figure, i, lowered)
    return _number(value, i, lowered)


_SIGNS_FREE = frozenset(_SIGNS_OF_MONEY)


def _long_number(value: str, figure: str, i: int, lowered: Sequence[str]) -> Literal:
    cue = _cue_before(i, lowered)
    if "," in figure:
        return Literal(value, ValueKind.NUMBER, cue)
    called = len(value) >= _MIN_PHONE and (cue in _PHONE_CUES or figure.count("-") >= 2)
    return Literal(value, ValueKind.PHONE if called else ValueKind.CODE, cue)


def _number(value: str, i: int, lowered: Sequence[str]) -> Literal:
    """Read a small number: an id if its cue says so, the hour after "at", a count otherwise."""
    before = lowered[i - 1].strip(_AROUND) if i else ""
    if before in _MONTH_CUES:
        return Literal(value, ValueKind.DATE, before)
    cue = _cue_before(i, lowered)
    if before in _CODE_CUES or (before in ("is", "") and cue in _CODE_CUES):
        return Literal(value, ValueKind.CODE, cue)
    after = lowered[i + 1].strip(_AROUND) if i + 1 < len(lowered) else ""
    clause_ends = lowered[i][-1] in ".,;!?"
    counted = after.isalpha() and after not in FUNCTION_WORDS and after not in _SPECIAL
    if before == "at" and (clause_ends or not counted) and value.isdigit() and int(value) <= 12:
        return Literal(value, ValueKind.TIME)
    return Literal(value, ValueKind.NUMBER, after if counted and not clause_ends else cue)


def _cue_before(i: int, lowered: Sequence[str]) -> str:
    """Return the nearest word before a value that can name it, within the sentence."""
    unnaming = ""
    for chunk in lowered[max(0, i - _CUE_REACH) : i][::-1]:
        if chunk[-1] in ".?!;":
            break
        word = chunk.strip(_AROUND)
        if word in _UNNAMING:
            unnaming = unnaming or (word if word in _CODE_CUES else "")
        elif word.isalpha() and word not in FUNCTION_WORDS and word not in _SPECIAL:
            return word
    return unnaming


def _choices(lowered: Sequence[str], taken: set[str]) -> list[Literal]:
    words = [chunk.strip(_AROUND) for chunk in lowered]
    known = set(words)
    if not known.isdisjoint(_UNKNOWING):
        return []
    if not known.isdisjoint(_ANY) or (
        not known.isdisjoint(_NEGATIONS) and not known.isdisjoint(_ANY_PHRASES)
    ):
        return [Literal("any", ValueKind.CHOICE)]
    return [
        Literal(word, ValueKind.CHOICE)
        for chunk, word in zip(lowered, words, strict=True)
        if word.isalpha()
        and len(word) > 1
        and chunk not in taken
        and word not in taken
        and word not in _UNNAMING
        and word not in FUNCTION_WORDS
        and word not in _SPECIAL
    ][-MAX_CHOICES:]


def _clock(value: str) -> str:
    """Leave out the minutes of a full hour: "7:00pm" is "7pm"."""
    return value.replace(":00", "") if value.endswith("m") else value


def _one_form(value: str) -> str:
    if value.isalnum():
        ordinal = _ORDINAL.fullmatch(value)
        return ordinal.group(1) if ordinal else value
    if _COMMA_THOUSANDS.fullmatch(value):
        value = value.replace(",", "")
    elif _POINT_THOUSANDS.fullmatch(value):
        value = value.replace(".", "").replace(",", ".")
    elif _DASHED.fullmatch(value):
        return value.replace("-", "")
    return value.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(value) else value
