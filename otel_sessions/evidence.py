"""Evidence: how much an earlier answer or message says that a question asks for what was given.

Two ways lead there. The assistant asked for it before and was answered: then both questions are
compared, by kind, by what they are about and by meaning. Or the user gave it unasked: then what a
message says is compared with the question.

All numbers are log-odds, so 0 is even and 1.4 is four to one.
Source: logistic regression on one half of the dev sessions of p_reask_sgd and dstc2_babi6, on
dialogues of our own and on passed sessions of tau1, tau2_retail, agentclinic and dbdc3, with the
best evidence of each turn; then rounded by hand, so that more agreement never weighs less.
"""

from collections.abc import Sequence
from typing import NamedTuple

from otel_sessions.answers import OPEN, UNNAMED, Asked, Said, Wanted, has, mentioned
from otel_sessions.comparisons import cosines
from otel_sessions.records import FROM, TO, AskFlag, ValueKind

_NUMBER, _MONEY, _DATE, _TIME = ValueKind.NUMBER, ValueKind.MONEY, ValueKind.DATE, ValueKind.TIME
_EMAIL, _PHONE, _CODE, _NAME = ValueKind.EMAIL, ValueKind.PHONE, ValueKind.CODE, ValueKind.NAME
_OTHER, _CHOICE, _PLACE = ValueKind.OTHER, ValueKind.CHOICE, ValueKind.PLACE
_DATE_AND_TIME = frozenset((_DATE, _TIME))
_PASSING = frozenset((_DATE, _TIME, _PLACE, _NUMBER, _MONEY))
"""Kinds of which each new task has values of its own."""
_SAME_KIND = {
    **dict.fromkeys(_PASSING, 2.9),
    _NAME: 2.2,
    **dict.fromkeys((_CODE, _EMAIL, _PHONE), 0.8),
}
_NAMED_BY = {
    _CODE: (_CODE, _PHONE),
    _NUMBER: (_NUMBER, _OTHER),
    _MONEY: (_MONEY, _NUMBER),
    _PLACE: (_PLACE,),
    _OTHER: (_OTHER,),
    _CHOICE: (_OTHER,),
}
"""Values that can be known by the word that names them: "order 4471", "3 guests"."""
_DESCRIBED = frozenset((_CODE, _PLACE))
_NAMING_WORDS = 2
"""With more words a question describes which of many it asks for, and one of them names little."""
_SURELY_SEEN = frozenset((_CODE, _EMAIL, _PHONE, _DATE, _TIME, _NUMBER))
"""Kinds whose values are seen wherever they are written, unlike names and places."""
# Operations on flags cost ten times as much as on numbers.
_END, _ENDS = int(AskFlag.END), int(AskFlag.START | AskFlag.END)
_MORE, _CLOSED, _SORT = int(AskFlag.MORE), int(AskFlag.CLOSED), int(AskFlag.SORT)
_OTHERS = int(AskFlag.OTHERS)
_ENDS_OF_WAY = frozenset((FROM, TO))
_FEW_WORDS = 2
"""Content words up to which a message says little but the value."""
_SHORT_ANSWER = 4
"""The same of an answer to a question."""
_NAMED = 0.1
"""A value that the question calls by its name was given, however little else it is like that."""
_LOST = 1.7
"""What was not found, or was taken back, was not really given."""
_LONG_AGO = 8
"""Turns after which a value is as old as it gets."""


class Evidence(NamedTuple):
    """Something that the question asks for was given, more or less surely."""

    weight: float
    """Log-odds."""
    at: int
    """Index of the turn in which it was given."""


def weigh(
    wanted: Wanted, asked: Sequence[Asked], said: Sequence[Said], newest: int, lost: int
) -> list[Evidence]:
    """Weigh every earlier question with its answer, and every message of the user.

    Args:
        wanted: what is asked for.
        asked: earlier questions.
        said: messages of the user, never empty if anything was asked.
        newest: index of the newest turn.
        lost: index of the last turn that makes what was given until then doubtful; -1 if none.

    """
    vectors = [*(before.ask.vector for before in asked), *(one.vector for one in said)]
    alike = cosines(wanted.vector, vectors)
    nearness = {one.at: near for one, near in zip(said, alike[len(asked) :], strict=True)}
    found = [
        Evidence(
            _of_answer(wanted, before, newest, near, nearness[before.answer.at]), before.answer.at
        )
        for before, near in zip(asked, alike, strict=False)
    ]
    found += [Evidence(_of_message(wanted, one, nearness[one.at]), one.at) for one in said]
    base = _of_question(wanted)
    return [Evidence(weight + base - (_LOST if lost >= at else 0.0), at) for weight, at in found]


def _of_question(wanted: Wanted) -> float:
    """Weigh what the question itself says: that another one is wanted, or a confirmation."""
    return -0.5 * wanted.checks - (2.0 if wanted.flags & _MORE else 0.0)


def _of_answer(wanted: Wanted, before: Asked, newest: int, alike: float, answered: float) -> float:
    """Weigh an earlier question that is `alike` and an answer that fits as far as `answered`."""
    answer, kind = before.answer, wanted.kind
    weight = 1.0 * alike + 1.7 * answered + 1.4 * before.likeness - 3.5
    weight += _same_thing(wanted, before)
    if before.given:
        weight += 0.7
        short = answer.length <= _SHORT_ANSWER and not answer.refuses and not answer.asks
        if short and not wanted.flags & _CLOSED and (kind in OPEN or before.ask.kind in OPEN):
            weight += 0.7
    if answer.refuses:
        weight -= 1.0
    if answer.asks:
        weight -= 0.7
    return weight - (0.5 * _age(answer, newest) if kind in _PASSING else 0.0)


def _of_message(wanted: Wanted, one: Said, alike: float) -> float:
    """Weigh a message of the user that is `alike`, whatever it answered."""
    kind = wanted.kind
    weight = (1.6 if kind in OPEN else 2.3) * alike - 3.6
    if wanted.flags & _END and kind is not _PLACE:
        weight -= 1.3
    if wanted.flags & _OTHERS:
        weight -= 1.2
    if one.length <= _FEW_WORDS:
        weight += 0.5
    if _is_named(wanted, one):
        sure = kind not in OPEN and not wanted.flags & _OTHERS
        return max(_NAMED, weight + 2.6) if sure else weight + 2.6
    return weight + (_chosen(wanted, one) if kind in OPEN else _volunteered(wanted, one))


def _age(one: Said, newest: int) -> float:
    return min(newest - one.at, _LONG_AGO) / _LONG_AGO


def _same_thing(wanted: Wanted, before: Asked) -> float:
    """Weigh whether two questions are for the same thing."""
    kind, other = wanted.kind, before.ask.kind
    weight = 0.0
    differs = wanted.flags ^ int(before.ask.flags)
    # Where to go may be asked for without saying "to"; a return date is never just a date.
    if differs & _ENDS == _ENDS if kind is _PLACE else differs & _END:
        weight -= 1.8
    if differs & _SORT:
        weight -= 1.0
    if differs & _OTHERS:
        weight -= 1.5
    shared = _shared(wanted, before)
    if kind in OPEN or other in OPEN:
        return weight + _BY_TOPICS_ALONE[shared]
    if kind is other:
        weight += _SAME_KIND.get(kind, 0.0)
        if kind is _CODE:
            return weight + (1.2 if wanted.topics == before.topics else _BY_TOPICS_OF_IDS[shared])
    elif {kind, other} != _DATE_AND_TIME:
        weight -= 1.1
    figures = kind is other and kind in (_NUMBER, _MONEY)
    return weight + (_BY_TOPICS_OF_FIGURES if figures else _BY_TOPICS)[shared]


_BY_TOPICS = {
    **dict.fromkeys(("equal", "within", "head"), 0.3),
    "shared": 0.0,
    "apart": -0.7,
    "unknown": 0.0,
}
_BY_TOPICS_OF_FIGURES = {**_BY_TOPICS, "apart": -1.8}
"""How many or how much of what is nearly all that tells two of them apart."""
_BY_TOPICS_OF_IDS = {"within": 0.8, "head": 0.8, "shared": 0.3, "apart": -0.8, "unknown": 0.6}
_BY_TOPICS_ALONE = {
    "equal": 1.7,
    "within": 1.4,
    "head": 0.8,
    "shared": -0.9,
    "apart": -1.1,
    "unknown": 0.0,
}
"""The same where nothing but words tells what is asked for."""


def _shared(wanted: Wanted, before: Asked) -> str:
    """Tell how two questions are about the same, by their words."""
    mine, others = wanted.topics, before.topics
    if not mine or not others:
        return "unknown"
    if mine == others:
        return "equal"
    if mine <= others or others <= mine:
        return "within"
    if wanted.head == before.ask.topics[0]:
        return "head"
    return "apart" if mine.isdisjoint(others) else "shared"


def _is_named(wanted: Wanted, one: Said) -> bool:
    """Tell whether a value is called by the very word of the question: nothing tells it better."""
    kinds = _NAMED_BY.get(wanted.kind)
    return (
        kinds is not None
        and (wanted.kind not in _DESCRIBED or len(wanted.topics) <= _NAMING_WORDS)
        and any(cue in wanted.topics and given in kinds for given, cue in one.values)
    )


def _volunteered(wanted: Wanted, one: Said) -> float:
    """Weigh the values of the kind that is asked for, by the words that name them."""
    kind, topics = wanted.kind, wanted.topics
    if not has(one, wanted):
        chosen = kind is _MONEY and any(k == _CHOICE and cue != UNNAMED for k, cue in one.values)
        return 2.0 if chosen else -1.5 if kind in _SURELY_SEEN else 0.0
    cues = [cue for given, cue in one.values if given == kind and cue != wanted.wrong_end]
    # An address is often mentioned beside another place.
    weight = 1.8 if kind is not _PLACE and mentioned(topics, one) else 0.0
    named = not topics.isdisjoint(cues) or wanted.right_end in cues
    if kind in (_EMAIL, _PHONE):
        return weight + 3.2  # most people have only one, whatever it is called
    if named or (kind is _NAME and not topics):
        return weight + 2.6
    if kind in (_CODE, _NAME):
        return weight + (1.8 if kind is _NAME else 0.0)  # people introduce only themselves
    if UNNAMED in cues:
        return weight + (2.8 if kind is _PLACE else 2.0)
    # The cue of a date is its month; that of an address says nothing about whose it is.
    return weight + (
        2.0 if kind is _DATE or (kind is _PLACE and _ENDS_OF_WAY.isdisjoint(cues)) else -0.3
    )


def _chosen(wanted: Wanted, one: Said) -> float:
    """Weigh how the words of a message answer a question of which only words tell the subject."""
    weight = -0.5
    if one.asks:
        weight -= 1.0
    topics = mentioned(wanted.topics, one)
    if topics:
        weight += 0.5
        if topics == len(wanted.topics) < one.length:
            weight += 0.6
        if wanted.flags & _CLOSED and len(wanted.topics) > 1:
            weight += 1.7
    if _CHOICE in one.kinds:
        weight += 1.2 if topics else 0.9
        if any(kind == _CHOICE and cue in wanted.topics for kind, cue in one.values):
            weight += 1.8
    return weight
