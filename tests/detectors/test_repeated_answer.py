"""The signal of an assistant that says again what it said."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.repeated_answer import repeated_answer
from otel_sessions.turns import ContextChange

HOURS = (
    "Our branch in the old town opens at nine in the morning and closes at six, and it has lockers "
    "for parcels."
)
REWORDED = (
    "The branch in the old town has parcel lockers. It opens at nine in the morning and closes at "
    "six."
)


@pytest.mark.parametrize(
    ("lines", "at_least"),
    [
        pytest.param(["Where is my parcel?", HOURS, "But where is it?", HOURS], 0.6, id="same"),
        pytest.param(
            ["Where is my parcel?", HOURS, "But where is it?", REWORDED], 0.4, id="reworded"
        ),
        pytest.param(
            ["Where is it?", HOURS, "Hello?", HOURS, "You do not answer my question", HOURS],
            0.75,
            id="three-times",
        ),
        pytest.param(
            ["Where is it?", HOURS, "Is it lost?", "It is not lost.", "So where is it?", HOURS],
            0.5,
            id="with-another-between",
        ),
    ],
)
def test_repetitions(talk, lines, at_least):
    """The closer, the nearer in time and the more often, the worse."""
    signal = repeated_answer(talk(*lines))
    assert signal is not None
    assert signal.severity >= at_least


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Hi", "Hello! How can I help you?"], id="first-turn"),
        pytest.param(
            ["Thanks", "You're welcome!", "Thanks again", "You're welcome!"], id="courtesy"
        ),
        pytest.param(["A tea", "Anything else?", "A scone", "Anything else?"], id="short-question"),
        pytest.param(
            ["When do you open?", HOURS, "Say that again please", HOURS], id="wanted-again"
        ),
        pytest.param(
            ["When do you open?", HOURS, "Could you repeat that?", HOURS], id="wanted-repeated"
        ),
        pytest.param(
            [
                "Price of ticket A?",
                "The ticket to the upper deck of the ferry costs 20 euros.",
                "And ticket B?",
                "The ticket to the upper deck of the ferry costs 35 euros.",
            ],
            id="other-values",
        ),
        pytest.param(
            [
                "Start",
                "Main menu: type cards, loans or branches to read about these services.",
                "branches",
                HOURS,
                "menu",
                "Main menu: type cards, loans or branches to read about these services.",
            ],
            id="menu",
        ),
        pytest.param(
            ["When do you open?", HOURS, "Do you sell stamps?", "Yes, at every counter we have."],
            id="another-answer",
        ),
        pytest.param(["When do you open?", HOURS, "And?", ""], id="no-reply"),
    ],
)
def test_no_repetitions(talk, lines):
    """Courtesy, menus, other values and what the user wants to hear again."""
    signal = repeated_answer(talk(*lines))
    assert signal is None or signal.severity < 0.5


def test_a_regenerated_reply_is_no_repetition(talk):
    """It answers a call that only repeats one."""
    *before, newest = talk("When do you open?", HOURS, "And on Sundays?", HOURS)
    assert repeated_answer([*before, newest])
    again = replace(newest, context=ContextChange("repeated"))
    assert repeated_answer([*before, again]) is None


def test_the_floor_only_leaves_out(talk):
    """Whatever the floor, a severity that reaches it is the same."""
    turns = talk("Where is my parcel?", HOURS, "But where is it?", REWORDED)
    low = repeated_answer(turns, min_severity=0.0)
    assert low == repeated_answer(turns)
    assert repeated_answer(turns, min_severity=0.95) is None
