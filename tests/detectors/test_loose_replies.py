"""The signal of replies that have nothing to do with the conversation, over a whole session."""

import pytest

from otel_sessions.detectors.loose_replies import loose_replies
from otel_sessions.signals import WARNING

ADRIFT = (
    *("What do you do at weekends?", "Verdell, sweeties, Danny breathes again."),
    *("Who is Danny?", "Tomorrow, San Francisco, and the car that followed us."),
    *("Do you live in California?", "He laughs, and the surgeon signs the peace treaty."),
    *("Which treaty do you mean?", "Guys, the front door is open, bring nine lemons."),
    *("Lemons for a cake?", "The goalkeeper never learned to play the violin."),
)
BAKING = (
    *("How do I bake a lemon cake?", "A lemon cake needs flour, eggs, sugar, butter and lemons."),
    *("How many lemons for the cake?", "Two lemons are enough for a cake of this size."),
    *("How long does the cake bake?", "Bake the lemon cake for forty minutes in the oven."),
    *("Can I leave out the eggs?", "Without eggs the cake is dense; use apple sauce instead."),
    *("And how much sugar?", "Take two hundred grams of sugar for a lemon cake."),
)


def test_a_session_of_loose_replies_informs(talk):
    signal = loose_replies(talk(*ADRIFT))
    assert 0 < signal.severity < WARNING
    assert signal.explanation.endswith("near what was said before")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(BAKING, id="to-the-point"),
        pytest.param(ADRIFT[:6], id="too-few-replies"),
        pytest.param((*BAKING, *ADRIFT[:2]), id="one-loose-reply"),
        pytest.param((*ADRIFT, *BAKING[:2]), id="the-newest-is-to-the-point"),
        pytest.param((*ADRIFT, "Hm?", ""), id="no-reply"),
        pytest.param(("", "Hello!") * 6, id="no-request"),
    ],
)
def test_what_only_looks_like_it(talk, lines):
    assert loose_replies(talk(*lines)) is None
