"""Commitment reversed: the assistant refuses or denies what it agreed to, offered or promised.

A reply that refuses something, or says that it was never said, is held against what the session's
earlier replies committed to. It counts as far as both are about the same thing: what is refused was
promised in that word, or was asked for when the promise was made. Less: an offer on a condition, a
yes without more, a refusal that gives a new reason, and news since: the user told something or
wants something else, or a tool was asked. Not at all: the user took the wish back.

Range: [0.4, 1]. Languages: English. Cost: 1 µs; if something is refused, about 5 µs and 15 µs for
each of up to eight commitments that it may be about.
Source of the numbers: reasoned, and checked on dialogues of our own: all ten in `tests/complaints`,
five healthy twins silent; of 59 written later in other words, 30 at first sight, 49 once the lists
had grown by them. In passed sessions of tau1, tau2_retail and agentclinic, in which hardly anything
is reversed, it warns in 0.9, 0.2 and 0.2 % of the turns.
Known to be missed: a denial that does not negate ("the fee stands", "only for members"), and a
promise in quite other words ("compensate" for "voucher").
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from otel_sessions.records import WORD_BYTES, Act, Claim, ClaimKind, StanceFlag
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_DENYING = (ClaimKind.REFUSED, ClaimKind.DISAVOWED, ClaimKind.CHARGED)
_COMMITTING = (ClaimKind.COMMITTED, ClaimKind.COMMITTED_IF)
_MISSING = (ClaimKind.NEGATED, ClaimKind.NOT_YET)
_BY_PLACE = (1.0, 0.85, 0.7, 0.6)
"""What a shared word counts by its place among the words of a claim: the first tells most."""
_RECENT = 2
"""Turns within which a refusal that names nothing is about what was promised."""
_MAX_GRANTS = 8
"""Commitments that may be denied which are looked at; the newest ones."""
_SHORT = 30
"""Tokens up to which a yes is all that a reply says, in its own words."""
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
    if reply is None or len(turns) == 1 or not _has(reply, _DENYING):
        return None
    denials = reply.claims_of(*_DENYING)
    asked = _heads(request)
    grants = _grants(turns, denials, asked)
    if not grants:
        return None
    context = if_refused
    context *= if_explained if reply.stance.flags & StanceFlag.EXPLAINS else 1.0
    context *= if_tool_asked if newest.tools else 1.0
    context *= if_essay if reply.tokens > _ESSAY else 1.0
    named, given = _new_in_request(turns)
    context *= if_other if _asks_for_other(reply, request, given) else 1.0
    told = if_news if _told(request, named, given) else 1.0
    if told < 1 and request is not None and _has(request, _MISSING):
        told = if_missed
    still = reply.claimed(*_COMMITTING)
    yes = reply.stance.flags & StanceFlag.YES
    best, apart = 0.0, 0
    for denial in denials:
        softer = if_also_granted if yes or not still.isdisjoint(denial.words) else 1.0
        for grant in grants:
            if denial.words and grant.subject.isdisjoint(denial.words):
                continue
            same = max(
                _same(denial, grant.firm),
                if_conditional * _same(denial, grant.conditional),
                if_only_asked * _same(denial, grant.wish) * (1 if grant.surely else if_conditional),
                0.0 if denial.words else if_only_asked * grant.share(asked, if_conditional),
                if_unnamed if grant.ago <= _RECENT and _unnamed(denial, asked) else 0.0,
            )
            severity = same * softer
            if denial.kind == ClaimKind.REFUSED:
                severity *= told if asked.isdisjoint(grant.firm) else 1.0
                severity *= context * (1.0 if named.isdisjoint(denial.words) else if_other)
                severity *= if_refused_before if _same(denial, grant.refused_since) else 1
            if severity > best:
                best, apart = severity, grant.ago
    if not best or best < min_severity:
        return None
    return Signal("commitment_reversed", best, f"refused {apart} turns after it was agreed")


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a reply committed to."""

    ago: int
    """Turns since."""
    firm: set[bytes]
    """Words of what it promised."""
    conditional: set[bytes]
    """Words of what it promised on a condition."""
    wish: set[bytes]
    """Words of what it granted, by what the user asked for."""
    surely: bool
    """Something was promised, or a wish granted, without a condition."""
    subject: set[bytes]
    """All these words."""
    refused_since: set[bytes]
    """Words of what replies in between refused."""

    def share(self, asked: set[bytes], if_conditional: float) -> float:
        """Tell whether the user has just asked about it: 0, `if_conditional` or 1."""
        if asked.isdisjoint(self.subject):
            return 0.0
        return 1.0 if self.surely else if_conditional


def _grants(turns: Sequence[Turn], denials: Sequence[Claim], asked: set[bytes]) -> list[_Grant]:
    """Give what may be denied now, newest first, back to where the user took a wish back."""
    topics = {word for denial in denials for word in denial.words}
    unnamed = not all(denial.words for denial in denials)
    if unnamed:
        topics |= asked
    grants: list[_Grant] = []
    refused: set[bytes] = set()
    flags = _flags(turns[-1].request)
    for ago, turn in enumerate(reversed(turns[:-1]), 1):
        if flags & StanceFlag.RETRACTS or len(grants) == _MAX_GRANTS:
            break
        flags = _flags(turn.request)
        if turn.reply is not None:
            if (unnamed and ago <= _RECENT) or _mentions(turn, topics):
                grant = _grant(turn, topics, ago, refused)
                if grant is not None:
                    grants.append(grant)
            if ClaimKind.REFUSED in turn.reply.claim_kinds:
                refused = refused | turn.reply.claimed(ClaimKind.REFUSED)
    return grants


def _mentions(turn: Turn, topics: Collection[bytes]) -> bool:
    if _mentioned(turn.reply, topics) or _mentioned(turn.request, topics):
        return True
    return turn.reply is not None and not turn.reply.claimed(*_COMMITTING).isdisjoint(topics)


def _grant(turn: Turn, topics: set[bytes], ago: int, refused: set[bytes]) -> _Grant | None:
    reply, request = turn.reply, turn.request
    if reply is None:
        return None
    says_yes = bool(reply.stance.flags & StanceFlag.YES)
    asks = request is not None and bool(request.acts & Act.QUESTION)
    if not _has(reply, _COMMITTING) and not (says_yes and asks):
        return None
    firm: set[bytes] = set()
    conditional: set[bytes] = set()
    now_refused: set[bytes] = set()
    for claim in reply.claims_of(*_COMMITTING, *_DENYING):
        if claim.kind in _DENYING:
            now_refused.update(claim.words)
        else:
            (firm if claim.kind == ClaimKind.COMMITTED else conditional).update(claim.words)
    firm -= now_refused
    conditional -= now_refused
    wish = _mentioned(request, topics)
    if not says_yes or now_refused:
        wish &= _mentioned(reply, topics) | firm | conditional
    elif reply.tokens <= _SHORT:
        wish |= _mentioned(reply, topics)
    wish -= now_refused
    surely = bool(firm) or says_yes or not conditional
    return _Grant(ago, firm, conditional, wish, surely, firm | conditional | wish, refused)


def _mentioned(text: TextFeatures | None, topics: Collection[bytes]) -> set[bytes]:
    """Give those of the topics that are among the content words of a text."""
    # Digests of neighbours look like one of them once in a million times.
    words = text.words if text is not None else b""
    return {topic for topic in topics if topic in words}


def _has(text: TextFeatures, kinds: Collection[ClaimKind]) -> bool:
    return any(kind in kinds for kind in text.claim_kinds)


def _flags(text: TextFeatures | None) -> StanceFlag:
    return text.stance.flags if text is not None else StanceFlag.NONE


def _heads(text: TextFeatures | None) -> set[bytes]:
    """Give the content words of a text, as claims write them."""
    words = text.words if text is not None else b""
    return {words[i : i + 3] for i in range(0, len(words), WORD_BYTES)}


def _same(claim: Claim, words: AbstractSet[bytes]) -> float:
    """Tell how much a claim is about one of these words: 0, or 0.6 to 1.

    What is charged for denies that the same is free, and nothing else.
    """
    if claim.kind == ClaimKind.CHARGED:
        free, subject = claim.words[:_FREEING], claim.words[_FREEING:]
        if words.isdisjoint(free) or words.isdisjoint(subject):
            return 0.0
    for weight, word in zip(_BY_PLACE, claim.words, strict=False):
        if word in words:
            return weight
    return 0.0


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
    values = request.value_set
    if values:
        told = b"".join([text.packed_values for text in before])
        values = {value for value in values if value not in told}
    return words, values


def _asks_for_other(reply: TextFeatures, request: TextFeatures | None, given: set[bytes]) -> bool:
    """Tell whether the user asks for another value: the reply says it, or nothing else is asked."""
    if request is None or not given or request.does(_UPSET):
        return False
    bare = request.word_count <= 1 and request.tokens <= _BARE and request.does(Act.QUESTION)
    return bare or not given.isdisjoint(reply.value_set)


def _told(request: TextFeatures | None, words: set[bytes], values: set[bytes]) -> bool:
    """Tell whether a request tells what is new, or wants something else."""
    if request is None or request.stance.flags & StanceFlag.CITES:
        return False
    if request.stance.flags & StanceFlag.OTHER:
        return True
    if request.acts & Act.QUESTION:
        return False
    if values:
        corrects = request.acts & Act.CORRECTION or request.stance.flags & StanceFlag.NO
        return bool(words or corrects)
    return len(words) >= _NEWS_WORDS
