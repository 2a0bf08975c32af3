"""The signal of an assistant that takes back what it agreed to, against what only looks like it."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.commitment_reversed import commitment_reversed
from otel_sessions.signals import WARNING

ASKED = "Can I get a refund for the blender?"
GRANTED = "Yes, I'll refund the full price to your card."
LATER = "Great, when will the refund arrive?"


@pytest.mark.parametrize(
    "granted",
    [
        GRANTED,
        "Of course, no problem.",
        "I've gone ahead and initiated your refund.",
        "You are eligible for a full refund.",
        "Your refund has been approved.",
        "I'd be happy to process a refund. It will take three days.",
        "Would you like me to refund it to your card?",
        "That's fine. You'll get a refund for the blender within a week.",
    ],
)
@pytest.mark.parametrize(
    "denied",
    [
        "We don't have a refund policy.",
        "I'm afraid that's not something we offer.",
        "I never said that.",
        "As per our terms refunds aren't available.",
        "Sorry, this item is non-refundable.",
        "You are not entitled to a refund.",
        "Refunds are against our policy.",
        "There is no refund. All sales are final.",
        "I apologize for any confusion, but I'm unable to give refunds for blenders.",
    ],
)
def test_ways_of_agreeing_and_denying(talk, granted, denied):
    """However it was granted, and however it is denied two turns later."""
    between = ("Do I send it back?", "Please keep it for now.")
    signal = commitment_reversed(talk(ASKED, granted, *between, LATER, denied))
    assert signal is not None
    assert signal.severity >= WARNING
    assert signal.explanation == "refused 2 turns after it was agreed"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([ASKED, "No, we don't offer refunds."], id="refused-at-once"),
        pytest.param([ASKED, GRANTED, LATER, "It will arrive on Friday."], id="kept"),
        pytest.param(
            [ASKED, GRANTED, "And for the kettle?", "We can't refund kettles."], id="another-item"
        ),
        pytest.param(
            [ASKED, GRANTED, "On second thought, please don't.", "Fine, nothing is refunded."],
            id="taken-back",
        ),
        pytest.param(
            [
                ASKED,
                "If it has not been opened, we will refund it.",
                "I have opened it and used it twice.",
                "Then we can't refund it, I'm afraid.",
            ],
            id="condition-not-met",
        ),
        pytest.param(
            [
                ASKED,
                "Yes, we refund what was bought in the last 30 days.",
                "Here it is, the receipt says March 2019, sorry, it is older than I thought.",
                "I see. In that case we can't refund it.",
            ],
            id="new-information",
        ),
        pytest.param(
            [ASKED, GRANTED, "Could you raise my card limit too?", "I can't change card limits."],
            id="another-wish",
        ),
        pytest.param(
            ["Please cancel my trip", "Shall I cancel it now?", "yes", "Done. No fee applies."],
            id="nothing-denied",
        ),
        pytest.param(
            [ASKED, "We don't refund blenders.", "Really?", "We don't refund blenders."],
            id="never-granted",
        ),
        pytest.param(
            [
                "Puis-je avoir un remboursement ?",
                "Oui, nous vous remboursons.",
                "Quand ?",
                "Nous ne remboursons pas.",
            ],
            id="another-language",
        ),
    ],
)
def test_healthy(talk, lines):
    """No warning where nothing is taken back, or not without a reason."""
    signal = commitment_reversed(talk(*lines))
    assert signal is None or signal.severity < WARNING


def test_what_a_tool_tells_makes_it_milder(talk, using):
    """A refusal right after a tool was asked informs, and does not warn."""
    *before, newest = talk(ASKED, GRANTED, LATER, "We can't refund this order.")
    told = commitment_reversed([*before, newest])
    checked = commitment_reversed(
        [*before, replace(newest, packed_tools=using("orders:7=lost")[0].packed_tools)]
    )
    assert told is not None
    assert checked is not None
    assert checked.severity < WARNING <= told.severity


def test_a_word_given_is_held_against_what_follows(talk):
    """News in a message do not excuse a denial of what the user cites."""
    news = "but it came on March 4 with the blue lid and the spare jar"
    cited = talk(ASKED, GRANTED, f"You promised a refund, {news}", "We don't give refunds.")
    uncited = talk(
        ASKED, GRANTED, f"I wanted to say that it came, {news}", "We don't give refunds."
    )
    assert commitment_reversed(cited).severity >= WARNING
    assert commitment_reversed(uncited, min_severity=0.0).severity < WARNING


def test_the_floor_only_leaves_out(talk):
    """Whatever the floor, a severity that reaches it is the same."""
    turns = talk(ASKED, GRANTED, LATER, "We don't give refunds.")
    low = commitment_reversed(turns, min_severity=0.0)
    assert low == commitment_reversed(turns)
    assert commitment_reversed(turns, min_severity=0.95) is None
