"""Instruction drift: replies stop keeping what the system prompt or the user demanded.

Held against each reply are the demands of the newest system messages, what the user demanded for
all replies, and what the request itself demands: language, JSON, lists, Markdown, emoji, length,
forbidden and required wording. A user who writes one language demands it, unless languages are the
subject. Of demands that exclude each other the newest counts.
Stopping weighs more than never having started: what was never kept may have been misunderstood,
here or by the model. It weighs more the longer it was kept, the farther a reply is off (a limit
passed by little is none passed, because lengths are estimates) and the longer it goes on.
What only looks like it: an incomplete or cut-off reply, a code block or JSON where a language is
demanded, a short reply where a list is demanded, a name that is in other languages too.
Range: [0.4, 0.95]; 0.45 at most for what was never kept. Languages: demands as
`text/demands.py` understands them; the language itself: the 34 of `text/languages.py`.
Cost: about 20 µs for 20 turns, 100 µs where three demands are to be held against 20 replies.
Source: no labelled data, the weights are set by hand. On the dev sessions tau1, tau2_retail,
agentclinic, dbdc3, tiage, citod, p_drift and sycon_debate it warns in 5 of 27,000 turns: all five
are replies in Chinese that a model gave in a debate in English.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from otel_sessions.records import CUE_BYTES, WORD_BYTES, Demand, DemandKind, Form
from otel_sessions.signals import Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_LIKE: Mapping[DemandKind, DemandKind] = {
    DemandKind.NO_LIST: DemandKind.LIST,
    DemandKind.MAX_WORDS: DemandKind.MAX_SENTENCES,
    DemandKind.MAX_CHARACTERS: DemandKind.MAX_SENTENCES,
    DemandKind.ANY_LANGUAGE: DemandKind.LANGUAGE,
}
"""Demands of which only the newest of either kind can be meant."""
_WORDED = (DemandKind.FORBIDDEN, DemandKind.REQUIRED)
_MAX_WORDS = 64
"""A text of this many distinct words has more, and what is not known of it may be there."""
_LISTED_FROM = 200
"""Characters from which a reply can be expected to be a list."""
_TOLERANCE = 1.2
"""How many times a limit may be passed: lengths are estimates."""
_UNSPOKEN = Form.JSON | Form.CODE | Form.TABLE
_MIN_REQUESTS = 2
"""Requests in a row in one language that demand it."""
_SUBJECT_FOR = 3
"""Requests for which languages stay the subject once they are mentioned."""
_Holding = dict[tuple[DemandKind, bytes], tuple[Demand, int]]


def instruction_drift(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    if_never_kept: float = 0.45,
    if_kept_once: float = 0.55,
    each_time_kept: float = 0.1,
    left_each_time: float = 0.8,
) -> Signal | None:
    """Hold the newest reply against what is demanded.

    Severity is that of the worst breach: its degree, [0, 1], times what the earlier replies say.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        if_never_kept: for a demand that no reply has kept.
        if_kept_once: for one that one earlier reply has kept.
        each_time_kept: more for each of the next three that have.
        left_each_time: share of what is missing to 1 that each further breach in a row leaves.

    """
    if not _can_be_held(turns[-1]):
        return None
    severity, explanation = 0.0, ""
    for demand, since in _demands(turns):
        now = _breach(demand, turns[-1])
        if not now:
            continue
        earlier = [
            degree for turn in turns[since:-1] if (degree := _breach(demand, turn)) is not None
        ]
        kept = earlier.count(0.0)
        if kept:
            weight = if_kept_once + each_time_kept * min(kept - 1, 3)
            in_a_row = next((i for i, d in enumerate(reversed(earlier)) if not d), 0)
            weight = 1 - (1 - weight) * left_each_time**in_a_row
        else:
            weight = if_never_kept
        if now * weight > severity:
            severity = now * weight
            name = demand.kind.name.lower()
            explanation = f"{name} demanded, kept in {kept} of {len(earlier)} replies, not now"
    if severity < min_severity or severity == 0:
        return None
    return Signal("instruction_drift", severity, explanation)


def _can_be_held(turn: Turn) -> bool:
    """Tell whether a turn has a reply that is all there."""
    return (
        turn.reply is not None
        and turn.complete
        and turn.outcome == "completed"
        and turn.finish_reason in (None, "stop", "end_turn")
    )


def _demands(turns: Sequence[Turn]) -> Iterator[tuple[Demand, int]]:
    """Give each demand that holds now, with the turn since which it does."""
    prompted: _Holding = {}
    wanted: _Holding = {}
    last = len(turns) - 1
    for at, turn in enumerate(turns):
        if turn.system is not None:
            # Other system messages take back what the ones before demanded.
            said = {_key(demand): demand for demand in turn.system.demanded}
            prompted = {
                key: prompted[key] if demand == prompted.get(key, (None, 0))[0] else (demand, at)
                for key, demand in said.items()
            }
        if turn.request is not None:
            for demand in turn.request.demanded:
                still = last - at < _SUBJECT_FOR and demand.kind == DemandKind.ANY_LANGUAGE
                if at == last or demand.standing or still:
                    wanted[_key(demand)] = (demand, at)
    holding = prompted | wanted
    language = (DemandKind.LANGUAGE, b"")
    if language not in holding and (spoken := _spoken(turns)):
        holding[language] = spoken
    return (found for found in holding.values() if found[0].kind != DemandKind.ANY_LANGUAGE)


def _key(demand: Demand) -> tuple[DemandKind, bytes]:
    kind = _LIKE.get(demand.kind, demand.kind)
    return kind, demand.what if kind in _WORDED else b""


def _spoken(turns: Sequence[Turn]) -> tuple[Demand, int] | None:
    """Return the demand of a user who writes one language, and since when."""
    language, since, requests = "", 0, 0
    for at in range(len(turns) - 1, -1, -1):
        request = turns[at].request
        used = request.language if request is not None else ""
        if used and language and used != language:
            break
        if used:
            language, since, requests = used, at, requests + 1
    if requests < _MIN_REQUESTS:
        return None
    return Demand(DemandKind.LANGUAGE, standing=True, what=language.encode()), since


def _breach(demand: Demand, turn: Turn) -> float | None:
    """How far a turn's reply is from what is demanded: 0 kept, 1 broken, `None` unknown."""
    if turn.reply is None or not _can_be_held(turn):
        return None
    if demand.kind in _FORBIDDEN_FORMS:
        return float(turn.reply.is_in(_FORBIDDEN_FORMS[demand.kind]))
    if demand.kind == DemandKind.FORBIDDEN and turn.request and _has_words(demand, turn.request):
        return None  # who is asked about it has to name it to say no
    return _HELD[demand.kind](demand, turn.reply)


def _language(demand: Demand, reply: TextFeatures) -> float | None:
    language = reply.language
    if not language or reply.is_in(_UNSPOKEN):
        return None
    return float(language != demand.what.decode())


def _json(_: Demand, reply: TextFeatures) -> float | None:
    return float(not reply.is_in(Form.JSON))


def _list(_: Demand, reply: TextFeatures) -> float | None:
    if reply.is_in(Form.LIST | Form.TABLE):
        return 0.0
    return None if reply.chars < _LISTED_FROM else 1.0


def _too_long(limit: int, length: int) -> float:
    """Say 0 up to the limit, with what is tolerated, and 1 from twice the limit on."""
    over = length / max(limit, 1)
    return 0.0 if over <= _TOLERANCE else min(1.0, over - 1 + 0.25)


def _max_sentences(demand: Demand, reply: TextFeatures) -> float | None:
    return _too_long(demand.limit, reply.shape.sentences)


def _max_words(demand: Demand, reply: TextFeatures) -> float | None:
    return _too_long(demand.limit, reply.shape.words)


def _max_characters(demand: Demand, reply: TextFeatures) -> float | None:
    return _too_long(demand.limit, reply.chars)


def _has_words(demand: Demand, reply: TextFeatures) -> bool | None:
    words = reply.words
    heads = {words[i : i + CUE_BYTES] for i in range(0, len(words), WORD_BYTES)}
    wanted = [
        demand.what[i : i + CUE_BYTES].ljust(CUE_BYTES, b"\0")
        for i in range(0, len(demand.what), CUE_BYTES)
    ]
    if all(head in heads for head in wanted):
        return True
    return None if len(words) >= _MAX_WORDS * WORD_BYTES else False


def _forbidden(demand: Demand, reply: TextFeatures) -> float | None:
    has = _has_words(demand, reply)
    return None if has is None else float(has)


def _required(demand: Demand, reply: TextFeatures) -> float | None:
    has = _has_words(demand, reply)
    return None if has is None else float(not has)


def _start(demand: Demand, reply: TextFeatures) -> float | None:
    return float(not reply.shape.first.startswith(demand.what))


def _end(demand: Demand, reply: TextFeatures) -> float | None:
    return float(not reply.shape.last.startswith(demand.what))


_FORBIDDEN_FORMS: Mapping[DemandKind, Form] = {
    DemandKind.NO_LIST: Form.LIST,
    DemandKind.NO_MARKUP: Form.MARKUP,
    DemandKind.NO_EMOJI: Form.EMOJI,
}
_HELD: Mapping[DemandKind, Callable[[Demand, TextFeatures], float | None]] = {
    DemandKind.LANGUAGE: _language,
    DemandKind.JSON: _json,
    DemandKind.LIST: _list,
    DemandKind.MAX_SENTENCES: _max_sentences,
    DemandKind.MAX_WORDS: _max_words,
    DemandKind.MAX_CHARACTERS: _max_characters,
    DemandKind.FORBIDDEN: _forbidden,
    DemandKind.REQUIRED: _required,
    DemandKind.START: _start,
    DemandKind.END: _end,
}
