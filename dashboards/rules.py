"""Rules: all recording rules and alerts, made from `slo.yaml`, `windows.yaml` and `causes.yaml`.

Symptoms are what users feel: objectives whose error budget burns too fast. Causes are what makes
them, found before or beside. Each kind of alert has a file in `alerts/`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dashboards.alerts.burn_rates import Policy, burn_rate_groups, read_policy
from dashboards.alerts.causes import Rule, Setting
from dashboards.alerts.contexts import unreliable, window_fill
from dashboards.alerts.jumps import cost_jump, signal_jump
from dashboards.alerts.monitors import turns_missing
from dashboards.alerts.newcomers import newcomers
from dashboards.alerts.stores import store_fails, store_full, store_loses, store_slow

HERE = Path(__file__).parent
CAUSES: Mapping[str, Callable[..., Rule]] = {
    "signal_jump": signal_jump,
    "newcomer": newcomers,
    "window_fill": window_fill,
    "unreliable": unreliable,
    "cost_jump": cost_jump,
    "store_full": store_full,
    "store_loses": store_loses,
    "store_slow": store_slow,
    "store_fails": store_fails,
    "turns_missing": turns_missing,
}
"""By the key in `causes.yaml` whose numbers it takes."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the rules are made from, as it is read from YAML."""

    objectives: Mapping[str, Any]
    policy: Policy
    causes: Mapping[str, Mapping[str, Any]]


def read_sources(folder: Path = HERE) -> Sources:
    """Read the three files."""
    objectives, windows, causes = (
        yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8"))
        for name in ("slo", "windows", "causes")
    )
    return Sources(objectives, read_policy(windows), causes)


def build_rules(sources: Sources, *, runbooks: str, scale: float = 1.0) -> dict[str, Any]:
    """Return the content of a rule file.

    `runbooks` is the URL or path of their folder. A scale below 1 shortens every time by that
    factor and leaves the names as they are; it exists so that a test need not wait for hours.
    """
    symptoms = burn_rate_groups(sources.objectives, sources.policy, runbooks=runbooks, scale=scale)
    setting = Setting(runbooks, scale)
    causes = [CAUSES[name](setting, **numbers) for name, numbers in sources.causes.items()]
    return {"groups": [*symptoms, *causes]}
