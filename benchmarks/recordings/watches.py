"""Watches: what the whole package makes of calls: the spans it exports and the calls it reads."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry._logs import NoOpLoggerProvider, set_logger_provider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Span

import otel_sessions
from otel_sessions import names
from otel_sessions.calls import Call

_SETTLE_S = 60.0


class Watch:
    """What came since the last look."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter
        self._calls: list[Call] = []

    def track(self, call: Call) -> None:
        """Note a call that was read."""
        self._calls.append(call)

    def settle(self) -> None:
        """Have analysed what was broken off, also what the client dropped without a word."""
        otel_sessions.flush(_SETTLE_S)
        if not self._calls:
            gc.collect()
            otel_sessions.flush(_SETTLE_S)

    def take(self) -> tuple[list[Call], list[Any]]:
        """Return the calls and their spans, and forget them."""
        calls, self._calls = self._calls, []
        spans = [
            span for span in self._exporter.get_finished_spans() if span.name != names.SESSION_SPAN
        ]
        self._exporter.clear()
        return calls, spans


@contextmanager
def watching() -> Iterator[Watch]:
    """Instrument the process as an application does, until the block ends."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(metrics.NoOpMeterProvider())
    set_logger_provider(NoOpLoggerProvider())
    watch = Watch(exporter)
    with otel_sessions.instrument(processing="inline") as handle:
        tracker = handle.monitor.tracker if handle.monitor else None
        if tracker is None:
            message = "OTEL_SDK_DISABLED is set: without the SDK there is nothing to see; unset it"
            raise SystemExit(message)
        track = tracker.track

        def tracking(call: Call, span: Span) -> None:
            watch.track(call)
            track(call, span)

        tracker.track = tracking  # type: ignore[method-assign]
        yield watch
