"""The signal of users who say that they had said it, against fillers and stories."""

import pytest

from otel_sessions.detectors.user_reminder import user_reminder

ASKED = ("My order 55123 has not come.", "I am sorry to hear that. What is your order number?")
CHAT = ("We have two cats and a dog.", "How nice! Which one is the boss?")


@pytest.mark.parametrize(
    "request_text",
    [
        "I already told you, it is 55123",
        "i allready told u",
        "ive told you that",
        "I told the bot my order number. Please look it up.",
        "as I mentioned, my order number is 55123",
        "and like I said, the number is 55123",
        "You asked me that already.",
        "Again: 55123.",
        "How many times do I have to say it?",
        "why do you keep asking me for the number",
        "You already said that.",
        "this is useless, like I said it is all in the mail",
    ],
)
def test_reminders(talk, request_text):
    """Who says so plainly, or says a value again, is a warning."""
    assert user_reminder(talk(*ASKED, request_text)).severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((*CHAT, "Like I said, I love dogs."), id="filler"),
        pytest.param((*CHAT, "As you said, dogs are best."), id="the-other-said-so"),
        pytest.param((*CHAT, "I told my wife the same."), id="told-somebody-else"),
        pytest.param((*CHAT, "I was told you know dogs."), id="was-told"),
        pytest.param((*CHAT, "Could you say that again?"), id="asks-to-repeat"),
        pytest.param((*CHAT, 'Translate "I already told you my name" to French'), id="quoted"),
        pytest.param((*CHAT, "Why?\n> I already told you\n> twice"), id="quoted-mail"),
        pytest.param((*CHAT, "Ya te lo dije tres veces."), id="another-language"),
        pytest.param((*ASKED, "It is 55123."), id="only-answers"),
        pytest.param((*ASKED, "Yes, 55123, as I said, and thanks."), id="content"),
        pytest.param((*ASKED, "The number I gave you is 55123."), id="refers-to-it"),
        pytest.param(("I told the bot my account number three times.",), id="first-message"),
        pytest.param(("", "", ""), id="nothing-known"),
    ],
)
def test_no_reminders(talk, lines):
    """Fillers, stories, quotes and what happened elsewhere are no warning."""
    signal = user_reminder(talk(*lines))
    assert signal is None or signal.label == "info"


@pytest.mark.parametrize(
    ("milder", "worse"),
    [
        pytest.param("I told you.", "I told you: 55123.", id="says-the-value-again"),
        pytest.param("I told you.", "I told you. This is ridiculous!", id="annoyed"),
        pytest.param("As I said, it is red.", "I already said it is red.", id="plainly"),
    ],
)
def test_what_supports_it_counts(talk, milder, worse):
    """Values given again, annoyance and plain words make it worse."""
    mild = user_reminder(talk(*ASKED, milder), min_severity=0.0)
    assert mild.severity < user_reminder(talk(*ASKED, worse)).severity


def test_each_time_is_worse(talk):
    """The second reminder weighs more than the first."""
    once = talk(*ASKED, "I already told you.")
    twice = talk(*ASKED, "I already told you.", "And your order number?", "I already told you.")
    assert user_reminder(twice).severity > user_reminder(once).severity
    assert user_reminder(twice).explanation == "reminded 2 times of what was said before"
