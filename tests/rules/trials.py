"""Trials: from what is well and what is bad, all that an alert must fire on or be silent about.

An alert gets one table: its series, how they move while all is well and while they are bad. The
case and its neighbours follow from it and are the same for all. Each is a service of its own, so
that one run of promtool tries them side by side. It fires, and resolves, also when the series end.
It is silent when all is well, with little traffic, when counters start from zero, when the
collector is gone for a while, and with one bad tenant among many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

WELL, BAD, GONE = "well", "bad", "gone"
ENDS = "is-over-when-nothing-comes"
LITTLE = "little-traffic"
RESETS = "processes-restart"
LULL = "collector-is-gone-and-comes-back"
TENANT = "one-bad-tenant-among-many"


@dataclass(frozen=True)
class Series:
    """A series without its service, and what it adds in a step; of a gauge its value.

    `None` where there is no such series, of a version that has not come yet.
    """

    name: str
    """Such as `x_total{healthy="false"}`."""
    well: float | None
    bad: float
    gauge: bool = False

    def of(self, service: str) -> str:
        name, _, labels = self.name.rstrip("}").partition("{")
        given = f", {labels}" if labels else ""
        return f'{name}{{service_name="{service}"{given}}}'

    def values(self, phases, *, times: float = 1, tenants: int = 0, resets: int = 0) -> str:
        """Write all samples.

        Args:
            phases: what it is like, for each step.
            times: the traffic, by this factor.
            tenants: as many healthy ones beside the bad one.
            resets: the counter starts from zero each so many steps.

        """
        total, seen = 0.0, []
        for step, phase in enumerate(phases):
            if phase is GONE:
                seen.append("stale" if seen and seen[-1] not in ("stale", "_") else "_")
                continue
            value = {WELL: self.well, BAD: self.bad}[phase]
            if value is None:
                seen.append("_")
                continue
            added = value + tenants * (self.well or 0)
            if self.gauge:
                seen.append(f"{added:g}")
                continue
            total = 0.0 if resets and step % resets == 0 else total + added * times
            seen.append(f"{total:.10g}")
        return " ".join(seen)


@dataclass(frozen=True)
class Trial:
    """What one alert is tried with."""

    alert: str
    series: Sequence[Series]
    labels: Mapping[str, str]
    """Of the alert, besides those that all alerts of a service have."""
    summary: str
    """Of the service `shop`, with the value that it has at the end of the bad time."""
    step_s: int = 60
    before: int = 60
    """Steps for which all is well at first."""
    bad: int = 60
    after: int = 60
    """Steps after which it must have resolved."""
    little: float = 0.01
    """Factor that makes the traffic too little to tell."""
    tenants: int = 50
    skip: Mapping[str, str] = field(default_factory=dict)
    """Neighbours that do not exist here, and why."""

    def document(self) -> dict:
        """Write promtool's file."""
        story = [*repeat(WELL, self.before), *repeat(BAD, self.bad), *repeat(WELL, self.after)]
        always = [WELL] * len(story)
        ended = [*story[: -self.after], *repeat(GONE, self.after)]
        lull = [*always[: self.before], *repeat(GONE, self.bad // 2)]
        lull += always[len(lull) :]
        fires = {"shop": self._series("shop", story), ENDS: self._series(ENDS, ended)}
        silent = {
            "desk": self._series("desk", always, times=5),
            LITTLE: self._series(LITTLE, story, times=self.little),
            RESETS: self._series(RESETS, always, resets=13),
            LULL: self._series(LULL, lull),
            TENANT: self._series(TENANT, story, tenants=self.tenants),
        }
        tried = {name: series for name, series in (fires | silent).items() if name not in self.skip}
        end = self.before + self.bad
        moments = {self.before - 1: [], end - 1: fires, end + self.after - 1: []}
        test = {
            "interval": f"{self.step_s}s",
            "input_series": list(chain.from_iterable(tried.values())),
            "alert_rule_test": [self._expected(step, given) for step, given in moments.items()],
        }
        nothing = {**test, "input_series": []}
        nothing["alert_rule_test"] = [self._expected(step, []) for step in moments]
        return {"evaluation_interval": f"{self.step_s}s", "tests": [test, nothing]}

    def _series(self, service, phases, **traffic):
        return [
            {"series": each.of(service), "values": each.values(phases, **traffic)}
            for each in self.series
        ]

    def _expected(self, step, services) -> dict:
        return {
            "eval_time": f"{step * self.step_s}s",
            "alertname": self.alert,
            "exp_alerts": [
                {
                    "exp_labels": {"service_name": service, **self.labels},
                    "exp_annotations": {"summary": self.summary.replace("shop", service)},
                }
                for service in services
                if service not in self.skip
            ],
        }


def histogram(
    name: str,
    labels: str,
    counts: Mapping[str, tuple[float, float]],
    sums: tuple[float, float] | None = None,
) -> list[Series]:
    """Make the series of a histogram; `counts` has, by upper bound, what is not above it."""
    buckets = [
        Series(f'{name}_bucket{{{labels}, le="{bound}"}}', well, bad)
        for bound, (well, bad) in counts.items()
    ]
    totals = {"count": counts["+Inf"], "sum": sums}
    return buckets + [
        Series(f"{name}_{part}{{{labels}}}", *rates) for part, rates in totals.items() if rates
    ]
