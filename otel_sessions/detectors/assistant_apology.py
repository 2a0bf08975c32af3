"""Assistant apology: the assistant apologises, or admits a mistake, again and again.

One apology is manners and only counted; three in four turns mean that something keeps going wrong.
An admission ("I apologize for the confusion") weighs more than a plain "I'm sorry"; sympathy ("I'm
sorry to hear that") is neither.

Range: [0.2, 1]. Languages: English; silent in others. Cost: about 3 µs.
Source: set by hand. Apologies stand in 0.8 % of the replies of passed dev sessions of tau1 and
tau2_retail, admissions in 0.1 %; none of these sessions has a warning.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn

_SORRY = Act.APOLOGY | Act.ADMISSION


def assistant_apology(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.2,
    apology: float = 0.21,
    admission: float = 0.35,
    recent_turns: int = 4,
) -> Signal | None:
    """Count the apologies of the recent replies, if the newest has one.

    Severity is what they leave of 1, taken together: two admissions or three apologies warn.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        apology: severity of one apology.
        admission: severity of one admission.
        recent_turns: turns that are looked at, the newest included.

    """
    newest = turns[-1].reply
    if newest is None or not newest.does(_SORRY):
        return None
    missing, times = 1.0, 0
    for turn in turns[-recent_turns:]:
        if turn.reply is not None and turn.reply.does(_SORRY):
            missing *= 1 - (admission if turn.reply.does(Act.ADMISSION) else apology)
            times += 1
    if 1 - missing < min_severity:
        return None
    recent = min(recent_turns, len(turns))
    return Signal("assistant_apology", 1 - missing, f"{times} apologies in {recent} turns")
