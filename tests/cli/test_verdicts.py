"""When the demo says that it found what it should."""

from collections import Counter

import pytest

from otel_sessions.cli.observations import SessionSeen
from otel_sessions.cli.replies import Reply
from otel_sessions.cli.scenarios import SCENARIOS
from otel_sessions.cli.scripts import Script, Step, dialogue
from otel_sessions.cli.verdicts import judge

HEALTHY = Script("healthy", "", dialogue("a", "b", "c", "d"))
DEGRADED = Script(
    "degraded", "", (*dialogue("a", "b"), Step("c", Reply("d"), shows=("tool_loop",))), "id-1"
)


def seen(session_id="id-1", turns=2, calls=None, **signals):
    places = {(int(place[-1]), place[:-1]): severity for place, severity in signals.items()}
    origins = Counter(calls or {"degraded": 2})
    return SessionSeen(session_id, origins, turns=turns, signals=places)


def ok(script, *sessions):
    return judge([script], list(sessions))[0].ok


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        pytest.param([seen(tool_loop2=0.6)], True, id="found"),
        pytest.param([seen(tool_loop2=0.6, call_failed1=0.9)], True, id="more-than-asked"),
        pytest.param([seen(tool_loop2=0.4)], False, id="only-information"),
        pytest.param([seen(tool_loop1=0.6)], False, id="wrong-turn"),
        pytest.param([seen(call_failed2=0.6)], False, id="wrong-signal"),
        pytest.param([], False, id="no-session"),
        pytest.param([seen(tool_loop2=0.6), seen("id-2")], False, id="torn-apart"),
        pytest.param([seen("id-2", tool_loop2=0.6)], False, id="other-id-than-given"),
        pytest.param([seen(turns=3, tool_loop2=0.6)], False, id="turns-miscounted"),
        pytest.param(
            [seen(calls={"degraded": 2, "healthy": 1}, tool_loop2=0.6)], False, id="joined"
        ),
    ],
)
def test_a_degraded_script_passes_if_its_signal_is_in_its_place(sessions, expected):
    assert ok(DEGRADED, *sessions) is expected


@pytest.mark.parametrize(
    ("signals", "expected"),
    [({}, True), ({"tool_loop2": 0.49}, True), ({"tool_loop2": 0.5}, False)],
)
def test_a_healthy_script_passes_without_warnings(signals, expected):
    assert ok(HEALTHY, seen("any", calls={"healthy": 2}, **signals)) is expected


@pytest.mark.parametrize("sessions", [0, 2])
def test_a_script_is_one_session(sessions):
    assert not ok(HEALTHY, *(seen(f"{i}", calls={"healthy": 2}) for i in range(sessions)))


def test_the_demo_covers_what_it_promises():
    signals = {name for script in SCENARIOS for _, name in script.expected()}
    assert signals >= {
        "call_failed",
        "context_overflow",
        "context_pressure",
        "context_reset",
        "context_truncated",
        "latency_growth",
        "partial_response",
        "repeated_question",
        "tool_loop",
    }
    healthy = [script for script in SCENARIOS if not any(script.expected())]
    assert max(script.turns for script in healthy) >= 15
    assert {script.style for script in SCENARIOS} == {
        "plain",
        "streamed",
        "async",
        "async streamed",
    }
    named = [script for script in SCENARIOS if script.session_id]
    assert abs(len(named) - len(SCENARIOS) / 2) <= 1
    assert len({script.name for script in SCENARIOS}) == len(SCENARIOS) >= 10
