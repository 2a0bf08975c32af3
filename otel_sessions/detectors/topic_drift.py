"""Topic drift: the exchange has left what the session is about, and the user did not lead it away.

An exchange is tied to its session in four ways: the reply is near something said before, it is near
its request, the request is near the reply that it follows, and the words of both were used before.
One of them may well be missing: whoever asks for something new follows nothing. Where all are weak,
the session goes on as if it were another one: answers mixed up with those of somebody else, a
context that was swapped, a model that follows a thread of its own. Short texts cannot be far from
anything, so a tie counts as known only as far as its texts have words.

What only looks like it: a thank-you at the end (too short), a user who asks for something new and
gets it, or announces it (weighs less), a reply that tells what tools found, code, tables and pasted
logs (no ties expected), the session's second turn (little to be tied to).
Range: [0.35, 1]. Languages: any; questions and announcements are known in English only, and vectors
are weaker in other languages.
Cost: about 60 µs for 20 turns, 150 µs for 64 with long messages.
Source: measured on the dev sessions p_drift, 724 turns: AUROC .95, average precision .75, F1 .64 at
0.5; it warns in 0.7 % of the turns of passed sessions of tau1, 0.3 % of tau2_retail, 0.2 % of
agentclinic, and in 0.8 % of the turns of tiage, where people change the topic of a chat. With an
embedding fitted on one half of the sessions and measured on the other: .92, .64, F1 .55.
"""

from collections.abc import Sequence

from otel_sessions.comparisons import known_words, similarities
from otel_sessions.records import WORD_BYTES, Act, Form
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_UNTIED = Form.CODE | Form.TABLE | Form.PASTED
"""What is written so is not put in the words of the conversation."""
_ASIDE, _TO_THE_POINT = 0.3, 0.6
"""Cosines at which a reply hardly follows its request, and follows it."""


def topic_drift(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.35,
    request_words: int = 10,
    reply_words: int = 20,
    if_unknown: float = 0.5,
    lowest: float = 0.2,
    highest: float = 0.5,
    if_led: float = 0.85,
    if_announced: float = 0.7,
    if_tools: float = 0.6,
    if_second: float = 0.6,
) -> Signal | None:
    """Measure how the newest exchange is tied to its session.

    Severity is 0 where the mean of the four ties is `highest` and 1 where it is `lowest`, times the
    factors that apply.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        request_words: content words from which a request can be told to be unrelated.
        reply_words: the same for a reply.
        if_unknown: what a tie counts, as far as a text is too short to tell.
        lowest: mean tie of unrelated texts.
        highest: mean tie from which an exchange belongs to its session.
        if_led: factor that is approached the nearer the reply is to a request that asks: whoever
            asks may change the topic.
        if_announced: factor if the request says that something else follows ("by the way").
        if_tools: factor if tools were used: what they find is new to the session.
        if_second: factor in the second turn; it nears 1 as the session goes on.

    """
    newest = turns[-1]
    request, reply = newest.request, newest.reply
    earlier = [text for t in turns[:-1] for text in (t.request, t.reply) if text is not None]
    if request is None or reply is None or not earlier or not reply.vector:
        return None
    known, said = known_words((request, reply), earlier)
    asked = _share(request, request_words)
    told = _share(reply, reply_words)
    both = min(1.0, said / (request_words + reply_words))
    before = turns[-2].reply
    follows = similarities(request, [before])[0] if before is not None else if_unknown
    answers, *nears = similarities(reply, [request, *earlier])
    ties = (
        (max(nears), told),
        (answers, min(asked, told)),
        (follows, asked),
        ((known + 0.5) / (said + 1), both),
    )
    tie = sum(share * max(0.0, near) + (1 - share) * if_unknown for near, share in ties) / 4
    severity = 1 - _between(lowest, tie, highest)
    if request.does(Act.QUESTION):
        severity *= 1 - (1 - if_led) * _between(_ASIDE, answers, _TO_THE_POINT)
    severity *= if_announced if request.does(Act.TURNING) else 1.0
    severity *= if_tools if newest.tools else 1.0
    severity *= 1 - (1 - if_second) / (len(turns) - 1) ** 2
    if severity < min_severity or severity == 0:
        return None
    explanation = f"the exchange is tied to the session by {tie:.2f}, {highest:.2f} is usual"
    return Signal("topic_drift", severity, explanation)


def _share(text: TextFeatures, enough: int) -> float:
    """How far a text has the words to be told related or not: [0, 1]."""
    return 0.0 if text.is_in(_UNTIED) else min(1.0, len(text.words) / WORD_BYTES / enough)


def _between(low: float, value: float, high: float) -> float:
    """How far a value is on the way from `low` to `high`: [0, 1]."""
    return min(1.0, max(0.0, (value - low) / (high - low)))
