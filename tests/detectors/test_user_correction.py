"""The signal of users who correct the assistant, against those who change their own request."""

import pytest

from otel_sessions.detectors.user_correction import user_correction

BOOKED = ("I need a table on Friday.", "A table on Thursday is booked for you.")
CHANGED = ("Book a table for two.", "Done: a table for two. Anything else?")


@pytest.mark.parametrize(
    "request_text",
    [
        "No, I meant Friday.",
        "no i meant friday",
        "That's not what I asked!",
        "thats not what i said",
        "You misunderstood me.",
        "That is wrong.",
        "I said Friday, not Thursday.",
        "you got it wrong",
        "You didn't answer my question.",
        "But you said Friday was free!",
    ],
)
def test_corrections(talk, request_text):
    """Who says that the assistant got it wrong is a warning."""
    assert user_correction(talk(*BOOKED, request_text)).severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*CHANGED, "Actually, make it three people instead."), id="changes-a-detail"),
        pytest.param((*CHANGED, "Sorry, I mean three people."), id="corrects-themselves"),
        pytest.param((*CHANGED, "No, thanks."), id="only-no"),
        pytest.param((*CHANGED, "No, that's all."), id="nothing-else"),
        pytest.param((*CHANGED, "My bill is wrong, can you check it?"), id="something-is-wrong"),
        pytest.param((*CHANGED, "Now write a poem about soup."), id="another-topic"),
        pytest.param((*CHANGED, "What do you mean by done?"), id="does-not-follow"),
        pytest.param((*CHANGED, "\u00a1No, eso no es lo que ped\u00ed!"), id="another-language"),
        pytest.param(("That's wrong.",), id="first-message"),
    ],
)
def test_no_corrections(talk, lines):
    """A changed detail, a no and a question back are no warning."""
    signal = user_correction(talk(*lines))
    assert signal is None or signal.label == "info"


def test_each_time_is_worse(talk):
    """A second objection weighs more than the first."""
    once = talk(*BOOKED, "No, I meant Friday.")
    twice = talk(*BOOKED, "No, I meant Friday.", "Thursday it is.", "No, that's wrong.")
    assert user_correction(twice).severity > user_correction(once).severity


def test_annoyance_makes_it_worse(talk):
    """An objection with a complaint weighs more."""
    plain = talk(*BOOKED, "No, that's wrong.")
    annoyed = talk(*BOOKED, "No, that's wrong. You are not listening!")
    assert user_correction(annoyed).severity > user_correction(plain).severity
