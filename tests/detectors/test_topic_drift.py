"""The signal of exchanges that leave their session, against users who lead it elsewhere."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.topic_drift import topic_drift
from otel_sessions.signals import WARNING
from otel_sessions.turns import ToolUse, pack_tools

TRAIN = (
    "I booked a train from Hamburg to Vienna and the seats are not together, can you change that?",
    "I can look for two seats next to each other in the same train from Hamburg to Vienna.",
    "The train leaves on Friday evening, and we would like a table between the seats.",
    "There are two seats at a table in coach 7 of the evening train to Vienna. Shall I change it?",
    "Coach 7 is fine for us, please change both seats and send the new tickets to my phone.",
    "Both seats are changed to coach 7, and the new tickets for the train are on your phone.",
)
BREAD = (
    "Feed the sourdough starter with rye flour every morning, let the dough rise in a warm kitchen "
    "until it doubles, then bake the loaf on a hot stone."
)
SOUR = (
    "No, the crust never turned dark, and my starter smelled sour even after I gave it fresh rye "
    "flour in the morning."
)
HUNGRY = (
    "A sour smell tells that the starter is hungry, so give it more rye flour and bake the loaf at "
    "a higher temperature for a dark crust."
)
PHONE = "Will the conductor accept the tickets on my phone if the battery is low before Vienna?"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((SOUR, HUNGRY), id="another-session-goes-on-here"),
        pytest.param((PHONE, BREAD), id="the-answer-to-somebody-else"),
    ],
)
def test_an_exchange_without_ties_is_a_drift(talk, lines):
    """Whatever was mixed up, nothing in the exchange follows from the session."""
    signal = topic_drift(talk(*TRAIN, *lines))
    assert signal is not None
    assert signal.severity >= WARNING


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="nothing-new"),
        pytest.param(
            ("And how long is the ride to Vienna?", "The evening train takes ten hours to Vienna."),
            id="the-topic-goes-on",
        ),
        pytest.param(
            (
                "Great. Could you recommend a hotel near the station with a good breakfast?",
                "Near the station there are three hotels with a good breakfast.",
            ),
            id="the-user-asks-for-something-else",
        ),
        pytest.param(
            (
                "By the way, a different question: how do I feed a sourdough starter at home?",
                BREAD,
            ),
            id="the-user-announces-something-else",
        ),
        pytest.param(
            ("No, make it Saturday evening.", "Both seats are now in the train on Saturday."),
            id="a-corrected-detail",
        ),
        pytest.param(
            (
                "No, that is all, thank you very much for your help!",
                "You're welcome! Have a wonderful day and a safe journey.",
            ),
            id="goodbye",
        ),
        pytest.param(("ok", "Purple."), id="too-short-to-tell"),
        pytest.param(
            (
                "Der Zug nach Wien f\u00e4hrt am Freitag, und wir haben zwei Sitze im Wagen 7.",
                "Der Zug nach Wien f\u00e4hrt am Freitag um acht, Wagen 7 ist der erste.",
            ),
            id="the-same-in-another-language",
        ),
        pytest.param((SOUR, ""), id="not-answered"),
        pytest.param(("", BREAD), id="nothing-asked"),
    ],
)
def test_what_only_looks_like_it(talk, lines):
    """No warning where the session goes on, or where the user leads it elsewhere."""
    signal = topic_drift(talk(*TRAIN, *lines))
    assert signal is None or signal.severity < WARNING


def test_a_first_turn_cannot_leave_anything(talk):
    """There is nothing before it."""
    assert topic_drift(talk(SOUR, HUNGRY), min_severity=0.0) is None


def test_in_the_second_turn_there_is_little_to_be_tied_to(talk):
    """So it weighs less there than later."""
    turns = talk(*TRAIN[:2], SOUR, HUNGRY)
    weaker, full = topic_drift(turns, min_severity=0.0), topic_drift(turns, if_second=1.0)
    assert weaker.severity == pytest.approx(0.6 * full.severity)


def test_a_table_is_not_in_the_words_of_the_conversation(talk):
    """No tie is expected of it."""
    table = "|flour|water|salt|\n|-|-|-|\n|rye bread dough|warm|coarse sea|\n|loaf|cold|none|"
    signal = topic_drift(talk(*TRAIN, PHONE, table), min_severity=0.0)
    prose = topic_drift(talk(*TRAIN, PHONE, BREAD), min_severity=0.0)
    assert signal is None or signal.severity < 0.5 * prose.severity


def test_what_tools_found_is_new_to_any_session(talk):
    """A reply that tells it is no drift."""
    *before, newest = talk(*TRAIN, SOUR, HUNGRY)
    used = replace(newest, packed_tools=pack_tools([ToolUse(1, 2, 3, 4)]))
    signal = topic_drift([*before, newest])
    weaker = topic_drift([*before, used], min_severity=0.0)
    assert signal is not None
    assert weaker is not None
    assert weaker.severity < WARNING <= signal.severity


def test_the_floor_changes_no_severity(talk):
    """It only hides what is below it."""
    turns = talk(*TRAIN, SOUR, HUNGRY)
    assert topic_drift(turns, min_severity=0.0) == topic_drift(turns)
    assert topic_drift(turns, min_severity=0.99) is None
