"""Series: what the rules ask for, by names from `otel_sessions.names`."""

from dashboards.prometheus_names import label_name, metric_name
from otel_sessions import names
from otel_sessions.names import Metric

SERVICE = "service_name"
VERSION = "service_version"
MODEL = label_name(names.REQUEST_MODEL)
TURNS = metric_name(names.TURN_EVALUATED)
UNHEALTHY = f'{TURNS}{{{names.LABEL_HEALTHY}="false"}}'
TURN_HEALTH = metric_name(names.TURN_HEALTH)
SIGNALS = metric_name(names.SIGNAL_COUNT)
UTILIZATION = metric_name(names.UTILIZATION)


def increase(series: str, over: str, *, by: str = SERVICE, offset: str = "") -> str:
    """Count what was added to the series, summed by labels."""
    moved = f" offset {offset}" if offset else ""
    return f"sum by ({by}) (increase({series}[{over}]{moved}))"


def quantile(share: float, metric: Metric, over: str, *, by: str) -> str:
    """Ask for a quantile of a histogram."""
    rate = f"rate({metric_name(metric)}_bucket[{over}])"
    return f"histogram_quantile({share:g}, sum by ({by}, le) ({rate}))"


def of_service(series: str, **labels: str) -> str:
    """Select the series of the service that an alert is about, and of more of its labels.

    Args:
        series: a name.
        labels: which label of the series has the value of which label of the alert.

    """
    wanted = {SERVICE: SERVICE, **labels}
    chosen = (f'{name}="{{{{ $labels.{value} }}}}"' for name, value in wanted.items())
    return f"{series}{{{', '.join(chosen)}}}"
