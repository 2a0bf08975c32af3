"""The signal of early answers that are carried along, against answers that take corrections up."""

import pytest

from otel_sessions.detectors.premature_commitment import premature_commitment

EARLY = (
    "The Falcon 15 is the laptop to buy: it has a large screen, a fast processor, plenty of memory "
    "and a graphics card for heavy games. The keyboard is lit, the speakers are loud, and the "
    "battery lasts for six hours. It costs 1900 euros in the shop on the corner, where they also "
    "set it up for you and copy all of your old pictures and letters. Take the black one, because "
    "the silver case scratches easily, and add the longer guarantee, which covers broken screens."
)
KEPT = EARLY.replace("is the laptop to buy", "is still the laptop to buy, and light enough")
ANEW = (
    "Then the small Wren 11 fits: it weighs less than a kilo, costs 400 euros, and its rubber edge "
    "survives falls from a school desk. Children start it without any help, and parents can limit "
    "the hours each day."
)
LONG_REQUEST = (
    "I need a laptop for heavy games with a large screen, a fast processor and a lit keyboard; six "
    "hours of battery are enough, about 2000 euros, bought in town, set up by the shop."
)
HEAVY, WRONG = "No, that's wrong, it is too heavy for a child.", "That is not what I asked for."


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("a laptop?", EARLY, HEAVY, KEPT, WRONG, KEPT), id="kept-twice"),
        pytest.param(
            (
                *("a laptop?", EARLY, "That is too heavy.", KEPT, "Still too expensive.", KEPT),
                *("No, it is for a child.", KEPT, "That's wrong.", KEPT),
            ),
            id="too-this-too-that",
        ),
        pytest.param(
            ("hi", "Hello!", "a laptop?", EARLY, HEAVY, ANEW, WRONG, EARLY), id="comes-back-to-it"
        ),
    ],
)
def test_carried_along(talk, lines):
    """An early answer that survives two objections is a warning."""
    assert premature_commitment(talk(*lines)).severity >= 0.5


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("a laptop?", EARLY), id="only-early"),
        pytest.param(("a laptop?", EARLY, HEAVY, ANEW, WRONG, ANEW), id="starts-anew"),
        pytest.param(
            ("a laptop?", EARLY, "Say that again?", EARLY, "Once more please", EARLY), id="asked-to"
        ),
        pytest.param((LONG_REQUEST, EARLY, HEAVY, KEPT, WRONG, KEPT), id="was-told-enough"),
        pytest.param(
            ("a laptop?", f"{EARLY} What is it for?", HEAVY, KEPT, WRONG, KEPT), id="asked-back"
        ),
        pytest.param(
            ("hi", "Hello!", "how are you", "Fine!", "a laptop?", EARLY, HEAVY, KEPT, WRONG, KEPT),
            id="not-early",
        ),
        pytest.param(
            ("a laptop?", "The Falcon 15.", HEAVY, "The Falcon.", WRONG, "Falcon"), id="short"
        ),
        pytest.param(("", EARLY, HEAVY, KEPT, "", KEPT), id="unknown-requests"),
    ],
)
def test_not_carried_along(talk, lines):
    """Who starts anew, asks, or was told enough has not committed too early."""
    signal = premature_commitment(talk(*lines))
    assert signal is None or signal.label == "info"


def test_each_objection_makes_it_worse(talk):
    """The same answer kept against one more objection weighs more."""
    once = talk("a laptop?", EARLY, HEAVY, KEPT)
    twice = talk("a laptop?", EARLY, HEAVY, KEPT, WRONG, KEPT)
    mild = premature_commitment(once, min_severity=0.0)
    assert mild.severity < premature_commitment(twice).severity
