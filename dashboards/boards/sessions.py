"""Sessions: the board that answers "are our sessions healthy?".

A person opens it first: what was promised, how much of it is used up, and whose
sessions are the bad ones.
"""

from collections.abc import Iterable

from dashboards.boards import signals
from dashboards.boards.frames import Board, call_choices
from dashboards.boards.panels import (
    Builder,
    Column,
    Link,
    Question,
    layers,
    lines,
    listing,
    number,
    overall,
    profile,
)
from dashboards.boards.queries import (
    AGENT,
    MODEL,
    RANGE,
    SERVICE,
    VERSION,
    Query,
    counted,
    newest,
    of_calls,
    of_objective,
    quantile,
    share,
    unhealthy_share,
)
from dashboards.objectives import Setting
from otel_sessions import names

UID = "llm-sessions"
"""The alerts link to it."""
MOST = 8
"""Models or agents that are ranked; more bars cannot be read."""
NAMED = "${__value.text}"
"""The text of the cell whose link is followed."""
COLORS = ("yellow", "orange", "red", "dark-red")
"""Of the burn rates, from the slowest on."""


def build(setting: Setting) -> Board:
    """Say what is on the board."""
    return Board(
        uid=UID,
        title="LLM sessions: are they healthy?",
        about="What was promised of LLM sessions, what is left of it, and whose sessions are bad.",
        rows=(
            ("Do we keep what we promised?", _promises(setting)),
            ("How fast are the budgets used up?", _burning(setting)),
            ("Whose turns are unhealthy?", _whose(setting)),
            ("What became of the sessions?", _sessions(setting)),
        ),
        variables=call_choices(),
        links=(Link("Runbooks", setting.runbooks),),
    )


def _promises(setting: Setting) -> Iterable[Builder]:
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


def _burning(setting: Setting) -> Iterable[Builder]:
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


def _whose(setting: Setting) -> Iterable[Builder]:
    allowed = setting.objectives[0].allowed
    above = "Above the dashed line the 30-day budget is used up faster than it may."
    for label, called in ((SERVICE, "service"), (VERSION, "version")):
        yield lines(
            Question(
                f"Which {called} has unhealthy turns?",
                "percentunit",
                f"Unhealthy turns among all turns, by {called}. {above}",
                [Query(unhealthy_share(of_calls(), by=label), f"{{{{{label}}}}}")],
                width=6,
                limits=((allowed, "red"),),
                links=(_what_goes_wrong(called, label),),
                empty=f"No turn in this time range names its {called}.",
            )
        )
    for label, called in ((MODEL, "model"), (AGENT, "agent")):
        worst = f"sort_desc(topk({MOST}, {unhealthy_share(of_calls(), by=label, over=RANGE)}))"
        yield profile(
            Question(
                f"Which {called} has unhealthy turns?",
                "percentunit",
                f"Unhealthy turns among all of the time range, by {called}: the worst {MOST}.",
                [Query(worst, f"{{{{{label}}}}}")],
                width=6,
                limits=((allowed, "orange"), (6 * allowed, "red")),
                highest=1,
                decimals=1,
                links=(_what_goes_wrong(called, label),),
                empty=f"No turn in this time range names its {called}.",
            )
        )


def _what_goes_wrong(variable: str, label: str) -> Link:
    return Link(
        "What goes wrong?",
        f"/d/{signals.UID}?${{__url_time_range}}&${{datasource:queryparam}}"
        f"&var-{variable}=${{__field.labels.{label}}}",
    )


def _sessions(setting: Setting) -> Iterable[Builder]:
    yield lines(
        Question(
            "How healthy are turns?",
            "percentunit",
            "Health of turns: a tenth is below the lowest line, half below the middle one. "
            "Points lead to traces.",
            [
                Query(quantile(names.TURN_HEALTH, rank, of_calls()), f"{rank:.0%} are below")
                for rank in (0.1, 0.5, 0.9)
            ],
            width=8,
            highest=1,
            exemplars=True,
        )
    )
    yield layers(
        Question(
            "How do sessions end?",
            "short",
            "Sessions that ended, for each minute, by the outcome that the application told.",
            [
                Query(
                    f"60 * {counted(names.ENDED, of_calls(), by=names.LABEL_OUTCOME)}",
                    f"{{{{{names.LABEL_OUTCOME}}}}}",
                )
            ],
            width=8,
            empty="No session has ended in this time range.",
        )
    )
    yield listing(
        Question(
            "Which alerts fire?",
            "short",
            "Alerts that fire or are about to. The name leads to the runbook.",
            [
                Query(
                    f"sum by (alertname, severity, {SERVICE}, alertstate) "
                    f'(ALERTS{{alertname=~"LlmSession.*", {SERVICE}=~"$service"}})',
                    "",
                )
            ],
            width=8,
            empty="No alert fires.",
        ),
        (
            Column("alertname", "Alert", link=Link("Runbook", f"{setting.runbooks}/{NAMED}.md")),
            Column("severity", "Severity"),
            Column(SERVICE, "Service"),
            Column("alertstate", "State"),
        ),
    )
