"""The signal of replies about something else, against sessions in which that is usual."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.answer_irrelevant import answer_irrelevant
from otel_sessions.signals import WARNING
from otel_sessions.turns import ToolUse, pack_tools

GARDEN = (
    "Which hedge grows fast in a garden with a lot of shade?",
    "A hedge of hornbeam grows fast and stands a lot of shade in the garden.",
    "How far apart should I plant hornbeam for a dense hedge?",
    "Plant three hornbeams a metre, then the hedge is dense after four years.",
)
PRUNE = "When should I prune the young hornbeam hedge for the first time?"
LOAN = (
    "Your loan was approved on Monday; the bank transfers the money once you have signed the "
    "contract and sent a copy of your passport."
)


def test_a_reply_about_something_else(talk):
    """It is near neither its request nor anything before."""
    signal = answer_irrelevant(talk(*GARDEN, PRUNE, LOAN))
    assert signal is not None
    assert signal.severity >= WARNING


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((PRUNE, "Prune the young hedge in the first autumn."), id="an-answer"),
        pytest.param((PRUNE, "How tall are the hornbeams in your garden now?"), id="asked-back"),
        pytest.param(("yes", LOAN), id="request-too-short-to-be-missed"),
        pytest.param((PRUNE, "Your loan is ready."), id="reply-too-short-to-tell"),
        pytest.param(
            ("How does a bank decide about a loan?", "The bank looks at income and other loans."),
            id="another-topic",
        ),
        pytest.param((PRUNE, ""), id="no-reply"),
        pytest.param(("", LOAN), id="no-request"),
    ],
)
def test_what_only_looks_like_it(talk, lines):
    """A reply to the point, to something said before, or too short for a verdict."""
    signal = answer_irrelevant(talk(*GARDEN, *lines))
    assert signal is None or signal.severity < WARNING


def test_a_service_may_ask_who_the_user_is(talk):
    """It has to know before it does anything, and that is near nothing that was said."""
    asked = (
        "To get started, I need to authenticate your account first. Could you please provide the "
        "email address associated with your profile?"
    )
    turns = talk(*GARDEN, PRUNE, asked)
    assert answer_irrelevant(turns, if_identifying=1.0).severity >= WARNING
    signal = answer_irrelevant(turns)
    assert signal is None or signal.severity < WARNING


def test_it_counts_less_where_replies_are_never_near_requests(talk):
    """A form asks for the next field, whatever is typed into the one before."""
    form = talk(
        *("Margarete Oswald Lindenbaum", "Which colour of roof tiles shall we deliver to you?"),
        *("Anthracite with matt glaze", "Please name a weekday on which a neighbour is at home."),
        *("Wednesdays until lunch", "Describe the driveway, as our lorries weigh forty tons."),
    )
    usual = talk(*GARDEN, PRUNE, LOAN)
    far, farther = (answer_irrelevant(turns, min_severity=0.0) for turns in (form, usual))
    assert farther is not None
    assert far is None or far.severity < WARNING <= farther.severity


def test_how_near_replies_usually_are_decides(talk):
    """The same distance is less where the others are as far."""
    turns = talk(
        *("Plum jam with ginger and cloves", "The museum of trains opens at ten on weekdays."),
        *("A red bicycle with three gears", "Whales sing for hours in the deep of the ocean."),
        *(PRUNE, LOAN),
    )
    weaker = answer_irrelevant(turns, min_severity=0.0)
    full = answer_irrelevant(turns, min_severity=0.0, if_usual=1.0)
    assert weaker.severity < 0.6 * full.severity


def test_a_table_is_not_in_the_words_of_the_conversation(talk):
    """It is not expected to be near anything."""
    table = "|bank|loan|interest|\n|-|-|-|\n|North Savings|ten years|four|\n|South|five|three|"
    assert answer_irrelevant(talk(*GARDEN, PRUNE, table), min_severity=0.0) is None


def test_what_tools_found_may_be_far(talk):
    """A reply that tells it is no warning."""
    *before, newest = talk(*GARDEN, PRUNE, LOAN)
    used = replace(newest, packed_tools=pack_tools([ToolUse(1, 2, 3, 4)]))
    weaker = answer_irrelevant([*before, used], min_severity=0.0)
    full = answer_irrelevant([*before, newest])
    assert weaker is not None
    assert full is not None
    assert weaker.severity == pytest.approx(0.6 * full.severity)


def test_the_floor_changes_no_severity(talk):
    """It only hides what is below it."""
    turns = talk(*GARDEN, PRUNE, LOAN)
    assert answer_irrelevant(turns, min_severity=0.0) == answer_irrelevant(turns)
    assert answer_irrelevant(turns, min_severity=1.1) is None
