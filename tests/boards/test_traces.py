"""Traces: the part of TraceQL that boards use is answered as Tempo does."""

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

from dashboards.traces import Span, read_query, read_spans


def span(name="chat", start_ns=0, service="support", **attributes):
    told = {key.replace("_", "."): value for key, value in attributes.items()}
    return Span("trace", "span", name, start_ns, 1000, told, {"service.name": service})


SPANS = [
    span(session_id="a", health=0.2, start_ns=1),
    span(session_id="a", health=0.9, start_ns=3),
    span(session_id="b", health=0.2, start_ns=2),
    span(name="llm_session", service="desk", session_id="a", start_ns=4),
]


@pytest.mark.parametrize(
    ("conditions", "starts"),
    [
        ('span.session.id = "a"', [4, 3, 1]),
        ('span.session.id = "a" && span.health < 0.5', [1]),
        ('span.session.id = "a" && span.health <= 0.2', [1]),
        ("span.health > 0", [3, 2, 1]),
        ('span.session.id != "a"', [2]),
        ('name = "llm_session"', [4]),
        ('resource.service.name =~ "sup.*"', [3, 2, 1]),
        ('resource.service.name =~ "sup"', []),  # anchored
        ('span.health = "0.2"', []),  # a number is no string
        ('span.unheard.of != "a"', []),  # what is absent is not compared
    ],
)
def test_spans_that_fit_are_found(conditions, starts):
    query = read_query(f"{{ {conditions} }} | select(span.health)")
    assert [each.start_ns for each in query.of(SPANS, limit=10)] == starts
    assert query.selected == ("health",)


def test_newest_are_kept():
    query = read_query('{ span.session.id = "a" } | select(span.health)')
    assert [each.start_ns for each in query.of(SPANS, limit=2)] == [4, 3]


@pytest.mark.parametrize(
    "text",
    [
        '{ name = "x" }',
        '{ name = "x" || name = "y" } | select(span.a)',
        "{ status = error } | select(span.a)",
        "{ span.a = 1 } >> { span.b = 2 } | select(span.a)",
        "{ span.a = 1 } | select(resource.a)",
        "{ span.a = 1 } | rate()",
    ],
)
def test_what_is_not_known_is_an_error(text):
    with pytest.raises(ValueError, match=r"known|selected|select"):
        read_query(text)


def test_spans_are_read_as_they_were_sent():
    values = {
        "a": AnyValue(string_value="x"),
        "b": AnyValue(int_value=3),
        "c": AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="y")])),
    }
    sent = Sent(
        trace_id=b"\1" * 16,
        span_id=b"\2" * 8,
        name="chat",
        start_time_unix_nano=5,
        end_time_unix_nano=9,
        attributes=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
    service = KeyValue(key="service.name", value=AnyValue(string_value="support"))
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[service]), scope_spans=[ScopeSpans(spans=[sent])]
            )
        ]
    )
    (read,) = read_spans([request.SerializeToString()])
    assert read == Span(
        *("01" * 16, "02" * 8, "chat", 5, 4),
        attributes={"a": "x", "b": 3, "c": ["y"]},
        resource={"service.name": "support"},
    )
