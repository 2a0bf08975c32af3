"""Observations: the telemetry of a block of code, as plain data.

OpenTelemetry's providers can be set once in a process. Where none is, one with an exporter in
memory is set and stays; where the application or another test has set one, it is joined.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator

from otel_sessions import instrumentation, names
from otel_sessions.emit.flushing import let_go
from otel_sessions.errors import ConfigError
from otel_sessions.signals import SessionSignal
from otel_sessions.testing.times import Clock

Attributes = Mapping[str, Any]


class CountedIds(IdGenerator):
    """Gives spans and traces the ids 1, 2, 3, ..., for whole spans that are compared."""

    def __init__(self) -> None:
        """Begin at 1."""
        self._numbers = itertools.count(1)

    def generate_span_id(self) -> int:
        """Give the next number."""
        return next(self._numbers)

    def generate_trace_id(self) -> int:
        """Give the next number."""
        return next(self._numbers)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of ours."""

    name: str
    attributes: Attributes


class Observed:
    """What was told within a block; complete once the block has ended."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.signals: list[SessionSignal] = []
        """Of every severity, oldest first."""
        self.spans: Sequence[ReadableSpan] = ()
        """All that ended within the block, in the order of their ends; also those of others."""
        self.events: Sequence[Event] = ()
        """Signals, starts and ends of sessions, in order."""
        self._reader: InMemoryMetricReader | None = None

    @property
    def calls(self) -> list[Attributes]:
        """Attributes of the spans of calls that were analysed, in the order of their ends."""
        known = [dict(span.attributes or {}) for span in self.spans]
        return [each for each in known if names.OPERATION_NAME in each and names.ID_SOURCE in each]

    @property
    def sessions(self) -> dict[str, Attributes]:
        """Attributes of the spans of sessions, by session id."""
        ended = [span for span in self.spans if span.name == names.SESSION_SPAN]
        known = [dict(span.attributes or {}) for span in ended]
        return {str(each[names.SESSION_ID]): each for each in known}

    @property
    def metrics(self) -> dict[str, list[tuple[Attributes, float]]]:
        """By name: the labels and the value of each series, of a histogram its sum.

        They count from the process's start. Empty if the application has set a meter provider.
        """
        data = self._reader.get_metrics_data() if self._reader else None
        return {
            metric.name: [
                (dict(point.attributes or {}), getattr(point, "value", getattr(point, "sum", 0)))
                for point in metric.data.data_points
            ]
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@contextmanager
def observed(*, clock: Clock | None = None, **settings: Any) -> Iterator[Observed]:  # noqa: ANN401 - Config checks each
    """Instrument the process for a block, and give what it tells.

    Every call is analysed before it returns, so that nothing has to be waited for; at the end of
    the block the sessions end.

    Args:
        clock: read by this package instead of the time of day.
        settings: see `otel_sessions.instrument`; `processing` is `inline` unless given.

    Raises:
        ConfigError: a setting is wrong, or the process is instrumented already.

    """
    if instrumentation.running():
        message = "observed(): otel_sessions is instrumented already; call uninstrument() before"
        raise ConfigError(message)
    seen = Observed()
    with ExitStack() as stack:
        if clock is not None:
            stack.enter_context(clock)
        spans = stack.enter_context(_exporting_spans())
        logs = _log_exporter()
        logs.clear()
        seen._reader = _metric_reader()  # noqa: SLF001 - made here
        with instrumentation.instrument(**{"processing": "inline", **settings}):
            instrumentation.on_signal(seen.signals.append)
            yield seen
        seen.spans = spans.get_finished_spans()
        records = [data.log_record for data in logs.get_finished_logs()]
        seen.events = [
            Event(record.event_name, dict(record.attributes or {}))
            for record in records
            if record.event_name
        ]


@contextmanager
def _exporting_spans() -> Iterator[InMemorySpanExporter]:
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(id_generator=CountedIds())
        trace.set_tracer_provider(provider)
    exporter = InMemorySpanExporter()
    processor = SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    try:
        yield exporter
    finally:
        let_go(provider, processor)


class _Kept:
    """What is set in the process once and cannot be taken away."""

    logs: InMemoryLogRecordExporter | None = None
    reader: InMemoryMetricReader | None = None


def _log_exporter() -> InMemoryLogRecordExporter:
    if _Kept.logs is None:
        provider = _logs.get_logger_provider()
        if not isinstance(provider, LoggerProvider):
            provider = LoggerProvider()
            _logs.set_logger_provider(provider)
        _Kept.logs = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        provider.add_log_record_processor(SimpleLogRecordProcessor(_Kept.logs))
    return _Kept.logs


def _metric_reader() -> InMemoryMetricReader | None:
    if _Kept.reader is None and not isinstance(metrics.get_meter_provider(), MeterProvider):
        _Kept.reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([_Kept.reader]))
    return _Kept.reader
