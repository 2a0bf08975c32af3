"""The signal of values that are restated wrongly, against all ways of telling another value."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.fact_mismatch import fact_mismatch
from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            ["My order is 44719.", "I have cancelled order 44791 for you."], id="two-digits-swapped"
        ),
        pytest.param(
            ["My order is 4471.", "I have cancelled order #4417 for you."], id="short-id-swapped"
        ),
        pytest.param(
            ["Account 12345678, please", "I see account 12345878 is active."],
            id="one-digit-changed",
        ),
        pytest.param(["The flight is HX2210", "Flight HX2270 leaves on time."], id="flight-number"),
        pytest.param(
            ["Call me at 555-867-5309", "We will call you at 555-867-5039."], id="phone-number"
        ),
        pytest.param(
            ["I am kim.lee@example.org", "A mail is on its way to kim.lea@example.org."],
            id="address",
        ),
        pytest.param(
            [
                "My order is 44719.",
                "Thank you. What is wrong with it?",
                "It has a scratch.",
                "I have opened a return for order 44791.",
            ],
            id="turns-later",
        ),
        pytest.param(
            [
                "A table for 4 people at 7:30 pm on Friday, please",
                "I have booked a table for 6 people at 7:30 pm on Friday.",
            ],
            id="count",
        ),
        pytest.param(
            [
                "I need 2 rooms from May 3 for $90 a night",
                "Here you are: 2 rooms from May 8 at $90.",
            ],
            id="date",
        ),
    ],
)
def test_restated_wrongly(talk, lines):
    """A slip in an id, an address, a count or a date warns."""
    signal = fact_mismatch(talk(*lines))
    assert signal is not None
    assert signal.severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["My order is 44719.", "I have cancelled order 44719."], id="the-same"),
        pytest.param(["My phone is 555-867-5309", "We call 5558675309."], id="written-otherwise"),
        pytest.param(
            ["My order is 44719.", "There is also order 90312 of yours."], id="quite-another"
        ),
        pytest.param(
            ["My order is 44719.", "Did you mean 44719 or 44791?"], id="beside-the-right-one"
        ),
        pytest.param(
            ["My order is 44719, no, it is 44791", "I have cancelled order 44791."],
            id="the-user-corrected-it",
        ),
        pytest.param(
            [
                "Where is my parcel?",
                "You have orders 44719 and 44791.",
                "It is 44719",
                "And order 44791 is on its way, too.",
            ],
            id="the-assistant-knew-both",
        ),
        pytest.param(
            [
                "A table for 4 people at 7:30 pm on Friday, please",
                "Sorry, we cannot seat 4 people at 7:30 pm on Friday. A table for 6 people?",
            ],
            id="both-counts",
        ),
        pytest.param(
            [
                "A table for 4 people at 7:30 pm on Friday, please",
                "Unfortunately on Friday at 7:30 pm there is only a table for 2 people.",
            ],
            id="not-available",
        ),
        pytest.param(
            ["I need 2 rooms", "A room is 90 euros, and breakfast for 2 people is 20 euros."],
            id="other-counts",
        ),
        pytest.param(["It cost me 1250", "Your refund will be 1205 dollars."], id="amounts"),
        pytest.param(["", ""], id="empty"),
    ],
)
def test_not_restated_wrongly(talk, lines):
    """The same value, another one and one from elsewhere warn of nothing."""
    for end in range(2, len(lines) + 1, 2):
        assert fact_mismatch(talk(*lines[:end])) is None


WRONG = ["My order is 44719.", "I have cancelled order 44791 for you."]
READER = FeatureReader(b"a key", encode)


def test_a_value_of_a_tool_is_no_slip(talk):
    """What a tool returned is known, even if it looks like what the user gave."""
    (turn,) = talk(*WRONG)
    told = replace(turn, tool_values=READER.figures('{"order_id": "44791", "items": 2}', 9))
    assert fact_mismatch([turn]) is not None
    assert fact_mismatch([told]) is None


def test_a_value_of_the_system_message_is_no_slip(talk):
    """The assistant may have its own numbers."""
    (turn,) = talk(*WRONG)
    assert fact_mismatch([replace(turn, system=READER.read("Demo order: 44791"))]) is None


def test_another_name_is_milder(talk):
    """An order is not an invoice, though the slip is likely."""
    alike, otherwise = (
        fact_mismatch(talk(WRONG[0], f"I have cancelled {name} 44791 for you."))
        for name in ("order", "invoice")
    )
    assert otherwise.severity < alike.severity


def test_the_explanation_has_a_kind_only(talk):
    """Nothing of what was said is told."""
    assert fact_mismatch(talk(*WRONG)).explanation == "a code is not as the user gave it"
