"""Response growth: replies get longer and longer while requests do not.

A model that lost the thread says more instead of asking: it repeats what was said, answers what it
assumes and corrects itself, and each long reply fills the context from which the next is made. The
medians of the session's first and newest replies are compared, so that one long answer says
nothing; requests that grow as well take their growth away.
What only looks like it: short replies that get less short (below 120 tokens nothing is bloated),
code, JSON and tables (as long as what was asked for), a session of a few turns.
Range: [0.35, 1]. Languages: any. Cost: about 10 µs for 20 turns, 30 µs for 64.
Source: bloated answers go with lost conversations in Laban et al., "LLMs Get Lost in Multi-Turn
Conversation" (2025). Numbers by false alarms on the dev sessions: it warns in 0.2 % of the
turns of passed sessions of tau1 and tau2_retail, where replies grow because there is more to say as
an order comes together, and in none of agentclinic, dbdc3 and tiage.
"""

from collections.abc import Sequence
from math import log2
from statistics import median

from otel_sessions.records import Form
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn

_AS_LONG_AS_ASKED = Form.CODE | Form.JSON | Form.TABLE
_LEAST = 20
"""Tokens: a shorter start ("Sure!") counts as this long."""


def response_growth(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.35,
    compared: int = 3,
    min_turns: int = 6,
    min_tokens: int = 120,
    growth: float = 2.0,
    full_growth: float = 8.0,
) -> Signal | None:
    """Compare the session's first and newest replies.

    Severity is 0 at a `growth`-fold median and 1 at a `full_growth`-fold one, on a logarithmic
    scale: 0.5 at the geometric mean of the two.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        compared: replies at the start and at the end whose median counts.
        min_turns: turns with a reply in words that a session must have.
        min_tokens: median of the newest replies below which nothing is bloated.
        growth: how many times longer, in proportion to the requests, replies may get.
        full_growth: how many times is the worst.

    """
    told = [
        (request.tokens, reply.tokens)
        for turn in turns
        if (request := turn.request) and (reply := turn.reply) and turn.complete
        if not reply.is_in(_AS_LONG_AS_ASKED)
    ]
    newest = turns[-1]
    if len(told) < max(min_turns, 2 * compared) or not newest.complete or not newest.reply:
        return None
    if newest.reply.is_in(_AS_LONG_AS_ASKED):
        return None
    first, last = told[:compared], told[-compared:]
    now = median(reply for _, reply in last)
    if now < min_tokens:
        return None
    times = now / max(_LEAST, median(reply for _, reply in first))
    asked_first = max(1, median(request for request, _ in first))
    asked_now = max(1, median(request for request, _ in last))
    times /= max(1.0, asked_now / asked_first)
    severity = min(1.0, max(0.0, log2(times / growth) / log2(full_growth / growth)))
    if severity < min_severity or severity == 0:
        return None
    return Signal("response_growth", severity, f"replies {times:.1f} times as long as at the start")
