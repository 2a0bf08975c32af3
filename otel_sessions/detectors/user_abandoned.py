"""User abandoned: the user gives up, right after a turn that went badly.

"Forget it" or "never mind, I'll call" is a change of mind after a good turn and a loss after a bad
one: a refusal, an apology, an error, or a user who objects, complains or asked for a person. Who
leaves without a word is seen only when the session ends: if it ends by silence, nobody has said how
it went, and its last turn was unhealthy, the tracker tells `LEFT_SILENTLY` of that turn.

Range: [0.3, 1]. Languages: English; any for who leaves without a word. Cost: about 3 µs.
Source: set by hand. It warns in fewer than 0.1 % of the turns of passed dev sessions of tau1,
tau2_retail and agentclinic.
"""

from collections.abc import Sequence

from otel_sessions.records import Act
from otel_sessions.signals import WARNING, Signal
from otel_sessions.turns import Turn

LEFT_SILENTLY = Signal("user_abandoned", WARNING, "no word after an unhealthy turn")

_TROUBLE = Act.COMPLAINT | Act.ANGER | Act.OBJECTION | Act.REMINDER | Act.ESCALATION
_FAILING = Act.REFUSAL | Act.APOLOGY | Act.ADMISSION


def user_abandoned(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.3,
    giving_up: float = 0.3,
    left_if_troubled: float = 0.5,
    left_if_failing: float = 0.65,
    if_thanking: float = 0.5,
) -> Signal | None:
    """Look for giving up in the newest request, and for why in the turn before.

    Severity starts at `giving_up`; each reason leaves only a share of what is missing to 1.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        giving_up: severity where no reason is seen.
        left_if_troubled: share left if the user complains, objects or asked for a person, now or in
            the turn before.
        left_if_failing: share left if the turn before failed, refused or apologised.
        if_thanking: factor if the user thanks.

    """
    request = turns[-1].request
    if request is None or len(turns) == 1 or not request.does(Act.GIVING_UP):
        return None
    before = turns[-2]
    missing = 1 - giving_up
    if request.does(_TROUBLE) or (before.request is not None and before.request.does(_TROUBLE)):
        missing *= left_if_troubled
    failing = before.outcome != "completed" or (
        before.reply is not None and before.reply.does(_FAILING)
    )
    if failing:
        missing *= left_if_failing
    severity = (1 - missing) * (if_thanking if request.does(Act.THANKS) else 1.0)
    if severity < min_severity:
        return None
    how = "failed, refused or apologised" if failing else "replied"
    return Signal("user_abandoned", severity, f"gave up after the assistant {how}")
