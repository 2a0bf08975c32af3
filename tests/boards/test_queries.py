"""Queries: what boards ask for exists, and is asked for in a way that gives a meaning."""

import re

import promql_parser
import pytest
import yaml

from dashboards import prometheus_names
from dashboards.build import HERE
from dashboards.prometheus_names import label_name, series_names
from dashboards.questions import asked, filled, inside, marks
from otel_sessions import names

RECORDED = {
    rule["record"]
    for group in yaml.safe_load((HERE / "prometheus/rules.yaml").read_text())["groups"]
    for rule in group["rules"]
    if "record" in rule
}
OURS = {series: metric for metric in names.METRICS for series in series_names(metric)}
OTHERS = {**prometheus_names.COLLECTOR, **prometheus_names.PROMETHEUS}
LABELS = {label_name(value) for value in vars(names).values() if isinstance(value, str)} | {
    *("le", "instance", "job", "slo", "service_name", "service_version"),
    *("alertname", "alertstate", "severity"),  # of Prometheus' ALERTS
    *("exporter", "data_type"),  # of the collector's own
}
COLLECTED = r"otelcol_(receiver|exporter)_\w+_(spans|points|records)"
"""The collector's own counters, whose names do not say that they only count up."""
ASKED = [
    pytest.param(each, id=f"{each.board}-{each.title}-{each.ref}") for each in asked("prometheus")
]


def selectors(query):
    tree = promql_parser.parse(filled(query))
    return [pair for pair in inside(tree) if type(pair[0]).__name__ == "VectorSelector"]


@pytest.mark.parametrize("each", ASKED)
def test_series_exist(each):
    found = {selector.name for selector, _ in selectors(each.text)}
    assert found
    assert found <= OURS.keys() | OTHERS.keys() | RECORDED


@pytest.mark.parametrize("each", ASKED)
def test_labels_exist(each):
    tree = promql_parser.parse(filled(each.text))
    used = {m.name for selector, _ in selectors(each.text) for m in selector.matchers.matchers}
    grouped = {
        label
        for node, _ in inside(tree)
        if type(node).__name__ == "AggregateExpr" and node.modifier
        for label in node.modifier.labels
    }
    assert used | grouped <= LABELS
    assert set(re.findall(r"\{\{(\w+)\}\}", each.legend)) <= grouped | {"slo", "service_name"}


@pytest.mark.parametrize("each", ASKED)
def test_what_only_counts_up_is_asked_as_a_rate(each):
    """A counter's value says nothing; over a range that Grafana chooses it does."""
    for selector, around in selectors(each.text):
        metric = OURS.get(selector.name)
        counts = metric and metric.kind in {"counter", "histogram"}
        counts = counts or re.match(COLLECTED, selector.name)
        assert not counts or around in {"rate", "increase"}, selector.name
    assert set(re.findall(r"\[(.*?)\]", each.text)) <= {"$__rate_interval", "$__range"}


@pytest.mark.parametrize("each", ASKED)
def test_our_series_are_of_the_service_that_was_chosen(each):
    for selector, _ in selectors(each.text):
        if selector.name in OURS.keys() | RECORDED:
            text = re.search(rf"{re.escape(selector.name)}\{{(.*?)\}}", each.text)[1]
            assert 'service_name=~"$service"' in text


@pytest.mark.parametrize(("name", "query"), sorted(set(marks())))
def test_marks_can_be_asked(name, query):
    assert {selector.name for selector, _ in selectors(query)} <= OURS.keys()
    assert name
