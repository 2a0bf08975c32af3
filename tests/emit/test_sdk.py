"""SDK: what is set up, what is exported for the sake of an end, and how long that takes at most."""

import os
import subprocess
import sys
import threading

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
from otel_sessions.emit.own_sdk import in_time
from otel_sessions.emit.sdk import flush_sdk, leave_counted, set_up_sdk
from otel_sessions.errors import ConfigError

LONG_S = 60


class Counting(MetricExporter):
    """Counts exports."""

    exports = 0

    def __init__(self):
        super().__init__()
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def export(self, metrics_data, timeout_millis=0, **_):
        self.begun.set()
        self.may_go_on.wait(LONG_S)
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


def test_no_time_is_no_fault(sdk):
    """It is told that not all was exported, and nothing is logged."""
    exporter, pulled, _ = sdk
    assert not flush_sdk(lambda: 0.0)
    assert (exporter.exports, pulled.received) == (0, 0)


def test_time_that_is_over_within_the_sdk_is_no_fault(sdk, monkeypatch, faults):
    """The SDK raises then; what it raises while there is time is a fault."""

    left_s = [5.0, 0.0]

    def fail(_, timeout_millis=0):
        del left_s[0]
        raise RuntimeError

    monkeypatch.setattr(MeterProvider, "force_flush", fail)
    assert not flush_sdk(lambda: left_s[0])
    assert faults() == []
    left_s += [5.0, 5.0]
    del left_s[0]
    assert not flush_sdk(lambda: left_s[0])
    assert len(faults()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_that_is_forked_while_its_parent_exports(sdk):
    """It exports, too, and does not wait for what is not done there."""
    exporter, _, _ = sdk
    exporter.may_go_on.clear()
    exporting = threading.Thread(target=lambda: flush_sdk(lambda: 5.0, pushed_only=True))
    exporting.start()
    assert exporter.begun.wait(LONG_S)
    child = os.fork()
    if not child:
        exporter.may_go_on = threading.Event()
        exporter.may_go_on.set()
        leave_counted("another scope")
        exported = threading.Thread(target=lambda: flush_sdk(lambda: 5.0), daemon=True)
        exported.start()
        exported.join(LONG_S)
        os._exit(exported.is_alive())
    assert os.waitpid(child, 0)[1] == 0
    exporter.may_go_on.set()
    exporting.join(LONG_S)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "a URL like"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http//localhost:4318", "a URL like"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "a URL like"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuff", "must be 'http/protobuf' or 'grpc'"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "must be 'http/protobuf' or 'grpc'"),
        ("OTEL_TRACES_EXPORTER", "zipkinn", "no exporter 'zipkinn' is installed"),
    ],
)
def test_what_would_fail_at_each_export_is_refused_at_once(monkeypatch, variable, value, says):
    monkeypatch.setattr(trace, "get_tracer_provider", trace.ProxyTracerProvider)
    with pytest.raises(ConfigError) as raised:
        set_up_sdk({variable: value}, 1.0)
    assert str(raised.value).startswith(f"{variable}={value!r}: ")
    assert says in str(raised.value)


def test_a_password_in_an_endpoint_is_not_shown(monkeypatch):
    monkeypatch.setattr(trace, "get_tracer_provider", trace.ProxyTracerProvider)
    with pytest.raises(ConfigError) as raised:
        set_up_sdk({"OTEL_EXPORTER_OTLP_ENDPOINT": "me:hunter2@localhost:4318"}, 1.0)
    assert "hunter2" not in str(raised.value)


EXPORTERS = """
import os
import threading
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

class Stuck:
    gone = threading.Event()
    def export(self, batch):
        self.gone.wait()
    def force_flush(self, timeout_millis=0):
        return True
    def shutdown(self):
        self.gone.set()
        # Two threads may say so while Python ends, which is fatal to who holds its output's lock.
        os.write(1, b"given up\\n")

class Pulled(InMemoryMetricReader):
    pass
"""
PROGRAM = """
import otel_sessions
from opentelemetry import metrics, trace
otel_sessions.instrument(providers=["openai"], flush_timeout_s=0.2)
trace.get_tracer("test").start_span("mine").end()
print("going", flush=True)
"""


@pytest.fixture
def program(tmp_path):
    """Run a program in an environment that has exporters of ours."""
    (tmp_path / "exporters.py").write_text(EXPORTERS)
    installed = tmp_path / "exporters-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: exporters\nVersion: 1\n")
    (installed / "entry_points.txt").write_text(
        "[opentelemetry_traces_exporter]\nstuck = exporters:Stuck\n"
        "[opentelemetry_metrics_exporter]\npulled = exporters:Pulled\n"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    none = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}

    def run(**variables):
        return subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=kept | none | {"PYTHONPATH": str(tmp_path)} | variables,
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )

    return run


@pytest.mark.skipif(sys.version_info[:3] in {(3, 12, 0), (3, 12, 1)}, reason="no thread at its end")
def test_a_process_ends_though_nobody_takes_what_it_exports(program):
    """Who tries us out without a collector must not think that the program hangs."""
    ran = program(OTEL_TRACES_EXPORTER="stuck")
    assert (ran.returncode, ran.stdout.split("\n")[:2]) == (0, ["going", "given up"]), ran.stderr


def test_metrics_may_be_pulled(program):
    """Prometheus's reader has an entry point among the exporters."""
    ran = program(OTEL_METRICS_EXPORTER="pulled")
    assert (ran.returncode, ran.stdout) == (0, "going\n"), ran.stderr


def test_who_flushes_waits_no_longer_than_said():
    go_on = threading.Event()
    assert in_time(lambda: True, LONG_S)
    assert not in_time(lambda: go_on.wait(LONG_S), 0.0)
    go_on.set()
