"""Queries: what the boards' panels ask of Prometheus, by names from `otel_sessions.names`.

What is chosen on top of a board narrows each query as far as its metric has the labels. Nobody's
choice is `.*`, which also finds series without the label, such as calls that name no agent.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.prometheus_names import label_name, metric_name
from otel_sessions import names
from otel_sessions.names import Metric

SERVICE = "service_name"
VERSION = "service_version"
PROCESS = "instance"
MODEL = label_name(names.REQUEST_MODEL)
AGENT = label_name(names.AGENT_NAME)
BUCKETS = [label for _, label in names.TURN_BUCKETS] + [names.turn_bucket(1_000_000)]
"""Turn buckets in order; one query for each keeps the bars in order."""

TURNS = metric_name(names.TURN_EVALUATED)
RATE = "[$__rate_interval]"
"""The shortest range that holds enough samples for a point of a graph."""
RANGE = "[$__range]"
"""All that the board shows."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query and what its series are called; `{{label}}` stands for a label's value."""

    expr: str
    legend: str


def of_service(**labels: str) -> str:
    """Select by service and version; the monitor's own metrics have no more."""
    return _where(f'{SERVICE}=~"$service", {VERSION}=~"$version"', labels)


def of_calls(**labels: str) -> str:
    """Select by all that can be chosen: service, version, model, agent."""
    return _where(f'{of_service()}, {MODEL}=~"$model", {AGENT}=~"$agent"', labels)


def of_objective(name: str) -> str:
    """Select what is recorded of an objective; it is recorded by service only."""
    return f'slo="{name}", {SERVICE}=~"$service"'


def _where(chosen: str, labels: dict[str, str]) -> str:
    """Add conditions: a value is to be equal, `!x` to differ, `~x` to match."""
    operators = {"!": "!=", "~": "=~"}
    conditions = [
        f'{label}{operators.get(value[:1], "=")}"{value.lstrip("!~")}"'
        for label, value in labels.items()
    ]
    return ", ".join([chosen, *conditions])


def counted(metric: Metric, where: str, *, by: str = "", over: str = RATE) -> str:
    """Ask how often something was counted: for each second, or with `RANGE` in all.

    Of a histogram it is the number of values.
    """
    return _sum("_count" if metric.kind == "histogram" else "", metric, where, by, over)


def volume(metric: Metric, where: str, *, by: str = "", over: str = RATE) -> str:
    """Ask for the sum of a histogram's values."""
    return _sum("_sum", metric, where, by, over)


def _sum(part: str, metric: Metric, where: str, by: str, over: str) -> str:
    rate = "increase" if over == RANGE else "rate"
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} ({rate}({metric_name(metric)}{part}{{{where}}}{over}))"


def share(part: str, whole: str) -> str:
    """Ask for part / whole, with 0 where only the whole was counted."""
    return f"({part} or 0 * {whole}) / {whole}"


def quantile(metric: Metric, rank: float, where: str, *, by: str = "", over: str = RATE) -> str:
    """Ask for a quantile of a histogram."""
    grouped = f"le, {by}" if by else "le"
    buckets = f"{metric_name(metric)}_bucket{{{where}}}{over}"
    return f"histogram_quantile({rank}, sum by ({grouped}) (rate({buckets})))"


def newest(metric: Metric, where: str, *, combine: str = "sum", by: str = "") -> str:
    """Ask for a gauge's value."""
    grouped = f" by ({by})" if by else ""
    return f"{combine}{grouped} ({metric_name(metric)}{{{where}}})"


def by_bucket(expr: Callable[[str], str]) -> list[Query]:
    """Ask once for each turn bucket, in their order; `expr` gets the condition."""
    label = names.LABEL_TURN_BUCKET
    return [Query(expr(of_calls(**{label: bucket})), f"turn {bucket}") for bucket in BUCKETS]


def unhealthy_share(where: str, *, by: str = "", over: str = RATE) -> str:
    """Ask which share of turns is unhealthy."""
    bad = f'{where}, {names.LABEL_HEALTHY}="false"'
    return share(
        counted(names.TURN_EVALUATED, bad, by=by, over=over),
        counted(names.TURN_EVALUATED, where, by=by, over=over),
    )


def signals_per_100_turns(where: str, *, by: str = names.LABEL_SIGNAL, over: str = RATE) -> str:
    """Ask for signals for every 100 turns."""
    turns = counted(names.TURN_EVALUATED, of_calls(), over=over)
    return f"100 * {counted(names.SIGNAL_COUNT, where, by=by, over=over)} / scalar({turns})"


def signals_per_100_turns_of(label: str, *, over: str = RATE) -> str:
    """Ask for signals of all kinds for every 100 turns with the same value of a label."""
    found = counted(names.SIGNAL_COUNT, of_calls(), by=label, over=over)
    return f"100 * {found} / {counted(names.TURN_EVALUATED, of_calls(), by=label, over=over)}"
