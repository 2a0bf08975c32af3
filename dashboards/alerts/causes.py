"""Causes: what the alerts on causes have in common.

A cause is a ticket: something that makes, or will make, an objective fail. The label `slo` names
that objective, so that Alertmanager can hold a cause back while its symptom is told. Without an
objective, as for money, it is never held back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.alerts.burn_rates import FOR_S, QUICK_INTERVAL_S, SLOW_INTERVAL_S
from dashboards.alerts.links import HEALTH, Example, annotations
from dashboards.alerts.times import duration

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rules of one build share."""

    runbooks: str
    """URL or path of their folder."""
    scale: float = 1.0
    """Below 1 it shortens every time by that factor, so that a test need not wait for hours."""

    def group(self, name: str, rules: Sequence[Rule], *, slow: bool = False) -> Rule:
        """Return a group; a slow one looks back over days and is evaluated less often."""
        interval_s = SLOW_INTERVAL_S if slow else QUICK_INTERVAL_S
        interval = duration(max(1, interval_s * self.scale))
        return {"name": name, "interval": interval, "rules": list(rules)}

    def ticket(
        self,
        name: str,
        expr: str,
        *,
        summary: str,
        description: str,
        slo: str | None,
        board: str = HEALTH,
        example: Example | None = None,
        for_s: float = FOR_S["ticket"],
    ) -> Rule:
        """Return an alert on a cause."""
        return {
            "alert": name,
            "expr": expr,
            "for": duration(for_s * self.scale),
            "labels": {"severity": "ticket", "kind": "cause", **({"slo": slo} if slo else {})},
            "annotations": annotations(
                {"summary": summary, "description": description},
                alert=name,
                runbooks=self.runbooks,
                example=example,
                board=board,
            ),
        }


def record(name: str, expr: str) -> Rule:
    """Return a recording rule."""
    return {"record": name, "expr": expr}


@dataclass(frozen=True, slots=True)
class Excess:
    """When a count is more than chance, given what was expected."""

    factor: float
    sigmas: float
    min_count: int

    def condition(self, seen: str, expected: str) -> str:
        """Write it for two series with the same labels; counts of rare events spread by their root.

        Events of one session come together, so they spread more than this says: hence the factor.
        """
        return (
            f"{seen} >= {self.min_count}\n"
            f"  and {seen} > {self.factor:g} * {expected}\n"
            f"  and {seen} - {expected} > {self.sigmas:g} * sqrt({expected})"
        )
