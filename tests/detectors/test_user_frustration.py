"""The signal of angry users, against people who are angry about something else."""

import pytest

from otel_sessions.detectors.user_frustration import user_frustration

ASKED = ("Why was my card declined?", "Please check that your card is valid.")
FILM = ("I saw a film last night.", "How did you like it?")


@pytest.mark.parametrize(
    "request_text",
    [
        "This is useless.",
        "you are not helping at all",
        "this bot is so stupid",
        "Are you kidding me?",
        "What a waste of time!",
        "wtf, just answer the question",
        "I'm getting frustrated.",
        "we are going in circles here",
    ],
)
def test_frustration(talk, request_text):
    """A complaint about the conversation is a warning."""
    assert user_frustration(talk(*ASKED, request_text)).severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*FILM, "The film was terrible and useless."), id="about-a-film"),
        pytest.param((*FILM, "My boss is an idiot, he slept."), id="about-somebody-else"),
        pytest.param((*FILM, "That was damn good!"), id="praise"),
        pytest.param((*FILM, "I LOVED IT SO MUCH!!!"), id="joy-in-capitals"),
        pytest.param((*FILM, "It was not bad at all."), id="negated"),
        pytest.param((*FILM, 'He shouted "you are useless, you idiot" and left.'), id="quoted"),
        pytest.param(
            (*ASKED, "```\nERROR: useless card, you idiot\n```\nWhat is that?"), id="pasted"
        ),
        pytest.param((*FILM, "Das ist doch alles nutzlos!"), id="another-language"),
        pytest.param(("This is ridiculous, my card was declined again!",), id="first-message"),
    ],
)
def test_no_frustration(talk, lines):
    """Anger at the world, praise, quotes and the reason for calling are no warning."""
    signal = user_frustration(talk(*lines))
    assert signal is None or signal.label == "info"


@pytest.mark.parametrize(
    ("milder", "worse"),
    [
        pytest.param("This is useless.", "THIS IS USELESS, ARE YOU KIDDING", id="capitals"),
        pytest.param("This is useless.", "This is useless, you idiot.", id="insult"),
        pytest.param("This is useless, thanks.", "This is useless.", id="no-thanks"),
    ],
)
def test_signs_add_up(talk, milder, worse):
    """Each sign makes it worse, and thanks make it milder."""
    mild = user_frustration(talk(*ASKED, milder), min_severity=0.0)
    assert mild.severity < user_frustration(talk(*ASKED, worse)).severity


def test_trouble_before_makes_it_worse(talk):
    """Anger after an objection weighs more than anger alone."""
    alone = talk(*ASKED, "It is.", "Please try again.", "This is useless.")
    after = talk(*ASKED, "That's not what I asked.", "Please try again.", "This is useless.")
    assert user_frustration(after).severity > user_frustration(alone).severity


def test_a_habit_shows_nothing(talk):
    """Capitals say something only of users who do not always write in them."""
    habit = talk("WHY WAS MY CARD DECLINED", "Is it valid?", "YES IT IS OF COURSE")
    change = talk("Why was my card declined?", "Is it valid?", "YES IT IS OF COURSE")
    assert user_frustration(habit) is None
    assert user_frustration(change).label == "info"
