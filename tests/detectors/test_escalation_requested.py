"""The signal of users who want a person, against people who only come up."""

import pytest

from otel_sessions.detectors.escalation_requested import escalation_requested

CHARGED = ("I was charged twice.", "You can see all charges on your statement.")


@pytest.mark.parametrize(
    "request_text",
    [
        "Please let me talk to a human agent.",
        "can i speak with your manager",
        "Human please",
        "get me a real person",
        "I'd like to talk to somebody else",
        "transfer me to customer service",
        "I want to file a complaint.",
    ],
)
def test_asked_for(talk, request_text):
    """Who asks for a person is a warning."""
    assert escalation_requested(talk(*CHARGED, request_text)).severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*CHARGED, "My manager told me to ask you."), id="the-user's-manager"),
        pytest.param((*CHARGED, "Are you a human?"), id="curious"),
        pytest.param((*CHARGED, "She is a travel agent, book with her."), id="trade"),
        pytest.param((*CHARGED, "Transfer 50 euros to my sister."), id="money"),
        pytest.param((*CHARGED, "I want to speak Spanish."), id="language"),
        pytest.param((*CHARGED, "Quiero hablar con una persona"), id="another-language"),
    ],
)
def test_not_asked_for(talk, lines):
    """People, agents and transfers of other kinds are none."""
    assert escalation_requested(talk(*lines)) is None


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*CHARGED, "ok", "I am transferring you to a human agent."), id="hand-over"),
        pytest.param(("I want to talk to a human.",), id="first-message"),
        pytest.param(
            ("Charged twice!", "Shall I connect you to an agent?", "Yes, connect me to an agent"),
            id="takes-up-an-offer",
        ),
    ],
)
def test_milder(talk, lines):
    """A hand-over, a user who never wanted a machine, and an accepted offer only inform."""
    assert escalation_requested(talk(*lines)).label == "info"


def test_an_offer_is_no_hand_over(talk):
    """What the assistant could do has not happened."""
    offer = talk(*CHARGED, "ok", "If you like, I can transfer you to a human agent.")
    assert escalation_requested(offer) is None


def test_each_time_is_worse(talk):
    """The second request for a person weighs more, and so does an angry one."""
    ask = "I want to talk to a human."
    once = escalation_requested(talk(*CHARGED, ask))
    twice = escalation_requested(talk(*CHARGED, ask, "I can help you here.", ask))
    angry = escalation_requested(talk(*CHARGED, f"This is useless. {ask}"))
    assert twice.severity > once.severity
    assert angry.severity > once.severity
