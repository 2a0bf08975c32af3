"""Stores: the application's session store is full, loses sessions, is slow or fails; and ours.

`observe_store` gives the figures of the application's. Processes tell the same memory figures, so
the highest counts, and of their forecasts the one in the middle.
"""

from dashboards.alerts import links
from dashboards.alerts.causes import Rule, Setting, record
from dashboards.alerts.links import SERVICE as IN_SERVICE
from dashboards.alerts.links import Example
from dashboards.alerts.series import SERVICE, increase, of_service, quantile
from dashboards.alerts.times import Window
from dashboards.prometheus_names import label_name, metric_name
from otel_sessions import names
from otel_sessions.names import Metric

_STORE, _CAUSE, _OPERATION = names.LABEL_STORE, names.LABEL_CAUSE, names.LABEL_OPERATION
_WHICH = f"{SERVICE}, {_STORE}, {names.LABEL_BACKEND}"
_IN_STORE = f"{{{{ $labels.{_STORE} }}}} of {IN_SERVICE}"
_FAILED = f'{label_name(names.ERROR_TYPE)}!=""'
_SLO = "kept-context"
_LOST = Example(
    f'span.{names.SIGNALS} = "context_reset"',
    of_service(metric_name(names.APP_STORE_DURATION) + "_bucket", **{_STORE: _STORE}),
)


def store_full(setting: Setting, *, limit: float, horizon: str, from_share: float) -> Rule:
    """Tell that the store is near its memory limit, or that it will be there in days."""
    used = "llm_session:app_store_utilization:max"
    full_in = "llm_session:app_store_time_to_full_seconds:median"
    utilization, forecast = (
        metric_name(each) for each in (names.APP_STORE_UTILIZATION, names.APP_STORE_TIME_TO_FULL)
    )
    horizon_s = Window(horizon).seconds
    rules = [
        record(used, f"max by ({_WHICH}) ({utilization})"),
        record(full_in, f"quantile by ({_WHICH}) (0.5, {forecast})"),
        setting.ticket(
            "LlmSessionStoreFills",
            f"{used} > {limit:g}\n"
            f"or\n({used} > {from_share:g} and on ({_WHICH}) {full_in} < {horizon_s:g})",
            summary=(
                f"Session store {_IN_STORE} uses {{{{ $value | humanizePercentage }}}} of its"
                f" memory limit; it is above {limit:.0%} or will be full within {horizon}"
            ),
            description="A full store evicts sessions or refuses to write them.",
            slo=_SLO,
            board=links.COSTS,
            example=_LOST,
        ),
    ]
    return setting.group("store memory", rules)


def store_loses(setting: Setting, *, window: str, limit: float, min_count: int) -> Rule:
    """Tell that sessions which had turns were not found any more."""
    now = Window(window).scaled(setting.scale)
    lost = f"llm_session:app_store_lost:increase{window}"
    looked_up = f"llm_session:app_store_lookups:increase{window}"
    where = f"{SERVICE}, {_STORE}"
    rules = [
        record(lost, increase(metric_name(names.APP_STORE_LOST), now, by=f"{where}, {_CAUSE}")),
        record(looked_up, increase(metric_name(names.APP_STORE_LOOKUPS), now, by=where)),
        setting.ticket(
            "LlmSessionStoreLosesSessions",
            f"{lost} / on ({where}) group_left () {looked_up} > {limit:g}\n"
            f"and {lost} >= {min_count}",
            summary=(
                f"{{{{ $value | humanizePercentage }}}} of the look-ups in session store"
                f" {_IN_STORE} miss a session that had turns ({{{{ $labels.{_CAUSE} }}}})"
            ),
            description="Conversations are gone from the application's store while users go on.",
            slo=_SLO,
            board=links.COSTS,
            example=_LOST,
        ),
    ]
    return setting.group("store losses", rules)


def store_slow(setting: Setting, *, window: str, limit_s: float, min_count: int) -> Rule:
    """Tell that one operation in a hundred takes long."""
    now = Window(window).scaled(setting.scale)
    by = f"{SERVICE}, {_STORE}, {_OPERATION}"
    count = increase(metric_name(names.APP_STORE_DURATION) + "_count", now, by=by)
    slow = f"llm_session:app_store_duration_seconds:p99_{window}"
    p99 = quantile(0.99, names.APP_STORE_DURATION, now, by=by)
    rules = [
        record(slow, f"{p99}\nand {count} >= {min_count}"),
        setting.ticket(
            "LlmSessionStoreSlow",
            f"{slow} > {limit_s:g}",
            summary=(
                f"One {{{{ $labels.{_OPERATION} }}}} in a hundred of session store {_IN_STORE}"
                f" takes {{{{ $value | humanizeDuration }}}} or longer ({limit_s:g}s is the limit)"
            ),
            description="Each turn waits for the application's session store.",
            slo="turn-latency",
            board=links.COSTS,
        ),
    ]
    return setting.group("store latency", rules)


def store_fails(setting: Setting, *, window: str, limit: float, min_count: int) -> Rule:
    """Tell that operations of the application's store, or of the monitor's, end with an error."""
    now = Window(window).scaled(setting.scale)
    rules = []
    for name, metric, label, slo, board, of_what in (
        (
            "LlmSessionStoreFails",
            names.APP_STORE_DURATION,
            _STORE,
            _SLO,
            links.COSTS,
            "session store",
        ),
        (
            "LlmSessionMonitorStoreFails",
            names.STORE_DURATION,
            names.LABEL_BACKEND,
            "monitored-calls",
            links.MONITOR,
            "the monitor's store",
        ),
    ):
        failed, all_of_them = (
            increase(series, now, by=f"{SERVICE}, {label}") for series in _counts(metric)
        )
        rules.append(
            setting.ticket(
                name,
                f"{failed} / {all_of_them} > {limit:g}\nand {failed} >= {min_count}",
                summary=(
                    f"{{{{ $value | humanizePercentage }}}} of the operations of {of_what}"
                    f" {{{{ $labels.{label} }}}} of {IN_SERVICE} fail ({limit:.0%} is the limit)"
                ),
                description=f"Operations of {of_what} end with an error.",
                slo=slo,
                board=board,
            )
        )
    return setting.group("store failures", rules)


def _counts(metric: Metric) -> tuple[str, str]:
    """Return the failed operations and all."""
    count = metric_name(metric) + "_count"
    return f"{count}{{{_FAILED}}}", count
