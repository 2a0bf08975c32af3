"""Prometheus names: what our metrics and labels are called after the collector's translation.

Rules and dashboards name metrics only by these functions, so a metric that is renamed in
`otel_sessions.names` is renamed everywhere. The rule, for the names and units that we use:
characters that Prometheus does not know become `_`; the unit is appended unless the name has it
already, except annotations in braces; then a counter gets `_total` and a gauge of unit `1` gets
`_ratio`. `tests/stack` compares it with what the real collector exposes.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility";
collector-contrib `pkg/translator/prometheus` 0.161, strategy UnderscoreEscapingWithSuffixes.
"""

import re

from otel_sessions.names import Metric

UNITS = {"s": "seconds", "By": "bytes", "1": "", "USD": "USD"}
"""UCUM unit to suffix. Another unit is a KeyError, so that it is looked up before it is used."""


def metric_name(metric: Metric) -> str:
    """Return the name of a counter or gauge, or the common part of a histogram's three names."""
    name = label_name(metric.name)
    unit = "" if metric.unit.startswith("{") else UNITS[metric.unit]
    if unit and unit not in name.split("_"):
        name += f"_{unit}"
    if metric.kind == "counter":
        name += "_total"
    if metric.kind == "gauge" and metric.unit == "1":
        name += "_ratio"
    return name


def series_names(metric: Metric) -> tuple[str, ...]:
    """Return the names of all series that a metric makes."""
    name = metric_name(metric)
    if metric.kind == "histogram":
        return tuple(f"{name}_{part}" for part in ("bucket", "sum", "count"))
    return (name,)


def label_name(attribute: str) -> str:
    """Return the label that an attribute becomes."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", attribute)


COLLECTOR = {
    **{
        f"otelcol_receiver_{result}_{kind}": f"{{{unit}}}"
        for result in ("accepted", "refused")
        for kind, unit in (("spans", "span"), ("metric_points", "point"), ("log_records", "record"))
    },
    **{
        f"otelcol_exporter_{result}_{kind}": f"{{{unit}}}"
        for result in ("sent", "send_failed", "enqueue_failed")
        for kind, unit in (("spans", "span"), ("metric_points", "point"), ("log_records", "record"))
    },
    "otelcol_exporter_queue_size": "{batch}",
    "otelcol_exporter_queue_capacity": "{batch}",
    "otelcol_process_memory_rss": "By",
    "otelcol_process_uptime": "s",
}
"""Of the collector's own metrics those that boards ask for, with their units."""

PROMETHEUS = {"ALERTS": "{alert}", "up": "1"}
"""Of Prometheus' own series those that boards ask for, with their units."""
