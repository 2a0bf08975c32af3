"""Signals of what the model was shown: overflow, reset, truncation, pressure."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.context_compacted import context_compacted
from otel_sessions.detectors.context_overflow import context_overflow
from otel_sessions.detectors.context_pressure import context_pressure
from otel_sessions.detectors.context_reset import context_reset
from otel_sessions.detectors.context_truncated import context_truncated
from otel_sessions.detectors.session_lost import session_lost
from otel_sessions.turns import ContextChange


@pytest.mark.parametrize(
    ("tokens", "severity"),
    [
        pytest.param([10_000], None, id="hardly-used"),
        pytest.param([69_900], None, id="below-the-warning"),
        pytest.param([70_000], 0.5, id="warning"),
        pytest.param([80_000], 0.65, id="between"),
        pytest.param([90_000], 0.8, id="critical"),
        pytest.param([100_000], 1.0, id="full"),
        pytest.param([130_000], 1.0, id="over-full"),
        pytest.param([20_000, 32_000, 44_000, 56_000], None, id="growing-with-room-left"),
        pytest.param([10_000, 28_000, 46_000, 64_000], 0.5, id="full-in-two-turns"),
        pytest.param([10_000, 28_000, 64_000], None, id="too-few-turns-for-a-forecast"),
        pytest.param([64_000, 20_000, 42_000, 64_000], None, id="cut-now-and-then"),
        pytest.param([100, 200, 400, 800, 1_600], None, id="doubling-but-short"),
        pytest.param([None], None, id="unknown-tokens"),
    ],
)
def test_pressure(series, tokens, severity):
    """Pressure follows the share of the window, or warns when three turns will fill it."""
    turns = series(input_tokens=tokens, window=[100_000] * len(tokens))
    signal = context_pressure(turns)
    assert (signal and signal.severity) == (severity and pytest.approx(severity))


@pytest.mark.parametrize("window", [None, 0])
def test_an_unknown_window_presses_nobody(series, window):
    """Without a window there is no guess."""
    assert context_pressure(series(input_tokens=[10**9], window=[window])) is None


@pytest.mark.parametrize(
    ("outcome", "severity"), [("failed", 1.0), ("aborted", 1.0), ("completed", 0.5)]
)
def test_overflow(dull, outcome, severity):
    """An exceeded window is certain; it is milder if a shorter call was answered."""
    signal = context_overflow([replace(dull, overflow=True, outcome=outcome)])
    assert signal.severity == severity
    assert context_overflow([replace(dull, outcome=outcome)]) is None


@pytest.mark.parametrize(
    ("change", "severity"),
    [
        pytest.param(ContextChange("truncated", 12, 2, 0.31), 0.31, id="a-third-is-gone"),
        pytest.param(ContextChange("truncated", 1, 1, 0.002), 0.002, id="hardly-anything-is-gone"),
        pytest.param(
            ContextChange("truncated", 1, 1, 0.0), None, id="only-an-empty-message-is-gone"
        ),
        pytest.param(ContextChange("compacted", 12, 12, 0.8), None, id="summarised"),
        pytest.param(ContextChange("reset", 12, 12, 1.0), None, id="reset-has-its-own-signal"),
        pytest.param(ContextChange("forked", 2, 2, 0.1), None, id="edited-by-the-user"),
        pytest.param(ContextChange("continued"), None, id="complete"),
    ],
)
def test_truncated(dull, change, severity):
    """Severity is the share of known tokens that the model is not shown."""
    signal = context_truncated([replace(dull, context=change)])
    assert (signal and signal.severity) == severity


def test_truncation_of_an_earlier_turn_is_not_told_again(dull):
    """Only the newest turn is judged."""
    cut = replace(dull, context=ContextChange("truncated", 12, 2, 0.31))
    assert context_truncated([cut, dull]) is None


@pytest.mark.parametrize(
    ("cause", "told"), [("process_restarted", "process_restarted"), (None, "unknown")]
)
def test_reset(dull, cause, told):
    """A reset is certain and names its cause."""
    signal = context_reset([replace(dull, context=ContextChange("reset", 8, 8, 1.0, cause))])
    assert (signal.severity, signal.cause) == (1.0, told)


@pytest.mark.parametrize(
    "kind", ["first", "continued", "repeated", "forked", "truncated", "compacted"]
)
def test_no_reset(dull, kind):
    """Nothing else is a reset."""
    assert context_reset([replace(dull, context=ContextChange(kind, 3, 3, 0.5))]) is None


@pytest.mark.parametrize(
    ("change", "severity"),
    [
        pytest.param(ContextChange("compacted", 12, 12, 1.0), 0.4, id="all-summarised"),
        pytest.param(ContextChange("compacted", 12, 4, 0.5), 0.2, id="half-summarised"),
        pytest.param(ContextChange("compacted", 12, 0, 0.5), None, id="told-before"),
        pytest.param(ContextChange("truncated", 12, 12, 0.5), None, id="cut-without-a-summary"),
        pytest.param(ContextChange("continued"), None, id="complete"),
    ],
)
def test_compacted(dull, change, severity):
    """A summary is told once and only informs."""
    signal = context_compacted([replace(dull, context=change)])
    assert (signal and signal.severity) == severity


@pytest.mark.parametrize(
    ("before", "newest", "severity"),
    [
        pytest.param([{}], {}, 1.0, id="after-an-answer"),
        pytest.param([], {}, None, id="first-turn"),
        pytest.param([{"outcome": "failed"}], {}, None, id="nothing-was-answered"),
        pytest.param([{}, {"outcome": "failed"}], {}, 1.0, id="something-was"),
        pytest.param([{}], {"store_lost": None}, None, id="it-was-found"),
        pytest.param(
            [{"messages_sent": 1}], {"messages_sent": 3}, 0.4, id="the-model-was-shown-all"
        ),
        pytest.param([{"messages_sent": 3}], {"messages_sent": 3}, 1.0, id="the-list-did-not-grow"),
        pytest.param(
            [{"messages_sent": 1}],
            {"messages_sent": 3, "context": ContextChange("truncated", 2, 2, 0.5)},
            1.0,
            id="the-model-was-shown-less",
        ),
    ],
)
def test_session_lost(dull, before, newest, severity):
    """The store had it not, and there was something to lose."""
    dull = replace(dull, context=ContextChange("continued"))
    turns = [replace(dull, **fields) for fields in before]
    signal = session_lost([*turns, replace(dull, **{"store_lost": "evicted"} | newest)])
    assert (signal and (signal.severity, signal.cause)) == (severity and (severity, "evicted"))
