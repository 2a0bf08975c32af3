"""OTLP: inferences in an export request, analysed and completed in place.

The spans of others have ended before they come here, so what we know is added to their protobuf
messages, and what they hold of users' texts is taken away. Every other span stays as it is.
Source: opentelemetry-proto 1.x, `ExportTraceServiceRequest`.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags
from opentelemetry.util.types import AttributeValue

from otel_sessions import names
from otel_sessions.bridges.conventions import Convention, convention_of, holds_content
from otel_sessions.calls import Call, GivenId, Outcome
from otel_sessions.identity import bounded
from otel_sessions.pipeline import Observation

KEPT_SPANS = 10_000
"""Spans that are known again if they are sent again, at about 1 KiB each; the oldest go first."""


class ForeignSpan(NonRecordingSpan):
    """A span that somebody else made and ended, as far as it can still be completed."""

    def __init__(self, span: trace_pb2.Span, scope: str) -> None:
        self.scope = scope
        """Name of the instrumentation that made it."""
        self._given = frozenset(pair.key for pair in span.attributes)
        self.added: dict[str, AttributeValue] = {}
        self.done = threading.Event()
        super().__init__(
            SpanContext(
                int.from_bytes(span.trace_id, "big"),
                int.from_bytes(span.span_id, "big"),
                is_remote=True,
                trace_flags=TraceFlags(TraceFlags.SAMPLED),
            )
        )

    def is_recording(self) -> bool:
        """Tell that attributes still count."""
        return True

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Add what the span does not say itself."""
        self.added.update((k, v) for k, v in attributes.items() if k not in self._given)

    def end(self, end_time: int | None = None) -> None:  # noqa: ARG002 - it has ended before
        """Say that all is known of it."""
        self.done.set()


class _Arrived:
    """A finished inference on its way into analysis; keeps the promises of `Observation`."""

    def __init__(
        self,
        message: trace_pb2.Span,
        scope: str,
        attributes: Mapping[str, Any],
        convention: Convention,
    ) -> None:
        self.message = message
        failed = message.status.code == trace_pb2.Status.STATUS_CODE_ERROR
        error = attributes.get(names.ERROR_TYPE)
        self.foreign = ForeignSpan(message, scope)
        self.span: Span = self.foreign
        self.outcome: Outcome = "failed" if failed or error else "completed"
        self.error_type = str(error or "_OTHER") if self.outcome == "failed" else None
        self.started_ns = message.start_time_unix_nano
        self.ended_ns = message.end_time_unix_nano
        self._attributes = attributes
        self._convention = convention

    def read(self) -> Call:
        """Read what was given and what came back; may raise."""
        said = self._convention.read(self._attributes)
        given = said.session_id
        first_s = self._attributes.get(names.RESPONSE_TIME_TO_FIRST_CHUNK)
        return Call(
            provider=said.provider,
            request=said.request,
            reply=said.reply,
            outcome=self.outcome,
            started_ns=self.started_ns,
            ended_ns=self.ended_ns,
            first_chunk_ns=None if first_s is None else self.started_ns + round(first_s * 1e9),
            error_type=self.error_type,
            server_address=self._attributes.get(names.SERVER_ADDRESS),
            server_port=self._attributes.get(names.SERVER_PORT),
            given_id=GivenId(bounded(given), "span") if given else None,
            user_id=said.user_id,
            agent=said.agent,
        )


class Completer:
    """Completes the inferences of export requests; may be used from several threads."""

    def __init__(
        self, submit: Callable[[Observation], None], *, keep_content: bool = False
    ) -> None:
        """Take where inferences are analysed.

        Args:
            submit: takes an inference and ends its span when it is analysed or dropped.
            keep_content: leave users' texts in the spans.

        """
        self._submit = submit
        self._keep_content = keep_content
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, ForeignSpan] = OrderedDict()

    def complete(self, request: ExportTraceServiceRequest, *, timeout_s: float) -> int:
        """Complete the spans of one request in place; give the number of inferences in it.

        Inferences are analysed in the order of their ends. A span that was sent before is not
        analysed again. What is not analysed within `timeout_s` goes on without our attributes.
        """
        until_s = time.monotonic() + timeout_s
        found = sorted(_inferences(request), key=lambda each: each.ended_ns)
        taken = [(arrived.message, self._take(arrived)) for arrived in found]
        for message, span in taken:
            if span.done.wait(max(0.0, until_s - time.monotonic())):
                message.attributes.extend(_pairs(span.added))
        if not self._keep_content:
            for message in _spans(request):
                for holder in (message, *message.events):
                    _drop_content(holder)
        return len(taken)

    def _take(self, arrived: "_Arrived") -> ForeignSpan:
        key = arrived.message.trace_id + arrived.message.span_id
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                return known
            self._known[key] = arrived.foreign
            if len(self._known) > KEPT_SPANS:
                self._known.popitem(last=False)
        self._submit(arrived)
        return arrived.foreign


def _spans(request: ExportTraceServiceRequest) -> Iterator[trace_pb2.Span]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def _inferences(request: ExportTraceServiceRequest) -> Iterator[_Arrived]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {pair.key: _value(pair.value) for pair in span.attributes}
                convention = convention_of(attributes)
                # Where our own library runs, it has analysed the call already.
                if convention is not None and names.ID_SOURCE not in attributes:
                    yield _Arrived(span, scope.scope.name, attributes, convention)


def _value(value: AnyValue) -> Any:  # noqa: ANN401 - what OTLP carries
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
    return None if kind is None else getattr(value, kind)


def _pairs(attributes: Mapping[str, AttributeValue]) -> Iterator[KeyValue]:
    return (KeyValue(key=key, value=_any(value)) for key, value in attributes.items())


def _any(value: Any) -> AnyValue:  # noqa: ANN401 - an attribute's value
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    return AnyValue(array_value=ArrayValue(values=[_any(each) for each in value]))


def drop_content_of_logs(request: ExportLogsServiceRequest) -> None:
    """Take users' texts from log records: attributes, and the bodies of events of GenAI."""
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                named = [
                    p.value.string_value for p in record.attributes if p.key == names.EVENT_NAME
                ]
                if any(n.startswith(names.CONTENT_EVENTS) for n in (record.event_name, *named)):
                    record.ClearField("body")
                _drop_content(record)


def _drop_content(holder: "trace_pb2.Span | trace_pb2.Span.Event | LogRecord") -> None:
    kept = [pair for pair in holder.attributes if not holds_content(pair.key)]
    if len(kept) < len(holder.attributes):
        holder.ClearField("attributes")
        holder.attributes.extend(kept)
