"""Promises: what was promised in `slo.yaml`, and what is left of it."""

from collections.abc import Iterable

from dashboards.boards.panels import Builder, Question, lines, number, overall, profile
from dashboards.boards.queries import (
    RANGE,
    SERVICE,
    Query,
    counted,
    newest,
    of_calls,
    of_objective,
    share,
)
from dashboards.objectives import Setting
from otel_sessions import names

COLORS = ("yellow", "orange", "red", "dark-red")
"""Of the burn rates, from the slowest on."""


def kept(setting: Setting) -> Iterable[Builder]:
    """Show in one number each how things stand."""
    healthy = setting.objectives[0]
    hour = f"slo:error_ratio:rate1h{{{of_objective(healthy.name)}}}"
    yield number(
        Question(
            "Are turns healthy?",
            "percentunit",
            "Healthy turns of the last hour among all turns, of the service that is worst off.",
            [Query(f"1 - max({hour})", "healthy")],
            width=4,
            base="red",
            limits=((1 - 6 * healthy.allowed, "orange"), (1 - healthy.allowed, "green")),
            highest=1,
            decimals=1,
            empty="No turn within the last hour.",
        )
    )
    yield number(
        Question(
            "What budget is left?",
            "percentunit",
            "Of the bad events that 30 days may have: the objective and service that has the least "
            "left. Below zero the objective is missed.",
            [Query(f'min(slo:error_budget_remaining:ratio{{{SERVICE}=~"$service"}})', "left")],
            width=4,
            base="red",
            lowest=None,
            limits=((0, "orange"), (0.25, "green")),
            highest=1,
            decimals=0,
        )
    )
    yield number(
        Question(
            "How many alerts fire?",
            "short",
            "Alerts of LLM sessions that fire now for the services chosen; they are listed below.",
            [
                Query(
                    f'count(ALERTS{{alertname=~"LlmSession.*", alertstate="firing", '
                    f'{SERVICE}=~"$service"}}) or vector(0)',
                    "firing",
                )
            ],
            width=4,
            limits=((1, "red"),),
        )
    )
    yield number(
        Question(
            "How many are active?",
            "short",
            "Sessions that have started and not ended; one that is idle too long ends.",
            [Query(newest(names.ACTIVE, of_calls()), "active")],
            width=4,
            base="blue",
        )
    )
    yield number(
        Question(
            "How many turns a minute?",
            "short",
            "Turns that are over, for each minute: how much stands behind the other figures.",
            [Query(f"60 * {counted(names.TURN_EVALUATED, of_calls())}", "turns")],
            width=4,
            base="blue",
            decimals=1,
        )
    )
    ended = counted(names.ENDED, of_calls(), over=RANGE)
    bad = counted(names.ENDED, of_calls(**{names.LABEL_HEALTHY: "false"}), over=RANGE)
    yield overall(
        Question(
            "Did sessions end well?",
            "percentunit",
            "Healthy ones among all sessions that ended within the time range.",
            [Query(f"1 - {share(bad, ended)}", "healthy")],
            width=4,
            base="red",
            limits=((0.75, "orange"), (0.9, "green")),
            highest=1,
            decimals=1,
            empty="No session has ended in this time range.",
        )
    )


def burning(setting: Setting) -> Iterable[Builder]:
    """Show how fast the budgets are used up."""
    yield profile(
        Question(
            "What is left of each error budget?",
            "percentunit",
            "By objective, of the service that has the least left. "
            + " ".join(f"{each.name}: {each.description}" for each in setting.objectives),
            [
                Query(
                    f"min(slo:error_budget_remaining:ratio{{{of_objective(each.name)}}})", each.name
                )
                for each in setting.objectives
            ],
            width=8,
            base="red",
            limits=((0, "orange"), (0.25, "green")),
            highest=1,
            decimals=0,
        )
    )
    limits = tuple(zip(setting.rates, COLORS, strict=True))
    told = ", ".join(f"{rate:g}" for rate in setting.rates)
    about = f"1 uses the budget up in exactly 30 days; somebody is told at {told}."
    yield lines(
        Question(
            "Which budget burns, in the last hour?",
            "short",
            f"By objective, of the service that is worst off. {about}",
            [
                Query(
                    f"max(slo:error_ratio:rate1h{{{of_objective(each.name)}}}) / {each.allowed:g}",
                    each.name,
                )
                for each in setting.objectives
            ],
            width=8,
            limits=limits,
        )
    )
    healthy = setting.objectives[0]
    yield lines(
        Question(
            "How fast do unhealthy turns burn the budget?",
            "short",
            f"By window, of the service that is worst off. {about} An alert needs its long window "
            "and its short one above the rate.",
            [
                Query(
                    f"max(slo:error_ratio:rate{window}{{{of_objective(healthy.name)}}})"
                    f" / {healthy.allowed:g}",
                    window,
                )
                for window in setting.windows
            ],
            width=8,
            limits=limits,
        )
    )
