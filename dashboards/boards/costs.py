"""Costs: the board that answers "what does it cost us?".

In money and tokens, in the stores that keep conversations, and in the processes that serve them.
"""

from collections.abc import Iterable

from dashboards.boards import stores
from dashboards.boards.frames import Board, call_choices
from dashboards.boards.panels import Builder, Link, Question, layers, lines, overall, profile
from dashboards.boards.queries import (
    AGENT,
    MODEL,
    PROCESS,
    RANGE,
    SERVICE,
    Query,
    counted,
    newest,
    of_calls,
    of_service,
    quantile,
    volume,
)
from dashboards.objectives import Setting
from dashboards.prometheus_names import label_name
from otel_sessions import names

UID = "llm-sessions-cost"
TOKEN_TYPE = label_name(names.TOKEN_TYPE)
NO_PRICE = "No call in this time range used a model whose price is known."
MOST = 8
"""Models that are ranked; more bars cannot be read."""


def build(setting: Setting) -> Board:
    """Say what is on the board."""
    return Board(
        uid=UID,
        title="LLM sessions: what do they cost?",
        about="Money, tokens, stores and processes that LLM sessions take.",
        rows=(
            ("What do we pay?", _totals()),
            ("Who spends it?", _money()),
            ("Where do the tokens go?", _tokens()),
            ("What do the application's session stores hold?", stores.panels()),
            ("What do the processes hold?", _processes()),
        ),
        variables=call_choices(),
        links=(Link("Runbooks", setting.runbooks),),
        span="now-24h",
        refresh="1m",
    )


def _totals() -> Iterable[Builder]:
    paid = counted(names.SESSION_COST, of_calls(), over=RANGE)
    ended = counted(names.ENDED, of_calls(), over=RANGE)
    turns = counted(names.TURN_EVALUATED, of_calls(), over=RANGE)
    tokens = volume(names.TOKEN_USAGE, of_calls(), over=RANGE)
    held = volume(names.SESSION_TURNS, of_calls(), over=RANGE)
    sessions = counted(names.SESSION_TURNS, of_calls(), over=RANGE)
    for title, unit, about, expr, empty in (
        (
            "How much money?",
            "currencyUSD",
            "Calls of the time range at list price, without discounts; unknown models count as 0.",
            paid,
            NO_PRICE,
        ),
        (
            "How much for a session?",
            "currencyUSD",
            "Money for each session that ended within the time range.",
            f"{paid} / {ended}",
            "No session has ended in this time range.",
        ),
        (
            "How much for 100 turns?",
            "currencyUSD",
            "Money for every 100 turns, whatever the length of the sessions.",
            f"100 * {paid} / {turns}",
            NO_PRICE,
        ),
        (
            "How many tokens?",
            "short",
            "Tokens of requests and replies within the time range, as the providers counted them.",
            tokens,
            "No call in this time range says its tokens.",
        ),
        (
            "How many tokens a turn?",
            "short",
            "Tokens of all calls of a turn on average: it grows with the history that is sent.",
            f"{tokens} / {turns}",
            "No call in this time range says its tokens.",
        ),
        (
            "Turns in a session?",
            "short",
            "Turns of the sessions that ended within the time range, on average.",
            f"{held} / {sessions}",
            "No session has ended in this time range.",
        ),
    ):
        yield overall(Question(title, unit, about, [Query(expr, "")], 4, base="blue", empty=empty))


def _money() -> Iterable[Builder]:
    for title, label, legend in (
        ("Which service spends how much an hour?", SERVICE, "service"),
        ("Which model costs how much an hour?", MODEL, "model"),
        ("Which agent spends how much an hour?", AGENT, "agent"),
    ):
        yield layers(
            Question(
                title,
                "currencyUSD",
                f"Money at list price for each hour at the pace of the moment, by {legend}.",
                [
                    Query(
                        f"3600 * {counted(names.SESSION_COST, of_calls(), by=label)}",
                        f"{{{{{label}}}}}",
                    )
                ],
                width=8,
                empty=NO_PRICE,
            )
        )


def _tokens() -> Iterable[Builder]:
    yield layers(
        Question(
            "How many tokens a second?",
            "cps",
            "Tokens of requests (input) and replies (output), as the providers counted them.",
            [Query(volume(names.TOKEN_USAGE, of_calls(), by=TOKEN_TYPE), f"{{{{{TOKEN_TYPE}}}}}")],
            width=8,
            empty="No call in this time range says its tokens.",
        )
    )
    yield profile(
        Question(
            "Which model takes the tokens?",
            "short",
            "Tokens of requests and replies within the time range.",
            [
                Query(
                    f"sort_desc(topk({MOST}, "
                    f"{volume(names.TOKEN_USAGE, of_calls(), by=MODEL, over=RANGE)}))",
                    f"{{{{{MODEL}}}}}",
                )
            ],
            width=8,
            base="blue",
            empty="No call in this time range says its tokens.",
        )
    )
    yield profile(
        Question(
            "Whose messages are sent again and again?",
            "short",
            "Tokens shown to models within the time range, estimated, by the role of the message. "
            "A history that is sent whole is paid for with each call.",
            [
                Query(
                    "sort_desc("
                    + volume(names.CONTEXT_TOKENS, of_calls(), by=names.LABEL_ROLE, over=RANGE)
                    + ")",
                    "{{role}}",
                )
            ],
            width=8,
            base="blue",
        )
    )


def _processes() -> Iterable[Builder]:
    active = newest(names.ACTIVE, of_service(), by=PROCESS)
    size = (
        f"{volume(names.STATE_SIZE, of_service(), over=RANGE)}"
        f" / {counted(names.STATE_SIZE, of_service(), over=RANGE)}"
    )
    process = f"{{{{{PROCESS}}}}}"
    yield lines(
        Question(
            "How many sessions has a process?",
            "short",
            "Active sessions by process. Processes that hold very different numbers share badly.",
            [Query(active, process)],
            width=6,
        )
    )
    yield lines(
        Question(
            "How much memory do they take?",
            "bytes",
            "Active sessions of a process times what the state of a session took on average at its "
            "end. It is the monitor's state, which holds figures and no texts.",
            [Query(f"{active} * scalar({size})", process)],
            width=6,
            empty="No session has ended in this time range, so the size of one is not known.",
        )
    )
    yield lines(
        Question(
            "How big is the state of a session?",
            "bytes",
            "At its end: half of the sessions are below the lower line, 99 % below the upper one.",
            [
                Query(quantile(names.STATE_SIZE, rank, of_calls()), f"{rank:.0%} are below")
                for rank in (0.5, 0.99)
            ],
            width=6,
            limits=((65536, "red"),),
            empty="No session has ended in this time range.",
        )
    )
    yield layers(
        Question(
            "Which process has how many calls?",
            "cps",
            "Calls that the monitor saw for each second, by process.",
            [Query(counted(names.PIPELINE_CALLS, of_service(), by=PROCESS), process)],
            width=6,
        )
    )
