"""Repeated answer: the assistant says again what it said.

Two replies are the same as far as they share their content words and their direction in meaning.
The newest is held against all earlier ones. Less: if it states other values (the next item, another
price), if the user asked the same again, if long ago; more if it was said several times.

Not a repetition: a short one (greetings, "You're welcome!"), what the user wants to hear again, a
retried or regenerated reply, and what an answer without content words ("menu", "back", "yes") or a
choice from what was offered brings up again.
Range: [0.4, 1]. Languages: any; the wish to hear it again is known in English only.
Cost: about 30 µs for 20 turns, 75 µs if all replies are alike.
Source of the numbers: reasoned; it warns in 0.1 % or less of the turns of passed sessions of tau1,
tau2_retail and agentclinic, and in 0.2 % of dbdc3 and 1.3 % of dstc2_babi6, whose systems do repeat
themselves.
"""

from collections.abc import Collection, Sequence
from math import sqrt

from otel_sessions.comparisons import shared_words, similarities
from otel_sessions.records import Act, StanceFlag
from otel_sessions.signals import WARNING, Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_MIN_WORDS = 5
"""Content words; what has fewer is said often (greetings, "anything else?")."""
_CHOICE_WORDS = 3
"""A choice from what was offered has at most so many content words."""


def repeated_answer(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    least_overlap: float = 0.5,
    least_cosine: float = 0.8,
    said_twice: float = 0.7,
    if_values_new: float = 0.2,
    if_asked_again: float = 0.7,
    if_chosen: float = 0.5,
    if_long_ago: float = 0.7,
    left_each_time: float = 0.6,
) -> Signal | None:
    """Hold the newest reply against the earlier ones.

    Severity is how much it is the same as the closest, [0, 1], times the factors that apply; more
    if others match too.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        least_overlap: Jaccard index of content words at which two replies have nothing in common.
        least_cosine: cosine of vectors at which they have nothing in common.
        said_twice: severity of the same reply in two turns in a row.
        if_values_new: factor if the newest reply has values that the earlier one had not.
        if_asked_again: factor if the user asked the same again.
        if_chosen: factor if the user only agreed or chose from what was offered.
        if_long_ago: factor that the number of turns in between approaches.
        left_each_time: share of what is missing to 1 that each time after the second leaves.

    """
    newest = turns[-1]
    reply = newest.reply
    if reply is None or newest.context.kind == "repeated" or _wanted_again(newest):
        return None
    said = reply.word_count
    earlier = [turn for turn in turns[:-1] if turn.reply is not None]
    texts = [turn.reply for turn in earlier if turn.reply is not None]
    if said < _MIN_WORDS or not texts:
        return None
    severities = []
    stated = reply.value_set
    compared = zip(
        earlier, texts, similarities(reply, texts), shared_words(reply, texts), strict=True
    )
    for turn, text, cosine, shared in compared:
        overlap = shared / (said + text.word_count - shared)
        same = sqrt(_above(overlap, least_overlap) * _above(cosine, least_cosine))
        if said_twice * same < min(min_severity, WARNING) / 2:
            continue
        same *= said_twice * (1.0 if _has_all(text, stated) else if_values_new)
        same *= if_asked_again if _same_words(newest.request, turn.request) else 1.0
        same *= if_long_ago + (1 - if_long_ago) / max(1, newest.number - turn.number)
        severities.append(same)
    best = max(severities, default=0.0)
    if not best:
        return None
    best *= if_chosen if _chose(turns) else 1.0
    times = max(2, 1 + sum(severity >= WARNING for severity in severities))
    severity = 1 - (1 - best) * left_each_time ** (times - 2)
    if severity < min_severity:
        return None
    return Signal("repeated_answer", severity, f"said {times} times")


def _wanted_again(turn: Turn) -> bool:
    return turn.request is not None and bool(turn.request.stance.flags & StanceFlag.AGAIN)


def _above(value: float, least: float) -> float:
    return max(0.0, (value - least) / (1 - least))


def _has_all(text: TextFeatures, values: Collection[bytes]) -> bool:
    packed = text.packed_values
    # What is in the packed values is most likely a value, and what is not is none.
    missing = [value for value in values if value not in packed]
    return not missing and text.value_set.issuperset(values)


def _same_words(a: TextFeatures | None, b: TextFeatures | None) -> bool:
    return a is not None and b is not None and a.frame == b.frame and a.words == b.words


def _chose(turns: Sequence[Turn]) -> bool:
    """Tell whether the newest request only agrees, or says words of the reply before it."""
    request, offer = turns[-1].request, turns[-2].reply
    if request is None or request.does(Act.QUESTION):
        return False
    words = request.word_set
    if len(words) > _CHOICE_WORDS:
        return False
    return not words or (offer is not None and words <= offer.word_set)
