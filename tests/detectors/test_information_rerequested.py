"""The signal of assistants that ask for what they know, against everything that looks like it."""

import pytest

from otel_sessions.detectors.information_rerequested import information_rerequested


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            [
                "My parcel is late.",
                "What's the order number?",
                "It is 5530912.",
                "Thank you. What is the order number?",
            ],
            id="word-for-word",
        ),
        pytest.param(
            [
                "My parcel is late.",
                "Could you tell me your order number, please?",
                "5530912",
                "I see. When did you order it?",
                "On Monday",
                "Please provide the number of your order.",
            ],
            id="in-other-words-and-later",
        ),
        pytest.param(
            ["Order number 5530912 is late.", "Sure, what is your order number?"],
            id="volunteered-with-its-name",
        ),
        pytest.param(
            [
                "Please write to kim@example.org when it is done. It is about my broken lamp.",
                "Gladly. What is your email address?",
            ],
            id="volunteered-address",
        ),
        pytest.param(
            [
                "I would like to see a dentist.",
                "On which day would you like to come?",
                "Next Tuesday",
                "Good. Which day would you prefer?",
            ],
            id="day",
        ),
        pytest.param(
            ["We are four people.", "Nice! How many people are you?"],
            id="count-volunteered",
        ),
        pytest.param(
            [
                "Book me a hotel",
                "Which city are you looking for?",
                "In Porto, please",
                "And in which city?",
            ],
            id="place",
        ),
        pytest.param(
            ["a cheap one please", "Something cheap, moderate or expensive?"], id="choice"
        ),
        pytest.param(
            [
                "I want to eat out tonight",
                "What kind of food would you like?",
                "Korean food",
                "And what type of food do you want?",
            ],
            id="sort-of-thing",
        ),
        pytest.param(
            [
                "I need help with my account.",
                "Sure, please provide your full name and your zip code.",
                "Ann Lee, zip code 90210",
                "To proceed, please provide the following:\n1. Your zip code\n2. Your phone number",
            ],
            id="in-a-list",
        ),
    ],
)
def test_asked_for_what_was_given(talk, lines):
    """A question for what was given warns, whether it was asked for before or not."""
    signal = information_rerequested(talk(*lines))
    assert signal is not None
    assert signal.severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["My parcel is late.", "What is the order number?"], id="first-time"),
        pytest.param(
            [
                "My parcel is late.",
                "What is the order number?",
                "It is 5530912.",
                "So order 5530912 is late, is that right?",
            ],
            id="read-back",
        ),
        pytest.param(
            [
                "My parcel is late.",
                "What is the order number?",
                "It is 5530912.",
                "I cannot find that order. Could you please double-check the order number?",
            ],
            id="failed-look-up",
        ),
        pytest.param(
            [
                "My parcel is late.",
                "What is the order number?",
                "I don't have it with me",
                "I need it to look it up. What is the order number?",
            ],
            id="not-answered",
        ),
        pytest.param(
            [
                "My parcel is late.",
                "What is the order number?",
                "Why do you need it?",
                "To find your parcel. What is the order number?",
            ],
            id="answered-with-a-question",
        ),
        pytest.param(
            [
                "I want to fly to Rome",
                "When would you like to leave?",
                "On 3 May",
                "And when do you want to return?",
            ],
            id="the-way-back",
        ),
        pytest.param(
            ["I want to go to Rome", "Which city are you leaving from?"], id="the-other-end"
        ),
        pytest.param(
            [
                "Two tickets please",
                "What is the name of the first passenger?",
                "Ann Lee",
                "And what is the name of the second passenger?",
            ],
            id="another-of-the-kind",
        ),
        pytest.param(
            [
                "I need a new lamp",
                "May I have your phone number?",
                "0151 447 9320",
                "And what is your email address?",
            ],
            id="another-kind",
        ),
        pytest.param(
            ["I need help", "How can I help you?", "It is my bill", "How can I help you with it?"],
            id="offer",
        ),
        pytest.param(
            [
                "Cancel my order",
                "Shall I go ahead?",
                "Yes",
                "It is cancelled. Is there anything else?",
                "The other one too",
                "Shall I go ahead?",
            ],
            id="confirmation-of-each-step",
        ),
        pytest.param(
            ["1", "Press 1 for bills or 2 for repairs.", "2", "Press 1 for gas or 2 for water."],
            id="menu",
        ),
        pytest.param(
            [
                "Book a table for Saturday",
                "For how many people?",
                "Six people",
                "Done, a table for six. Did you know that we have live music?",
            ],
            id="small-talk",
        ),
        pytest.param(
            [
                "Quiero un billete",
                "\u00bfA qu\u00e9 ciudad?",
                "A Sevilla",
                "\u00bfA qu\u00e9 ciudad?",
            ],
            id="another-language",
        ),
        pytest.param(["", "", "", ""], id="empty"),
    ],
)
def test_not_asked_for_again(talk, lines):
    """What is new, unknown, another one, or only to be confirmed is no warning."""
    for end in range(2, len(lines) + 1, 2):
        signal = information_rerequested(talk(*lines[:end]))
        assert signal is None or signal.label == "info"


ASKED = ["My parcel is late.", "What is the order number?", "It is 5530912."]


@pytest.mark.parametrize(
    ("milder", "worse"),
    [
        pytest.param(
            [*ASKED, "I'm sorry, I could not find that order. What is the order number?"],
            [*ASKED, "Let me look for your parcel. What is the order number?"],
            id="the-look-up-failed",
        ),
        pytest.param(
            [*ASKED, "In Leeds.", "No, I meant the other parcel", "What is the order number?"],
            [*ASKED, "In Leeds.", "And when does it arrive?", "What is the order number?"],
            id="the-user-corrects",
        ),
        pytest.param(
            [*ASKED, "Thanks. What is the order number?"],
            [*ASKED, "What is the order number?", "5530912", "Thanks. What is the order number?"],
            id="given-once-rather-than-twice",
        ),
    ],
)
def test_what_came_between_counts(talk, milder, worse):
    """The same question weighs less if there is a reason for it."""
    mild = information_rerequested(talk(*milder), min_severity=0.0)
    assert mild.severity < information_rerequested(talk(*worse)).severity


def test_how_often_it_was_given_is_told(talk):
    """The explanation has a kind and a count, and nothing that was said."""
    asked = "What is the order number?"
    turns = talk(*ASKED, asked, "5530912", asked, "5530912!", asked)
    assert information_rerequested(turns[:2]).explanation == "asked for a code that was given once"
    explanation = information_rerequested(turns).explanation
    assert explanation == "asked for a code that was given 3 times"
