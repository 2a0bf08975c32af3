"""An OpenTelemetry SDK in memory, with ids that count, and what it was told as plain data."""

import itertools

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from otel_sessions.emit.app_stores import AppStoreEmitter
from otel_sessions.emit.events import EventEmitter
from otel_sessions.emit.metrics import MetricEmitter, Waiting
from otel_sessions.emit.spans import SpanEmitter, start_call_span
from otel_sessions.identity import Ambient


class Counting(IdGenerator):
    """Gives 1, 2, 3, ..."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def generate_span_id(self):
        return next(self._numbers)

    def generate_trace_id(self):
        return 1


class Told:
    """The SDK, our emitters, and what came out of them."""

    def __init__(self, sampler=ALWAYS_ON):
        self._spans = InMemorySpanExporter()
        self._logs = InMemoryLogRecordExporter()
        self._metrics = InMemoryMetricReader()
        tracing = TracerProvider(sampler=sampler, id_generator=Counting())
        tracing.add_span_processor(SimpleSpanProcessor(self._spans))
        logging = LoggerProvider()
        logging.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        self.metering = MeterProvider([self._metrics])
        self.waiting = 0
        self.tracer = tracing.get_tracer("test")
        self.metric_emitter = MetricEmitter(
            self.metering.get_meter("test"), waiting=Waiting(lambda: self.waiting)
        )
        self.capacities = []
        self.app_store_emitter = AppStoreEmitter(
            self.metering.get_meter("test"), capacities=lambda: self.capacities
        )
        self.emitters = (
            SpanEmitter(self.tracer),
            EventEmitter(logging.get_logger("test")),
            self.metric_emitter,
        )

    def span_of(self, call):
        """Start the span of a call as a provider does."""
        return start_call_span(
            self.tracer,
            provider=call.provider,
            operation=call.request.operation,
            model=call.request.model,
            stream=call.request.stream,
            ambient=Ambient(call.given_id, call.user_id, call.agent),
            server_address=call.server_address,
            server_port=call.server_port,
        )

    @property
    def spans(self):
        """Name and attributes of each span that ended, with what else it says."""
        told = []
        for span in self._spans.get_finished_spans():
            one = {"name": span.name, **rounded(span.attributes)}
            one |= {"kind": span.kind.name} if span.kind.name != "CLIENT" else {}
            if span.links:
                one["links"] = [link.context.span_id for link in span.links]
            if span.status.status_code.name != "UNSET":
                one["status"] = (span.status.status_code.name, span.status.description)
            told.append(one)
        return told

    @property
    def finished(self):
        return self._spans.get_finished_spans()

    @property
    def events(self):
        """Name, attributes, severity and the span that each event belongs to."""
        records = [data.log_record for data in self._logs.get_finished_logs()]
        return [
            {
                "name": record.event_name,
                "span": record.span_id,
                "severity": record.severity_number.name,
                **rounded(record.attributes),
            }
            for record in records
        ]

    @property
    def metrics(self):
        """Name to unit and points; a point is its labels and its value, or its count and sum."""
        data = self._metrics.get_metrics_data()
        if data is None:
            return {}
        (resource,) = data.resource_metrics
        (scope,) = resource.scope_metrics
        return {
            metric.name: (
                metric.unit,
                [(dict(point.attributes), value_of(point)) for point in metric.data.data_points],
            )
            for metric in scope.metrics
        }


def rounded(attributes):
    """Attributes whose floats can be written down."""
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in attributes.items()}


def value_of(point):
    if hasattr(point, "value"):
        return round(point.value, 4)
    return point.count, round(point.sum, 4)


@pytest.fixture
def telling():
    """An SDK, with a sampler if one is given."""
    made = []

    def build(**options):
        made.append(Told(**options))
        return made[-1]

    yield build
    for each in made:
        each.metering.shutdown()


@pytest.fixture
def told(telling):
    return telling()


@pytest.fixture
def tracked(told, tracking):
    """A tracker that tells our emitters."""
    return tracking(emitters=told.emitters, spans=told.span_of)
