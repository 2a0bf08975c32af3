"""Conformance: what we emit, against OpenTelemetry's conventions and `names.py`.

The messages of a conversation are opt-in there and never emitted here, so their schemas have
nothing to check: `test_no_content` holds that.
"""

from pathlib import Path

import pytest
import yaml

from otel_sessions import names
from otel_sessions.calls import Request, Usage

CONVENTIONS = yaml.safe_load(Path(__file__).with_name("conventions.yaml").read_text())
OURS = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
TYPES = {"string": str, "int": int, "double": float, "boolean": bool}


@pytest.fixture
def emitted(told, tracking, talking):
    """All that is emitted of a session in which everything is known and much goes wrong."""
    tracked = tracking(
        emitters=told.emitters, spans=told.span_of, on_store=told.metric_emitter.on_store
    )

    def track(messages, reply, session_id, **fields):
        request = Request(
            model="gpt-4o",
            messages=messages,
            stream=True,
            choice_count=2,
            temperature=1.0,
            top_p=1.0,
            max_tokens=100,
            frequency_penalty=1.0,
            presence_penalty=1.0,
            seed=7,
            stop_sequences=("END",),
            output_type="json",
        )
        known = {"user_id": "u", "agent": "a", "server_address": "api.test", "server_port": 443}
        first_chunk_ns = round((tracked.now_s + 0.5) * 1e9)
        return tracked.track(
            messages,
            reply,
            session_id,
            **({"request": request, "model": "gpt-4o", "first_chunk_ns": first_chunk_ns} | known),
            **fields,
        )

    talk = talking(track, "s", system="You help.")
    talk.say("Where is my order 17?", "It is on its way.", usage=Usage(100, 20, 64, 5))
    talk.say("Where is my order 17?", None, outcome="failed", error_type="429")
    talk.say("Where is my order 17?", "It is", outcome="aborted", finish_reasons=())
    del talk.messages[1:4]
    talk.say("And my order 18?", "No idea.", usage=Usage(126_000, 20))
    tracked.tracker.feedback("s", 0.0)
    tracked.tracker.end("s", "unresolved")
    return told


def test_spans(emitted):
    """Every attribute has its name and type; what is required is there."""
    convention = CONVENTIONS["span"]
    calls = [span for span in emitted.finished if span.name != names.SESSION_SPAN]
    assert len(calls) == 4
    for span in calls:
        parts = convention["name"].split()
        assert span.name == " ".join(span.attributes[part.strip("{}")] for part in parts)
        assert span.kind.name == convention["kind"]
        check(span.attributes, convention["attributes"])


def test_events(emitted):
    """Each has a known name, and each attribute its name and type."""
    assert {event["name"] for event in emitted.events} == set(CONVENTIONS["events"])
    for event in emitted.events:
        attributes = {k: v for k, v in event.items() if k not in ("name", "span", "severity")}
        check(attributes, CONVENTIONS["events"][event["name"]])


def test_metrics(emitted):
    """Those of the conventions have their kind, unit and labels; ours are as `names.py` says."""
    known = {metric.name: metric for metric in names.METRICS}
    seen = emitted.metrics
    assert set(CONVENTIONS["metrics"]) <= set(seen) <= set(known)
    for name, convention in CONVENTIONS["metrics"].items():
        unit, points = seen[name]
        assert (known[name].kind, unit) == (convention["kind"], convention["unit"])
        for attributes, _ in points:
            check(attributes, convention["attributes"])


def test_what_is_only_read_is_never_emitted(emitted):
    """Texts of users and models stand under these names."""
    spans = {name for span in emitted.finished for name in span.attributes}
    events = {name for event in emitted.events for name in event}
    assert (spans | events).isdisjoint(CONVENTIONS["read"])


def test_every_name_of_the_conventions_is_used_or_known_not_to_be():
    """A name in `names.py` that claims to be theirs is in the table, with a reason if it is not."""
    listed = {
        *CONVENTIONS["read"],
        *CONVENTIONS["span"]["attributes"],
        *CONVENTIONS["events"],
        *CONVENTIONS["metrics"],
        *(a for event in CONVENTIONS["events"].values() for a in event),
        *(a for metric in CONVENTIONS["metrics"].values() for a in metric["attributes"]),
    }
    theirs = {
        name for name in OURS if name.startswith(("gen_ai.", "session.", "server.", "error."))
    }
    theirs |= {metric.name for metric in names.METRICS if metric.name.startswith("gen_ai.")}
    assert theirs <= listed


def test_no_content(emitted):
    """Nothing that is opt-in because it holds text."""
    content = [
        name for name, (kind, _) in CONVENTIONS["span"]["attributes"].items() if kind == "any"
    ]
    assert content
    for span in emitted.finished:
        assert not set(content) & set(span.attributes)


def check(attributes, convention):
    """Compare names and types, and what is required."""
    for name, value in attributes.items():
        assert name in convention or name in OURS, name
        if name in convention:
            assert fits(value, convention[name][0]), (name, value)
    required = {name for name, (_, level) in convention.items() if level == "required"}
    assert required <= set(attributes)


def fits(value, kind):
    if kind.endswith("[]"):
        return all(fits(each, kind[:-2]) for each in value)
    return type(value) is TYPES[kind]
