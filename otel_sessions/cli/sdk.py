"""SDK: the OpenTelemetry set-up of a command, as an application would make it.

Everything is kept in this process; with an OTLP address it is sent there as well. The address is
the base URL of a receiver (`http://127.0.0.1:4318`).
Source: OpenTelemetry specification, OTLP/HTTP: paths `/v1/traces`, `/v1/metrics`, `/v1/logs`.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricReader,
    NumberDataPoint,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from otel_sessions import names
from otel_sessions.cli.errors import CommandError
from otel_sessions.cli.observations import Observer, Origin

_QUEUE = 65_536
"""Spans and events that may wait for export; a replay makes some thousand in a second."""
_METRICS_EVERY_MS = 2_000
"""Often enough that a replay of half a minute shows its course."""
_CONNECT_S = 3.0


class Telemetry:
    """The providers of this process and what they were told, from construction to `close()`."""

    def __init__(self, service: str, otlp: str | None = None) -> None:
        """Set up the process's providers.

        Raises:
            CommandError: the SDK is switched off, or nothing listens at `otlp`.

        """
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            message = "OTEL_SDK_DISABLED is true: without the SDK there is nothing to see; unset it"
            raise CommandError(message)
        base = _receiver(otlp) if otlp else None
        ours = {"service.name": service, "service.instance.id": f"{service}-{os.getpid()}"}
        # What the environment says counts: one machine may play several services.
        resource = Resource.create(ours).merge(OTELResourceDetector().detect())
        self.observer = Observer()
        self._metrics = InMemoryMetricReader()
        self._spans = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
        self._spans.add_span_processor(self.observer)
        self._logs = LoggerProvider(resource, shutdown_on_exit=False)
        self._logs.add_log_record_processor(self.observer)
        readers: list[MetricReader] = [self._metrics]
        if base:
            self._send_to(base, readers)
        self._meters = MeterProvider(readers, resource, shutdown_on_exit=False)
        trace.set_tracer_provider(self._spans)
        metrics.set_meter_provider(self._meters)
        set_logger_provider(self._logs)
        self._tracer = self._spans.get_tracer(__name__)

    @contextmanager
    def request(self, origin: Origin) -> Iterator[None]:
        """Be inside a span of the application, as a web framework makes one for each request."""
        with self._tracer.start_as_current_span("POST /chat", kind=trace.SpanKind.SERVER) as span:
            self.observer.expect(span.get_span_context().trace_id, origin)
            yield

    def lost_calls(self) -> int:
        """Return how many calls were made but not analysed."""
        return sum(
            int(point.value)
            for point in self._points(names.PIPELINE_CALLS.name)
            if (point.attributes or {}).get(names.LABEL_RESULT) in {"dropped", "failed"}
        )

    def close(self) -> None:
        """Send what waits, then stop."""
        for provider in (self._spans, self._logs, self._meters):
            provider.force_flush()
            provider.shutdown()

    def _send_to(self, base: str, readers: list[MetricReader]) -> None:
        self._spans.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(f"{base}/v1/traces"), max_queue_size=_QUEUE)
        )
        self._logs.add_log_record_processor(
            BatchLogRecordProcessor(OTLPLogExporter(f"{base}/v1/logs"), max_queue_size=_QUEUE)
        )
        interval_ms = os.environ.get("OTEL_METRIC_EXPORT_INTERVAL")
        readers.append(
            PeriodicExportingMetricReader(
                OTLPMetricExporter(f"{base}/v1/metrics"),
                float(interval_ms) if interval_ms else _METRICS_EVERY_MS,
            )
        )

    def _points(self, name: str) -> Iterator[NumberDataPoint]:
        data = self._metrics.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name == name:
                        points = metric.data.data_points
                        yield from (p for p in points if isinstance(p, NumberDataPoint))


def _receiver(url: str) -> str:
    """Return the base URL without its last slash, after a look whether anything listens there."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"No OTLP receiver at {url!r}: give a base URL such as http://127.0.0.1:4318"
        raise CommandError(message)
    address = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection(address, _CONNECT_S).close()
    except OSError as error:
        message = f"No OTLP receiver at {url}: {error}"
        raise CommandError(message) from error
    return url.rstrip("/")
