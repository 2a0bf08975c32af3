"""Repeated question: the user asks again, word for word or rephrased, what was asked before.

People repeat themselves when the reply missed the point. Two requests match as far as the newest
says nothing that an earlier one did not (its words), or means the same (its vector); the better of
the two counts. A meaning counts as far as it is nearer to the earlier request than to any reply
since: who goes on from a reply speaks of the same things, who asks again leaves it aside. What came
in between decides how bad that is, too: less if a reply took up the words that were asked about, if
it said that the thing is not there, or if long ago; more if it was asked several times.

Not a repetition: a request with other values (a corrected detail, the next item of a list), one
that only agrees, thanks or greets, a choice among what the assistant has just offered (menus,
games), another question about the same one word, and the same objection to another answer.
Range: [0, 1], from `min_severity` on; asked twice is a warning, only what comes a third time word
for word is critical. Languages: any; function words, refusals and objections are known in English
only. Cost: about 80 µs for 20 turns with long messages, 200 µs for 64.
Source: Tversky, "Features of similarity", Psychological Review 84 (1977), for the one-sided overlap
of words. Numbers were chosen on the dev sessions of dstc2_babi6 (average precision .78, F1 .80 at
0.5) and p_repeat (AUROC .85, F1 .44), with warnings counted on the passed sessions of tau1,
tau2_retail, agentclinic and dbdc3 (0.4, 0.6, 0 and 4.2 % of turns). They were looked at in both
halves of these sessions, so none of this is held out (2026-11-28).
"""

from collections.abc import Sequence
from itertools import accumulate

from otel_sessions.comparisons import overlap, shared_words, similarities
from otel_sessions.records import Act, AskFlag, StanceFlag, ValueKind
from otel_sessions.signals import CRITICAL, WARNING, Signal
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import Turn

_NOT_ASKING = Act.ACKNOWLEDGEMENT | Act.THANKS | Act.GREETING
_CHOICE_WORDS = 3
"""A choice among what was offered is at most this long."""
_SIMILAR, _SAME_MEANING = 0.4, 0.75
"""Cosines, less that with the nearest reply since, at which two requests have half of their meaning
and all of it in common."""
_TELLING_WORDS = 8
"""Content words of two requests together from which their vectors can be trusted in full; those of
a few words are near as soon as they share one."""
_PARTLY = 1.3
"""Power of the share of words that are known: half of a short request is no repetition of it."""
_SAME_REPLY = 0.9
"""Overlap of words from which two replies are one."""
_AGAIN_AND_AGAIN = 3
_WORD_FOR_WORD = 0.97
"""How well the best match has to match for that many times to be critical."""


def repeated_question(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.4,
    extra_word: float = 0.1,
    new_words: int = 4,
    if_stated: float = 0.7,
    if_one_word: float = 0.45,
    if_answered: float = 0.5,
    if_refused: float = 0.4,
    if_disputing: float = 0.35,
    if_values_new: float = 0.4,
    if_agreeing: float = 0.5,
    if_long_ago: float = 0.8,
    left_each_time: float = 0.7,
    most_if_twice: float = 0.79,
) -> Signal | None:
    """Compare the newest request with the ones before it.

    Severity is the match with the best earlier request, [0, 1], times the factors that apply;
    more if others match too.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        extra_word: how much a word that only the earlier request has counts, against one that only
            the newest has: a part of what was asked, asked again, is a repetition.
        new_words: words that only the newest request may have; a similar meaning counts less with
            the square root of more, because who goes on about a subject means much the same.
        if_stated: factor of a similar meaning if the newest request does not ask.
        if_one_word: factor if all that the newest request has is one word that is known, in another
            sentence that asks for another kind of thing ("do you sell bikes?", "why bikes?").
        if_answered: factor if a reply since has taken up all the words of the newest request.
        if_refused: factor if a reply since said that it is not there or not possible.
        if_disputing: factor if the newest request does not accept the reply, which is another one
            each time.
        if_values_new: factor if the newest request has values that the earlier one had not.
        if_agreeing: factor if the newest request starts with a yes: it answers the assistant.
        if_long_ago: factor that the number of turns in between approaches.
        left_each_time: share of what is missing to 1 that each time after the second leaves.
        most_if_twice: severity of a request that came twice in the same words.

    """
    request = turns[-1].request
    if request is None or not request.words or _only_polite(request):
        return None
    asked = request.word_count
    stated = 1.0 if request.does(Act.QUESTION) else if_stated
    alone = if_agreeing if request.does(Act.AGREEMENT) else 1.0
    alone *= if_disputing if request.stance.flags & StanceFlag.DISPUTES else 1.0
    floor = min(min_severity, WARNING)
    given, frame = request.value_set, request.frame
    one_word = asked == 1 and request.shape.words > asked + 1
    at = [i for i, turn in enumerate(turns[:-1]) if turn.request is not None]
    texts = [text for turn in turns[:-1] if (text := turn.request)]
    replies = [reply for turn in turns[:-1] if (reply := turn.reply)]
    near = similarities(request, [*texts, *replies])
    meanings, words = near[: len(texts)], shared_words(request, texts)
    answered = _nearest_reply(turns, near[len(texts) :])
    matches = []
    for i, text, meaning, shared in zip(at, texts, meanings, words, strict=True):
        same_frame = text.frame == frame
        if same_frame and shared < asked:
            continue  # the next item of a list, put in the same way
        had = text.word_count
        match = asked * (shared / asked) ** _PARTLY / (asked + extra_word * (had - shared))
        if not same_frame:
            told = min(1.0, new_words / max(1, asked - shared), (asked + had) / _TELLING_WORDS)
            match = max(match, stated * told**0.5 * _semantic(meaning - answered[i]))
            if one_word and shared and not _ask_alike(request, text):
                match *= if_one_word
        match *= alone
        if match >= floor:
            match *= _values_factor(given, text.value_set, if_values_new)
        if match >= floor and not (asked <= _CHOICE_WORDS and _is_choice(turns, i)):
            matches.append((i, match))
    if not matches:
        return None
    taken_up, refused = _since(turns, request, matches[0][0])
    severities = [
        match
        * (1 - (1 - if_answered) * taken_up[i] / asked)
        * (if_refused if refused[i] else 1.0)
        * (if_long_ago + (1 - if_long_ago) / (len(turns) - 1 - i))
        for i, match in matches
    ]
    times = max(2, 1 + sum(severity >= WARNING for severity in severities))
    severity = _graded(max(severities), times, left_each_time, most_if_twice)
    if not severity or severity < min_severity:
        return None
    return Signal("repeated_question", severity, f"asked {times} times")


def _only_polite(request: TextFeatures) -> bool:
    return request.does(_NOT_ASKING) and not request.does(Act.QUESTION)


def _semantic(nearness: float) -> float:
    if nearness < _SIMILAR:
        return max(0.0, nearness / _SIMILAR / 2)
    return min(1.0, 0.5 + (nearness - _SIMILAR) / (_SAME_MEANING - _SIMILAR) / 2)


def _nearest_reply(turns: Sequence[Turn], near: Sequence[float]) -> list[float]:
    """Tell by turn how near the nearest reply since is to the request; 0 if none is near."""
    cosines = iter(near)
    found = [0.0 if turn.reply is None else next(cosines) for turn in turns[:-1]]
    return list(accumulate(reversed(found), max, initial=0.0))[:0:-1]


def _ask_alike(newest: TextFeatures, earlier: TextFeatures) -> bool:
    """Tell whether both ask for a thing of the same kind, or neither asks for any."""
    now, then = _asked_for(newest), _asked_for(earlier)
    return not now.isdisjoint(then) or not (now or then)


def _asked_for(text: TextFeatures) -> set[tuple[ValueKind, bool]]:
    return {(ask.kind, bool(ask.flags & AskFlag.CLOSED)) for ask in text.asked}


def _values_factor(given: set[bytes], had: set[bytes], if_new: float) -> float:
    if given <= had:
        return 1.0
    return if_new if given & had or not had else 0.0


def _graded(best: float, times: int, left_each_time: float, most_if_twice: float) -> float:
    """Raise the best match with the times it was asked, and keep what is critical for the worst."""
    if best >= _WORD_FOR_WORD and times >= _AGAIN_AND_AGAIN:
        return 1 - (1 - CRITICAL) * left_each_time ** (times - _AGAIN_AND_AGAIN)
    severity = 1 - (1 - best) * left_each_time ** (times - 2)
    if severity <= WARNING:
        return severity
    return WARNING + (severity - WARNING) * (most_if_twice - WARNING) / (1 - WARNING)


def _since(
    turns: Sequence[Turn], request: TextFeatures, first: int
) -> tuple[dict[int, int], dict[int, bool]]:
    """Tell by turn what the replies since then took up, in words, and whether one refused."""
    answered = [i for i in range(first, len(turns) - 1) if turns[i].reply is not None]
    replies = [reply for i in answered if (reply := turns[i].reply)]
    counts = dict(zip(answered, shared_words(request, replies), strict=True))
    taken_up, refused = {}, {}
    most, any_refused = 0, False
    for i in range(len(turns) - 2, first - 1, -1):
        reply = turns[i].reply
        most = max(most, counts.get(i, 0))
        any_refused = any_refused or bool(reply and reply.does(Act.REFUSAL))
        taken_up[i], refused[i] = most, any_refused
    return taken_up, refused


def _is_choice(turns: Sequence[Turn], i: int) -> bool:
    """Tell whether both requests picked words from offers, and the offers were not the same."""
    request = turns[-1].request
    offer_then, offer_now = turns[i - 1].reply if i else None, turns[-2].reply
    if request is None or offer_then is None or offer_now is None:
        return False
    words = request.word_set
    return (
        words <= offer_now.word_set
        and words <= offer_then.word_set
        and (
            offer_then.packed_values != offer_now.packed_values
            or overlap(offer_then, offer_now) < _SAME_REPLY
        )
    )
