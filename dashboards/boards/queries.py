"""Queries: what the boards' panels ask of Prometheus, by names from `otel_sessions.names`."""

from collections.abc import Callable

from dashboards.boards.panels import Query
from dashboards.prometheus_names import label_name, metric_name
from otel_sessions import names

SERVICE = "service_name"
MODEL = label_name(names.REQUEST_MODEL)
CHOSEN = f'{SERVICE}=~"$service"'
CHOSEN_MODEL = f'{CHOSEN}, {MODEL}=~"$model"'
SLO = f'slo="healthy-turns", {CHOSEN}'
BUDGET = 0.05
"""Share of turns that may be unhealthy; `slo.yaml` decides, a test compares."""
BUCKETS = [label for _, label in names.TURN_BUCKETS] + [names.turn_bucket(1_000_000)]
"""Turn buckets in order; one query for each keeps the bars in order."""

TURNS = metric_name(names.TURN_EVALUATED)
HEALTH = metric_name(names.TURN_HEALTH)
RATE = "[$__rate_interval]"
RANGE = "[$__range]"


def by_bucket(expr: Callable[[str], str]) -> list[Query]:
    """Ask once for each turn bucket, in their order."""
    return [Query(expr(bucket), f"turn {bucket}") for bucket in BUCKETS]


def unhealthy_share(bucket: str) -> str:
    """Ask for the share of unhealthy turns over the time range."""
    where = f'{CHOSEN_MODEL}, {names.LABEL_TURN_BUCKET}="{bucket}"'
    bad = f'{where}, {names.LABEL_HEALTHY}="false"'
    total = f"sum(increase({TURNS}{{{where}}}{RANGE}))"
    return f"(sum(increase({TURNS}{{{bad}}}{RANGE})) or 0 * {total}) / {total}"


def quantile(metric: str, share: float, bucket: str, over: str) -> str:
    """Ask for a quantile of a histogram by turn bucket."""
    where = f'{CHOSEN_MODEL}, {names.LABEL_TURN_BUCKET}="{bucket}"'
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{{{where}}}{over})))"


def lost() -> str:
    """Select the calls that were not analysed."""
    return f'{metric_name(names.PIPELINE_CALLS)}{{{CHOSEN}, {names.LABEL_RESULT}!="analysed"}}'
