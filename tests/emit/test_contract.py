"""What every emitter promises. A new one adds one line to EMITTERS and nothing else."""

from dataclasses import fields, replace

import pytest
from opentelemetry.trace import INVALID_SPAN, INVALID_SPAN_CONTEXT

from otel_sessions.emit import (
    CallReport,
    EndReport,
    FeedbackReport,
    Labels,
    SignalReport,
    Silent,
    StartReport,
    TurnReport,
)
from otel_sessions.signals import SessionSignal, Signal

EMITTERS = ["SpanEmitter", "EventEmitter", "MetricEmitter", "Silent"]


@pytest.fixture(params=EMITTERS)
def emitter(request, told):
    found = {type(each).__name__: each for each in (*told.emitters, Silent())}
    assert found.keys() == set(EMITTERS)
    return found[request.param]


@pytest.fixture
def reports(calling, chat):
    """One report of each kind with little known, by the method that takes it."""
    labels = Labels("openai")
    found = SessionSignal("s", 1, Signal("any", 0.5))
    unknown = {
        "duration_s": 0.0,
        "time_to_first_chunk_s": None,
        "drift": None,
        "context": INVALID_SPAN_CONTEXT,
    }
    call = calling(None, None, None, model=None, outcome="failed")
    return {
        "on_call": CallReport(call, INVALID_SPAN, "s", "new", labels),
        "on_signal": SignalReport(found, labels, INVALID_SPAN_CONTEXT, None),
        "on_turn": TurnReport("s", 1, labels, 1.0, healthy=True, **unknown),
        "on_start": StartReport(
            "s", labels, "new", reopened=False, previous_id=None, context=INVALID_SPAN_CONTEXT
        ),
        "on_end": EndReport(
            **dict.fromkeys((field.name for field in fields(EndReport)), 0)
            | {"session_id": "s", "labels": labels, "source": "new", "user_id": None}
            | {"reason": "idle", "outcome": "unknown", "healthy": True, "links": ()}
            | {"cost_usd": None, "previous_id": None}
        ),
        "on_feedback": FeedbackReport("s", 0.0, None),
    }


def test_every_report_can_be_told(emitter, reports):
    """However little is known, and more than once."""
    for method, report in reports.items():
        for _ in range(2):
            assert getattr(emitter, method)(report) is None


def test_what_is_unknown_is_absent(told, reports):
    """No attribute and no label is an empty text or a zero that nobody measured."""
    for emitter in told.emitters:
        for method, report in reports.items():
            if method != "on_call":
                getattr(emitter, method)(report)
        span = told.tracer.start_span("call")
        emitter.on_call(replace(reports["on_call"], span=span))
        span.end()
    told_of_calls = [span for span in told.spans if span["name"] == "call"]
    assert told_of_calls[0] == {
        "name": "call",
        "kind": "INTERNAL",
        "session.id": "s",
        "llm_session.id.source": "new",
        "llm_session.outcome": "failed",
        "status": ("ERROR", None),
    }
    labels = [labels for _, found in told.metrics.values() for labels, _ in found]
    assert not any(value in ("", None) for each in labels for value in each.values())
    events = [value for event in told.events for value in event.values()]
    assert not any(value in ("", None) for value in events if isinstance(value, str | None))
