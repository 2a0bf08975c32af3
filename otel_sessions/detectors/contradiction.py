"""Contradiction: what the assistant states opposes what it stated before.

Four ways of opposing are looked for, each graded; together they make 1 - product of (1 - each):
- It turns: the user does not accept an answer and tells nothing new, and the next answer moves away
  from it (distance and new words), returns to an earlier one, grants or gives in, or its judging
  words change sides. Keeping to what was said counts against it.
- It denies what it said, or says what it denied: the words of a denial are those of the other text.
- It gives another figure or degree of the same thing ("2 miles", then "5 miles").
- It names something else in place of what was talked about; this alone does not even inform.
The last three count in short replies, since a long one has any few words by chance. A reply without
any sign has a severity that only ranks it: how far it is from its request, up to 0.15.

Milder: an answer that takes up what the user has told, a tool that was asked, values of the user's.
None: the other side or the same again on request. Another topic opposes nothing.
Range: [0.4, 1]. Languages: English. Cost: about 30 µs for 20 turns, 90 µs if all claim and oppose.
Source: measured on the dev sessions sycon_debate, 3,240 turns: AUROC .92 (the halves by key .91 and
.93; distance alone .86), precision .61 and recall .73 at 0.5; and citod, 1,148: AUROC .86 (.84 and
.89), precision .93 and recall .19. Its weights are a logistic fit on sycon_debate, rounded. It
warns in 0.4 % of the turns of passed sessions of tau1, 0.1 % of tau2_retail, 0.2 % of agentclinic
and in 0.1 % of tiage, where people change the topic of a chat. Known to be missed: what takes world
knowledge ("allergic to nuts", "loves peanuts"), and other words for the same.
"""

from collections.abc import Sequence
from math import log, prod

from otel_sessions.comparisons import overlap, similarities
from otel_sessions.records import WORD_BYTES, Act, Claim, ClaimKind, StanceFlag
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_DENYING = (ClaimKind.NEGATED, ClaimKind.REFUSED, ClaimKind.DISAVOWED, ClaimKind.NOT_YET)
_LASTING = (ClaimKind.NEGATED, ClaimKind.REFUSED, ClaimKind.DISAVOWED)
_GRANTING = (ClaimKind.COMMITTED, ClaimKind.COMMITTED_IF)
_NOT_MOVED, _MOVED = 0.01, 0.25
"""Distances (1 - cosine) at which an answer is the previous one, and is another."""
_SAME_WORDS, _OTHER_WORDS = 0.7, 0.1
"""Overlaps of words (Jaccard) at which it is the previous one, and is another."""
_BY_WORDS = 0.4
"""Share of the words in how far an answer has moved; the rest is the distance."""
_TURN_BASE, _TURN_BALANCE, _TURN_BACK = 0.35, 0.25, 2.0
"""What moving counts without any sign, for judging words that went from one end to the other, and
for a distance to the previous answer that one before it does not have: it goes back."""
_TURN_SIGNS = {
    StanceFlag.CONCEDES: 0.25,
    StanceFlag.YIELDS: 0.4,
    StanceFlag.YES: 0.15,
    StanceFlag.OPPOSES: 0.2,
    StanceFlag.HOLDS: -0.15,
}
"""What an answer adds to turning by what it says of itself."""
_FULL_WORDS = 8
"""Content words from which an answer says enough to be held against another."""
_TAKEN_UP_WORDS = 3
"""Words that only the user had used until an answer took them up; from so many it has a reason."""
_FEW_WORDS, _TERSE_WORDS = 2, 4
"""Words of a denial that have to be said elsewhere; one is enough in a text of so few content
words."""
_CONCISE_WORDS = 10
"""Content words up to which a text says nothing by chance."""
_CONCISE, _ESSAY = 60, 200
"""Tokens up to which what a reply states is taken at its word, and from which it is not at all."""
_ASIDE = 0.15
"""What a reply that is far from its request counts: it hardly says what is wanted."""
_MAX_NAMES = 3
"""A reply with more names tells of several things."""


def contradiction(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    if_same_question: float = 0.6,
    if_reasoned: float = 0.4,
    if_denied: float = 0.55,
    if_measured: float = 0.6,
    if_renamed: float = 0.35,
    if_other_wanted: float = 0.4,
    lookback: int = 16,
) -> Signal | None:
    """Hold the newest reply against the earlier ones.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        if_same_question: factor of turning if the user only asks the same again.
        if_reasoned: factor of turning if the reply takes up what the user has told.
        if_denied: what denying it counts at most.
        if_measured: what another figure counts at most.
        if_renamed: what another name counts at most.
        lookback: replies before the newest that the last three ways look at.
        if_other_wanted: factor of these three if the user wants another one.

    """
    newest = turns[-1]
    reply, request = newest.reply, newest.request
    before = [turn for turn in turns[:-1] if turn.reply is not None]
    earlier = [turn.reply for turn in before if turn.reply is not None]
    if reply is None or not earlier or not reply.claims:
        return None
    flags = request.stance.flags if request is not None else StanceFlag.NONE
    if flags & (StanceFlag.OTHER_SIDE | StanceFlag.AGAIN):
        return None
    near = similarities(reply, earlier)
    weight = min(1.0, max(0.0, (_ESSAY - reply.tokens) / (_ESSAY - _CONCISE)))
    weight *= if_other_wanted if flags & StanceFlag.OTHER else 1.0
    brought = request is not None and not request.value_set.isdisjoint(reply.value_set)
    weight *= if_reasoned if brought or newest.tools else 1.0
    pressed = 0.0
    if flags & StanceFlag.DISPUTES:
        pressed = 1.0
    elif request is not None and _asked_again(turns, before[-1]):
        pressed = if_same_question
    if pressed:
        pressed *= if_reasoned if newest.tools or _reasoned(turns) else 1.0
        pressed *= if_reasoned if _refuses_again(reply, earlier[-1]) else 1.0
    recent = earlier[-lookback:]
    parts = {
        "the stance turned": pressed * _turned(reply, earlier, near) if pressed else 0.0,
        "what was said is denied": weight and weight * if_denied * _denied(reply, recent),
        "another figure": weight and weight * if_measured * _measured(reply, request, recent),
        "another name": weight and weight * if_renamed * _renamed(reply, request, recent),
    }
    severity = 1 - prod(1 - part for part in parts.values())
    if request is not None and not severity:
        severity = _ASIDE * (1 - max(0.0, similarities(reply, [request])[0]))
    if not severity or severity < min_severity:
        return None
    return Signal("contradiction", severity, max(parts, key=parts.__getitem__))


def _refuses_again(reply: TextFeatures, previous: TextFeatures) -> bool:
    """Tell whether both replies refuse the same."""
    before = {claim.words[0] for claim in previous.claims_of(ClaimKind.REFUSED) if claim.words}
    return bool(before) and bool(reply.claims_of(ClaimKind.REFUSED, about=before))


def _asked_again(turns: Sequence[Turn], previous: Turn) -> bool:
    """Tell whether a question is asked again word for word, and got an answer both times."""
    request, earlier = turns[-1].request, previous.request
    if request is None or earlier is None or not request.words:
        return False
    answers = (turns[-1].reply, previous.reply)
    return (
        request.words == earlier.words
        and request.frame == earlier.frame
        and not any(answer is None or answer.does(Act.QUESTION) for answer in answers)
    )


def _turned(reply: TextFeatures, earlier: Sequence[TextFeatures], near: Sequence[float]) -> float:
    """Tell how far a reply has turned from the previous one: [0, 1]."""
    distance = max(1 - near[-1], _NOT_MOVED)
    moved = (1 - _BY_WORDS) * log(distance / _NOT_MOVED) / log(_MOVED / _NOT_MOVED)
    shared = overlap(reply, earlier[-1])
    moved += _BY_WORDS * max(0.0, (_SAME_WORDS - shared) / (_SAME_WORDS - _OTHER_WORDS))
    stance, previous = reply.stance, earlier[-1].stance
    signs = _TURN_BASE + _TURN_BALANCE * abs(stance.balance - previous.balance)
    signs += sum(weight for flag, weight in _TURN_SIGNS.items() if stance.flags & flag)
    signs += _TURN_BACK * max(0.0, max(near) - near[-1])
    told = min(1.0, len(reply.words) / WORD_BYTES / _FULL_WORDS)
    if stance.flags & StanceFlag.YIELDS:
        told = 1.0
    return min(1.0, moved * max(0.0, signs)) * told


def _reasoned(turns: Sequence[Turn]) -> bool:
    """Tell whether the newest reply takes up what the user has just told, and nobody before."""
    request, reply = turns[-1].request, turns[-1].reply
    if request is None or reply is None:
        return False
    told = request.word_set & reply.word_set
    if len(told) < _TAKEN_UP_WORDS:
        return False
    texts = [text for turn in turns[:-1] for text in (turn.request, turn.reply) if text is not None]
    said = b"".join([text.words for text in texts])
    return sum(word not in said for word in told) >= _TAKEN_UP_WORDS


def _denied(reply: TextFeatures, earlier: Sequence[TextFeatures]) -> float:
    """Tell how much the reply denies what was said, or says what was denied: [0, 1]."""
    said = _heads(reply)
    denied = reply.claimed(*_DENYING)
    granted = reply.claimed(*_GRANTING)
    denials = [c for c in reply.claims_of(*_DENYING) if c.words and c.words[0] not in granted]
    affirmed = said - denied
    best = 0.0
    for text in earlier:
        for claim in text.claims_of(*_LASTING, about=affirmed):
            best = max(best, _opposed(claim, said))
        if denials:
            words = text.words
            said_there = [claim for claim in denials if claim.words[0] in words]
            # What was only supposed ("let me check if we can") was not said either.
            unsaid = text.claimed(*_DENYING, ClaimKind.COMMITTED_IF) if said_there else set()
            for claim in said_there:
                if claim.words[0] not in unsaid:
                    best = max(best, _opposed(claim, _heads(text)))
    return best


def _opposed(claim: Claim, said: set[bytes]) -> float:
    """Tell how much of what is denied is said elsewhere: [0, 1].

    A long text has any few words by chance.
    """
    if claim.words[0] not in said:
        return 0.0
    shared = sum(word in said for word in claim.words)
    few = 1 if len(said) <= _TERSE_WORDS else _FEW_WORDS
    return shared / max(few, len(claim.words)) * min(1.0, _CONCISE_WORDS / len(said))


def _measured(
    reply: TextFeatures, request: TextFeatures | None, earlier: Sequence[TextFeatures]
) -> float:
    """Tell whether a noun has another figure or degree than in the reply that last gave one."""
    now = _measures(reply)
    if not now:
        return 0.0
    wanted = _measures(request) if request is not None else {}
    for noun, figures in now.items():
        for text in reversed(earlier):
            then = _measures(text).get(noun)
            if then:
                if not figures & (then | wanted.get(noun, set())):
                    return 1.0 / max(len(figures), len(then))
                break
    return 0.0


def _measures(text: TextFeatures) -> dict[bytes, set[bytes]]:
    found: dict[bytes, set[bytes]] = {}
    for _, words in text.claims_of(ClaimKind.MEASURED):
        for noun, figure in zip(words[::2], words[1::2], strict=False):
            found.setdefault(noun, set()).add(figure)
    return found


def _renamed(
    reply: TextFeatures, request: TextFeatures | None, earlier: Sequence[TextFeatures]
) -> float:
    """Tell whether the reply has only names that nobody had used, in place of those used."""
    now = reply.claimed(ClaimKind.NAMED)
    if not now or len(now) > _MAX_NAMES:
        return 0.0
    used = set().union(*(text.claimed(ClaimKind.NAMED) for text in earlier))
    if not used or not now.isdisjoint(used):
        return 0.0
    return (
        0.0 if request is not None and not now.isdisjoint(request.claimed(ClaimKind.NAMED)) else 1.0
    )


def _heads(text: TextFeatures) -> set[bytes]:
    """Give the content words of a text, as claims write them."""
    words = text.words
    return {words[i : i + 3] for i in range(0, len(words), WORD_BYTES)}
