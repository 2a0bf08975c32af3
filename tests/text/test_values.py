"""Literal values: which are found, and which ways of writing mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import ValueKind
from otel_sessions.text.values import MAX_VALUES, read_values

K = ValueKind


WORDED = (K.CHOICE, K.PLACE, K.NAME, K.UNKNOWN)


def literal(text):
    """The values that are no words, places or names."""
    return [value.text for value in read_values(text) if value.kind not in WORDED]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("My account is 12345678.", ["12345678"]),
        ("Order #W123-456, please", ["w123-456"]),
        ("It cost $1,234.50!", ["1234.5"]),
        ("1.234,50 EUR", ["1234.50"]),
        ("(2024-05-03)", ["20240503"]),
        ("call 555-123-4567 now", ["5551234567"]),
        ("on the 5th", ["5"]),
        ("a table for two at 7 pm on Friday", ["2", "7pm", "friday"]),
        ("7pm", ["7pm"]),
        ("mail Ann.B+c@Example.co.uk.", ["ann.b+c@example.co.uk"]),
        ("user sofia_li_9219", ["sofia_li_9219"]),
        ('{"a":123,"b":"x9"}', ["123", "x9"]),
        ("\u8ba2\u5355\u53f712345", ["12345"]),
        ("one or the other", []),
        ("no values here, none.", []),
    ],
)
def test_values(text, values):
    """Values come in the order of the text, each in one form."""
    assert [v.rstrip("0") if "." in v else v for v in literal(text)] == [
        v.rstrip("0") if "." in v else v for v in values
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000,000", "1000000"),
        ("$12.00", "12"),
        ("ABC-123", "abc-123"),
        ("seven", "7"),
        ("3rd", "3"),
        ("555-123-4567", "5551234567"),
    ],
)
def test_the_same_value(one, other):
    """What people write differently is the same value."""
    assert literal(one) == literal(other) != []


@pytest.mark.parametrize(
    ("one", "other"), [("7am", "7pm"), ("12", "120"), ("1.5", "15"), ("a1", "b1")]
)
def test_other_values(one, other):
    """What differs in meaning stays different."""
    assert literal(one) != literal(other)


@given(number=st.integers(0, 10**15))
def test_thousands_separators_do_not_count(number):
    """Every whole number is the same with and without its commas."""
    assert literal(f"{number:,}") == literal(str(number)) == [str(number)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("My account number is 4471", [("4471", K.CODE, "account")]),
        ("Ticket #88 is still open", [("88", K.CODE, "ticket")]),
        ("I need a room for 4 people", [("4", K.NUMBER, "people")]),
        ("It cost me $1,250 in total", [("1250", K.MONEY, "cost")]),
        ("I paid 30 euros for the shirt", [("30", K.MONEY, "paid")]),
        ("on the 14th of March, I think", [("14", K.DATE, "march"), ("march", K.DATE, "")]),
        ("can it be May 5?", [("5", K.DATE, "may")]),
        ("my birthday is 03/05/1988", [("03/05/1988", K.DATE, "birthday")]),
        ("be there at 7", [("7", K.TIME, "")]),
        ("at 7:00 p.m. or so", [("7pm", K.TIME, "")]),
        ("around 8 in the evening", [("8pm", K.TIME, "")]),
        ("call me on 555-867-5309", [("5558675309", K.PHONE, "call")]),
        ("my mobile is 07700900123", [("07700900123", K.PHONE, "mobile")]),
        (
            "write to ann@example.org today",
            [("ann@example.org", K.EMAIL, "write"), ("today", K.DATE, "")],
        ),
        ("a 15-inch screen with 32GB", [("15-inch", K.OTHER, ""), ("32gb", K.OTHER, "screen")]),
        ("the flight is HX2210", [("hx2210", K.CODE, "flight")]),
        ("my card ends in 7733", [("7733", K.CODE, "last")]),
        ("the last four digits are below", []),
        ("some time next week", [("next week", K.DATE, "")]),
    ],
)
def test_kinds_and_cues(text, kinds):
    """A value has a kind, and the word that names it is its cue."""
    assert [tuple(value) for value in read_values(text) if value.kind not in WORDED] == kinds


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my name is Ann Smith", "ann smith"),
        ("My name is ann smith, and I lost my card", "ann smith"),
        ("Hi, this is Ann Smith from Leeds.", "ann smith"),
        ("I'm Ann Smith and I lost my card", "ann smith"),
        ("I am Ann.", "ann"),
        ("Name: Ann Smith", "ann smith"),
        ("I'm looking for a shirt", None),
        ("this is wrong", None),
        ("the name is too long", None),
        ("what is your name", None),
    ],
)
def test_names(text, name):
    """A name is what follows the words that introduce one."""
    assert next((v.text for v in read_values(text) if v.kind is K.NAME), None) == name


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("Italian, please", ["italian"]),
        ("the cheap one", ["cheap"]),
        ("I don't care", ["any"]),
        ("it does not matter", ["any"]),
        ("I have no preference", ["any"]),
        ("I don't know", []),
        ("I forgot it", []),
        ("yes please", []),
        ("I was on holiday with my wife and our two children when the letter came", []),
    ],
)
def test_choices(text, choices):
    """A short text chooses by its content words, and by none if it does not know."""
    assert [v.text for v in read_values(text) if v.kind is K.CHOICE] == choices


def test_places_say_from_and_to():
    """A place is a name after a word that places; where from and where to are told apart."""
    found = read_values("I want to fly from San Diego to Boston and stay in Cambridge")
    assert [(v.text, v.cue) for v in found if v.kind is K.PLACE] == [
        ("san diego", "from"),
        ("boston", "to"),
        ("cambridge", ""),
    ]


def test_there_are_never_too_many():
    """A table of figures gives its first values only."""
    assert len(read_values(" ".join(map(str, range(10, 99))))) == MAX_VALUES


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("I don't remember it", True),
        ("I do not know my account number, my name is Ann", True),
        ("sorry, no idea", True),
        ("I forgot my password", True),
        ("I'm not sure", True),
        ("I know that it is 17", False),
        ("sure, 17", False),
        ("do you remember me?", False),
    ],
)
def test_what_is_not_known(text, unknown):
    """Saying that one does not know is told apart from giving a value."""
    assert any(value.kind is K.UNKNOWN for value in read_values(text)) == unknown


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("call 0151 447 9320 please", "01514479320", K.PHONE),
        ("(555) 867-5309", "5558675309", K.PHONE),
        ("my card is 4111 1111 1111 1111", "4111111111111111", K.CODE),
        ("account 1234 5678", "12345678", K.CODE),
    ],
)
def test_groups_of_digits_are_one_number(text, number, kind):
    """People write long numbers in groups."""
    assert [(v.text, v.kind) for v in read_values(text) if v.kind not in WORDED] == [(number, kind)]


@pytest.mark.parametrize("text", ["rooms 4 5 6", "from 10 to 12", "2 rooms, 90 euros"])
def test_small_numbers_stay_apart(text):
    """A list of counts is no phone number."""
    assert len(literal(text)) >= 2
