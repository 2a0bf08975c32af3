"""Error compounding: turns that went wrong follow each other, and the session does not recover.

One failed call or one correction is usual. What users leave over is the run: the model goes on from
its own mistake, and each turn is answered from a context that has the mistake in it. How much went
wrong in a turn is read from the turn itself, not from other signals, so that every process that
has the turns comes to the same result: calls that failed or were cut off, tools that failed, lost
context, a user who corrects, objects, reminds, complains or asks the same again, a reply that
admits a mistake, refuses or repeats the one before. A cumulative sum over turns (CUSUM) adds what
exceeds an allowance and forgets in turns that go well, so that a run is told from as many mishaps
spread over a long session.
Range: [0.35, 1]; only in a turn in which something went wrong. Languages: any for failures, tools,
context and repetition; English for what users and replies say.
Cost: about 3 µs for a turn that goes well; 75 µs for 20 turns whose texts are all alike.
Source: Page, "Continuous Inspection Schemes", Biometrika 41 (1954). How much each mishap counts is
set by hand, by how often it is seen in healthy sessions (refusals in 13 % of the turns of tau1,
corrections in 8 %, all else in 1 % or less). It warns in 0.1 to 0.2 % of the turns of passed
sessions of tau1, tau2_retail and dbdc3, in none of agentclinic, and in 4 % of the turns of the
failed sessions of complaints_natural. It does not tell the failed sessions of the others (AUROC .49
to .53): most of them fail without a word about it.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from otel_sessions.comparisons import overlap
from otel_sessions.records import Act
from otel_sessions.signals import WARNING, Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import ContextKind, Turn

_SAID_BY_USER = (
    (int(Act.GIVING_UP), 0.8),
    (int(Act.OBJECTION | Act.ANGER | Act.REMINDER), 0.6),
    (int(Act.COMPLAINT | Act.ESCALATION), 0.5),
    (int(Act.PUZZLED), 0.4),
    (int(Act.CORRECTION), 0.3),
)
_SAID_IN_REPLY = ((int(Act.ADMISSION), 0.4), (int(Act.APOLOGY), 0.2), (int(Act.REFUSAL), 0.2))
_FAILED, _FAILED_FIRST, _CUT = 0.8, 0.3, 0.5
"""A turn without an answer; one that got it in a later try; a part of an answer."""
_TOOLS_FAILED = 0.5
"""Where all tools of a turn failed."""
_REPEATED = 0.5
_SAME = 0.8
"""Overlap of words from which two texts are one."""
_MIN_WORDS = 3
"""Shorter texts ("go on", "order 4711") may be said again."""
_MIN_RUN = 2
"""One turn compounds nothing."""
_CUT_OFF = ("length", "content_filter")
_LOST: Mapping[ContextKind, float] = {"reset": 0.8, "truncated": 0.4}


def error_compounding(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.35,
    lookback: int = 8,
    allowance: float = 0.25,
    threshold: float = 0.9,
) -> Signal | None:
    """Sum up what went wrong lately, beyond what is usual.

    Severity is 0.5 where the sum reaches `threshold`, and halves what is missing to 1 each further
    time.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        lookback: turns over which the sum may run.
        allowance: how much may go wrong in each turn, [0, 1]; a turn that goes well takes as much
            off the sum.
        threshold: sum that is a warning; a turn in which all goes wrong adds 0.75.

    """
    recent = turns[-lookback - 1 :]
    total = best = 0.0
    run = 0
    for back in range(1, min(lookback, len(turns)) + 1):
        before = recent[-back - 1] if back < len(recent) else None
        total += _trouble(recent[-back], before) - allowance
        if back == 1 and total <= 0:
            return None
        if total > best:
            best, run = total, back
    severity = 1 - (1 - WARNING) ** (best / threshold)
    if run < _MIN_RUN or severity < min_severity:
        return None
    return Signal("error_compounding", severity, f"trouble adds up to {best:.1f} over {run} turns")


def _trouble(turn: Turn, before: Turn | None) -> float:
    """How much went wrong in a turn, as far as it shows: [0, 1]."""
    return 1 - prod(1 - weight for weight in _mishaps(turn, before))


def _mishaps(turn: Turn, before: Turn | None) -> Iterator[float]:
    if turn.outcome != "completed" or turn.overflow:
        yield _FAILED
    elif turn.failures:
        yield _FAILED_FIRST
    if turn.finish_reason in _CUT_OFF:
        yield _CUT
    if turn.context.kind in _LOST:
        yield _LOST[turn.context.kind]
    if turn.packed_tools:
        failed = [tool.failed for tool in turn.tools]
        yield _TOOLS_FAILED * sum(failed) / len(failed)
    request, reply = turn.request, turn.reply
    if request is not None:
        yield from _said(request, _SAID_BY_USER)
        if before and before.request and _same(request, before.request):
            yield _REPEATED
    if reply is not None:
        yield from _said(reply, _SAID_IN_REPLY)
        if before and before.reply and _same(reply, before.reply):
            yield _REPEATED


def _said(text: TextFeatures, weights: Sequence[tuple[int, float]]) -> list[float]:
    said = int(text.acts)
    return [weight for acts, weight in weights if said & acts] if said else []


def _same(a: TextFeatures, b: TextFeatures) -> bool:
    mine, others = a.word_count, b.word_count
    short, long = (mine, others) if mine < others else (others, mine)
    return short >= max(_MIN_WORDS, _SAME * long) and overlap(a, b) >= _SAME
