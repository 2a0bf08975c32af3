"""Assistant refusal: the assistant says no, or that it cannot, again and again.

One refusal is often right and only counted; in a streak the user gets nowhere, whoever is right. A
refusal that asks or offers something else, or stands somewhere in a long reply, is half of one.

Range: [0.3, 1]. Languages: English; silent in others. Cost: about 3 µs.
Source: set by hand. It warns in no turn of passed dev sessions of tau1, tau2_retail, agentclinic;
a session's highest severity, from 0 on, tells failed from passed ones with AUROC .58 in tau1, .55
in tau2_retail.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def assistant_refusal(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.3,
    refusal: float = 0.21,
    in_part: float = 0.1,
    whole_tokens: int = 120,
    recent_turns: int = 4,
) -> Signal | None:
    """Count the refusals of the recent replies, if the newest has one.

    Severity is what they leave of 1, taken together: three of four make a warning.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        refusal: severity of one refusal.
        in_part: severity of one that also asks or offers something, or stands in a long reply.
        whole_tokens: a reply of at most so many tokens is nothing but a refusal.
        recent_turns: turns that are looked at, the newest included.

    """
    newest = turns[-1].reply
    if newest is None or not newest.does(Act.REFUSAL):
        return None
    missing, times = 1.0, 0
    for turn in turns[-recent_turns:]:
        if turn.reply is not None and turn.reply.does(Act.REFUSAL):
            whole = turn.reply.tokens <= whole_tokens and not turn.reply.does(Act.QUESTION)
            missing *= 1 - (refusal if whole else in_part)
            times += 1
    if 1 - missing < min_severity:
        return None
    recent = min(recent_turns, len(turns))
    return Signal("assistant_refusal", 1 - missing, f"{times} refusals in {recent} turns")
