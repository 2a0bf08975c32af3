"""The signal of an assistant that says the opposite of what it said."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.contradiction import contradiction
from otel_sessions.signals import WARNING

FOR = (
    "I believe that remote work makes people more productive. They save the time on the road, "
    "focus without interruptions, and it helps them to stay healthy."
)
AGAINST = (
    "While I see your point, there are valid concerns. Remote work harms productivity: people "
    "are isolated, distracted at home, and teams fail to share what they know."
)
KEPT = (
    "I maintain that remote work makes people more productive. They save the time on the road, can "
    "focus without interruptions, and stay healthy."
)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        pytest.param(
            ["Is remote work good?", FOR, "I disagree with you.", AGAINST],
            "the stance turned",
            id="stance-under-pressure",
        ),
        pytest.param(
            [
                "What is the capital of Australia?",
                "The capital of Australia is Canberra, not Sydney.",
                "Are you sure?",
                "I apologize for the mistake, you're right. The capital of Australia is Sydney.",
            ],
            "the stance turned",
            id="gives-in",
        ),
        pytest.param(
            [
                "Is there a garage at the hotel?",
                "The hotel has no garage.",
                "Where can I park then?",
                "You can park in the garage of the hotel.",
            ],
            "what was said is denied",
            id="says-what-it-denied",
        ),
        pytest.param(
            [
                "Has my order shipped?",
                "Yes, your order shipped yesterday.",
                "When will it get here?",
                "Your order has not shipped yet.",
            ],
            "what was said is denied",
            id="denies-what-it-said",
        ),
        pytest.param(
            [
                "Where is the closest pharmacy?",
                "The closest pharmacy is 2 miles away.",
                "How far is it exactly?",
                "The closest pharmacy is 5 miles away.",
            ],
            "another figure",
            id="another-figure",
        ),
    ],
)
def test_contradictions(talk, lines, why):
    """Each way of opposing warns, and says which it is."""
    signal = contradiction(talk(*lines))
    assert signal is not None
    assert signal.severity >= WARNING
    assert signal.explanation == why


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Is remote work good?", FOR], id="first-turn"),
        pytest.param(["Is remote work good?", FOR, "I disagree with you.", KEPT], id="kept"),
        pytest.param(
            ["Is remote work good?", FOR, "Now argue the other side.", AGAINST], id="other-side"
        ),
        pytest.param(
            ["Is remote work good?", FOR, "Play devil's advocate please.", AGAINST], id="role-play"
        ),
        pytest.param(
            [
                "Is remote work good?",
                FOR,
                "I also like to cook.",
                "Cooking is a good way to relax, even if it is hard work and you fail at first.",
            ],
            id="another-topic",
        ),
        pytest.param(
            [
                "Which laptop should I buy?",
                "I'd take the light one with the long battery life.",
                "I forgot to say that I want to play the newest games.",
                "Then the light one is not for you: newest games want a strong graphics card.",
            ],
            id="new-information",
        ),
        pytest.param(
            [
                "Can children take aspirin?",
                "A low dose of aspirin is fine against fever in adults.",
                "I don't agree, mine is a toddler with influenza and asthma.",
                "You're right, a toddler with influenza and asthma must not take aspirin.",
            ],
            id="disputed-with-a-reason",
        ),
        pytest.param(
            ["Weather in Viena?", "I don't know Viena.", "Vienna, sorry", "In Vienna it is 12 C."],
            id="typo",
        ),
        pytest.param(
            [
                "Is my parcel here?",
                "No, your parcel has not arrived yet.",
                "And now?",
                "Your parcel arrived this morning.",
            ],
            id="not-so-any-more",
        ),
        pytest.param(
            [
                "Find me a cafe",
                "The Blue Door is 2 miles away.",
                "Any other one?",
                "There is Cafe Nord, 1 mile away.",
            ],
            id="another-one-wanted",
        ),
        pytest.param(
            ["Is the shop open?", FOR, "I can't hear you, say that again", AGAINST], id="again"
        ),
        pytest.param(
            ["Bist du sicher?", "Ja, es ist kalt.", "Nein, es ist warm.", "Es ist warm."],
            id="another-language",
        ),
    ],
)
def test_no_contradictions(talk, lines):
    """No warning where nothing is opposed, or not without a reason."""
    signal = contradiction(talk(*lines))
    assert signal is None or signal.severity < WARNING


def test_what_a_tool_tells_makes_it_milder(talk, using):
    """An answer that changes after a tool was asked has a reason."""
    tools = using("orders:7=shipped")[0].packed_tools
    lines = ("Has it shipped?", "Your order has not shipped.", "Really?", "Your order has shipped.")
    *before, newest = talk(*lines)
    said = contradiction([*before, newest], min_severity=0.0)
    checked = contradiction([*before, replace(newest, packed_tools=tools)], min_severity=0.0)
    assert checked.severity < WARNING <= said.severity


def test_the_floor_only_leaves_out(talk):
    """Whatever the floor, a severity that reaches it is the same."""
    turns = talk("Is remote work good?", FOR, "I disagree with you.", AGAINST)
    low = contradiction(turns, min_severity=0.0)
    assert low == contradiction(turns)
    kept = talk("Is remote work good?", FOR, "I disagree with you.", KEPT)
    assert contradiction(kept, min_severity=0.99) is None


def test_a_reply_is_rarely_beside_everything(talk):
    """Without any sign, an answer far from its request has a little, and informs nobody."""
    turns = talk("Where is the bank?", "On Mill Road.", "And the pool?", "I love to sing songs.")
    assert 0.0 < contradiction(turns, min_severity=0.0).severity < 0.2
    assert contradiction(turns) is None
