"""Objectives: what `slo.yaml` and `windows.yaml` say, as far as boards need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.rules import Policy


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise about a share of good events."""

    name: str
    """Value of the label `slo`."""
    description: str
    allowed: float
    """Share of events that may be bad: (0, 1)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the boards are built for."""

    objectives: Sequence[Objective]
    """In the order of `slo.yaml`; the first is what people mean by healthy."""
    rates: Sequence[float]
    """Burn rates that somebody is told of, ascending."""
    windows: Sequence[str]
    """Windows in which the share of bad events is recorded, shortest first, without the period."""
    runbooks: str
    """URL or path of the folder with the runbooks."""


def read_setting(document: Mapping[str, Any], policy: Policy, runbooks: str) -> Setting:
    """Read the objectives of `slo.yaml`."""
    objectives = [
        Objective(slo["name"], slo["description"], round(1 - float(slo["objective"]) / 100, 9))
        for slo in document["slos"]
    ]
    rates = sorted({burn.rate for burns in policy.burns.values() for burn in burns})
    windows = [window.name for window in policy.windows if window != policy.period]
    return Setting(objectives, rates, windows, runbooks)
