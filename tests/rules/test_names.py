"""Names: what rules ask for exists in `otel_sessions.names`."""

import re

import pytest
import yaml

from dashboards.build import HERE as DASHBOARDS
from dashboards.prometheus_names import PROMETHEUS, label_name, metric_name, series_names
from otel_sessions import names

SERIES = {series for metric in names.METRICS for series in series_names(metric)}
LABELS = {label_name(value) for value in vars(names).values() if isinstance(value, str)} | {
    *("le", "instance", "job", "slo"),
    *("service_name", "service_version"),  # of the resource: collector/prometheus.yaml
}


def rules():
    groups = yaml.safe_load((DASHBOARDS / "prometheus/rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries():
    yield from ((rule.get("record") or rule["alert"], rule["expr"]) for rule in rules())


@pytest.mark.parametrize(
    "query",
    [pytest.param(query, id=f"{n}-{where}") for n, (where, query) in enumerate(queries())],
)
def test_query_uses_known_names(query):
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    selectors = re.findall(r"\{(.*?)\}", query)
    grouped = re.findall(r"\b(?:by|on) \((.*?)\)", query)
    bare = re.sub(r"\{.*?\}|\b(?:by|on) \(.*?\)|\[.*?\]", "", query)
    asked = set(re.findall(r"\b(?:llm_session|gen_ai|slo:|up\b)[\w:]*", bare))
    assert asked
    assert asked <= SERIES | recorded | PROMETHEUS.keys()
    labels = {label for group in grouped for label in group.split(", ")}
    labels |= {label for where in selectors for label in re.findall(r"(\w+)\s*[!=]", where)}
    assert labels <= LABELS


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (names.Metric("a.started", "counter", "{session}", ""), "a_started_total"),
        (names.Metric("a.cost", "counter", "USD", ""), "a_cost_USD_total"),
        (names.Metric("a.duration", "histogram", "s", ""), "a_duration_seconds"),
        (names.Metric("a.seconds", "histogram", "s", ""), "a_seconds"),
        (names.Metric("a.state.size", "histogram", "By", ""), "a_state_size_bytes"),
        (names.Metric("a.health", "histogram", "1", ""), "a_health"),
        (names.Metric("a.share", "gauge", "1", ""), "a_share_ratio"),
        (names.Metric("a.active", "updown", "{session}", ""), "a_active"),
    ],
)
def test_name_follows_the_written_rule(metric, expected):
    assert metric_name(metric) == expected


def test_every_metric_has_a_name_of_its_own():
    assert len(SERIES) == sum(len(series_names(metric)) for metric in names.METRICS)
