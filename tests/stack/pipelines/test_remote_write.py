"""Remote write: a real Prometheus gets the series that it would have scraped."""

import re

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from otel_sessions import names


@pytest.fixture
def prometheus(launch, program, http, tmp_path):
    """Run Prometheus; returns a function that asks it."""
    address = f"127.0.0.1:{http.free_port()}"
    config = tmp_path / "prometheus.yaml"
    config.write_text("global: {}\n")
    launch(
        "prometheus",
        [
            *(program("prometheus"), f"--config.file={config}"),
            *(f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address={address}"),
            "--web.enable-remote-write-receiver",
        ],
        ready=f"http://{address}/-/ready",
    )
    return address


def test_series_and_labels_are_those_of_the_page(collector, prometheus, http):
    """So that rules and boards do not depend on the way that the figures took."""
    running = collector(
        *("prometheus", "remote_write"),
        OTEL_SESSIONS_REMOTE_WRITE=f"http://{prometheus}/api/v1/write",
    )
    exporter = OTLPMetricExporter(f"http://{running.otlp}/v1/metrics")
    resource = Resource.create(
        {"service.name": "desk", "service.version": "1", "service.instance.id": "i", "pod": "p"}
    )
    meters = MeterProvider([PeriodicExportingMetricReader(exporter)], resource)
    meter = meters.get_meter(names.SCOPE)
    meter.create_counter(names.TURN_EVALUATED.name, names.TURN_EVALUATED.unit).add(
        3, {names.LABEL_HEALTHY: "false"}
    )
    meter.create_histogram(names.TURN_DURATION.name, names.TURN_DURATION.unit).record(1.5)
    meter.create_gauge(names.PIPELINE_QUEUE.name, names.PIPELINE_QUEUE.unit).set(7)
    meters.shutdown()
    written = http.until(
        lambda: http.json(
            f"http://{prometheus}/api/v1/series?match[]=%7B__name__=~%22llm_session.*%22%7D"
        )["data"],
        what="series",
    )
    page = http.get(f"http://{running.page}/metrics")
    scraped = {
        (name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels)))
        for name, labels in re.findall(r"^(llm_session\w+)\{(.*)\}", page, re.MULTILINE)
    }
    pushed = {(labels.pop("__name__"), frozenset(labels.items())) for labels in written}
    assert (pushed - scraped, scraped - pushed) == (set(), set())
    of_the_service = {("service_name", "desk"), ("service_version", "1")}
    of_the_process = {("instance", "i"), ("job", "desk")}
    turns = ("llm_session_turn_evaluated_total", {("healthy", "false")})
    assert (turns[0], frozenset(turns[1] | of_the_service | of_the_process)) in pushed
