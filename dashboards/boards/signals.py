"""Signals: the board that answers "what goes wrong, and where in the conversation?".

Aptitude and unreliability are the 90th percentile of turn health and its distance to the 10th.
Source: Laban et al., "LLMs Get Lost in Multi-Turn Conversation" (2025).
"""

from collections.abc import Iterable

from dashboards.boards.frames import Board, call_choices
from dashboards.boards.panels import Builder, Link, Question, layers, lines, profile
from dashboards.boards.queries import (
    MODEL,
    RANGE,
    VERSION,
    Query,
    by_bucket,
    counted,
    of_calls,
    quantile,
    signals_per_100_turns,
    signals_per_100_turns_of,
    unhealthy_share,
    volume,
)
from dashboards.objectives import Setting
from otel_sessions import names
from otel_sessions.names import Metric

UID = "llm-sessions-signals"
FAMILIES = {
    "Repetition: who says it again?": (
        (
            *("repeated_question", "repeated_answer", "information_rerequested"),
            *("user_reminder", "slow_progress"),
        ),
        "The user asks again or reminds; the assistant repeats itself or asks what it was told.",
    ),
    "Context: what was not shown?": (
        (
            *("context_reset", "context_truncated", "context_compacted"),
            *("context_pressure", "context_overflow", "session_lost"),
        ),
        "The history was lost, cut or summarised, or it comes near to the model's window.",
    ),
    "Consistency: does it oppose itself?": (
        ("contradiction", "commitment_reversed", "fact_mismatch", "premature_commitment"),
        "The assistant opposes itself, takes back a promise, or gets the user's facts wrong.",
    ),
    "Drift: does it wander?": (
        (
            *("topic_drift", "answer_irrelevant", "loose_replies", "instruction_drift"),
            *("response_growth", "error_compounding"),
        ),
        "Replies leave the subject or the instructions, bloat, or go from bad to worse.",
    ),
    "Delivery: what did not arrive?": (
        ("partial_response", "call_failed", "latency_growth"),
        "Replies were cut off, filtered, aborted or refused, or take longer and longer.",
    ),
    "Tools: do they get anywhere?": (
        ("tool_loop", "tool_failed"),
        "The same call with the same result again and again, or results that read like errors.",
    ),
    "People: what do they show?": (
        (
            *("user_correction", "user_frustration", "escalation_requested", "user_abandoned"),
            *("assistant_refusal", "assistant_apology"),
        ),
        "Users correct, complain, want a person or leave; the assistant refuses or apologises.",
    ),
}
"""Signals that are read together, with what they have in common; a test finds any left out."""
MOST = 12
"""Kinds of signals that are ranked; more bars cannot be read."""


def build(setting: Setting) -> Board:
    """Say what is on the board."""
    return Board(
        uid=UID,
        title="LLM sessions: what goes wrong, and where?",
        about="Signals of degradation, and at which turn of the conversation it sets in.",
        rows=(
            ("What goes wrong?", _most()),
            ("Where in the conversation?", _where(setting)),
            ("Which signals fire, for every 100 turns?", _families()),
            ("What is the model shown, and how long do people wait?", _context()),
        ),
        variables=call_choices(),
        links=(Link("Runbooks", setting.runbooks),),
    )


def _most() -> Iterable[Builder]:
    ranked = signals_per_100_turns(of_calls(), over=RANGE)
    yield profile(
        Question(
            "Which signals fire most, for every 100 turns?",
            "short",
            "Warnings and critical signals of the time range; a turn can have several.",
            [Query(f"sort_desc(topk({MOST}, {ranked}))", "{{signal}}")],
            width=12,
            base="orange",
            decimals=1,
            empty="No signal in this time range.",
        )
    )
    of_model = signals_per_100_turns_of(MODEL, over=RANGE)
    yield profile(
        Question(
            "Which model has most signals?",
            "short",
            "Signals of all kinds for every 100 turns of the same model, over the time range.",
            [Query(f"sort_desc(topk({MOST}, {of_model}))", f"{{{{{MODEL}}}}}")],
            width=6,
            base="orange",
            decimals=1,
            empty="No signal in this time range.",
        )
    )
    yield lines(
        Question(
            "Which version has most signals?",
            "short",
            "Signals of all kinds for every 100 turns of the same version.",
            [Query(signals_per_100_turns_of(VERSION), f"{{{{{VERSION}}}}}")],
            width=6,
            empty="No signal in this time range.",
        )
    )


def _where(setting: Setting) -> Iterable[Builder]:
    allowed = setting.objectives[0].allowed
    yield profile(
        Question(
            "At which turn are sessions unhealthy?",
            "percentunit",
            "Unhealthy turns among all turns at the same position in their session.",
            by_bucket(lambda where: unhealthy_share(where, over=RANGE)),
            width=8,
            limits=((allowed, "orange"), (6 * allowed, "red")),
            highest=1,
            decimals=1,
        )
    )
    yield profile(
        Question(
            "How good are turns at their best (aptitude)?",
            "percentunit",
            "90th percentile of turn health by position in the session. A fall over the length "
            "means that even the best turns suffer.",
            by_bucket(lambda where: quantile(names.TURN_HEALTH, 0.9, where, over=RANGE)),
            width=8,
            base="red",
            limits=((0.5, "orange"), (0.8, "green")),
            highest=1,
            decimals=0,
        )
    )
    yield profile(
        Question(
            "How much does their health vary (unreliability)?",
            "percentunit",
            "90th minus 10th percentile of turn health by position in the session. A rise over the "
            "length means that the same conversation may go well or badly.",
            by_bucket(
                lambda where: (
                    f"{quantile(names.TURN_HEALTH, 0.9, where, over=RANGE)}"
                    f" - {quantile(names.TURN_HEALTH, 0.1, where, over=RANGE)}"
                )
            ),
            width=8,
            limits=((0.3, "orange"), (0.6, "red")),
            highest=1,
            decimals=0,
        )
    )


def _families() -> Iterable[Builder]:
    for title, (signals, about) in FAMILIES.items():
        chosen = of_calls(**{names.LABEL_SIGNAL: f"~{'|'.join(signals)}"})
        yield lines(
            Question(
                title,
                "short",
                f"{about} For every 100 turns.",
                [Query(signals_per_100_turns(chosen), "{{signal}}")],
                width=6,
                decimals=1,
                empty="None of these signals in this time range.",
            )
        )
    yield lines(
        Question(
            "How far are replies from requests?",
            "none",
            "Distance in meaning between request and reply, 0 is the same and 1 unrelated: a tenth "
            "of turns is above the highest line. Compare with earlier, not with other services.",
            [
                Query(quantile(names.DRIFT, rank, of_calls()), f"{rank:.0%} are below")
                for rank in (0.5, 0.9)
            ],
            width=6,
            highest=1,
            exemplars=True,
            empty="No turn in this time range has texts on both sides.",
        )
    )


def _context() -> Iterable[Builder]:
    yield lines(
        Question(
            "How full is the model's context?",
            "percentunit",
            "Share of the window that calls fill; models whose window is unknown are left out.",
            [
                Query(quantile(names.UTILIZATION, rank, of_calls()), f"{rank:.0%} are below")
                for rank in (0.5, 0.9, 0.99)
            ],
            width=6,
            limits=((0.7, "orange"), (0.9, "red")),
            exemplars=True,
            empty="No call in this time range says its tokens for a model whose window is known.",
        )
    )
    shown = volume(names.CONTEXT_TOKENS, of_calls(), by=names.LABEL_ROLE)
    calls = f"max({counted(names.CONTEXT_TOKENS, of_calls(), by=names.LABEL_ROLE)})"
    yield layers(
        Question(
            "What fills the context, by role?",
            "short",
            "Tokens that a call shows the model on average, estimated, by the role of the message. "
            "The number of calls is that of the role that most calls have.",
            [Query(f"{shown} / scalar({calls})", "{{role}}")],
            width=6,
        )
    )
    for title, metric, about, empty in (
        (
            "How long does a turn take?",
            names.TURN_DURATION,
            "95th percentile of the time in calls by position in the session, tools not included.",
            "No turn in this time range.",
        ),
        (
            "How long until the first words?",
            names.TURN_TIME_TO_FIRST_CHUNK,
            "95th percentile of the time to the first chunk by position; streamed turns only.",
            "No turn in this time range was streamed.",
        ),
    ):
        yield _latency(title, metric, about, empty)


def _latency(title: str, metric: Metric, about: str, empty: str) -> Builder:
    return lines(
        Question(
            title,
            "s",
            f"{about} Lines that spread mean that latency grows with the length of sessions.",
            by_bucket(lambda where: quantile(metric, 0.95, where)),
            width=6,
            exemplars=True,
            empty=empty,
        )
    )
