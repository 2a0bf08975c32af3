"""The signal of users who say again what was said, which grows over a session."""

from dataclasses import replace
from itertools import chain

import pytest

from otel_sessions.detectors.slow_progress import slow_progress
from otel_sessions.signals import WARNING

STUCK = (
    "I ordered a red kettle in March, and the kettle that arrived is blue. Can I swap the kettle?",
    "I can swap a kettle within thirty days. Which colour was the kettle that you ordered?",
)
AGAIN = (
    "The kettle that I ordered in March was red, the kettle that arrived is blue, can you swap it?",
    "To swap a kettle I need to know which kettle arrived.",
)
ERRANDS = (
    *("Where is the nearest post office?", "In Mill Lane, next to the bakery."),
    *("What does a passport photo cost?", "Eight pounds for four prints."),
    *("Remind me to water the plants.", "I will tell you on Sunday evening."),
    *("How do you spell bureaucracy?", "B, u, r, e, a, u, c, r, a, c, y."),
    *("Who wrote Middlemarch?", "George Eliot did, around 1871."),
    *("Convert nine miles into kilometres.", "That makes about fourteen and a half."),
)


def stuck(talk, times):
    return talk(*STUCK, *chain.from_iterable([AGAIN] * times))


def test_it_grows_with_what_is_said_again_and_never_warns(talk):
    severities = [slow_progress(stuck(talk, times)).severity for times in (3, 6, 12, 60)]
    assert severities == sorted(severities)
    assert severities[0] < severities[-1] < WARNING


def test_the_explanation_counts_the_words(talk):
    assert slow_progress(stuck(talk, 3)).explanation == "21 of the user's 28 words were said before"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(STUCK, id="first-turn"),
        pytest.param((*STUCK, *AGAIN), id="once-is-nothing"),
        pytest.param(ERRANDS, id="errands"),
        pytest.param((*STUCK, *[*AGAIN] * 6, "Thanks a lot", "Bye."), id="not-in-this-turn"),
        pytest.param((*STUCK, *["", "The kettle is red or blue."] * 6), id="only-the-assistant"),
    ],
)
def test_what_only_looks_like_it(talk, lines):
    assert slow_progress(talk(*lines)) is None


def test_a_log_that_is_pasted_again_says_nothing_about_the_user(talk):
    line = "2026-03-01 12:00:0{} ERROR kettle.boiler: heating element {} failed to start\n"
    log = "".join(line.format(i, i) for i in range(9))
    assert slow_progress(talk(*[log, "I see."] * 9)) is None


def test_an_unknown_message_is_no_message(talk):
    turns = stuck(talk, 6)
    gap = replace(turns[1], request=None, reply=None)
    assert slow_progress([turns[0], gap, *turns[1:]]) == slow_progress(turns)
