"""Answers: what the assistant asked for, and what the user gave, of a session's recent turns.

Only questions and messages are collected here; how much they say about each other is weighed in
`evidence.py`.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from otel_sessions.comparisons import similarities
from otel_sessions.records import (
    ASK_VECTOR_BYTES,
    CUE_BYTES,
    FROM,
    TO,
    Act,
    Ask,
    AskFlag,
    StanceFlag,
    ValueKind,
)
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

# Looking a member up in its class costs as much as all that is done with it.
_OTHER, _NUMBER, _MONEY, _DATE, _TIME, _EMAIL, _PHONE, _CODE, _NAME = tuple(ValueKind)[:9]
_CHOICE, _PLACE, _UNKNOWN = ValueKind.CHOICE, ValueKind.PLACE, ValueKind.UNKNOWN
OPEN = frozenset((_OTHER, _CHOICE))
"""Kinds of which only the words tell what is asked for."""
_ANSWERED_BY = {
    _CODE: (_CODE, _NUMBER, _OTHER, _PHONE, _DATE),
    _PHONE: (_PHONE, _CODE, _NUMBER),
    _EMAIL: (_EMAIL,),
    **dict.fromkeys((_DATE, _TIME), (_DATE, _TIME, _NUMBER)),
    _NUMBER: (_NUMBER, _OTHER, _MONEY),
    _MONEY: (_MONEY, _NUMBER, _CHOICE),
    _NAME: (_NAME, _PLACE, _CHOICE),
}
"""Values that answer a question for a kind, as people write them; any words answer others."""
UNNAMED = bytes(CUE_BYTES)
_BARE = 1
"""Content words up to which an answer is nothing but the value."""
# Operations on flags cost ten times as much as on numbers.
_END, _ENDS, _CHECK = int(AskFlag.END), int(AskFlag.START | AskFlag.END), int(AskFlag.CHECK)
_REFUSAL, _QUESTION = int(Act.REFUSAL), int(Act.QUESTION)


class Said(NamedTuple):
    """What one message of the user gave."""

    at: int
    """Index of its turn."""
    values: Sequence[tuple[int, bytes]]
    """The kind and the cue of each."""
    kinds: frozenset[int]
    length: int
    """Number of content words."""
    words: bytes
    """Content words as in `TextFeatures.words`."""
    refuses: bool
    """Says that it is not known or will not be said."""
    asks: bool
    """Asks for something itself; what it says may be only that."""
    vector: bytes


class Wanted(NamedTuple):
    """What the newest reply asks for, ready to be compared."""

    kind: ValueKind
    flags: int
    topics: frozenset[bytes]
    head: bytes
    """The first of the topics; empty if there is none."""
    right_end: bytes
    wrong_end: bytes
    """The cues that a place has or must not have: nobody comes from where he goes."""
    checks: int
    """How much it looks like a confirmation: 0 to 2."""
    vector: bytes


class Asked(NamedTuple):
    """An earlier question of the assistant."""

    ask: Ask
    topics: frozenset[bytes]
    given: bool
    """The answer has what was asked for."""
    answer: Said
    """The user's next message."""
    likeness: float
    """Cosine of the whole reply with the newest one: [-1, 1]."""


def said_in(turns: Sequence[Turn]) -> list[Said]:
    """Give what each message of the user gave, oldest first."""
    return [_said(at, turn.request) for at, turn in enumerate(turns) if turn.request is not None]


def wanted_in(reply: TextFeatures) -> list[Wanted]:
    """Give what a reply asks for, in the order of the text."""
    told = {cue for kind, cue in reply.value_cues if kind == _CODE}
    return [_wanted(ask, told) for ask in reply.asked]


def asked_in(turns: Sequence[Turn], reply: TextFeatures, said: Sequence[Said]) -> list[Asked]:
    """Give the questions before the newest reply that the user's next message may have answered."""
    answers = {one.at: one for one in said}
    asking = [
        (answers[at], turn.reply)
        for at, turn in enumerate(turns[:-1], 1)
        if at in answers and turn.reply is not None and turn.reply.asks
    ]
    alike = similarities(reply, [before for _, before in asking])
    return [
        Asked(ask, frozenset(ask.topics), _gave(answer, ask, together), answer, likeness)
        for (answer, before), likeness in zip(asking, alike, strict=True)
        for together in [before.asked]
        for ask in together
    ]


def lost_at(turns: Sequence[Turn]) -> int:
    """Give the last turn that makes an earlier answer doubtful, as an index; -1 if there is none.

    The assistant could not find or do it, or the user took a wish back.
    """
    for at in range(len(turns) - 1, -1, -1):
        reply, request = turns[at].reply, turns[at].request
        if reply is not None and reply.does(_REFUSAL):
            return at
        # What is taken back in a message was said before it.
        if request is not None and at and request.stance.flags & StanceFlag.RETRACTS:
            return at - 1
    return -1


def has(one: Said, wanted: Wanted) -> bool:
    """Tell whether a message has a value of the kind that is asked for, not of the wrong end."""
    return wanted.kind in one.kinds and any(
        kind == wanted.kind and cue != wanted.wrong_end for kind, cue in one.values
    )


def mentioned(topics: Collection[bytes], one: Said) -> int:
    """Count the topics that are among the content words of a message."""
    # Digests of neighbours look like one of them once in a hundred thousand times.
    return sum(topic in one.words for topic in topics)


def _said(at: int, request: TextFeatures) -> Said:
    values = request.value_cues
    kinds = frozenset([kind for kind, _ in values])
    return Said(
        at,
        values,
        kinds,
        request.word_count,
        request.words,
        request.does(_REFUSAL) or _UNKNOWN in kinds,
        request.does(_QUESTION),
        request.vector[:ASK_VECTOR_BYTES],
    )


def _wanted(ask: Ask, told: AbstractSet[bytes]) -> Wanted:
    flags = int(ask.flags)
    right_end, wrong_end = b"", b""
    if flags & _ENDS:
        right_end, wrong_end = (TO, FROM) if flags & _END else (FROM, TO)
    topics = frozenset(ask.topics)
    # "Order 4471, is that the right order number?" knows it.
    known = ask.kind is _CODE and not topics.isdisjoint(told)
    return Wanted(
        ask.kind,
        flags,
        topics,
        ask.topics[0] if ask.topics else b"",
        right_end,
        wrong_end,
        bool(flags & _CHECK) + known,
        ask.vector,
    )


def _gave(answer: Said, ask: Ask, together: Sequence[Ask]) -> bool:
    """Tell whether an answer has what one of several questions asked for."""
    kinds = _ANSWERED_BY.get(ask.kind)
    if kinds is None:
        return bool(answer.values or answer.length)
    if answer.kinds.isdisjoint(kinds):
        return False
    alone = sum(other.kind is ask.kind for other in together) == 1
    # An answer to "which order number?" may have another number only, if it says more than that.
    alone = alone and not (ask.kind is _CODE and ask.topics and answer.length > _BARE)
    return any(
        kind in kinds and (alone or cue == UNNAMED or cue in ask.topics)
        for kind, cue in answer.values
    )
