"""SDK: what is exported for the sake of an end."""

import pytest
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import TracerProvider

from otel_sessions.emit.flushing import FlushingProcessor
from otel_sessions.emit.sdk import flush_sdk


class Counting(MetricExporter):
    """Counts exports."""

    exports = 0

    def export(self, metrics_data, timeout_millis=0, **_):
        self.exports += 1
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis=0):
        return True

    def shutdown(self, timeout_millis=0, **_):
        pass


class Pulled(InMemoryMetricReader):
    """A reader that is pulled, as Prometheus does; counts what it gets."""

    received = 0

    def _receive_metrics(self, metrics_data, timeout_millis=0, **_):
        self.received += 1


@pytest.fixture
def sdk(monkeypatch):
    """An SDK with a reader of each kind, in the place of the process's own."""
    exporter, pulled = Counting(), Pulled()
    provider = MeterProvider([PeriodicExportingMetricReader(exporter, 3_600_000), pulled])
    provider.get_meter("test").create_counter("some").add(1)
    tracers = TracerProvider()
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: tracers)
    monkeypatch.setattr(_logs, "get_logger_provider", _logs.NoOpLoggerProvider)
    yield exporter, pulled, tracers
    provider.shutdown()


@pytest.mark.parametrize(("pushed_only", "received"), [(True, 0), (False, 1)])
def test_what_is_pulled_is_left_alone(sdk, pushed_only, received):
    """Figures that nobody has come for would be shown twice when somebody does."""
    exporter, pulled, _ = sdk
    assert flush_sdk(lambda: 5.0, pushed_only=pushed_only)
    assert (exporter.exports, pulled.received) == (1, received)


def test_who_stands_aside_is_not_flushed(sdk):
    """Our own queue is not emptied for the sake of an end."""
    _, _, tracers = sdk
    flushes = []
    processor = FlushingProcessor(tracers, lambda timeout_s: flushes.append(timeout_s) or True)
    with processor.aside():
        assert flush_sdk(lambda: 5.0, pushed_only=True)
    assert flushes == []
    assert flush_sdk(lambda: 5.0)
    assert len(flushes) == 1
