"""Signals of what came back: partial responses, failed calls, growing latency."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.detectors.call_failed import call_failed
from otel_sessions.detectors.latency_growth import latency_growth
from otel_sessions.detectors.partial_response import partial_response
from otel_sessions.turns import ToolUse, pack_tools

ASKED = pack_tools([ToolUse(id=1, name=2, arguments=3)])


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        pytest.param({}, None, id="complete"),
        pytest.param({"finish_reason": "length"}, "length", id="cut-at-the-limit"),
        pytest.param({"finish_reason": "content_filter"}, "content_filter", id="withheld"),
        pytest.param({"outcome": "aborted"}, "aborted", id="stopped-stream"),
        pytest.param(
            {"outcome": "aborted", "reply": None}, "aborted", id="stopped-before-any-text"
        ),
        pytest.param({"reply": None}, "empty", id="no-text-and-no-tool"),
        pytest.param(
            {"outcome": "failed", "finish_reason": None}, "broken", id="broke-in-the-middle"
        ),
        pytest.param({"outcome": "failed", "reply": None}, None, id="failed-at-once"),
        pytest.param({"outcome": "failed", "calls": 3}, None, id="text-was-of-an-earlier-call"),
        pytest.param(
            {
                "reply": None,
                "packed_tools": ASKED,
                "complete": False,
                "finish_reason": "tool_calls",
            },
            None,
            id="waits-for-a-tool",
        ),
        pytest.param({"reply": None, "finish_reason": None}, None, id="reply-not-understood"),
    ],
)
def test_partial_response(dull, fields, cause):
    """Every way to get less than a reply is a warning, and has a name."""
    signal = partial_response([replace(dull, **fields)])
    assert (signal and signal.cause) == cause
    assert signal is None or signal.severity >= 0.5


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        pytest.param({}, None, id="answered"),
        pytest.param({"outcome": "failed", "failures": 1, "reply": None}, "critical", id="failed"),
        pytest.param(
            {"outcome": "failed", "failures": 4, "calls": 4, "retries": 3},
            "critical",
            id="all-failed",
        ),
        pytest.param({"outcome": "failed", "failures": 1}, None, id="broke-in-the-middle"),
        pytest.param({"failures": 3, "retries": 3}, "info", id="a-retry-succeeded"),
        pytest.param({"retries": 1}, None, id="regenerated"),
        pytest.param(
            {"outcome": "failed", "failures": 1, "overflow": True}, None, id="overflow-has-its-own"
        ),
        pytest.param({"outcome": "aborted"}, None, id="stopped-by-the-user"),
    ],
)
def test_call_failed(dull, fields, label):
    """What counts is whether an answer came in the end."""
    signal = call_failed([replace(dull, **fields)])
    assert (signal and signal.label) == label


@pytest.mark.parametrize(
    ("error_type", "cause"),
    [
        ("429", "rate_limited"),
        ("RateLimitError", "rate_limited"),
        ("APITimeoutError", "timeout"),
        ("APIConnectionError", "connection"),
        ("503", "unavailable"),
        ("InternalServerError", "unavailable"),
        ("401", "rejected"),
        ("BadRequestError", "rejected"),
        ("ZeroDivisionError", "other"),
        (None, "unknown"),
    ],
)
def test_the_cause_of_a_failure_is_one_of_few(dull, error_type, cause):
    """Statuses and class names become a label with few values."""
    turn = replace(dull, outcome="failed", failures=1, reply=None, error_type=error_type)
    assert call_failed([turn]).cause == cause


@pytest.mark.parametrize(
    ("latencies", "label"),
    [
        pytest.param([0.1, 0.2, 0.35, 0.5, 0.6, 0.75, 0.9, 1.0], "critical", id="grows-steadily"),
        pytest.param([1, 1.2, 1.4, 1.8, 2.2, 2.5, 2.8, 3], "warning", id="more-than-doubles"),
        pytest.param([1, 1.1, 0.9, 1, 1.2, 1, 1.1], None, id="steady"),
        pytest.param([1, 1.1, 0.9, 1, 1.2, 1, 9], None, id="one-slow-turn-now"),
        pytest.param([9, 1, 1.1, 0.9, 1, 1.2, 1], None, id="cold-start"),
        pytest.param([1, 1, 1, 9, 9, 1, 1], None, id="slow-in-between"),
        pytest.param([1, 1, 1, 20, 16, 12, 9, 7, 5, 4, 3, 2], None, id="a-slow-spell-that-ends"),
        pytest.param([1, 2, 3, 4, 5, 6, 1], None, id="this-turn-was-fast"),
        pytest.param([1, 2, 4, 8, 16], None, id="too-few-turns"),
        pytest.param([0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12], None, id="nobody-notices"),
        pytest.param([10, 10.2, 10.4, 11, 11.4, 12, 12.5], None, id="a-quarter-slower"),
    ],
)
def test_latency_growth(series, latencies, label):
    """A turn is compared with the session's own start, and one slow turn decides nothing."""
    signal = latency_growth(series(duration_s=latencies))
    assert (signal and signal.label) == label


SLOWER = [1, 1.5, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("fields", "fires"),
    [
        pytest.param({}, True, id="slower"),
        pytest.param({"output_tokens": [n * 100 for n in SLOWER]}, False, id="replies-are-longer"),
        pytest.param(
            {"output_tokens": [100, 99, 98, 97, 96, 95, 94, 93]}, True, id="replies-are-not"
        ),
        pytest.param({"calls": [2, 3, 4, 6, 8, 10, 12, 14]}, False, id="more-calls-in-a-turn"),
        pytest.param({"time_to_first_chunk_s": [0.3] * 8}, False, id="first-chunk-is-as-fast"),
        pytest.param({"model": list("aaaaabbb")}, False, id="another-model-since"),
        pytest.param(
            {"outcome": ["completed"] * 7 + ["failed"]}, False, id="failures-are-not-slow"
        ),
    ],
)
def test_what_explains_a_longer_turn_is_not_growth(series, fields, fires):
    """Longer replies, more calls, other models and errors take longer for reasons of their own."""
    assert (latency_growth(series(duration_s=SLOWER, **fields)) is not None) == fires


def test_time_to_first_chunk_grows(series):
    """Streams are judged by the time until something shows, whatever their length."""
    turns = series(
        duration_s=[9.0] * 8,
        time_to_first_chunk_s=[0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4],
        output_tokens=[10 * n for n in range(1, 9)],
    )
    assert latency_growth(turns).severity >= 0.5


def test_the_slope_is_told_per_1000_tokens(series):
    """An operator reads what a longer context costs."""
    turns = series(duration_s=SLOWER, input_tokens=[int(s * 1000) for s in SLOWER])
    assert latency_growth(turns).explanation == "1.50 s to 6.00 s, +1.00 s per 1000 input tokens"


@given(noise=st.lists(st.floats(0.8, 1.25), min_size=6, max_size=64))
def test_noise_is_not_growth(series, noise):
    """A session whose turns vary by a quarter around one latency never grows."""
    assert latency_growth(series(duration_s=noise)) is None
