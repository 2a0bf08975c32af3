"""Commitment reversed: the assistant refuses or denies what it agreed to, offered or promised.

A reply that refuses something, or says that it was never said, is held against what the session's
earlier replies committed to. It counts as far as both are about the same thing: what is refused was
promised in that word, or was asked for when the promise was made. Less: an offer on a condition, a
yes without more, a refusal that gives a new reason, and news since: the user told something or
wants something else, or a tool was asked. Not at all: the user took the wish back.

Range: [0.4, 1]. Languages: English. Cost: 1 µs; if something is refused, about 5 µs and 15 µs for
each of up to eight commitments that it may be about.
Source of the numbers: reasoned, and checked on dialogues of our own. Of 108 that were written in
other words and not looked at before they were measured, 72 were found at first sight, and 49 of
their 58 healthy twins were silent; of the last 20 of each, measured after all changes, 13 and 18.
Who asks for more than was promised is refused in the same words, which makes most false alarms.
The lists grew by the others, and what is found is in `tests/complaints`.
In passed dev sessions of tau1, tau2_retail and agentclinic, in which hardly anything is reversed,
it warns in 0.7, 0.3 and 0.0 % of the turns.
Known to be missed: a denial that only restricts ("only for members"), and a promise in quite other
words ("bring a new one" for "exchange").
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from otel_sessions.grants import (
    COMMITTING,
    DENYING,
    RECENT,
    grants_in,
    has_claim,
    heads_of,
)
from otel_sessions.records import Act, Claim, ClaimKind, StanceFlag
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_MISSING = (ClaimKind.NEGATED, ClaimKind.NOT_YET)
_BY_PLACE = (1.0, 0.85, 0.7, 0.6)
"""What a shared word counts by its place among the words of a claim: the first tells most."""
_ESSAY = 200
"""Tokens from which a reply is an essay, which refuses nobody anything."""
_FREEING = 2
"""Words of a claim that something is charged for which only say that it is not free."""
_BARE = 8
"""Tokens up to which a question is for nothing but a value ("and for 3000?")."""
_UPSET = Act.COMPLAINT | Act.EMPHASIS | Act.OBJECTION | Act.ANGER
_NEWS_WORDS = 4
"""New content words that make a message of the user's news."""


def commitment_reversed(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    if_refused: float = 0.9,
    if_conditional: float = 0.5,
    if_only_asked: float = 0.85,
    if_unnamed: float = 0.65,
    if_amount: float = 0.65,
    if_explained: float = 0.7,
    if_news: float = 0.5,
    if_missed: float = 0.75,
    if_other: float = 0.4,
    if_tool_asked: float = 0.5,
    if_essay: float = 0.5,
    if_also_granted: float = 0.6,
    if_refused_before: float = 0.7,
) -> Signal | None:
    """Hold what the newest reply refuses against what earlier replies committed to.

    Severity is how much a refusal and a commitment are about the same, [0, 1], times the factors
    that apply; of all pairs, the highest. A denial that anything was agreed is not softened.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        if_refused: factor if it is refused; 1 if it is said never to have been agreed.
        if_conditional: factor if the commitment was on a condition.
        if_only_asked: factor if not the promise, but the wish it granted names what is refused.
        if_unnamed: factor if a recent promise is all that a refusal can be about.
        if_amount: factor if only an amount that was promised is named again.
        if_explained: factor if the refusal gives a reason that is new.
        if_news: factor if the user has just told something new, or wants something else.
        if_missed: factor if what the user tells is that something has not happened.
        if_other: factor if what is refused is what the user has just named for the first time.
        if_tool_asked: factor if a tool was asked in the newest turn: the news may be its result.
        if_essay: factor if the newest reply is an essay.
        if_also_granted: factor if the newest reply commits to it in another way.
        if_refused_before: factor if a reply in between refused it already.

    """
    newest = turns[-1]
    reply, request = newest.reply, newest.request
    if reply is None or len(turns) == 1 or not has_claim(reply, DENYING):
        return None
    denials = reply.claims_of(*DENYING)
    asked = heads_of(request)
    grants = grants_in(turns, denials, asked)
    if not grants:
        return None
    context = if_refused
    context *= if_explained if reply.stance.flags & StanceFlag.EXPLAINS else 1.0
    context *= if_tool_asked if newest.tools else 1.0
    context *= if_essay if reply.tokens > _ESSAY else 1.0
    named, given = _new_in_request(turns)
    context *= if_other if _asks_for_other(reply, request, given) else 1.0
    told = if_news if _told(request, named, given) else 1.0
    if told < 1 and request is not None and has_claim(request, _MISSING):
        told = if_missed
    more = named and request is not None and request.stance.flags & StanceFlag.OTHER
    still = reply.claimed(*COMMITTING)
    yes = reply.stance.flags & StanceFlag.YES
    best, apart = 0.0, 0
    for denial in denials:
        softer = if_also_granted if yes or not still.isdisjoint(denial.words) else 1.0
        for grant in grants:
            apart_by_words = denial.words and grant.subject.isdisjoint(denial.words)
            if apart_by_words and not grant.amount:
                continue
            same = max(
                _same(denial, grant.firm),
                _charged(denial, grant.subject, asked),
                if_conditional * _same(denial, grant.conditional),
                if_only_asked * _same(denial, grant.wish) * (1 if grant.surely else if_conditional),
                0.0 if denial.words else if_only_asked * grant.share(asked, if_conditional),
                if_unnamed if grant.ago <= RECENT and _unnamed(denial, asked) else 0.0,
                if_amount if grant.amount else 0.0,
            )
            severity = same * softer
            if denial.kind != ClaimKind.DISAVOWED:
                about_it = not asked.isdisjoint(grant.firm) and not more
                about_it = about_it or (grant.amount and told == if_missed)
                severity *= 1.0 if about_it else told
                severity *= context * (1.0 if named.isdisjoint(_subject(denial)) else if_other)
                severity *= if_refused_before if _same(denial, grant.refused_since) else 1
            if severity > best:
                best, apart = severity, grant.ago
    if not best or best < min_severity:
        return None
    return Signal("commitment_reversed", best, f"refused {apart} turns after it was agreed")


def _same(claim: Claim, words: AbstractSet[bytes]) -> float:
    """Tell how much a claim is about one of these words: 0, or 0.6 to 1."""
    if claim.kind == ClaimKind.CHARGED:
        return _charged(claim, words, set())
    for weight, word in zip(_BY_PLACE, claim.words, strict=False):
        if word in words:
            return weight
    return 0.0


def _charged(claim: Claim, words: AbstractSet[bytes], asked: AbstractSet[bytes]) -> float:
    """Tell whether a claim charges for what is free by these words: 0 or 1.

    Who asks whether it is free need not say again what.
    """
    free, subject = claim.words[:_FREEING], _subject(claim)
    if claim.kind != ClaimKind.CHARGED or words.isdisjoint(free):
        return 0.0
    return float(not (words.isdisjoint(subject) and asked.isdisjoint(free)))


def _subject(claim: Claim) -> tuple[bytes, ...]:
    """Give the words of a claim without those that only say that it is charged for."""
    return claim.words[_FREEING:] if claim.kind == ClaimKind.CHARGED else claim.words


def _unnamed(denial: Claim, asked: set[bytes]) -> bool:
    """Tell whether neither the refusal nor the request says what it is about."""
    return not denial.words and (denial.kind == ClaimKind.DISAVOWED or len(asked) <= 1)


def _new_in_request(turns: Sequence[Turn]) -> tuple[set[bytes], set[bytes]]:
    """Give the words and the values of the newest request that nobody had said."""
    request = turns[-1].request
    if request is None:
        return set(), set()
    before = [text for t in turns[:-1] for text in (t.request, t.reply) if text is not None]
    said = b"".join([text.words for text in before])
    words = {word[:3] for word in request.word_set if word not in said}
    if request.stance.flags & StanceFlag.CITES:
        words = set()  # who makes sure of a promise wants nothing else
    values = request.value_set
    if values:
        told = b"".join([text.packed_values for text in before])
        values = {value for value in values if value not in told}
    return words, values


def _asks_for_other(reply: TextFeatures, request: TextFeatures | None, given: set[bytes]) -> bool:
    """Tell whether the user asks for another value: the reply says it, or nothing else is asked."""
    if request is None or not given or request.does(_UPSET):
        return False
    if request.stance.flags & StanceFlag.CITES:
        return False  # "so it is free until Friday?" makes sure
    bare = request.word_count <= 1 and request.tokens <= _BARE and request.does(Act.QUESTION)
    return bare or not given.isdisjoint(reply.value_set)


def _told(request: TextFeatures | None, words: set[bytes], values: set[bytes]) -> bool:
    """Tell whether a request tells what is new, or wants something else."""
    if request is None or request.stance.flags & StanceFlag.CITES:
        return False
    if request.stance.flags & StanceFlag.OTHER:
        return True
    if request.does(Act.QUESTION):
        return False
    if values:
        corrects = request.does(Act.CORRECTION) or request.stance.flags & StanceFlag.NO
        return bool(words or corrects)
    return len(words) >= _NEWS_WORDS
