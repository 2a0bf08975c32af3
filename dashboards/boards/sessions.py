"""Sessions: the board that answers "are our sessions healthy?".

A person opens it first: what was promised, how much of it is used up, and whose
sessions are the bad ones.
"""

from collections.abc import Iterable

from dashboards.boards import promises, signals
from dashboards.boards.frames import Board, call_choices
from dashboards.boards.panels import (
    Builder,
    Link,
    Question,
    layers,
    lines,
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
    of_calls,
    quantile,
    unhealthy_share,
)
from dashboards.boards.tables import Column, listing
from dashboards.objectives import Setting
from otel_sessions import names

UID = "llm-sessions"
"""The alerts link to it."""
MOST = 8
"""Models or agents that are ranked; more bars cannot be read."""
NAMED = "${__value.text}"
"""The text of the cell whose link is followed."""


def build(setting: Setting) -> Board:
    """Say what is on the board."""
    return Board(
        uid=UID,
        title="LLM sessions: are they healthy?",
        about="What was promised of LLM sessions, what is left of it, and whose sessions are bad.",
        rows=(
            ("Do we keep what we promised?", promises.kept(setting)),
            ("How fast are the budgets used up?", promises.burning(setting)),
            ("Whose turns are unhealthy?", _whose(setting)),
            ("What became of the sessions?", _sessions(setting)),
        ),
        variables=call_choices(),
        links=(Link("Runbooks", setting.runbooks),),
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
