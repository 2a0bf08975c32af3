"""Units: a panel shows what its queries give, in the unit that their metrics have."""

import pytest
import yaml

from dashboards import prometheus_names
from dashboards.build import HERE
from dashboards.prometheus_names import metric_name, series_names
from dashboards.questions import asked, filled
from dashboards.units import UnitError, unit_of
from otel_sessions import names

RULES = [
    rule
    for group in yaml.safe_load((HERE / "prometheus/rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
ASKED = [each for each in asked("prometheus") if each.panel["type"] != "table"]


@pytest.fixture(scope="module")
def metric_units():
    """UCUM unit of each series that a query may name."""
    units = {**prometheus_names.COLLECTOR, **prometheus_names.PROMETHEUS}
    for metric in names.METRICS:
        counted = dict.fromkeys(series_names(metric), metric.unit)
        if metric.kind == "histogram":  # the number of its values has no unit of theirs
            counted[f"{metric_name(metric)}_count"] = "{value}"
        units |= counted
    shares = {rule["record"] for rule in RULES if "ratio" in rule.get("record", "")}
    return units | dict.fromkeys(shares, "1")


@pytest.mark.parametrize(
    "each", [pytest.param(each, id=f"{each.board}-{each.title}-{each.ref}") for each in ASKED]
)
def test_panel_shows_the_unit_that_its_query_gives(each, metric_units):
    shown = each.panel["fieldConfig"]["defaults"]["unit"]
    assert shown in unit_of(filled(each.text), metric_units).grafana()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("sum(rate(calls[5m]))", {"cps", "ops"}),
        ("60 * sum(rate(calls[5m]))", {"short"}),
        ("3600 * sum(rate(money[5m]))", {"currencyUSD"}),
        ("sum(increase(money[1h])) / sum(increase(calls[1h]))", {"currencyUSD"}),
        ("sum(rate(bad[5m])) / sum(rate(bad[5m]))", {"percentunit", "none"}),
        ("1 - share", {"percentunit", "none"}),
        ("share / 0.05", {"short"}),
        ("histogram_quantile(0.9, sum by (le) (rate(wait_bucket[5m])))", {"s"}),
        ("100 * sum(rate(bad[5m])) / scalar(sum(rate(calls[5m])))", {"short"}),
    ],
)
def test_unit_is_worked_out(query, shown):
    units = {"calls": "{call}", "bad": "{call}", "money": "USD", "share": "1", "wait_bucket": "s"}
    assert unit_of(query, units).grafana() == shown


@pytest.mark.parametrize("query", ["money + wait", "money > wait", "unheard_of", "stddev(money)"])
def test_what_makes_no_sense_has_no_unit(query):
    with pytest.raises(UnitError):
        unit_of(query, {"money": "USD", "wait": "s"})
