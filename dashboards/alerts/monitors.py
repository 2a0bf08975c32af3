"""Monitors: nothing comes any more. Every other rule is silent then, so this one must not be."""

from dashboards.alerts import links
from dashboards.alerts.causes import Rule, Setting
from dashboards.alerts.links import SERVICE as IN_SERVICE
from dashboards.alerts.series import TURNS, increase
from dashboards.alerts.times import Window

UP = 'up{job=~"llm-sessions|collector"}'
"""Prometheus' own series: whether it could scrape the jobs of `prometheus.yaml`."""


def turns_missing(setting: Setting, *, window: str, min_turns: int) -> Rule:
    """Tell that a collector is gone, or that a service which was there is silent."""
    now, day, week = (Window(each).scaled(setting.scale) for each in (window, "1d", "7d"))
    a_day_ago, a_week_ago = (increase(TURNS, now, offset=each) for each in (day, week))
    rules = [
        setting.ticket(
            "LlmSessionCollectorDown",
            f"{UP} == 0",
            summary=(
                "The collector at {{ $labels.instance }} answers no scrape ({{ $value }} of 1):"
                " nothing is known of any session"
            ),
            description="Prometheus cannot read the collector's page, so no alert can fire.",
            slo="monitored-calls",
            board=links.MONITOR,
            for_s=300,
        ),
        setting.ticket(
            "LlmSessionTurnsMissing",
            f"({a_day_ago} >= {min_turns}\n"
            f"  and {a_week_ago} >= {min_turns})\n"
            f"unless {increase(TURNS, now)} > 0",
            summary=(
                f"No turn of {IN_SERVICE} in {window};"
                f' a day ago there were {{{{ $value | printf "%.0f" }}}} turns'
            ),
            description="A service that had turns a day and a week ago at this time has none.",
            slo="monitored-calls",
            board=links.MONITOR,
        ),
    ]
    return setting.group("monitor", rules)
