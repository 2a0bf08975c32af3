"""Traces: answers, from spans sent by OTLP, to the part of TraceQL that our boards use.

Tempo itself is no program that can be run here. So that a board's query is at least asked of real
spans, its conditions are evaluated: comparisons joined by `&&` in one pair of braces, then
`select`. Anything else is an error, never a guess.
Source: Grafana Tempo documentation, "Construct a TraceQL query".
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

Value = Any
"""A string, number, flag, or list of such."""


@dataclass(frozen=True, slots=True)
class Span:
    """What can be asked of a span."""

    trace_id: str
    span_id: str
    name: str
    start_ns: int
    duration_ns: int
    attributes: Mapping[str, Value]
    resource: Mapping[str, Value]


def read_spans(bodies: Iterable[bytes]) -> Iterator[Span]:
    """Read what a receiver of OTLP over HTTP got at `/v1/traces`."""
    for body in bodies:
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _values(resource_spans.resource.attributes)
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    yield Span(
                        trace_id=span.trace_id.hex(),
                        span_id=span.span_id.hex(),
                        name=span.name,
                        start_ns=span.start_time_unix_nano,
                        duration_ns=span.end_time_unix_nano - span.start_time_unix_nano,
                        attributes=_values(span.attributes),
                        resource=resource,
                    )


def _values(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


_COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=~": lambda value, pattern: re.fullmatch(pattern, value) is not None,  # anchored, since 2.6
}
_CONDITION = re.compile(
    r"\s*(?P<field>name|(?:span|resource)\.[\w.]+)\s*(?P<sign>=~|!=|>=|<=|=|>|<)\s*"
    r'(?:"(?P<text>[^"]*)"|(?P<number>-?\d+(?:\.\d+)?))\s*'
)
_QUERY = re.compile(r"\{(?P<conditions>[^{}]*)\}\s*\|\s*select\((?P<selected>[^()]*)\)")


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    conditions: tuple[tuple[str, str, Value], ...]
    """Field, sign and value; all have to hold."""
    selected: tuple[str, ...]
    """Attributes of the span that are shown."""

    def of(self, spans: Iterable[Span], *, limit: int) -> list[Span]:
        """Return the spans that fit, newest first."""
        fit = [span for span in spans if all(_holds(span, *each) for each in self.conditions)]
        return sorted(fit, key=lambda span: span.start_ns, reverse=True)[:limit]


def read_query(text: str) -> Query:
    """Read a query.

    Raises:
        ValueError: it is not in the part that is known here.

    """
    match = _QUERY.fullmatch(text.strip())
    if match is None:
        message = f"not {{ conditions }} | select(attributes): {text}"
        raise ValueError(message)
    conditions = tuple(_condition(part) for part in match["conditions"].split("&&"))
    selected = [each.strip() for each in match["selected"].split(",")]
    if not all(each.startswith("span.") for each in selected):
        message = f"only attributes of spans can be selected here: {match['selected']}"
        raise ValueError(message)
    return Query(conditions, tuple(each.removeprefix("span.") for each in selected))


def _condition(text: str) -> tuple[str, str, Value]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        message = f"no condition that is known here: {text}"
        raise ValueError(message)
    number = match["number"]
    return match["field"], match["sign"], float(number) if number else match["text"]


def _holds(span: Span, field: str, sign: str, wanted: Value) -> bool:
    scope, _, name = field.partition(".")
    found = {"span": span.attributes, "resource": span.resource}.get(scope, {}).get(name)
    value = span.name if field == "name" else found
    comparable = isinstance(value, str) == isinstance(wanted, str)
    return value is not None and comparable and _COMPARE[sign](value, wanted)
