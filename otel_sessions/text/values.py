"""Values: the literal values in a text: numbers, amounts, dates, times, ids, addresses, quotes.

Meaning as a vector is blind to them ("table for two at 7", "table for four at 9"), and they decide
whether a similar request is the same request. The usual ways of writing one value are brought
to one form: case, currency signs, thousands separators, zeros after the point, ordinals, dashes
in long numbers, number words from two on. Words for numbers, days and months are English; digits
count in every language.
"""

import re

from otel_sessions.text.words import word_set

MAX_VALUES = 16

_NUMBERS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_NUMBERS.split(), 2)} | {
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "hundred": "100",
}
_DATE_WORDS = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday today tonight tomorrow yesterday
    january february april june july august september october november december
    """
)
_NAMED = {word: word for word in _DATE_WORDS} | _NUMBER_WORDS
_HALVES_OF_DAY = ("am", "pm")

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
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_DASHED = re.compile(r"[\d-]{7,}")


def read_values(text: str) -> list[str]:
    """Return the values of `text`, at most `MAX_VALUES`, in order; quoted ones come last."""
    values: list[str] = []
    for chunk in text.lower().split():
        if chunk.isalpha():
            if chunk in _NAMED:
                values.append(_NAMED[chunk])
            elif chunk in _HALVES_OF_DAY and values:
                values[-1] += chunk
        else:
            values += _values_of(chunk.strip(_AROUND))
        if len(values) >= MAX_VALUES:
            break
    if any(mark in text for mark in _OPENING_QUOTES):
        values += [(a or b).strip().lower() for _, a, b in _QUOTED.findall(text)]
    return values[:MAX_VALUES]


def _values_of(chunk: str) -> list[str]:
    """Return the values in one run of characters without blanks."""
    if chunk.isalpha():
        return [_NAMED[chunk]] if chunk in _NAMED else []
    if "@" in chunk and (email := _EMAIL.search(chunk)):
        return [email.group()]
    return [_one_form(figure) for figure in _FIGURE.findall(chunk)]


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
