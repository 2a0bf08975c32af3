"""Escalation requested: the user wants a person, or the assistant hands over to one.

Asking for a person means that the assistant was not enough. It is milder in the first message (some
never talk to machines) and where the user takes up an offer; handing over may be just what the
assistant has to do, and only informs.

Range: [0.35, 1]. Languages: English; silent in others. Cost: about 8 µs for 20 turns.
Source: set by hand. In the dev sessions of tau2_retail the assistant hands over in 13 % of the
failed and 4 % of the passed ones, users ask for it in 4 % and 2 % (AUROC .54); it warns in 0.9 % of
the turns of passed sessions of tau1, 0.3 % of tau2_retail, none of agentclinic.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn

_TROUBLE = Act.COMPLAINT | Act.ANGER | Act.OBJECTION | Act.REMINDER


def escalation_requested(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.35,
    asked: float = 0.55,
    handed_over: float = 0.4,
    if_first: float = 0.7,
    if_agreeing: float = 0.7,
    left_if_troubled: float = 0.7,
    left_each_time: float = 0.6,
) -> Signal | None:
    """Look for a call for a person in the newest request, and for a hand-over in its reply.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        asked: severity of a request for a person.
        handed_over: severity of a hand-over.
        if_first: factor if the session begins with the request.
        if_agreeing: factor if the request starts with a yes: it takes up an offer.
        left_if_troubled: share left of what is missing to 1 if the user also complains or objects.
        left_each_time: share left by each earlier request for a person.

    """
    request, reply = turns[-1].request, turns[-1].reply
    severity, explanation = 0.0, ""
    if reply is not None and reply.does(Act.ESCALATION):
        severity, explanation = handed_over, "the assistant handed over"
    if request is not None and request.does(Act.ESCALATION):
        earlier = [turn.request for turn in turns[:-1] if turn.request is not None]
        before = sum(text.does(Act.ESCALATION) for text in earlier)
        missing = (1 - asked) * left_each_time**before
        missing *= left_if_troubled if request.does(_TROUBLE) else 1.0
        wanted = 1 - missing
        wanted *= 1.0 if earlier else if_first
        wanted *= if_agreeing if request.does(Act.AGREEMENT) else 1.0
        times = "once" if before == 0 else f"{before + 1} times"
        severity, explanation = max(severity, wanted), f"the user asked for a person {times}"
    if not explanation or severity < min_severity:
        return None
    return Signal("escalation_requested", severity, explanation)
