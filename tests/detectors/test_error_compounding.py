"""The signal of trouble in a row, against as much trouble here and there."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.error_compounding import error_compounding
from otel_sessions.signals import CRITICAL, WARNING
from otel_sessions.turns import ContextChange, ToolUse, pack_tools

FINE = ("Which colour would you like?", "The blue one is in stock in three sizes.")
ADMITTED = ("No, that is not what I asked.", "I apologize for the confusion, that was my mistake.")


@pytest.fixture
def course(talk):
    """A session of turns that went well, or not as the fields say."""

    def build(*turns):
        lines = [t if isinstance(t, tuple) else FINE for t in turns]
        told = talk(*(line for pair in lines for line in pair))
        return [
            replace(turn, **fields) if isinstance(fields, dict) else turn
            for turn, fields in zip(told, turns, strict=True)
        ]

    return build


FAILED = {"outcome": "failed", "reply": None, "request": None}
CUT = {"finish_reason": "length", "reply": None, "request": None}
RESET = {"context": ContextChange("reset"), "reply": None, "request": None}
TOOLS = {
    "packed_tools": pack_tools([ToolUse(1, 2, 3, 4, failed=True)]),
    "reply": None,
    "request": None,
}
QUIET = {"reply": None, "request": None}


@pytest.mark.parametrize(
    ("turns", "at_least"),
    [
        pytest.param([QUIET, FAILED, FAILED], WARNING, id="calls-fail"),
        pytest.param([QUIET, RESET, FAILED], WARNING, id="context-is-lost-then-a-call"),
        pytest.param([QUIET, ADMITTED, ADMITTED], WARNING, id="corrected-and-admitted"),
        pytest.param([QUIET, TOOLS, FAILED, CUT], WARNING, id="of-each-kind"),
        pytest.param([FAILED, FAILED, QUIET, FAILED, FAILED], WARNING, id="one-turn-went-well"),
        pytest.param([QUIET, *[FAILED] * 5], CRITICAL, id="it-does-not-end"),
    ],
)
def test_trouble_in_a_row(course, turns, at_least):
    """Two bad turns are a warning, more are worse."""
    signal = error_compounding(course(*turns))
    assert signal is not None
    assert signal.severity >= at_least


def test_one_turn_compounds_nothing(course):
    """However much went wrong in it."""
    turns = course(QUIET, {**FAILED, "context": ContextChange("reset"), "finish_reason": "length"})
    assert error_compounding(turns, min_severity=0.0) is None


def test_the_same_exchange_again_and_again_is_trouble(course):
    """Nobody gets anywhere, even if nobody complains."""
    stuck = ("I need the blue bag in size four.", "Which size do you need the blue bag in?")
    assert error_compounding(course(QUIET, *[stuck] * 4)).severity >= WARNING


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param([FAILED], id="first-turn"),
        pytest.param([QUIET, QUIET, FAILED], id="one-bad-turn"),
        pytest.param([FAILED, FAILED, FAILED, QUIET], id="it-went-well-now"),
        pytest.param([FAILED, *[QUIET] * 4, FAILED, *[QUIET] * 4, FAILED], id="far-apart"),
        pytest.param([QUIET, TOOLS, TOOLS], id="tools-fail-twice"),
        pytest.param(
            [QUIET, ("No, the blue one.", "Sure."), ("No, in medium.", "Sure.")], id="corrections"
        ),
        pytest.param([QUIET, *[("Do you have it?", "Sorry, we do not.")] * 3], id="refusals"),
        pytest.param([QUIET, *[("yes", "Go on?")] * 5], id="a-game"),
    ],
)
def test_what_only_looks_like_it(course, turns):
    """No warning where the session recovered, or where it is only told no."""
    signal = error_compounding(course(*turns))
    assert signal is None or signal.severity < WARNING


def test_each_further_bad_turn_is_worse(course):
    """Severity grows with the run and never falls in it."""
    severities = [error_compounding(course(*[FAILED] * n)).severity for n in range(2, 7)]
    assert severities == sorted(set(severities))


def test_the_floor_changes_no_severity(course):
    """It only hides what is below it."""
    turns = course(QUIET, FAILED, FAILED)
    assert error_compounding(turns, min_severity=0.0) == error_compounding(turns)
    assert error_compounding(turns, min_severity=0.99) is None
