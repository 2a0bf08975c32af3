"""The signal of assistants that apologise again and again, against manners and sympathy."""

import pytest

from otel_sessions.detectors.assistant_apology import assistant_apology

PLAIN = ("I'm sorry, that took long.", "I apologize, it failed again.", "Sorry for the delay.")
WRONG = ("I apologize for the confusion.", "You're right, my mistake.")
SYMPATHY = ("I'm sorry to hear that.", "I am so sorry for your loss.", "Sorry you feel this way.")


def asked(replies):
    return [line for reply in replies for line in ("And now?", reply)]


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(PLAIN, id="three-in-a-row"),
        pytest.param((*PLAIN[:2], "It is done.", PLAIN[2]), id="three-of-four"),
        pytest.param(WRONG, id="two-admissions"),
    ],
)
def test_streaks(talk, replies):
    """Three apologies of the last four replies, or two admissions, are a warning."""
    assert assistant_apology(talk(*asked(replies))).severity >= 0.5


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(PLAIN[:1], id="once"),
        pytest.param(PLAIN[:2], id="twice"),
        pytest.param(SYMPATHY, id="sympathy"),
        pytest.param((*PLAIN, "It is done."), id="over"),
        pytest.param((PLAIN[0], "Done.", "Done.", "Done.", *PLAIN[1:]), id="long-ago"),
        pytest.param(("Lo siento mucho.",) * 3, id="another-language"),
        pytest.param(('The letter says "I apologize for the confusion".',) * 3, id="quoted"),
    ],
)
def test_no_streaks(talk, replies):
    """One or two apologies are manners."""
    signal = assistant_apology(talk(*asked(replies)))
    assert signal is None or signal.label == "info"


def test_an_admission_weighs_more(talk):
    """Who admits a mistake made one."""
    plain, admitted = (assistant_apology(talk("And?", reply)) for reply in (PLAIN[0], WRONG[0]))
    assert plain.severity < admitted.severity
