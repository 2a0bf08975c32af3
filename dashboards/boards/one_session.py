"""One session: the board that shows a conversation turn by turn.

The only board whose figures come from spans and not from metrics, because no metric knows a
session. What can be asked is kept to conditions joined by `&&` and `select`, which every version of
TraceQL understands.
"""

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model

from dashboards.boards.frames import Board, Variable
from dashboards.boards.panels import Builder, Link, Question
from dashboards.boards.queries import Query
from dashboards.boards.tables import Column, spans
from dashboards.objectives import Setting
from otel_sessions import names
from otel_sessions.health import HEALTHY_ABOVE

UID = "llm-sessions-session"
SERVICE = 'resource.service.name =~ "$services"'
OF_SESSION = f'span.{names.SESSION_ID} = "$session"'
HEALTH_LIMITS = ((HEALTHY_ABOVE / 2, "orange"), (HEALTHY_ABOVE + 0.001, "green"))
"""Green is what `otel_sessions.health` calls healthy, which begins just above its limit."""
MOST_CALLS = 200
MOST_SESSIONS = 20


def build(setting: Setting) -> Board:
    """Say what is on the board."""
    return Board(
        uid=UID,
        title="LLM sessions: this session",
        about="Turns, signals and calls of one session, found by its session.id.",
        rows=(
            ("What became of it?", _summary()),
            ("What happened, turn by turn?", _calls()),
            ("Which other sessions went badly?", _others()),
        ),
        variables=_choices(),
        links=(Link("Runbooks", setting.runbooks),),
        span="now-24h",
        refresh="",
    )


def _choices() -> Iterable[Variable]:
    yield dashboard.DatasourceVariable("traces").label("Traces").type("tempo")
    yield (
        dashboard.TextBoxVariable("session")
        .label("Session")
        .description("The session.id: from a trace, from a log line, or from the list below.")
        .default_value("")
    )
    yield (
        dashboard.TextBoxVariable("services")
        .label("Services in the list")
        .description("A regular expression; .* is all of them.")
        .default_value(".*")
        .current(model.VariableOption(selected=True, text=".*", value=".*"))
    )


def _select(conditions: str, *attributes: str) -> str:
    """Ask for spans and for attributes of theirs."""
    return f"{{ {conditions} }} | select({', '.join(f'span.{name}' for name in attributes)})"


def _summary() -> Iterable[Builder]:
    yield spans(
        Question(
            "How did it go, and why did it end?",
            "short",
            "The span that is made when a session ends: one for each time that it ended.",
            [
                Query(
                    _select(
                        f'name = "{names.SESSION_SPAN}" && {OF_SESSION}',
                        *(names.HEALTH, names.TURNS, names.CALLS, names.SIGNALS_TOTAL),
                        *(names.OUTCOME, names.END_REASON, names.COST, names.SESSION_PREVIOUS_ID),
                    ),
                    "",
                )
            ],
            width=24,
            empty="Put a session.id above. A session that goes on has no summary yet.",
        ),
        (
            Column("Start time", "Started"),
            Column("Duration", "Lasted"),
            Column(names.HEALTH, "Health", "percentunit", limits=HEALTH_LIMITS, base="red"),
            Column(names.TURNS, "Turns"),
            Column(names.CALLS, "Calls"),
            Column(names.SIGNALS_TOTAL, "Signals"),
            Column(names.OUTCOME, "Outcome"),
            Column(names.END_REASON, "Ended because"),
            Column(names.COST, "Cost", "currencyUSD"),
            Column(names.SESSION_PREVIOUS_ID, "Forked from"),
        ),
        limit=MOST_CALLS,
    ).height(5)


CALL_COLUMNS = (  # "Start time", "Span ID" and "Duration" are what Grafana calls those of any span
    Column("Start time", "Time"),
    Column("Span ID", "Trace", width=140),
    Column(names.TURN, "Turn", width=60),
    Column(names.CALL, "Call", width=60),
    Column(names.HEALTH, "Health", "percentunit", limits=HEALTH_LIMITS, base="red", width=80),
    Column(names.SIGNALS, "Signals so far"),
    Column("Duration", "Took"),
    Column(names.REQUEST_MODEL, "Model"),
    Column(names.USAGE_INPUT_TOKENS, "Tokens in"),
    Column(names.USAGE_OUTPUT_TOKENS, "Tokens out"),
    Column(
        names.CONTEXT_UTILIZATION,
        "Context full",
        "percentunit",
        limits=((0.7, "orange"), (0.9, "red")),
    ),
    Column(names.CONTEXT_DROPPED, "Missing"),
    Column(names.RESPONSE_FINISH_REASONS, "Finish"),
    Column(names.ERROR_TYPE, "Error"),
)
WRONG_COLUMNS = tuple(
    column
    for column in CALL_COLUMNS
    if column.field not in {names.USAGE_INPUT_TOKENS, names.USAGE_OUTPUT_TOKENS}
)
IN_ORDER = ("Turn", "Call")


def _calls() -> Iterable[Builder]:
    for title, about, condition, columns, height, empty in (
        (
            "Which calls were made?",
            "Each inference of the session. Missing: messages that the model was not shown.",
            f"span.{names.TURN} > 0",
            CALL_COLUMNS,
            14,
            "Put a session.id above, or choose a longer time range.",
        ),
        (
            "In which turns is something wrong?",
            "Calls of turns that are not healthy, with the signals that were seen up to that call.",
            f"span.{names.TURN} > 0 && span.{names.HEALTH} <= {HEALTHY_ABOVE:g}",
            WRONG_COLUMNS,
            8,
            "No call of this session belongs to an unhealthy turn.",
        ),
    ):
        yield spans(
            Question(
                title,
                "short",
                about,
                [Query(_select(f"{OF_SESSION} && {condition}", *_attributes(columns)), "")],
                width=24,
                empty=empty,
            ),
            columns,
            limit=MOST_CALLS,
            order=IN_ORDER,
        ).height(height)


def _attributes(columns: Iterable[Column]) -> list[str]:
    """Give what is an attribute of ours or of the conventions, which have dots."""
    return [column.field for column in columns if "." in column.field]


def _others() -> Iterable[Builder]:
    this_board = f"/d/{UID}?${{__url_time_range}}&${{traces:queryparam}}&${{services:queryparam}}"
    yield spans(
        Question(
            "Which sessions ended unhealthy?",
            "short",
            "Newest sessions that ended unhealthy; the id opens one here.",
            [
                Query(
                    _select(
                        f'name = "{names.SESSION_SPAN}" && {SERVICE}'
                        f" && span.{names.HEALTH} <= {HEALTHY_ABOVE:g}",
                        *(names.SESSION_ID, names.HEALTH, names.TURNS, names.SIGNALS_TOTAL),
                        *(names.OUTCOME, names.REQUEST_MODEL),
                    ),
                    "",
                )
            ],
            width=24,
            empty="No session of these services ended unhealthy in this time range.",
        ),
        (
            Column("Start time", "Started"),
            Column("Span ID", "Trace", width=140),
            Column(
                names.SESSION_ID,
                "Session",
                link=Link("Show this session", f"{this_board}&var-session=${{__value.raw}}"),
            ),
            Column(names.HEALTH, "Health", "percentunit", limits=HEALTH_LIMITS, base="red"),
            Column(names.TURNS, "Turns"),
            Column(names.SIGNALS_TOTAL, "Signals"),
            Column(names.OUTCOME, "Outcome"),
            Column(names.REQUEST_MODEL, "Model"),
        ),
        limit=MOST_SESSIONS,
    )
