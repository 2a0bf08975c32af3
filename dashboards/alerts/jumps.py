"""Jumps: a signal, or the cost of a session, is far above the service's own week."""

from dashboards.alerts import links
from dashboards.alerts.causes import Excess, Rule, Setting, record
from dashboards.alerts.links import SERVICE as IN_SERVICE
from dashboards.alerts.links import Example
from dashboards.alerts.series import SERVICE, SIGNALS, TURNS, increase, of_service
from dashboards.alerts.times import Window
from dashboards.prometheus_names import metric_name
from otel_sessions import names

_SIGNAL = names.LABEL_SIGNAL


def signal_jump(
    setting: Setting,
    *,
    window: str,
    history: str,
    factor: float,
    sigmas: float,
    min_count: int,
    min_history: int,
) -> Rule:
    """Compare each signal's count with what the service's week leads to expect for its turns."""
    now, before = (Window(each).scaled(setting.scale) for each in (window, history))
    seen, expected = (f"llm_session:signals:{what}{window}" for what in ("increase", "expected"))
    turns = f"llm_session:turns:increase{window}"
    by = f"{SERVICE}, {_SIGNAL}"
    usual = f"{increase(SIGNALS, before, by=by, offset=now)}\n  or 0 * {seen}"
    week = f"({increase(TURNS, before, offset=now)} >= {min_history})"
    condition = Excess(factor, sigmas, min_count).condition(seen, expected)
    rules = [
        record(seen, increase(SIGNALS, now, by=by)),
        record(turns, increase(TURNS, now)),
        record(expected, f"({usual})\n* on ({SERVICE}) group_left () ({turns} / {week})"),
        setting.ticket(
            "LlmSessionSignalJumps",
            f"{seen} / on ({SERVICE}) group_left () {turns}\nand {condition}",
            summary=(
                f"{{{{ $labels.{_SIGNAL} }}}} in {{{{ $value | humanizePercentage }}}} of the turns"
                f" of {IN_SERVICE} in {window}, more than {factor:g} times its usual share"
            ),
            description=f"A signal comes far more often than in the service's last {history}.",
            slo="healthy-turns",
            board=links.SIGNALS,
            example=Example(
                f'span.{names.SIGNALS} = "{{{{ $labels.{_SIGNAL} }}}}"',
                of_service(SIGNALS, **{_SIGNAL: _SIGNAL}),
            ),
        ),
    ]
    return setting.group("signal jumps", rules)


def cost_jump(
    setting: Setting, *, window: str, history: str, factor: float, min_sessions: int
) -> Rule:
    """Compare the money that a started session costs with the service's week."""
    now, before = (Window(each).scaled(setting.scale) for each in (window, history))
    cost = metric_name(names.SESSION_COST)
    started = f'{metric_name(names.STARTED)}{{{names.LABEL_REOPENED}="false"}}'
    newest, usual = (f"llm_session:cost_per_session_USD:{each}" for each in (window, history))

    def per_session(over: str, offset: str = "") -> str:
        sessions = f"({increase(started, over, offset=offset)} >= {min_sessions})"
        return f"{increase(cost, over, offset=offset)}\n/ {sessions}"

    rules = [
        record(newest, per_session(now)),
        record(usual, per_session(before, now)),
        setting.ticket(
            "LlmSessionCostJumps",
            f"{newest} > {factor:g} * {usual}",
            summary=(
                f'A session of {IN_SERVICE} costs {{{{ $value | printf "%.3f" }}}} USD on average,'
                f" more than {factor:g} times its usual cost"
            ),
            description=f"The cost of a session in {window} is far above the last {history}.",
            slo=None,
            board=links.COSTS,
            example=Example(
                f"span.{names.COST} > {{{{ $value }}}}",
                of_service(cost),
            ),
        ),
    ]
    return setting.group("cost jumps", rules, slow=True)
