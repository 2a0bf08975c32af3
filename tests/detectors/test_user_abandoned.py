"""The signal of users who give up after a bad turn, against those who change their mind."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.user_abandoned import user_abandoned

REFUSED = ("Cancel my contract.", "Unfortunately, I cannot cancel contracts.")
ANSWERED = ("What does the yellow bag cost?", "The yellow bag costs 40 euros.")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*REFUSED, "Forget it."), id="forget-it"),
        pytest.param((*REFUSED, "never mind, I'll call"), id="calls-instead"),
        pytest.param((*REFUSED, "nvm"), id="short"),
        pytest.param((*REFUSED, "i give up"), id="gives-up"),
        pytest.param((*ANSWERED, "This is useless, I'll go somewhere else."), id="angry"),
        pytest.param(
            (*ANSWERED, "That's not what I asked.", "It is yellow.", "forget it"),
            id="was-corrected",
        ),
    ],
)
def test_gave_up(talk, lines):
    """Giving up after a refusal or in anger is a warning."""
    assert user_abandoned(talk(*lines)).severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*ANSWERED, "Never mind then, I'll take the blue one."), id="changes-mind"),
        pytest.param((*ANSWERED, "Thanks, bye!"), id="goodbye"),
        pytest.param((*ANSWERED, "whatever you like best"), id="leaves-the-choice"),
        pytest.param((*REFUSED, "I don't give up hope."), id="negated"),
        pytest.param((*REFUSED, "Ok, thanks, I'll call them."), id="thankful"),
        pytest.param((*REFUSED, "Olv\u00eddalo."), id="another-language"),
        pytest.param(("Forget it.",), id="first-message"),
    ],
)
def test_did_not_give_up(talk, lines):
    """After a good turn, or with thanks, it is a change of mind."""
    signal = user_abandoned(talk(*lines))
    assert signal is None or signal.label == "info"


def test_no_answer_is_a_reason(talk):
    """Who gives up after an error was driven away."""
    turns = talk(*ANSWERED, "forget it")
    failed = [replace(turns[0], outcome="failed", reply=None), turns[1]]
    assert user_abandoned(failed).severity >= 0.5
    assert user_abandoned(turns).label == "info"
