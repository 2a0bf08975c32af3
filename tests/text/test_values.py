"""Literal values: which are found, and which ways of writing mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.text.values import read_values


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
    assert [v.rstrip("0") if "." in v else v for v in read_values(text)] == [
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
    assert read_values(one) == read_values(other) != []


@pytest.mark.parametrize(
    ("one", "other"), [("7am", "7pm"), ("12", "120"), ("1.5", "15"), ("a1", "b1")]
)
def test_other_values(one, other):
    """What differs in meaning stays different."""
    assert read_values(one) != read_values(other)


@given(number=st.integers(0, 10**15))
def test_thousands_separators_do_not_count(number):
    """Every whole number is the same with and without its commas."""
    assert read_values(f"{number:,}") == read_values(str(number)) == [str(number)]
