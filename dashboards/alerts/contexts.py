"""Contexts: the model's window is nearly full, or will be in days; and turns differ with length."""

from dashboards.alerts import links
from dashboards.alerts.causes import Rule, Setting, record
from dashboards.alerts.links import SERVICE as IN_SERVICE
from dashboards.alerts.links import Example
from dashboards.alerts.series import (
    MODEL,
    SERVICE,
    TURN_HEALTH,
    UTILIZATION,
    increase,
    of_service,
    quantile,
)
from dashboards.alerts.times import Window
from otel_sessions import names
from otel_sessions.health import HEALTHY_ABOVE

_BUCKET = names.LABEL_TURN_BUCKET
FIRST = names.turn_bucket(1)


def window_fill(
    setting: Setting,
    *,
    window: str,
    limit: float,
    horizon: str,
    trend: str,
    min_trend: str,
    from_share: float,
    min_calls: int,
) -> Rule:
    """Tell that calls fill the window, or that they will if they grow on as they do."""
    now, slope, since = (Window(each).scaled(setting.scale) for each in (window, trend, min_trend))
    ahead_s = Window(horizon).seconds * setting.scale
    by = f"{SERVICE}, {MODEL}"
    used, mean = (f"llm_session:context_utilization:{what}_{window}" for what in ("p95", "mean"))
    calls = increase(f"{UTILIZATION}_count", now, by=by)
    # A percentile jumps from bound to bound of the histogram, so the trend is that of the mean.
    grown = f"{used} - {mean} + predict_linear({mean}[{slope}], {ahead_s:g})"
    forecast = f"{grown} > {limit:g} and {mean} offset {since}"
    rules = [
        record(
            used, f"{quantile(0.95, names.UTILIZATION, now, by=by)}\nand {calls} >= {min_calls}"
        ),
        record(mean, f"{increase(f'{UTILIZATION}_sum', now, by=by)}\n/ ({calls} >= {min_calls})"),
        setting.ticket(
            "LlmSessionWindowFills",
            f"{used} > {limit:g}\nor\n({used} > {from_share:g} and {forecast})",
            summary=(
                f"Calls of {IN_SERVICE} fill {{{{ $value | humanizePercentage }}}} of the window of"
                f" {{{{ $labels.{MODEL} }}}} (95th percentile); {limit:.0%} is exceeded,"
                f" or will be within {horizon}"
            ),
            description="Conversations outgrow the model's window, now or soon.",
            slo="kept-context",
            example=Example(
                f"span.{names.CONTEXT_UTILIZATION} >= {{{{ $value }}}}",
                of_service(f"{UTILIZATION}_bucket", **{MODEL: MODEL}),
            ),
        ),
    ]
    return setting.group("context window", rules)


def unreliable(
    setting: Setting, *, window: str, limit: float, above_first: float, min_turns: int
) -> Rule:
    """Tell that turns at one place of the conversation go well for some and badly for others."""
    now = Window(window).scaled(setting.scale)
    by = f"{SERVICE}, {_BUCKET}"
    spread = f"llm_session:turn_unreliability:{window}"
    high, low = (quantile(share, names.TURN_HEALTH, now, by=by) for share in (0.9, 0.1))
    turns = increase(f"{TURN_HEALTH}_count", now, by=by)
    later = f'{spread}{{{_BUCKET}!="{FIRST}"}}'
    first = f'{spread}{{{_BUCKET}="{FIRST}"}}'
    rules = [
        record(spread, f"({high}\n- {low})\nand {turns} >= {min_turns}"),
        setting.ticket(
            "LlmSessionUnreliableWithLength",
            f"{later} > {limit:g}\n"
            f"and {later} - on ({SERVICE}) group_left () {first} > {above_first:g}",
            summary=(
                f"Health of the turns {{{{ $labels.{_BUCKET} }}}} of {IN_SERVICE} spreads by"
                f' {{{{ $value | printf "%.2f" }}}} of 1 (90th minus 10th percentile;'
                f" {limit:g} is the limit)"
            ),
            description="The longer a conversation, the more it is luck whether a turn goes well.",
            slo="healthy-turns",
            board=links.SIGNALS,
            example=Example(
                f"span.{names.TURN} > 3 && span.{names.HEALTH} <= {HEALTHY_ABOVE:g}",
                of_service(f"{TURN_HEALTH}_bucket", **{_BUCKET: _BUCKET}),
            ),
        ),
    ]
    return setting.group("unreliability", rules, slow=True)
