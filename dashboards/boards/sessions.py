"""Sessions: the board that answers "are our sessions healthy, and if not, where do they degrade?".

Aptitude and unreliability are the 90th percentile of turn health and its distance to the 10th.
Source: Laban et al., "LLMs Get Lost in Multi-Turn Conversation" (2025).
"""

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.boards.panels import Builder, Query, Question, lines, number, profile
from dashboards.boards.queries import (
    BUDGET,
    CHOSEN,
    CHOSEN_MODEL,
    HEALTH,
    MODEL,
    RANGE,
    RATE,
    SERVICE,
    SLO,
    TURNS,
    by_bucket,
    lost,
    quantile,
    unhealthy_share,
)
from dashboards.prometheus_names import metric_name
from otel_sessions import names

Variable = dashboard.DatasourceVariable | dashboard.QueryVariable
UID = "llm-sessions"
"""The alerts link to it."""


def build_board() -> str:
    """Return the board as JSON."""
    board = (
        dashboard.Dashboard("LLM sessions: are they healthy?")
        .uid(UID)
        .description(
            "Health of LLM sessions by turn: objective, signals, length, latency, monitor."
        )
        .tags(["llm", "sessions", "otel-sessions"])
        .time("now-6h", "now")
        .refresh("30s")
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
    )
    for variable in _variables():
        board = board.with_variable(variable)
    for title, panels in (
        ("Are our sessions healthy?", _health()),
        ("What goes wrong, and where in the conversation?", _degradation()),
        ("What do people wait for, and how full is the context?", _delivery()),
        ("Is the monitor itself healthy?", _monitor()),
    ):
        board = board.with_row(dashboard.Row(title))
        for panel in panels:
            board = board.with_panel(panel)
    return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"


def _variables() -> Iterable[Variable]:
    yield dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    for name, label, title in (("service", SERVICE, "Service"), ("model", MODEL, "Model")):
        yield (
            dashboard.QueryVariable(name)
            .label(title)
            .datasource(model.DataSourceRef(type_val="prometheus", uid="${datasource}"))
            .query(f"label_values({TURNS}, {label})")
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(multi=True)
            .include_all(include_all=True)
            .all_value(".*")
            .current(model.VariableOption(selected=True, text="All", value="$__all"))
        )


def _health() -> Iterable[Builder]:
    ratio = f"slo:error_ratio:rate{{window}}{{{{{SLO}}}}}"
    yield number(
        Question(
            "Which share of turns is healthy?",
            "percentunit",
            "Healthy turns of the last hour among all turns, of the service that is worst off.",
            [Query(f"1 - max({ratio.format(window='1h')})", "healthy")],
            width=6,
            base="red",
            limits=((1 - 6 * BUDGET, "orange"), (1 - BUDGET, "green")),
            highest=1,
        )
    )
    yield number(
        Question(
            "How much of the error budget is left?",
            "percentunit",
            "Of the unhealthy turns that 30 days may have. Negative: the objective is missed.",
            [Query(f"min(slo:error_budget_remaining:ratio{{{SLO}}})", "left")],
            width=6,
            base="red",
            limits=((0, "orange"), (0.25, "green")),
            highest=1,
        )
    )
    yield number(
        Question(
            "How many sessions are active?",
            "short",
            "Sessions that have started and not ended; one that is idle too long ends.",
            [Query(f"sum({metric_name(names.ACTIVE)}{{{CHOSEN}}})", "active")],
            width=6,
        )
    )
    yield number(
        Question(
            "How many calls were not analysed?",
            "short",
            "Calls that the monitor dropped or failed to analyse. They were served all the same.",
            [Query(f"sum(increase({lost()}{RANGE})) or vector(0)", "lost")],
            width=6,
            limits=((1, "orange"),),
        )
    )
    yield lines(
        Question(
            "Which share of turns is healthy, by service?",
            "percentunit",
            "Below the dashed line the 30-day budget is being used faster than it may.",
            [Query(f"1 - {ratio.format(window='5m')}", "{{service_name}}")],
            width=12,
            base="red",
            limits=((1 - BUDGET, "green"),),
            highest=1,
        )
    )
    yield lines(
        Question(
            "How fast does the error budget burn?",
            "short",
            "1 uses the budget up in exactly 30 days. The page fires at 14.4 in 1h and at 6 in 6h, "
            "the ticket at 3 in 1d and at 1 in 3d, each confirmed by a shorter window.",
            [
                Query(f"max({ratio.format(window=window)}) / {BUDGET}", window)
                for window in ("5m", "1h", "6h", "1d", "3d")
            ],
            width=12,
            limits=((1, "yellow"), (6, "orange"), (14.4, "red")),
        )
    )


def _degradation() -> Iterable[Builder]:
    signals = metric_name(names.SIGNAL_COUNT)
    per_turn = (
        f"100 * sum by ({{by}}) (rate({signals}{{{{{CHOSEN_MODEL}}}}}{RATE}))"
        f" / scalar(sum(rate({TURNS}{{{{{CHOSEN_MODEL}}}}}{RATE})))"
    )
    yield lines(
        Question(
            "Which signals fire?",
            "short",
            "Signals of each kind for every 100 turns. A turn can have several.",
            [Query(per_turn.format(by=names.LABEL_SIGNAL), "{{signal}}")],
            width=12,
        )
    )
    yield profile(
        Question(
            "At which turn are sessions unhealthy?",
            "percentunit",
            "Unhealthy turns among all turns of the same position in their session.",
            by_bucket(unhealthy_share),
            width=12,
            limits=((BUDGET, "orange"), (6 * BUDGET, "red")),
            highest=1,
        )
    )
    yield profile(
        Question(
            "How good are turns at their best (aptitude)?",
            "percentunit",
            "90th percentile of turn health by position in the session. A fall over the length "
            "means that even the best turns suffer.",
            by_bucket(lambda bucket: quantile(HEALTH, 0.9, bucket, RANGE)),
            width=12,
            base="red",
            limits=((0.5, "orange"), (0.8, "green")),
            highest=1,
        )
    )
    yield profile(
        Question(
            "How much does the health of turns vary (unreliability)?",
            "percentunit",
            "90th minus 10th percentile of turn health by position in the session. A rise over the "
            "length means that the same conversation may go well or badly.",
            by_bucket(
                lambda bucket: (
                    f"{quantile(HEALTH, 0.9, bucket, RANGE)}"
                    f" - {quantile(HEALTH, 0.1, bucket, RANGE)}"
                )
            ),
            width=12,
            limits=((0.3, "orange"), (0.6, "red")),
            highest=1,
        )
    )


def _delivery() -> Iterable[Builder]:
    for title, metric, about in (
        (
            "How long does a turn take, by position?",
            names.TURN_DURATION,
            "95th percentile of the time in a turn's calls, tools not included.",
        ),
        (
            "How long until the first words, by position?",
            names.TURN_TIME_TO_FIRST_CHUNK,
            "95th percentile of the time to the first chunk; streamed turns only.",
        ),
    ):
        yield lines(
            Question(
                title,
                "s",
                f"{about} Lines that spread mean that latency grows with the length of sessions.",
                by_bucket(lambda bucket, m=metric: quantile(metric_name(m), 0.95, bucket, RATE)),
                width=8,
                exemplars=True,
            )
        )
    utilization = f"{metric_name(names.UTILIZATION)}_bucket{{{CHOSEN_MODEL}}}"
    yield lines(
        Question(
            "How full is the model's context?",
            "percentunit",
            "Share of the window that calls fill; models whose window is unknown are left out.",
            [
                Query(
                    f"histogram_quantile({q}, sum by (le) (rate({utilization}{RATE})))",
                    f"{q:.0%} of calls are below",
                )
                for q in (0.5, 0.9, 0.99)
            ],
            width=8,
            limits=((0.7, "orange"), (0.9, "red")),
            highest=1,
        )
    )


def _monitor() -> Iterable[Builder]:
    calls = metric_name(names.PIPELINE_CALLS)
    yield lines(
        Question(
            "What became of the calls that were seen?",
            "cps",
            "Analysed, dropped because the queue was full, or failed by a fault of the monitor.",
            [Query(f"sum by (result) (rate({calls}{{{CHOSEN}}}{RATE}))", "{{result}}")],
            width=8,
        )
    )
    yield lines(
        Question(
            "How many calls wait for analysis?",
            "short",
            "Longest queue of any process. A queue that stays long ends in dropped calls.",
            [
                Query(
                    f"max by ({SERVICE}) ({metric_name(names.PIPELINE_QUEUE)}{{{CHOSEN}}})",
                    "{{service_name}}",
                )
            ],
            width=8,
        )
    )
    store = f"{metric_name(names.STORE_DURATION)}_bucket{{{CHOSEN}}}"
    yield lines(
        Question(
            "How slow is the session store?",
            "s",
            "99th percentile by operation. It delays the analysis, never the application's call.",
            [
                Query(
                    f"histogram_quantile(0.99, sum by (le, operation) (rate({store}{RATE})))",
                    "{{operation}}",
                )
            ],
            width=8,
        )
    )
