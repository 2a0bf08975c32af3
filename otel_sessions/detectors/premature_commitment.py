"""Premature commitment: an early answer is carried along while the user corrects it.

Models answer before they know what is needed, and then build on that answer rather than start
again. Seen here: one of the first replies was an answer (long, asked nothing) to a short request;
the user has said since that it is wrong or changed what they need; and the newest reply still
consists of the early one's words and values.

Range: [0.4, 1]. Languages: English for objections; values count in any. Cost: about 10 µs.
Source: Laban et al., "LLMs Get Lost in Multi-Turn Conversation" (2025): answers in the first fifth
of a conversation, of which later ones keep parts, go with a third lower scores. The figures are set
by hand on dialogues of our own; nothing in the dev sets fires.
"""

from collections.abc import Sequence

from otel_sessions.comparisons import containment
from otel_sessions.records import Act
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_CHANGES = Act.OBJECTION | Act.CORRECTION


def premature_commitment(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    early_turns: int = 2,
    min_answer_tokens: int = 80,
    min_growth: float = 3.0,
    min_kept: float = 0.5,
    left_each_objection: float = 0.6,
    left_each_change: float = 0.8,
) -> Signal | None:
    """Compare the newest reply with the session's first answers, if the user has corrected since.

    Severity is the share of the early answer that the newest reply keeps, [0, 1], times what the
    corrections leave missing to 1.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        early_turns: turns at the start of the session in which an answer is early.
        min_answer_tokens: a reply this long that asks nothing is an answer.
        min_growth: such an answer is this many times as long as its request, or the request said
            enough.
        min_kept: share of the early answer's words that the newest reply has to keep.
        left_each_objection: share of what is missing to 1 left by each objection since.
        left_each_change: the same for each changed detail.

    """
    newest = turns[-1]
    if newest.reply is None or newest.request is None or not newest.request.does(_CHANGES):
        return None
    answer, since = _early_answer(turns, early_turns, min_answer_tokens, min_growth)
    if answer is None:
        return None
    missing, times = 1.0, 0
    for turn in since:
        if turn.request is not None and turn.request.does(_CHANGES):
            objects = turn.request.does(Act.OBJECTION)
            missing *= left_each_objection if objects else left_each_change
            times += 1
    if 1 - missing < min_severity:
        return None
    kept = containment(answer, newest.reply)
    severity = kept * (1 - missing)
    if kept < min_kept or severity < min_severity:
        return None
    explanation = f"{kept:.0%} of an early answer kept through {times} corrections"
    return Signal("premature_commitment", severity, explanation)


def _early_answer(
    turns: Sequence[Turn], early_turns: int, min_tokens: int, min_growth: float
) -> tuple[TextFeatures | None, Sequence[Turn]]:
    """Return the first early answer and the turns after it."""
    for at, turn in enumerate(turns[:-1]):
        if turn.number > early_turns:
            break
        reply, request = turn.reply, turn.request
        if reply is None or request is None or reply.does(Act.QUESTION):
            continue
        tokens = reply.tokens
        if tokens >= min_tokens and tokens >= min_growth * request.tokens:
            return reply, turns[at + 1 :]
    return None, ()
