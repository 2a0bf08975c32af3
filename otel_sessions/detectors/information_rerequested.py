"""Information rerequested: the assistant asks for what the user already gave.

What counts is what was given, not whether a question comes twice: users volunteer values before
anybody asks. Each question of the newest reply is compared with earlier questions and what the user
answered (the same kind of value, about the same thing, in similar words), and with all messages of
the user (such a value, named by the same word, or about what is asked). The best evidence decides;
more of it makes it worse.

Not rerequested: what was refused or not known when it was asked for, the other end of a journey or
period, another one of the same kind ("the second passenger"), what is only to be confirmed, offers.
Milder after the assistant said that it could not find or do it, and when the user is correcting
something. Range: [0.45, 1]. Languages: English, because questions are. Cost: 1 µs for a reply
that asks nothing; otherwise about 150 µs for 20 turns.
Source: numbers were chosen on the dev sessions of p_reask_sgd (AUROC .86, F1 .79 at 0.5) and
dstc2_babi6 (AUROC .92, F1 .70), with false alarms counted on the passed sessions of tau1,
tau2_retail and agentclinic (0.3, 0.7 and 0.6 % of turns). On p_reask_sgd many of the mistakes are
two slots that are asked for in the same words, such as a city and an airport. Missed most often
are things that only their names tell ("Pixel 7" as a phone), reasons and budgets.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from otel_sessions.comparisons import cosines
from otel_sessions.records import (
    ASK_VECTOR_BYTES,
    CUE_BYTES,
    FROM,
    TO,
    WORD_BYTES,
    Act,
    Ask,
    AskFlag,
    ValueKind,
)
from otel_sessions.signals import WARNING, Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

# Looking a member up in its class costs as much as all that is done with it.
(_OTHER, _NUMBER, _MONEY, _DATE, _TIME, _EMAIL, _PHONE, _CODE, _NAME, *_) = ValueKind
_CHOICE, _PLACE, _UNKNOWN = ValueKind.CHOICE, ValueKind.PLACE, ValueKind.UNKNOWN
_OPEN = frozenset((_OTHER, _CHOICE))
"""Kinds of which only the words tell what is asked for."""
_PERSONAL = frozenset((_EMAIL, _PHONE))
"""Kinds of which most people give only one."""
_PASSING = frozenset((_DATE, _TIME, _PLACE, _NUMBER, _MONEY))
"""Kinds of which each new task has values of its own."""
_SURELY_SEEN = frozenset((_CODE, _EMAIL, _PHONE, _DATE, _TIME, _NUMBER))
"""Kinds whose values are seen wherever they are written, unlike names and places."""
_DATE_AND_TIME = frozenset((_DATE, _TIME))
_ANSWERED_BY = {
    _CODE: (_CODE, _NUMBER, _OTHER, _PHONE),
    _PHONE: (_PHONE, _CODE, _NUMBER),
    _EMAIL: (_EMAIL,),
    **dict.fromkeys(_DATE_AND_TIME, (_DATE, _TIME, _NUMBER)),
    _NUMBER: (_NUMBER, _OTHER, _MONEY),
    _MONEY: (_MONEY, _NUMBER, _CHOICE),
    _NAME: (_NAME, _PLACE, _CHOICE),
}
"""Values that answer a question for a kind, as people write them; any words answer others."""
_NAMED_BY = {
    _CODE: (_CODE, _PHONE),
    _NUMBER: (_NUMBER, _OTHER),
    _PLACE: (_PLACE,),
    **dict.fromkeys(_OPEN, (_OTHER,)),
}
"""Values that can be known by the word that names them: "order 4471", "3 guests"."""
_DESCRIBED = frozenset((_CODE, _PLACE))
_NAMING_WORDS = 2
"""With more words a question describes which of many it asks for, and one of them names little."""
_NAMED = 1.0
"""Evidence of a value that the question calls by its name, before what the question is like."""
# Operations on flags cost ten times as much as on numbers.
_END, _ENDS = int(AskFlag.END), int(AskFlag.START | AskFlag.END)
_MORE, _CLOSED = int(AskFlag.MORE), int(AskFlag.CLOSED)
_CHECK, _SORT = int(AskFlag.CHECK), int(AskFlag.SORT)
_REFUSAL, _QUESTION = int(Act.REFUSAL), int(Act.QUESTION)
_UNNAMED = bytes(CUE_BYTES)
_LOWEST, _HIGHEST = -0.2, 2.2
"""Evidence that stands for severity 0 and 1."""
_FEW_WORDS = 2
"""Content words up to which a message says little but the value."""
_LONG_AGO = 8
"""Turns after which a value is as old as it gets."""


class _Said(NamedTuple):
    """What one message of the user gave."""

    at: int
    values: Sequence[tuple[int, bytes]]
    """The kind and the cue of each."""
    kinds: frozenset[int]
    length: int
    """Number of content words."""
    words: frozenset[bytes]
    """Content words like topics; none if no question needs them."""
    refuses: bool
    """Says that it is not known or will not be said."""
    asks: bool
    """Asks for something itself; what it says may be only that."""
    vector: bytes


class _Wanted(NamedTuple):
    """What the newest reply asks for, ready to be compared."""

    kind: ValueKind
    flags: int
    topics: frozenset[bytes]
    right_end: bytes
    wrong_end: bytes
    """The cues that a place has or must not have: nobody comes from where he goes."""
    how: float
    """What the question itself says: that another one is asked for, or a confirmation."""
    vector: bytes


class _Earlier(NamedTuple):
    """An earlier question of the assistant."""

    ask: Ask
    topics: frozenset[bytes]
    given: bool
    """The answer has what was asked for."""
    answer: int
    """Index of the user's next message among those that are known."""


def information_rerequested(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.45,
    if_refused: float = 0.6,
    if_correcting: float = 0.6,
    left_each_time: float = 0.7,
) -> Signal | None:
    """Compare what the newest reply asks for with what was given before.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        if_refused: factor if the assistant said since that it could not find or do it.
        if_correcting: factor if the newest message corrects something without giving the value.
        left_each_time: share of what is missing to 1 that each further evidence leaves.

    """
    reply = turns[-1].reply
    asks = reply.asked if reply is not None else []
    if not asks:
        return None
    correcting = turns[-1].request is not None and turns[-1].request.does(Act.CORRECTION)
    with_words = any(ask.kind in _OPEN for ask in asks)
    said = [
        _said(i, turn.request, with_words=with_words)
        for i, turn in enumerate(turns)
        if turn.request is not None
    ]
    earlier = _earlier(turns, said)
    best, times, kind = 0.0, 0, _OTHER
    told = {cue for given, cue in reply.value_cues if given == _CODE} if reply else set()
    for ask in (_wanted(ask, told) for ask in asks):
        found = sorted(_evidence(ask, earlier, said, len(turns) - 1), reverse=True)
        if not found:
            continue
        at = found[0][1]
        severity = _scaled(found[0][0])
        if any(turn.reply and turn.reply.does(Act.REFUSAL) for turn in turns[at:]):
            severity *= if_refused
        if correcting and not _has(said[-1], ask):
            severity *= if_correcting
        given = len({i for strength, i in found if _scaled(strength) >= WARNING})
        severity = 1 - (1 - severity) * left_each_time ** max(0, given - 1)
        if severity > best:
            best, times, kind = severity, max(1, given), ask.kind
    if best <= 0 or best < min_severity:
        return None
    often = "once" if times == 1 else f"{times} times"
    explanation = f"asked for a {kind.name.lower()} that was given {often}"
    return Signal("information_rerequested", best, explanation)


def _said(at: int, request: TextFeatures, *, with_words: bool) -> _Said:
    words = request.words if with_words else b""
    values = request.value_cues
    kinds = frozenset([kind for kind, _ in values])
    return _Said(
        at,
        values,
        kinds,
        request.word_count,
        frozenset([words[i : i + CUE_BYTES] for i in range(0, len(words), WORD_BYTES)]),
        request.does(_REFUSAL) or _UNKNOWN in kinds,
        request.does(_QUESTION),
        request.vector[:ASK_VECTOR_BYTES],
    )


def _wanted(ask: Ask, told: AbstractSet[bytes]) -> _Wanted:
    flags = int(ask.flags)
    right_end, wrong_end = b"", b""
    if flags & _ENDS:
        right_end, wrong_end = (TO, FROM) if flags & _END else (FROM, TO)
    how = (-1.0 if flags & _MORE else 0.0) + (-0.5 if flags & _CHECK else 0.0)
    topics = frozenset(ask.topics)
    # "Order 4471, is that the right order number?" knows it.
    if ask.kind is _CODE and not topics.isdisjoint(told):
        how -= 0.5
    return _Wanted(ask.kind, flags, topics, right_end, wrong_end, how, ask.vector)


def _earlier(turns: Sequence[Turn], said: Sequence[_Said]) -> list[_Earlier]:
    """Return the questions that the user's next message may have answered."""
    answers = {one.at: number for number, one in enumerate(said)}
    return [
        _Earlier(
            before, frozenset(before.topics), _gave(said[answers[i]], before, asked), answers[i]
        )
        for i, turn in enumerate(turns[:-1], 1)
        if i in answers and turn.reply is not None and turn.reply.asks
        for asked in [turn.reply.asked]
        for before in asked
    ]


def _evidence(
    ask: _Wanted, earlier: Sequence[_Earlier], said: Sequence[_Said], newest: int
) -> Iterator[tuple[float, int]]:
    """Give the strength of each piece of evidence, and the turn in which the value was given."""
    vectors = [*(one.ask.vector for one in earlier), *(one.vector for one in said)]
    alike = cosines(ask.vector, vectors)
    nearness = alike[len(earlier) :]

    def age(one: _Said) -> float:
        return min(newest - one.at, _LONG_AGO) / _LONG_AGO

    for question, near in zip(earlier, alike, strict=False):
        answer = said[question.answer]
        likeness = 0.6 * near + 0.5 * nearness[question.answer]
        yield likeness + _answered(ask, question, answer, age(answer)), answer.at
    for one, near in zip(said, nearness, strict=True):
        yield 0.9 * near + _volunteered(ask, one, age(one)), one.at


def _answered(ask: _Wanted, earlier: _Earlier, answer: _Said, age: float) -> float:
    """Weigh an earlier question and the answer to it."""
    kind, before = ask.kind, earlier.ask.kind
    strength = ask.how - 0.1
    if kind is before and kind not in _OPEN:
        strength += (0.9 if kind in _PASSING else 0.6) + 0.3 * _has(answer, ask)
    elif _OPEN.isdisjoint((kind, before)) and {kind, before} != _DATE_AND_TIME:
        strength -= 0.5
    strength -= _differing(ask, earlier)
    if not earlier.given:
        strength -= 0.7
    if answer.refuses:
        strength -= 0.6
    return strength - (0.2 * age if kind in _PASSING else 0.0)


def _differing(ask: _Wanted, earlier: _Earlier) -> float:
    """Weigh what tells two questions for the same kind of value apart."""
    weight = 0.0
    differs = ask.flags ^ int(earlier.ask.flags)
    # Where to go may be asked for without saying "to"; a return date is never just a date.
    if differs & _ENDS == _ENDS if ask.kind is _PLACE else differs & _END:
        weight += 0.6
    if differs & _SORT:
        weight += 0.7
    if ask.kind is _CODE:
        weight += 0.6 * (ask.topics != earlier.topics)
    elif ask.kind in _PASSING and ask.topics and earlier.topics:
        weight += 0.2 * ask.topics.isdisjoint(earlier.topics)
    return weight


def _volunteered(ask: _Wanted, one: _Said, age: float) -> float:
    """Weigh a message of the user, whatever it answered."""
    kind = ask.kind
    strength = ask.how - 0.3 - 0.2 * age
    if ask.flags & _END and kind is not _PLACE:
        strength -= 0.8
    if one.length <= _FEW_WORDS:
        strength += 0.4
    if _is_named(ask, one):
        return ask.how + _NAMED - (0.2 * age if kind in _PASSING else 0.0)
    if kind in _OPEN:
        return strength + _chosen(ask, one)
    seen = kind in one.kinds
    cues = seen and [cue for given, cue in one.values if given == kind and cue != ask.wrong_end]
    if cues:
        return strength + _named(ask, cues, age)
    if kind in _SURELY_SEEN:
        strength -= 0.4
    elif kind is _MONEY and any(given == _CHOICE and cue != _UNNAMED for given, cue in one.values):
        strength += 1.0
    return strength


def _is_named(ask: _Wanted, one: _Said) -> bool:
    """Tell whether a value is called by the very word of the question: nothing tells it better."""
    kinds = _NAMED_BY.get(ask.kind)
    return (
        kinds is not None
        and (ask.kind not in _DESCRIBED or len(ask.topics) <= _NAMING_WORDS)
        and any(cue in ask.topics and given in kinds for given, cue in one.values)
    )


def _named(ask: _Wanted, cues: Sequence[bytes], age: float) -> float:
    """Weigh values of the kind that is asked for, by the words that name them."""
    named = not ask.topics.isdisjoint(cues) or ask.right_end in cues
    named = named or (ask.kind is _NAME and not ask.topics)
    strength = 1.0 if named or _UNNAMED in cues else 0.6
    if ask.kind is _DATE and _UNNAMED in cues:
        strength += 0.1
    if ask.kind in _PASSING:
        strength -= 0.2 * age
    elif ask.kind is _CODE:
        strength += 0.2 if named else -0.6
    elif ask.kind in _PERSONAL:
        strength += 0.4
    return strength


def _chosen(ask: _Wanted, one: _Said) -> float:
    """Weigh how the words of a message answer a question of which only words tell the subject."""
    strength = 0.4 * (_CHOICE in one.kinds)
    if one.asks:
        strength -= 0.2
    if ask.topics and ask.topics < one.words:
        strength += 0.3
    if ask.flags & _CLOSED and len(ask.topics) > 1 and ask.topics & one.words:
        strength += 0.4
    return strength


def _has(one: _Said, ask: _Wanted) -> bool:
    return ask.kind in one.kinds and any(
        kind == ask.kind and cue != ask.wrong_end for kind, cue in one.values
    )


def _gave(answer: _Said, ask: Ask, together: Sequence[Ask]) -> bool:
    """Tell whether an answer has what one of several questions asked for."""
    kinds = _ANSWERED_BY.get(ask.kind)
    if kinds is None:
        return bool(answer.values or answer.length)
    if answer.kinds.isdisjoint(kinds):
        return False
    alone = sum(other.kind is ask.kind for other in together) == 1
    # An answer to "which order number?" may have another number only.
    alone = alone and not (ask.kind is _CODE and ask.topics)
    return any(
        kind in kinds and (alone or cue == _UNNAMED or cue in ask.topics)
        for kind, cue in answer.values
    )


def _scaled(strength: float) -> float:
    return min(1.0, max(0.0, (strength - _LOWEST) / (_HIGHEST - _LOWEST)))
