"""User frustration: the user shows anger or says that the help is bad.

A complaint about the conversation ("this is useless", "you are not listening") is a warning, with
an insult or a curse it may be critical; capitals and "??!" alone only inform, and not if the user
writes like that anyway. In a session's first message people are angry about what brought them here.

Range: [0.3, 1]. Languages: English; silent in others. Cost: about 8 µs for 20 turns.
Source: set by hand. It warns in 0.9 % of the turns of passed dev sessions of tau1, 0.4 % of
tau2_retail and 0.3 % of agentclinic (all of them angry: some simulated users are told to be), in
0.1 % of the turns of tiage, chats of people. Anger alone tells no failed session: AUROC .48 in tau1
and tau2_retail.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn

_SIGNS = Act.COMPLAINT | Act.ANGER | Act.EMPHASIS | Act.GIVING_UP
_TROUBLE = Act.COMPLAINT | Act.ANGER | Act.OBJECTION | Act.REMINDER


def user_frustration(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.3,
    complaint: float = 0.55,
    anger: float = 0.5,
    emphasis: float = 0.3,
    giving_up: float = 0.3,
    left_each_time: float = 0.8,
    recent_turns: int = 4,
    if_thanking: float = 0.6,
) -> Signal | None:
    """Add up the signs of anger in the newest request.

    Severity is what the signs leave of 1, taken together (noisy-or), and more after trouble.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        complaint: severity of a complaint alone.
        anger: severity of an insult or a curse alone.
        emphasis: severity of capitals or "??!" alone.
        giving_up: severity of "forget it" alone.
        left_each_time: share left of what is missing to 1 by each recent turn in which the user
            complained, objected or reminded.
        recent_turns: turns in which earlier trouble counts.
        if_thanking: factor if the user thanks in the same message.

    """
    request = turns[-1].request
    if request is None or not request.does(_SIGNS):
        return None
    earlier = [turn.request for turn in turns[:-1] if turn.request is not None]
    if not earlier:
        return None
    missing = 1.0
    if request.does(Act.COMPLAINT):
        missing *= 1 - complaint
    if request.does(Act.ANGER):
        missing *= 1 - anger
    if request.does(Act.GIVING_UP):
        missing *= 1 - giving_up
    # Who writes in capitals more often than not shows nothing by it.
    shouted = sum(text.does(Act.EMPHASIS) for text in earlier)
    if request.does(Act.EMPHASIS) and 2 * shouted <= len(earlier):
        missing *= 1 - emphasis
    troubled = sum(text.does(_TROUBLE) for text in earlier[-recent_turns:])
    severity = 1 - missing * left_each_time**troubled if missing < 1 else 0.0
    severity *= if_thanking if request.does(Act.THANKS) else 1.0
    if severity < min_severity:
        return None
    recent = min(recent_turns, len(earlier))
    return Signal("user_frustration", severity, f"after trouble in {troubled} of {recent} turns")
