"""Values: the literal values in a text: numbers, amounts, dates, times, ids, addresses, names.

Meaning as a vector is blind to them ("table for two at 7", "table for four at 9"), and they decide
whether a similar request is the same request. The usual ways of writing one value are brought
to one form: case, currency signs, thousands separators, zeros after the point, ordinals, dashes
in long numbers, number words from two on. A value has a kind and, where a word close by names it,
that word as its cue ("order" of "order number 17", "people" of "4 people").

Words for numbers, days, months, names and places are English; digits, addresses and quotes count in
every language. About 25 µs for 80 tokens without any value, 70 µs with a dozen.
"""

import re
from collections.abc import Callable, Mapping

from otel_sessions.records import ValueKind
from otel_sessions.text.categories import CATEGORIES
from otel_sessions.text.literals import (
    AROUND,
    MONTHS,
    UNNAMING,
    Literal,
    clock,
    joined,
    literals_of,
    number,
)
from otel_sessions.text.value_phrases import (
    ALSO_STREETS,
    ANY,
    COMING,
    COMPASS,
    DAYS,
    DESCRIBED_SIGNS,
    HALVES_OF_DAY,
    INTRODUCING,
    KNOWING,
    NEGATIONS,
    NOT_CARING,
    NUMBER_WORDS,
    PARTS_OF_DAY,
    PERIODS,
    PLACING,
    PRICED,
    REASONING,
    STREETS,
    TIMES,
    UNKNOWING,
)
from otel_sessions.text.words import FUNCTION_WORDS, word_set

MAX_VALUES = 16
MAX_CHOICES = 3
_MAX_CHOOSING_WORDS = 12
"""A longer text tells a story; what it chooses cannot be told from what it says besides."""
_MAX_PLACES = 4
_MAX_NAME_WORDS = 3
_REACH = 3
"""Words between a number and what says that it is a time or a date ("7 in the evening")."""

# What stands in quotes after a blank is meant literally; others are apostrophes or code.
_QUOTED = re.compile(
    r"(?<![^\s(])([\"'`])([^\"'`\n]{1,64})\1(?!\w)|\u201c([^\u201d\n]{1,64})\u201d"
)
_OPENING_QUOTES = ('"', " '", "`", "\u201c")


def read_values(text: str) -> list[Literal]:
    """Return the values of `text`, at most `MAX_VALUES`.

    Figures, dates and the like come first and in the order of the text; then what is quoted, places
    and, of a short text, the words that it chooses.
    """
    return _Scan(text).read()


class _Scan:
    """One pass over the words of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._raw: list[str] = []
        self._chunks = text.lower().split()
        self._values: list[Literal] = []
        self._at: list[int] = []
        self._places: list[Literal] = []
        self._unknowing = False

    def read(self) -> list[Literal]:
        """See `read_values`."""
        telling = [
            (i, chunk)
            for i, chunk in enumerate(self._chunks)
            if chunk in _READ or not chunk.isalpha()
        ]
        for i, chunk in telling:
            word = chunk.strip(AROUND)
            read = _READ.get(word)
            if read is not None:
                read(self, word, i)
            elif not word.isalpha():
                for value in literals_of(word, i, self._chunks):
                    self._add_literal(i, value)
            if len(self._values) >= MAX_VALUES:
                return self._values[:MAX_VALUES]
        values = self._values + self._quoted() + self._places[:_MAX_PLACES]
        if self._unknowing:
            values.append(Literal("", ValueKind.UNKNOWN))
        elif len(self._chunks) <= _MAX_CHOOSING_WORDS:
            values += self._choices({value.cue for value in values})
        return values[:MAX_VALUES]

    def _add(self, i: int, value: Literal) -> None:
        self._values.append(value)
        self._at.append(i)

    def _add_literal(self, i: int, value: Literal) -> None:
        """Join the groups of digits in which people write phone and card numbers."""
        if self._at and self._at[-1] == i - 1 and (long := joined(self._values[-1], value)):
            self._values.pop()
            self._at.pop()
            value = long
        self._add(i, value)

    def read_number(self, word: str, i: int) -> None:
        if not self._chunks[i + 1 : i + 2] or not self._chunks[i + 1].startswith(DESCRIBED_SIGNS):
            self._add(i, number(NUMBER_WORDS[word], i, self._chunks))

    def read_month(self, word: str, i: int) -> None:
        """Read a month; the number right before it is a day, not a count."""
        if self._follows(i) and self._values[-1].kind is ValueKind.NUMBER:
            self._values[-1] = self._values[-1]._replace(kind=ValueKind.DATE, cue=word)
        self._add(i, Literal(word, ValueKind.DATE))

    def read_day(self, word: str, i: int) -> None:
        self._add(i, Literal(word, ValueKind.DATE))

    def read_time(self, word: str, i: int) -> None:
        self._add(i, Literal(word, ValueKind.TIME))

    def read_half_of_day(self, word: str, i: int) -> None:
        if self._at and self._at[-1] == i - 1:
            time = clock(self._values[-1].text + HALVES_OF_DAY[word])
            self._values[-1] = Literal(time, ValueKind.TIME)
        elif word == "am":
            self.read_introduction(word, i)

    def read_part_of_day(self, word: str, i: int) -> None:
        if self._follows(i) and self._values[-1].kind in (ValueKind.NUMBER, ValueKind.TIME):
            hour = self._values[-1].text
            half = "" if hour.endswith("m") else PARTS_OF_DAY[word]
            self._values[-1] = Literal(hour + half, ValueKind.TIME)

    def read_place(self, word: str, i: int) -> None:
        name = self._capitalised(i + 1)
        if name:
            end = word if word in ("from", "to") else "address" if name[0].isdigit() else ""
            self._places.append(Literal(name, ValueKind.PLACE, end))

    def read_street(self, word: str, i: int) -> None:
        """Read a street behind the number of a house, in whatever case."""
        reach = _REACH if word in STREETS else 2
        words = [chunk.strip(AROUND) for chunk in self._chunks[max(0, i - reach) : i + 1]]
        at = next((j for j, word in enumerate(words) if word[:1].isdigit()), None)
        if word in ALSO_STREETS and (at != 0 or len(words) < reach + 1 or _counted(words[1])):
            return
        if at is not None and at < len(words) - 1:
            name = " ".join(words[at:])
            if name not in [place.text for place in self._places]:
                self._places.append(Literal(name, ValueKind.PLACE, "address"))

    def read_period(self, word: str, i: int) -> None:
        """Read "next week", "this weekend", "the end of the month"."""
        if i and (self._chunks[i - 1] in COMING or word == "weekend"):
            self._add(i, Literal(f"{self._chunks[i - 1]} {word}", ValueKind.DATE))

    def read_category(self, word: str, _: int) -> None:
        self._places.append(Literal(word, ValueKind.OTHER, CATEGORIES[word]))

    def read_compass(self, word: str, _: int) -> None:
        self._places.append(Literal(word, ValueKind.PLACE))

    def read_priced(self, word: str, _: int) -> None:
        if len(self._chunks) <= _MAX_CHOOSING_WORDS:
            self._places.append(Literal(word, ValueKind.CHOICE, "price"))

    def read_reason(self, word: str, _: int) -> None:
        self._places.append(Literal(word, ValueKind.OTHER, "reason"))

    def read_unknowing(self, word: str, i: int) -> None:
        negated = not NEGATIONS.isdisjoint(self._chunks[max(0, i - _REACH) : i])
        self._unknowing |= word in UNKNOWING or negated

    def read_introduction(self, word: str, i: int) -> None:
        """Read "my name is ...", "name: ...", "this is ...", "I'm ..."."""
        chunks = self._chunks
        name = ""
        if word == "name's":
            name = self._spelled(i + 1)
        elif word == "name":
            if chunks[i + 1 : i + 2] == ["is"]:
                name = self._spelled(i + 2)
            elif chunks[i].endswith(":"):
                name = self._spelled(i + 1)
        elif word == "this":
            if chunks[i + 1 : i + 2] == ["is"]:
                name = self._capitalised(i + 2)
        elif word == "i'm" or chunks[i - 1 : i] == ["i"]:
            name = self._capitalised(i + 1)
        if name:
            self._add(i, Literal(name, ValueKind.NAME, "name"))

    def _follows(self, i: int) -> bool:
        return bool(self._at) and i - self._at[-1] <= _REACH

    def _spelled(self, start: int) -> str:
        """Return the words from `start` on that may be a name, in whatever case."""
        words = []
        for chunk in self._chunks[start : start + _MAX_NAME_WORDS]:
            word = chunk.strip(AROUND)
            if not word.replace("-", "").replace("'", "").isalpha() or word in FUNCTION_WORDS:
                break
            words.append(word)
            if chunk[-1] in ".,;!?":
                break
        return " ".join(words)

    def _capitalised(self, start: int) -> str:
        if not self._raw:
            self._raw = self._text.split()
        words: list[str] = []
        for raw in self._raw[start : start + _MAX_NAME_WORDS]:
            word = raw.strip(AROUND)
            lowered = word.lower()
            # The number of a house.
            if not words and word.isdigit():
                words.append(word)
                continue
            if not word[:1].isupper() or lowered in FUNCTION_WORDS or lowered in _DATED:
                break
            words.append(lowered)
            if raw[-1] in ".,;:!?)":
                break
        return "" if words and words[-1].isdigit() else " ".join(words)

    def _quoted(self) -> list[Literal]:
        if not any(mark in self._text for mark in _OPENING_QUOTES):
            return []
        return [
            Literal((a or b).strip().lower(), ValueKind.QUOTED)
            for _, a, b in _QUOTED.findall(self._text)
        ]

    def _choices(self, cues: set[str]) -> list[Literal]:
        """Return what a short text chooses: its content words, or that it does not care.

        A word right before another says which one of these ("Chinese food", "the Leeds shop").
        """
        words = [chunk.strip(AROUND) for chunk in self._chunks]
        known = set(words)
        careless = not known.isdisjoint(NEGATIONS) and not known.isdisjoint(NOT_CARING)
        telling = [
            word.replace("-", "").isalpha()
            and len(word) > 1
            and not (word in UNNAMING or word in FUNCTION_WORDS or word in _TOLD)
            for word in words
        ]
        if careless or not known.isdisjoint(ANY):
            named = [word for word, tells in zip(words, telling, strict=True) if tells]
            return [Literal("any", ValueKind.CHOICE, named[-1] if named else "")]
        return [
            Literal(word, ValueKind.CHOICE, words[i + 1] if any(telling[i + 1 : i + 2]) else "")
            for i, word in enumerate(words)
            if telling[i] and word not in cues
        ][-MAX_CHOICES:]


def _counted(word: str) -> bool:
    """Tell what is counted, or means no street ("20 minutes drive")."""
    return word.endswith("s") or not word.isalpha() or word in FUNCTION_WORDS or word in _UNITS


_UNITS = word_set("minute hour day km mile percent am pm")
_DATED = MONTHS | DAYS
_READ: Mapping[str, Callable[[_Scan, str, int], None]] = {
    word: read
    for words, read in (
        (NUMBER_WORDS, _Scan.read_number),
        (MONTHS, _Scan.read_month),
        (DAYS, _Scan.read_day),
        (TIMES, _Scan.read_time),
        (HALVES_OF_DAY, _Scan.read_half_of_day),
        (PARTS_OF_DAY, _Scan.read_part_of_day),
        (PLACING, _Scan.read_place),
        (COMPASS, _Scan.read_compass),
        (PRICED, _Scan.read_priced),
        (STREETS | ALSO_STREETS, _Scan.read_street),
        (PERIODS, _Scan.read_period),
        (CATEGORIES, _Scan.read_category),
        (REASONING, _Scan.read_reason),
        (UNKNOWING | KNOWING, _Scan.read_unknowing),
        (INTRODUCING - {"am"}, _Scan.read_introduction),
    )
    for word in words
}
_TOLD = _READ.keys() - CATEGORIES.keys() - ALSO_STREETS - PERIODS
"""Words that are no choices, because they are read as something else."""
