"""Grants: what a session's replies committed to, as far as a denial may be about it.

Word digests only, as claims have them; how much a denial is about a grant is weighed by the
detector `commitment_reversed`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from otel_sessions.records import WORD_BYTES, Act, Claim, ClaimKind, StanceFlag, ValueKind
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

DENYING = (ClaimKind.REFUSED, ClaimKind.DISAVOWED, ClaimKind.CHARGED)
COMMITTING = (ClaimKind.COMMITTED, ClaimKind.COMMITTED_IF)
RECENT = 2
"""Turns within which a refusal that names nothing is about what was promised."""
_MAX_GRANTS = 8
"""Commitments that may be denied which are looked at; the newest ones."""
_SHORT = 30
"""Tokens up to which a yes is all that a reply says, in its own words."""
_AMOUNTS = (ValueKind.MONEY, ValueKind.NUMBER)
_BRIEF = 60
"""Tokens up to which an amount is what a text is about."""


@dataclass(frozen=True, slots=True)
class Grant:
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
    amount: bool
    """An amount that it promised is named again in the newest turn."""

    def share(self, asked: set[bytes], if_conditional: float) -> float:
        """Tell whether the user has just asked about it: 0, `if_conditional` or 1."""
        if asked.isdisjoint(self.subject):
            return 0.0
        return 1.0 if self.surely else if_conditional


def grants_in(turns: Sequence[Turn], denials: Sequence[Claim], asked: set[bytes]) -> list[Grant]:
    """Give what may be denied now, newest first, back to where the user took a wish back."""
    topics = {word for denial in denials for word in denial.words}
    unnamed = not all(denial.words for denial in denials)
    if unnamed:
        topics |= asked
    grants: list[Grant] = []
    refused: set[bytes] = set()
    flags = stance_of(turns[-1].request)
    amounts = _amounts(turns[-1].request) | _amounts(turns[-1].reply)
    for ago, turn in enumerate(reversed(turns[:-1]), 1):
        if flags & StanceFlag.RETRACTS or len(grants) == _MAX_GRANTS:
            break
        flags = stance_of(turn.request)
        if turn.reply is not None:
            amount = not amounts.isdisjoint(_amounts(turn.reply)) if amounts else False
            if amount or (unnamed and ago <= RECENT) or _mentions(turn, topics):
                grant = _grant(turn, topics, ago, refused, amount=amount)
                if grant is not None:
                    grants.append(grant)
            if ClaimKind.REFUSED in turn.reply.claim_kinds:
                refused = refused | turn.reply.claimed(ClaimKind.REFUSED)
    return grants


def heads_of(text: TextFeatures | None) -> set[bytes]:
    """Give the content words of a text, as claims write them."""
    words = text.words if text is not None else b""
    return {words[i : i + 3] for i in range(0, len(words), WORD_BYTES)}


def has_claim(text: TextFeatures, kinds: Collection[ClaimKind]) -> bool:
    """Tell whether a text makes a statement of one of these kinds."""
    return any(kind in kinds for kind in text.claim_kinds)


def stance_of(text: TextFeatures | None) -> StanceFlag:
    """Give where a text stands; nowhere if there is none."""
    return text.stance.flags if text is not None else StanceFlag.NONE


def _mentions(turn: Turn, topics: Collection[bytes]) -> bool:
    if _mentioned(turn.reply, topics) or _mentioned(turn.request, topics):
        return True
    return turn.reply is not None and not turn.reply.claimed(*COMMITTING).isdisjoint(topics)


def _amounts(text: TextFeatures | None) -> set[bytes]:
    """Give the amounts that a text names; a long one names many by the way."""
    if text is None or text.tokens > _BRIEF or not text.packed_values:
        return set()
    return {value.digest for value in text.values if value.kind in _AMOUNTS}


def _grant(
    turn: Turn, topics: set[bytes], ago: int, refused: set[bytes], *, amount: bool
) -> Grant | None:
    reply, request = turn.reply, turn.request
    if reply is None:
        return None
    says_yes = bool(reply.stance.flags & StanceFlag.YES)
    asks = request is not None and request.does(Act.QUESTION)
    if not has_claim(reply, COMMITTING) and not (says_yes and asks):
        return None
    firm: set[bytes] = set()
    conditional: set[bytes] = set()
    now_refused: set[bytes] = set()
    for claim in reply.claims_of(*COMMITTING, *DENYING):
        if claim.kind in DENYING:
            now_refused.update(claim.words)
        else:
            (firm if claim.kind == ClaimKind.COMMITTED else conditional).update(claim.words)
    firm -= now_refused
    conditional -= now_refused
    wish = _mentioned(request, topics)
    grants_it = says_yes or (bool(firm) and asks and reply.tokens <= _SHORT)
    if not grants_it or now_refused:
        wish &= _mentioned(reply, topics) | firm | conditional
    elif reply.tokens <= _SHORT:
        wish |= _mentioned(reply, topics)
    wish -= now_refused
    surely = bool(firm) or says_yes or not conditional
    amount = amount and surely and has_claim(reply, (ClaimKind.COMMITTED,))
    return Grant(ago, firm, conditional, wish, surely, firm | conditional | wish, refused, amount)


def _mentioned(text: TextFeatures | None, topics: Collection[bytes]) -> set[bytes]:
    """Give those of the topics that are among the content words of a text."""
    # Digests of neighbours look like one of them once in a million times.
    words = text.words if text is not None else b""
    return {topic for topic in topics if topic in words}
