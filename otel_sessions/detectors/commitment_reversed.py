"""Commitment reversed: the assistant refuses or denies what it agreed to, offered or promised.

A reply that refuses something, or says that it was never said, is held against what the session's
earlier replies committed to. It counts as far as both are about the same thing: what is refused was
promised in that word, or was asked for when it was promised. Less: an offer on a condition, a yes
without more, a refusal that gives a new reason, and news since: the user told something, or a tool
was asked. Not at all: the user took the wish back.

Range: [0.4, 1]. Languages: English. Cost: 2 µs, and 3 µs a turn if something is refused.
Source of the numbers: reasoned, and checked on dialogues of our own (`tests/complaints`) and on the
passed sessions of tau1, tau2_retail and agentclinic, in which hardly anything is reversed.
"""

from collections.abc import Collection, Iterator, Sequence

from otel_sessions.signals import Signal
from otel_sessions.texts import WORD_BYTES, Act, Claim, ClaimKind, StanceFlag, TextFeatures
from otel_sessions.turns import Turn

_DENYING = (ClaimKind.REFUSED, ClaimKind.DISAVOWED)
_COMMITTING = (ClaimKind.COMMITTED, ClaimKind.COMMITTED_IF)
_BY_PLACE = (1.0, 0.85, 0.7, 0.6)
"""What a shared word counts by its place among the words of a claim: the first tells most."""
_NEWS_WORDS = 4
"""New content words that make a statement of the user's news."""


def commitment_reversed(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    if_refused: float = 0.9,
    if_conditional: float = 0.5,
    if_only_yes: float = 0.85,
    by_request: float = 0.85,
    if_explained: float = 0.7,
    if_news: float = 0.6,
    if_tool_asked: float = 0.8,
    if_also_granted: float = 0.6,
    if_refused_before: float = 0.7,
) -> Signal | None:
    """Hold what the newest reply refuses against what earlier replies committed to.

    Severity is how much a refusal and a commitment are about the same, [0, 1], times the factors
    that apply; of all pairs, the highest.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        if_refused: factor if it is refused; 1 if it is said never to have been agreed.
        if_conditional: factor if the commitment was on a condition.
        if_only_yes: factor if it was a yes to what the user asked for.
        by_request: factor if only what the user asked for ties both together.
        if_explained: factor if the refusal gives a reason that is new.
        if_news: factor if the user has just told something new.
        if_tool_asked: factor if a tool was asked in the newest turn.
        if_also_granted: factor if the newest reply commits to it in another way.
        if_refused_before: factor if a reply in between refused it already.

    """
    newest = turns[-1]
    reply, request = newest.reply, newest.request
    if reply is None or len(turns) == 1 or not _has(reply, _DENYING):
        return None
    said = reply.stated
    granted = {word for claim in said if claim.kind in _COMMITTING for word in claim.words}
    flags = _flags(request)
    context = if_explained if reply.stance.flags & StanceFlag.EXPLAINS else 1.0
    context *= if_tool_asked if newest.tools else 1.0
    context *= if_news if not flags & StanceFlag.CITES and _brings_news(turns) else 1.0
    asked = _heads(request)
    denials = [
        (
            claim,
            (1.0 if claim.kind == ClaimKind.DISAVOWED else context * if_refused)
            * (if_also_granted if not granted.isdisjoint(claim.words) else 1.0),
        )
        for claim in said
        if claim.kind in _DENYING
    ]
    best, apart = 0.0, 0
    refused: set[bytes] = set()
    for ago, turn in enumerate(reversed(turns[:-1]), 1):
        if flags & StanceFlag.RETRACTS:
            break
        flags = _flags(turn.request)
        if turn.reply is None:
            continue
        wanted = _heads(turn.request)
        for promise in _commitments(turn.reply, turn.request):
            kept = if_conditional if promise.kind == ClaimKind.COMMITTED_IF else 1.0
            for denial, weight in denials:
                same = _same(denial, promise.words)
                if promise.words:
                    tied = max(_same(denial, wanted), _same(promise, asked))
                    same = max(same, by_request * tied)
                else:
                    same = if_only_yes * _same(denial, wanted)
                again = denial.kind == ClaimKind.REFUSED and not refused.isdisjoint(denial.words)
                severity = same * kept * weight * (if_refused_before if again else 1.0)
                if severity > best:
                    best, apart = severity, ago
        refused.update(_refused(turn.reply))
    if not best or best < min_severity:
        return None
    return Signal("commitment_reversed", best, f"refused {apart} turns after it was agreed")


def _has(text: TextFeatures, kinds: Collection[ClaimKind]) -> bool:
    return any(claim_kind in kinds for claim_kind in text.claim_kinds)


def _flags(text: TextFeatures | None) -> StanceFlag:
    return text.stance.flags if text is not None else StanceFlag.NONE


def _heads(text: TextFeatures | None) -> set[bytes]:
    """Give the content words of a text, as claims write them."""
    words = text.words if text is not None else b""
    return {words[i : i + 3] for i in range(0, len(words), WORD_BYTES)}


def _commitments(reply: TextFeatures, request: TextFeatures | None) -> Iterator[Claim]:
    """Give what a reply commits to; without words if it only says yes to what is asked for."""
    if _has(reply, _COMMITTING):
        yield from (claim for claim in reply.stated if claim.kind in _COMMITTING)
    elif (
        request is not None
        and request.acts & Act.QUESTION
        and reply.stance.flags & StanceFlag.YES
        and not _has(reply, _DENYING)
    ):
        yield Claim(ClaimKind.COMMITTED, ())


def _same(claim: Claim, words: Collection[bytes]) -> float:
    """Tell how much a claim is about one of these words: 0, or 0.6 to 1."""
    return max(
        (weight for weight, word in zip(_BY_PLACE, claim.words, strict=False) if word in words),
        default=0.0,
    )


def _refused(reply: TextFeatures) -> Iterator[bytes]:
    if _has(reply, (ClaimKind.REFUSED,)):
        for claim in reply.stated:
            if claim.kind == ClaimKind.REFUSED:
                yield from claim.words[:1]


def _brings_news(turns: Sequence[Turn]) -> bool:
    """Tell whether the user has just told what nobody had said."""
    request = turns[-1].request
    if request is None:
        return False
    before = [text for t in turns[:-1] for text in (t.request, t.reply) if text is not None]
    values = request.value_set
    if values and not values <= set().union(*(text.value_set for text in before)):
        return True
    if request.acts & Act.QUESTION:
        return False
    words = request.word_set
    return len(words.difference(*(text.word_set for text in before))) >= _NEWS_WORDS
