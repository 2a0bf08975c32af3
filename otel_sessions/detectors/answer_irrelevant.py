"""Answer irrelevant: the reply is about something else than its request and the session.

A reply is near its request, or at least near something that was said before; one that is near
neither answers somebody else. How near replies usually are depends on the application (a form that
asks one thing after the other is far from what users type), so the session's own replies say what
is usual.
Range: [0.35, 1]. Languages: any; vectors are weaker in other languages than English.
What only looks like it: a short reply or request, a reply that tells what tools found, code and
tables, an assistant that asks for the next detail or, before it does anything, who the user is.
Cost: about 30 µs for 20 turns, 80 µs where the reply is far.
Source: measured on the dev sessions p_drift, 18 replies swapped with those of other sessions among
678 turns: AUROC .90, average precision .60, F1 .48 at 0.5 (precision .86); it warns in 0.1 % of the
turns of passed sessions of tau1 and tau2_retail, 0.3 % of agentclinic. On dbdc3, where
people marked replies that break a chat, distance says little: AUROC .56.
"""

from collections.abc import Sequence
from statistics import median

from otel_sessions.comparisons import pair_similarities, similarities
from otel_sessions.records import WORD_BYTES, AskFlag, Form, ValueKind
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_IDENTIFYING = frozenset((ValueKind.EMAIL, ValueKind.PHONE, ValueKind.CODE, ValueKind.NAME))
_UNTIED = Form.CODE | Form.TABLE | Form.PASTED
"""What is written so is not put in the words of the conversation."""


def answer_irrelevant(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.35,
    request_words: int = 4,
    reply_words: int = 10,
    highest: float = 0.35,
    drop: float = 0.3,
    if_usual: float = 0.3,
    if_tools: float = 0.6,
    if_identifying: float = 0.4,
) -> Signal | None:
    """Compare the newest reply with its request and with all that was said before.

    Severity is 0 where the mean of the two cosines is `highest`, 1 where it is 0, times the factors
    that apply.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        request_words: content words from which a request can be missed in full.
        reply_words: the same for a reply.
        highest: mean of the cosines from which a reply is relevant.
        drop: how much farther than usual a reply is from its request for the full severity.
        if_usual: factor if the session's replies are usually as far from their requests.
        if_tools: factor if tools were used: what they find is new to the session.
        if_identifying: factor if the reply asks who the user is; services do, whatever was asked.

    """
    newest = turns[-1]
    request, reply = newest.request, newest.reply
    earlier = [text for t in turns[:-1] for text in (t.request, t.reply) if text is not None]
    if request is None or reply is None or not earlier or not (request.vector and reply.vector):
        return None
    if request.is_in(_UNTIED) or reply.is_in(_UNTIED):
        return None
    severity = min(1.0, len(request.words) / WORD_BYTES / request_words)
    severity *= min(1.0, len(reply.words) / WORD_BYTES / reply_words)
    severity *= if_tools if newest.tools else 1.0
    if severity < min_severity:
        return None
    answers, *nears = similarities(reply, [request, *earlier])
    tie = (answers + max(nears)) / 2
    severity *= min(1.0, max(0.0, 1 - tie / highest))
    if severity < min_severity or severity == 0:
        return None
    pairs = [(a, b) for t in turns[:-1] if (a := t.request) and (b := t.reply)]
    usual = median(pair_similarities(pairs) or [0.0])
    far = min(1.0, max(0.0, (usual - answers) / drop))
    severity *= if_usual + (1 - if_usual) * far
    if severity >= min_severity and _identifies(reply):
        severity *= if_identifying
    if severity < min_severity:
        return None
    explanation = f"reply {answers:.2f} near its request, {usual:.2f} is usual"
    return Signal("answer_irrelevant", severity, explanation)


def _identifies(reply: TextFeatures) -> bool:
    """Tell whether it asks for what an account is found by."""
    return any(ask.kind in _IDENTIFYING and not ask.flags & AskFlag.CLOSED for ask in reply.asked)
