"""The signal of users who ask again, against everything that only looks like it."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.repeated_question import repeated_question
from otel_sessions.records import VECTOR_BYTES
from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader
from otel_sessions.texts import TextFeatures

EVASIVE = "Our office is open from Monday to Saturday. Is there anything else?"


@pytest.fixture(scope="session")
def talk(dull):
    """Turns from lines: a user's, an assistant's, a user's, and so on."""
    reader = FeatureReader(b"a key", encode)

    def build(*lines):
        return [
            replace(
                dull,
                key=i,
                number=i,
                request=reader.read(request),
                reply=reader.read(reply) if reply else None,
            )
            for i, (request, reply) in enumerate(
                zip(lines[::2], [*lines[1::2], ""], strict=False), 1
            )
        ]

    return build


@pytest.mark.parametrize(
    ("lines", "at_least"),
    [
        pytest.param(
            ["Where is my parcel?", EVASIVE, "Where is my parcel?"], 0.7, id="word-for-word"
        ),
        pytest.param(
            ["Where's my parcel?", EVASIVE, "where is MY PARCEL"], 0.7, id="case-and-marks"
        ),
        pytest.param(
            ["Can I bring my dog on the train?", EVASIVE, "Are pets allowed on the train?"],
            0.5,
            id="rephrased",
        ),
        pytest.param(
            [
                "How do I reset my password?",
                EVASIVE,
                "I forgot my password, how can I change it?",
            ],
            0.5,
            id="rephrased-as-a-story",
        ),
        pytest.param(
            ["What are the address and the phone number?", "It is on Mill Road.", "phone number"],
            0.5,
            id="the-part-that-was-left-out",
        ),
        pytest.param(
            ["Cancel order 4711", EVASIVE, "Please cancel order 4711!"], 0.7, id="same-values"
        ),
        pytest.param(
            [
                "Where is my parcel?",
                EVASIVE,
                "Do you sell stamps?",
                "Yes, at every counter.",
                "Where is my parcel?",
            ],
            0.7,
            id="with-another-question-between",
        ),
        pytest.param(
            [
                "\u00bfD\u00f3nde est\u00e1 mi paquete?",
                "Lo siento.",
                "\u00bfD\u00f3nde est\u00e1 mi paquete?",
            ],
            0.7,
            id="another-language",
        ),
        pytest.param(
            [
                "\u6211\u7684\u5305\u88f9\u5728\u54ea\u91cc",
                "\u60a8\u597d",
                "\u6211\u7684\u5305\u88f9\u5728\u54ea\u91cc",
            ],
            0.7,
            id="no-blanks-between-words",
        ),
    ],
)
def test_asked_again(talk, lines, at_least):
    """The same request again is at least a warning, word for word or in other words."""
    signal = repeated_question(talk(*lines))
    assert signal is not None
    assert signal.severity >= at_least


HAND = "You have {} points. Hit or stand?"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Where is my parcel?"], id="first-turn"),
        pytest.param(["yes", "Shall I go on?", "yes"], id="yes"),
        pytest.param(["Thanks a million!", "You are welcome.", "Thanks a million!"], id="thanks"),
        pytest.param(["Hello", "Hi!", "hello"], id="greeting"),
        pytest.param(
            ["Book a table for two at 7", "At 7?", "Book a table for four at 9"], id="other-values"
        ),
        pytest.param(
            ["I want to fly on Monday", "Monday is full.", "no, I meant Tuesday"],
            id="corrected-detail",
        ),
        pytest.param(
            ["What is the status of order 1001?", "Sent.", "What is the status of order 1002?"],
            id="next-number-of-a-list",
        ),
        pytest.param(
            ["Write a haiku about rain", "Drops fall.", "Write a haiku about snow"],
            id="next-subject-of-a-list",
        ),
        pytest.param(
            ["Translate 'thank you' to French", "Merci", "Translate 'good night' to French"],
            id="next-quote-of-a-list",
        ),
        pytest.param(["next", "Page 2: pears", "next", "Page 3: figs", "next"], id="paging"),
        pytest.param(["1", "Menu B: 1 or 2?", "1"], id="menu-of-numbers"),
        pytest.param(["hit", HAND.format(12), "hit", HAND.format(17), "hit"], id="game"),
        pytest.param(
            [
                "coffee",
                "Coffee with milk or sugar? Or more coffee, tea?",
                "milk",
                "Anything else? Coffee, milk, tea?",
                "milk",
            ],
            id="choices-that-were-offered",
        ),
        pytest.param(
            ["Explain photosynthesis", "Plants make sugar of light.", "What is chlorophyll?"],
            id="follow-up",
        ),
        pytest.param(["Where is my parcel?", "In Leeds.", "Do you sell stamps?"], id="new-subject"),
        pytest.param(
            ["Do you like movies?", "I love them.", "Which of the movies is it about?"],
            id="another-question-about-one-word",
        ),
        pytest.param(["\U0001f44d", "Good!", "\U0001f44d"], id="emoji"),
        pytest.param(["", "Yes?", ""], id="empty"),
    ],
)
def test_not_asked_again(talk, lines):
    """What moves on, agrees, corrects or chooses is no warning."""
    for end in range(1, len(lines) + 1, 2):
        signal = repeated_question(talk(*lines[:end]))
        assert signal is None or signal.label == "info"


@pytest.mark.parametrize(
    ("milder", "worse"),
    [
        pytest.param(
            ["Where is my parcel?", "Your parcel is in Leeds.", "Where is my parcel?"],
            ["Where is my parcel?", EVASIVE, "Where is my parcel?"],
            id="a-reply-took-it-up",
        ),
        pytest.param(
            ["Where is my parcel?", "Unfortunately I cannot tell.", "Where is my parcel?"],
            ["Where is my parcel?", EVASIVE, "Where is my parcel?"],
            id="a-reply-refused-it",
        ),
        pytest.param(
            [
                "Can I bring my dog on the train?",
                "Dogs travel free on the train, other pets need a ticket.",
                "Are pets allowed on the train?",
            ],
            ["Can I bring my dog on the train?", EVASIVE, "Are pets allowed on the train?"],
            id="goes-on-from-the-reply",
        ),
        pytest.param(
            ["change the address", "To Mill Road?", "Yes, please change the address"],
            ["change the address", "To Mill Road?", "Please change the address"],
            id="a-yes-answers-the-assistant",
        ),
    ],
)
def test_what_came_between_counts(talk, milder, worse):
    """The same two requests weigh less when the assistant did its part."""
    mild = repeated_question(talk(*milder), min_severity=0.0)
    assert mild.severity < repeated_question(talk(*worse)).severity


def test_each_time_is_worse(talk):
    """Asking a third time weighs more than asking a second time."""
    first, second = "Can I bring my dog on the train?", "Are pets allowed on the train?"
    thrice = talk(first, EVASIVE, second, EVASIVE, "Is it okay to travel by train with a dog?")
    signal = repeated_question(thrice)
    assert signal.explanation == "asked 3 times"
    assert signal.severity > repeated_question(thrice, left_each_time=1.0).severity


def test_only_the_third_time_is_critical(talk):
    """Whoever asks once more gets a warning; the same words a third time are critical."""
    question = "Where is my parcel?"
    twice = talk(question, EVASIVE, question)
    thrice = talk(question, EVASIVE, question, EVASIVE, question)
    assert repeated_question(twice).label == "warning"
    assert repeated_question(thrice).label == "critical"


def test_long_ago_is_milder(talk):
    """What was asked many turns ago may just be asked once more."""
    question, others = "Where is my parcel?", ["Do you sell stamps?", "Yes.", "Open today?", "Yes."]
    soon = repeated_question(talk(question, EVASIVE, question))
    late = repeated_question(talk(question, EVASIVE, *others, question))
    assert 0.5 <= late.severity < soon.severity


def test_words_suffice_without_vectors(talk):
    """An encoder that knows nothing leaves the comparison to the words."""
    turns = talk("Where is my parcel?", EVASIVE, "Where is my parcel?")
    for vector in (b"", bytes(VECTOR_BYTES)):
        blind = [replace(t, request=_seen_as(t.request, vector)) for t in turns]
        assert repeated_question(blind).severity >= 0.7


def test_unknown_requests_are_skipped(talk):
    """A turn whose request is not known neither repeats nor is repeated."""
    turns = talk("Where is my parcel?", EVASIVE, "Where is my parcel?")
    unknown = replace(turns[0], request=None)
    assert repeated_question([unknown, turns[1]]) is None
    assert repeated_question([turns[0], unknown, turns[1]]) is not None


def test_going_on_about_a_subject_is_no_repetition(talk):
    """A patient who adds to the story means much the same, in many new words."""
    story = talk(
        "My knee hurts since I fell off my bike on Monday, and it is swollen on the outer side.",
        "I'm sorry to hear that. Did anything help so far?",
        "Ice helped a little, but my knee still hurts at night when I lie on that side, the "
        "swelling went down slowly and stairs are the worst part of my morning.",
    )
    signal = repeated_question(story, min_severity=0.0)
    assert signal is None or signal.severity < 0.5


def test_the_same_objection_to_another_answer_is_no_repetition(talk):
    """Who does not accept an argument is answered with another one."""
    objection = "I don't agree with that. Can you explain your view?"
    debate = talk(
        "Should cities ban cars?",
        "They should: streets would be quieter.",
        objection,
        "Shops gain as well, since people stay longer where they can walk.",
        objection,
    )
    assert repeated_question(debate, min_severity=0.0).severity < 0.5


@pytest.mark.parametrize("floor", [0.0, 0.3, 0.6, 0.9])
def test_the_floor_changes_no_severity(talk, floor):
    """It only hides what is below it."""
    question = "Where is my parcel?"
    turns = talk(question, EVASIVE, "Where's the parcel I sent?", EVASIVE, question)
    severity = repeated_question(turns, min_severity=0.0).severity
    signal = repeated_question(turns, min_severity=floor)
    assert (signal.severity if signal else None) == (severity if severity >= floor else None)


def _seen_as(text, vector):
    return TextFeatures(
        text.chars, text.tokens, vector=vector, words=text.words, frame=text.frame, acts=text.acts
    )
