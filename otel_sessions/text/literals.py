"""Literals: values that are written in figures, their kind, their one form and what names them.

"No. 4471" is an id if the word beside it says so, the hour after "at", a count otherwise. Signs and
digits speak in every language; cues are English words.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otel_sessions.records import ValueKind
from otel_sessions.text.words import FUNCTION_WORDS, word_set


class Literal(NamedTuple):
    """A value as it stands in a text."""

    text: str
    """In the one form that all ways of writing it are brought to."""
    kind: ValueKind
    cue: str = ""
    """The word that names it, in lower case; empty if none does."""


MONTHS = word_set(
    "january february march april june july august september october november december"
)
"""Without May, which is more often a verb; beside a number it counts."""
AROUND = ".,;:!?()[]{}<>\"'`#$\u20ac\u00a3*_"
"""Signs that may stand around a value and do not belong to it."""

_MONTH_CUES = MONTHS | {"may"}
_MONEY_SIGNS = frozenset("$\u20ac\u00a3")
_CURRENCIES = word_set("dollar dollars usd eur euro euros gbp pound pounds bucks cents")
UNNAMING = word_set(
    """
    number numbers no id ids nr num code is # ending ends of reference ref identification identifier
    """
)
"""Words beside a value that do not say which one it is."""
_CODE_CUES = word_set(
    """
    number nr num id code pin order account acct reg registration error model claim reference ref
    booking reservation case ticket invoice flight
    policy confirmation customer member membership serial tracking zip postcode zipcode extension
    """
)
_NAMED_CODES = _CODE_CUES - UNNAMING
_SHORT_NUMBER = word_set("no nr num")
_OLD = ("-year-old", "yo", "y/o")
_AGED = word_set("he's she's i'm im aged turned turns")
_PERSONS = word_set("i he she")
_YEARS = word_set("year years yr yrs")
_SHORTENED = word_set("no. nr. num. ref. acct. reg. tel. cust. id.")
"""Their dots end no sentence."""
_ENDING = word_set("ends ending")
"""A card that "ends in 4471" has these as its last digits."""
_PRICED = word_set("cost costs price budget salary rent amount")
"""Words that make a bare number an amount of money ("it cost 2400")."""
_SEATED = word_set("table party group lunch dinner breakfast brunch")
"""What is had by as many people as the number behind it says ("a table for six")."""
_PHONE_CUES = word_set("phone telephone mobile cell call landline")
_CUE_REACH = 5
"""Words before a value among which its cue is looked for."""
_MIN_CODE = 5
"""Digits from which a number without a separator is an id rather than an amount."""
_MIN_PHONE = 7
_MAX_PHONE = 12
_PHONE_DASHES = 2
_MIN_GROUP = 3
_HOURS = 12
_IDENTIFYING = (ValueKind.CODE, ValueKind.PHONE, ValueKind.EMAIL)
_MIN_PARTED = 4
"""Shorter ids are too often near each other by chance."""

# Letters, then a digit, then whatever belongs to it. Possessive and from the start of a run only,
# so that the time is linear in the text.
_FIGURE = re.compile(r"(?<![a-z\d_])[a-z_]*+\d(?:[a-z\d_]|[.,:/-](?=[a-z\d]))*+")
_EMAIL = re.compile(r"[\w.+-]{1,64}+@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")
_COMMA_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POINT_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+")
_DECIMAL = re.compile(r"\d+\.\d+")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_DASHED = re.compile(r"[\d-]{7,}")
_CLOCK = re.compile(r"\d{1,2}(?::\d\d){0,2}(?:am|pm)?")
_CALENDAR = re.compile(r"\d{4}-\d\d?-\d\d?|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d\d)")
_MEASURE = re.compile(r"\d{1,4}(?:[.,]\d+)?-?[a-z]{1,6}|[a-z]{1,4}\d{1,2}")


def literals_of(word: str, i: int, chunks: Sequence[str]) -> Iterator[Literal]:
    """Give the values in one run of characters without blanks.

    Args:
        word: the run without the signs around it.
        i: its place in `chunks`.
        chunks: all runs of the text in lower case, with their signs.

    """
    if "@" in word and (email := _EMAIL.search(word)):
        yield Literal(email.group(), ValueKind.EMAIL, cue_before(i, chunks))
        return
    for figure in _FIGURE.findall(word):
        yield _literal(figure, i, chunks)


def _literal(figure: str, i: int, chunks: Sequence[str]) -> Literal:
    value = _one_form(figure)
    if _ORDINAL.fullmatch(figure):
        return Literal(value, ValueKind.DATE, _month_beside(i, chunks))
    if figure.endswith(_OLD):
        return Literal(figure.partition("-")[0].rstrip("yo"), ValueKind.NUMBER, "age")
    kind = _kind(figure, value, chunks[i], _word_at(i + 1, chunks))
    if kind is None:
        return number(value, i, chunks)
    cue = cue_before(i, chunks)
    if kind is ValueKind.OTHER and _is_id(cue, i, chunks):
        kind = ValueKind.CODE
    if (
        kind is ValueKind.CODE
        and value.isdigit()
        and len(value) >= _MIN_PHONE
        and (cue in _PHONE_CUES or (figure.count("-") >= _PHONE_DASHES and cue not in _NAMED_CODES))
    ):
        kind = ValueKind.PHONE
    return Literal(clock(value) if kind is ValueKind.TIME else value, kind, cue)


def _kind(figure: str, value: str, chunk: str, after: str) -> ValueKind | None:
    """Tell the kind from the form alone; `None` of a small number, whose neighbours tell it."""
    kind = None
    if not _MONEY_SIGNS.isdisjoint(chunk) or after in _CURRENCIES:
        kind = ValueKind.MONEY
    elif _CALENDAR.fullmatch(figure):
        kind = ValueKind.DATE
    elif (":" in figure or figure[-1] == "m") and _CLOCK.fullmatch(figure):
        kind = ValueKind.TIME
    elif "#" not in chunk and _MEASURE.fullmatch(figure):
        kind = ValueKind.OTHER
    elif _DECIMAL.fullmatch(value) or "," in figure:
        kind = ValueKind.NUMBER
    elif "#" in chunk or len(value) >= _MIN_CODE or figure != value or not value.isdigit():
        kind = ValueKind.CODE
    return kind


def joined(before: Literal, value: Literal) -> Literal | None:
    """Return two neighbouring groups of digits as one number, if together they look like one."""
    digits = before.text + value.text
    groups = min(len(before.text), len(value.text))
    if not digits.isdigit() or groups < _MIN_GROUP - (len(digits) >= _MIN_PHONE):
        return None
    called = _MIN_PHONE <= len(digits) <= _MAX_PHONE and before.cue not in _CODE_CUES
    return Literal(digits, ValueKind.PHONE if called else ValueKind.CODE, before.cue)


def figures_in(text: str, limit: int) -> list[str]:
    """Return the first distinct long figures and addresses of a text, such as a tool's result.

    Faster than reading its values, because neither kinds nor cues are told.
    """
    lowered = text.lower()
    found = dict.fromkeys(_EMAIL.findall(lowered)) if "@" in lowered else {}
    for figure in _FIGURE.findall(lowered):
        if len(figure) >= _MIN_PARTED:
            found[_one_form(figure)] = None
            if len(found) >= limit:
                break
    return list(found)[:limit]


def parts(value: Literal) -> tuple[str, ...]:
    """Return what an id, a phone number or an address shares with itself after a slip.

    Its two halves and its signs in order, each with its length. Of an address, what stands before
    the `@`, because people share the rest.
    """
    text = value.text.partition("@")[0]
    if value.kind not in _IDENTIFYING or len(text) < _MIN_PARTED:
        return ()
    half = len(text) // 2
    return (
        f"{len(text)}{text[:half]}<",
        f"{len(text)}>{text[half:]}",
        f"{len(text)}{''.join(sorted(text))}~",
    )


def number(value: str, i: int, chunks: Sequence[str]) -> Literal:
    """Read a small number: an id if its cue says so, the hour after "at", a count otherwise."""
    before = _word_at(i - 1, chunks)
    if before in _MONTH_CUES:
        return Literal(value, ValueKind.DATE, before)
    if before in ("in", "with") and _word_at(i - 2, chunks) in _ENDING:
        return Literal(value, ValueKind.CODE, "last")
    cue = cue_before(i, chunks)
    if _is_id(cue, i, chunks):
        return Literal(value, ValueKind.CODE, cue)
    after = "" if chunks[i][-1] in ".,;!?" else _word_at(i + 1, chunks)
    counts = after.isalpha() and after not in FUNCTION_WORDS and after not in MONTHS
    if before == "at" and not counts and value.isdigit() and int(value) <= _HOURS:
        return Literal(value, ValueKind.TIME)
    if _is_age(before, i, chunks) if not counts else after in _YEARS and _old(i, chunks):
        return Literal(value, ValueKind.NUMBER, "age")
    if not counts and ((before in ("for", "of") and cue in _SEATED) or _of_us(i, chunks)):
        cue = "people"
    kind = ValueKind.MONEY if cue in _PRICED and not counts else ValueKind.NUMBER
    return Literal(value, kind, after if counts else cue)


def _of_us(i: int, chunks: Sequence[str]) -> bool:
    return _word_at(i + 1, chunks) == "of" and _word_at(i + 2, chunks) in ("us", "them")


def _is_id(cue: str, i: int, chunks: Sequence[str]) -> bool:
    """Tell an id by the word right before it, or before "is"."""
    before = _word_at(i - 1, chunks)
    if before in _CODE_CUES or (before in ("is", "") and cue in _CODE_CUES):
        return True
    named = _word_at(i - 2, chunks) if before in ("is", "") else before
    return (named in _SHORT_NUMBER or named in _CODE_CUES) and bool(cue)


def _is_age(before: str, i: int, chunks: Sequence[str]) -> bool:
    return before in _AGED or (before in ("is", "am") and _word_at(i - 2, chunks) in _PERSONS)


def _old(i: int, chunks: Sequence[str]) -> bool:
    return _word_at(i + 2, chunks) in ("old", "of")


def cue_before(i: int, chunks: Sequence[str]) -> str:
    """Return the nearest word before a value that can name it, within the sentence."""
    unnaming = ""
    for chunk in chunks[max(0, i - _CUE_REACH) : i][::-1]:
        if chunk[-1] in ".?!;" and chunk not in _SHORTENED:
            break
        word = chunk.strip(AROUND)
        if word in UNNAMING:
            unnaming = unnaming or (word if word in _CODE_CUES else "")
        elif word.isalpha() and word not in FUNCTION_WORDS and word not in MONTHS:
            return word
    return unnaming


def clock(value: str) -> str:
    """Leave out the minutes of a full hour: "7:00pm" is "7pm"."""
    return value.replace(":00", "") if value.endswith("m") else value


def _month_beside(i: int, chunks: Sequence[str]) -> str:
    after = _word_at(i + 1, chunks)
    month = _word_at(i + 2, chunks) if after == "of" else after
    before = _word_at(i - 1, chunks)
    return month if month in _MONTH_CUES else before if before in _MONTH_CUES else ""


def _word_at(i: int, chunks: Sequence[str]) -> str:
    return chunks[i].strip(AROUND) if 0 <= i < len(chunks) else ""


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
