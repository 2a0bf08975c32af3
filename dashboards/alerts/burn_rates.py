"""Burn rates: recording rules and alerts of the objectives in `slo.yaml`.

Of each objective and window the share of bad events is recorded, as `slo:error_ratio:rate<window>`
with the label `slo` and those that the objective's queries keep. An alert fires when the share is
above the burn rate's limit in a long and in its short window, and at least `MIN_ERRORS` bad events
stand behind it. Nothing is recorded without events, so silence and missing data raise nothing.

Source: The Site Reliability Workbook, "Alerting on SLOs".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.alerts.links import HEALTH, Example, annotations
from dashboards.alerts.times import Window, duration

MIN_ERRORS = 10
"""Bad events in the long window below which nobody is told, whatever their share. If 5 % are bad in
the long run, ten of 33 (30 %, the slow page) are bad by chance in 3 of a million windows."""

FOR_S = {"page": 120, "ticket": 900}
"""How long a limit must be exceeded; the windows already smooth, so this only absorbs a restart."""

SPEED = {"page": "Fast", "ticket": "Slow"}

QUICK_INTERVAL_S = 30
SLOW_INTERVAL_S = 120
"""Long windows change slowly and cost most; but after 300 s Prometheus takes a value as gone."""
SLOW_FROM_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class Burn:
    """A pair of windows and the rate of budget use that is too much in both."""

    rate: float
    """1 uses the budget up exactly at the end of the period."""
    short: Window
    long: Window


@dataclass(frozen=True, slots=True)
class Policy:
    """When to tell whom, the same for all objectives."""

    period: Window
    burns: Mapping[str, tuple[Burn, ...]]
    """By severity."""

    @property
    def windows(self) -> list[Window]:
        """All windows that are recorded, shortest first."""
        pairs = [burn for burns in self.burns.values() for burn in burns]
        windows = {window for burn in pairs for window in (burn.short, burn.long)}
        return sorted(windows | {self.period}, key=lambda window: window.seconds)


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Read Sloth's alert windows."""
    spec = document["spec"]
    period = Window(spec["sloPeriod"])

    def read_burn(pair: Mapping[str, Any]) -> Burn:
        short, long = Window(pair["shortWindow"]), Window(pair["longWindow"])
        rate = pair["errorBudgetPercent"] / 100 * period.seconds / long.seconds
        return Burn(round(rate, 6), short, long)

    burns = {
        severity: (read_burn(spec[severity]["quick"]), read_burn(spec[severity]["slow"]))
        for severity in ("page", "ticket")
    }
    return Policy(period, burns)


def burn_rate_groups(
    objectives: Mapping[str, Any], policy: Policy, *, runbooks: str, scale: float
) -> Iterator[dict[str, Any]]:
    """Yield three groups for each objective: quick windows, slow windows, alerts."""
    for slo in objectives["slos"]:
        yield from _recording_groups(slo, policy, scale)
        alerts = [*_alerts(slo, policy, runbooks, scale)]
        yield {"name": f"{slo['name']} alerts", "rules": alerts}


def _recording_groups(slo: Mapping[str, Any], policy: Policy, scale: float) -> Iterator[Any]:
    slow = [window for window in policy.windows if window.seconds >= SLOW_FROM_S]
    quick = [window for window in policy.windows if window not in slow]
    for name, windows, interval_s in (
        ("quick", quick, QUICK_INTERVAL_S),
        ("slow", slow, SLOW_INTERVAL_S),
    ):
        rules = [rule for window in windows for rule in _recordings(slo, policy, window, scale)]
        if policy.period in windows:
            rules.append(_budget(slo, policy))
        yield {
            "name": f"{slo['name']} {name}",
            "interval": duration(max(1, interval_s * scale)),
            "rules": rules,
        }


def _recordings(
    slo: Mapping[str, Any], policy: Policy, window: Window, scale: float
) -> Iterator[dict[str, Any]]:
    events = slo["sli"]["events"]
    errors, total = (
        events[query].replace("{{.window}}", window.scaled(scale))
        for query in ("error_query", "total_query")
    )
    yield {
        "record": f"slo:error_ratio:rate{window.name}",
        "expr": f"({errors}\n  or 0 * {total})\n/ ({total} > 0)",
        "labels": {"slo": slo["name"]},
    }
    if any(window == burn.long for burns in policy.burns.values() for burn in burns):
        yield {
            "record": f"slo:errors:increase{window.name}",
            "expr": f"({errors}) * {window.seconds * scale:g}",
            "labels": {"slo": slo["name"]},
        }


def _budget(slo: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    ratio = f'slo:error_ratio:rate{policy.period.name}{{slo="{slo["name"]}"}}'
    return {
        "record": "slo:error_budget_remaining:ratio",
        "expr": f"1 - {ratio} / {_allowed(slo):g}",
        "labels": {"slo": slo["name"]},
    }


def _alerts(
    slo: Mapping[str, Any], policy: Policy, runbooks: str, scale: float
) -> Iterator[dict[str, Any]]:
    alerting = slo["alerting"]
    texts = dict(alerting["annotations"])
    example = None
    if "example" in texts:
        example = Example(texts.pop("example"), texts.pop("exemplars"))
    board = texts.pop("board", HEALTH)
    for severity, burns in policy.burns.items():
        settings = alerting[f"{severity}_alert"]
        if settings.get("disable"):
            continue
        name = f"{alerting['name']}{SPEED[severity]}"
        _check_reachable(slo, severity, burns)
        yield {
            "alert": name,
            "expr": "\nor\n".join(_condition(slo, burn) for burn in burns),
            "for": duration(FOR_S[severity] * scale),
            "labels": {"kind": "symptom", "slo": slo["name"], **settings["labels"]},
            "annotations": annotations(
                {**texts, "description": slo["description"]},
                alert=name,
                runbooks=runbooks,
                example=example,
                board=board,
            ),
        }


def _check_reachable(slo: Mapping[str, Any], severity: str, burns: Sequence[Burn]) -> None:
    """Refuse an alert that would need more bad events than there are events."""
    fastest = max(burn.rate for burn in burns)
    if fastest * _allowed(slo) >= 1:
        message = (
            f"Objective {slo['objective']} of {slo['name']}: a {severity} at burn rate {fastest:g}"
            f" could never fire; raise it above {100 - 100 / fastest:.4g},"
            f" or set {severity}_alert: {{disable: true}}"
        )
        raise ValueError(message)


def _condition(slo: Mapping[str, Any], burn: Burn) -> str:
    limit = f"{burn.rate * _allowed(slo):g}"
    where = f'{{slo="{slo["name"]}"}}'
    return (
        f"(slo:error_ratio:rate{burn.long.name}{where} > {limit}\n"
        f"  and slo:error_ratio:rate{burn.short.name}{where} > {limit}\n"
        f"  and slo:errors:increase{burn.long.name}{where} >= {MIN_ERRORS})"
    )


def _allowed(slo: Mapping[str, Any]) -> float:
    """Return the share of events that may be bad: [0, 1]."""
    return round(1 - float(slo["objective"]) / 100, 9)
