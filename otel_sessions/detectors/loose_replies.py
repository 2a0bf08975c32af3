"""Loose replies: over the session, replies have little to do with what was said lately.

A reply that hangs together with the conversation is near some of the last messages. How near
differs a lot from one kind of conversation to the other and from one reply to the next, so only the
mean over a session says something, and only where it is lower than in chats between people. It
informs and never warns: small talk is loose, too. In health it is a signal of the session, not of
the turn.
Range: [0.05, 0.45]. Languages: any; vectors are weaker in other languages than English.
Cost: about 40 µs for 20 turns, 60 µs for 64.
Source: measured on dev sessions on 2026-11-28. The median over sessions is 0.14 in chats between
people (tiage) and 0.34 to 0.45 with agents; on dbdc3, old chatbots, it is 0.14 in sessions that
passed and 0.09 in those that people found broken. With `highest` 0.1 it is in 6 % of the turns of
tiage, in 1 % of p_reask_sgd's, in hardly any of tau1, tau2_retail, agentclinic and citod, and in
14 % of dbdc3's, where its AUROC against failure is .63 (.68 at 0.14, but then it is in 17 % of
tiage's turns); most of that is a difference between bots.
"""

from collections.abc import Sequence

from otel_sessions.comparisons import similarities
from otel_sessions.records import VECTOR_BYTES
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def loose_replies(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.05,
    min_replies: int = 4,
    messages: int = 7,
    highest: float = 0.1,
    most: float = 0.45,
) -> Signal | None:
    """Compare each reply with the messages before it.

    Severity is 0 where the mean over the session is `highest`, `most` where it is 0. A turn whose
    own reply is nearer than `highest` has no signal.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        min_replies: replies that can be compared; with fewer, nothing is said.
        messages: how many messages before a reply count, its request included.
        highest: mean cosine of replies with messages from which they hang together.
        most: severity where they have nothing in common, [0, 1].

    """
    reply = turns[-1].reply
    if len(turns) < min_replies or reply is None or not reply.vector:
        return None
    earlier = [text for t in turns[-messages - 1 : -1] for text in (t.request, t.reply)]
    lately = [text for text in (*earlier, turns[-1].request) if text is not None and text.vector]
    near = similarities(reply, lately[-messages:])
    if not near or sum(near) >= highest * len(near):
        return None
    vectors: list[bytes] = []
    replies: list[int] = []
    for turn in turns:
        if turn.request is not None and (vector := turn.request.vector):
            vectors.append(vector)
        if turn.reply is not None and (vector := turn.reply.vector):
            if vectors:
                replies.append(len(vectors))
            vectors.append(vector)
    if len(replies) < min_replies:
        return None
    mean = _nearness(vectors, replies, messages)
    severity = most * (1 - max(mean, 0.0) / highest)
    if severity < min_severity:
        return None
    return Signal("loose_replies", severity, f"replies {mean:.2f} near what was said before")


def _nearness(vectors: Sequence[bytes], replies: Sequence[int], messages: int) -> float:
    """Mean cosine of replies with up to so many messages before each: [-1, 1]."""
    import numpy as np  # noqa: PLC0415 - 30 ms; only the worker thread pays for it

    table = np.frombuffer(b"".join(vectors), np.int8).reshape(-1, VECTOR_BYTES).astype(np.float32)
    table /= np.sqrt(np.einsum("ij,ij->i", table, table))[:, None] + 1e-9
    sums = np.zeros((len(vectors) + 1, VECTOR_BYTES), np.float32)
    np.cumsum(table, axis=0, out=sums[1:])
    ends = np.array(replies)
    starts = np.maximum(ends - messages, 0)
    before = (sums[ends] - sums[starts]) / (ends - starts)[:, None]
    return float(np.einsum("ij,ij->", table[ends], before)) / len(replies)
