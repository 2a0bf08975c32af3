"""The signal of assistants that only say no, against ones that say it once or offer a way."""

import pytest

from otel_sessions.detectors.assistant_refusal import assistant_refusal

NO = (
    "I'm sorry, but I can't cancel subscriptions.",
    "Unfortunately, I am not able to pause them.",
    "That is not possible.",
)
OFFERS = (
    "I can't cancel it, but shall I pause it?",
    "I cannot pause it that long. Would two weeks do?",
    "That is not possible on Sundays. Is Monday fine?",
)


def asked(replies):
    return [line for reply in replies for line in ("Then do it another way.", reply)]


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(NO, id="three-in-a-row"),
        pytest.param((NO[0], "It is paused.", *NO[1:]), id="three-of-four"),
    ],
)
def test_streaks(talk, replies):
    """Three refusals of the last four replies are a warning."""
    assert assistant_refusal(talk(*asked(replies))).severity >= 0.5


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(NO[:1], id="once"),
        pytest.param(NO[:2], id="twice"),
        pytest.param(OFFERS, id="each-with-an-offer"),
        pytest.param((*NO, "It is cancelled."), id="over"),
        pytest.param(("I can't wait to show you!", "You can't miss it."), id="idioms"),
        pytest.param(("No se puede cancelar.",) * 3, id="another-language"),
    ],
)
def test_no_streaks(talk, replies):
    """A refusal or two, and refusals that lead on, are no warning."""
    signal = assistant_refusal(talk(*asked(replies)))
    assert signal is None or signal.label == "info"


def test_each_time_is_worse(talk):
    """The severity grows with the streak."""
    grown = [assistant_refusal(talk(*asked(NO[:n])), min_severity=0.0).severity for n in (1, 2, 3)]
    assert grown == sorted(set(grown))
