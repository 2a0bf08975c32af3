"""Baselines: what a few lines without memory, values or history reach.

Each gives a score to a turn, from its texts or from vectors alone; a session has the highest of its
turns. Units differ, because only the order counts.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import groupby

from benchmarks.signals.runs import ScoredSession, ScoredTurn
from otel_sessions.cli.recordings import RecordedCall
from otel_sessions.comparisons import similarities

_COMPARED = 64
"""Earlier turns that a text is compared with, as many as detectors see."""
_WORD = re.compile(r"\w+")
_REMINDING = frozenset(("already", "told", "said", "asked", "again"))

Words = frozenset[str]


class Texts:
    """What a baseline reads of a session: its turns, their calls and the words of their texts."""

    def __init__(self, session: ScoredSession) -> None:
        self.turns = session.turns
        self.calls = session.session.recording.steps

    @cached_property
    def requests(self) -> list[Words]:
        """The words of each turn's request."""
        return [_words(_request(turn)) for turn in self.turns]

    @cached_property
    def replies(self) -> list[Words]:
        """The words of each turn's reply."""
        return [_words(_replies(turn)) for turn in self.turns]


Baseline = Callable[[Texts, int], float]
"""Takes a session and the place of a turn in it, 0-based."""


def request_overlap(texts: Texts, at: int) -> float:
    """Give the highest Jaccard index of the request's words with an earlier request's."""
    return _highest_overlap(texts.requests, at)


def reply_overlap(texts: Texts, at: int) -> float:
    """Give the highest Jaccard index of the reply's words with an earlier reply's."""
    return _highest_overlap(texts.replies, at)


def reply_distance(texts: Texts, at: int) -> float:
    """Give the distance in meaning between the reply and the one before: 1 - cosine."""
    replies = [turn.reply for turn in texts.turns[at].recent[-2:]]
    if len(replies) < 2 or not replies[0] or not replies[1]:  # noqa: PLR2004 - a pair
        return 0.0
    return 1 - similarities(replies[1], [replies[0]])[0]


def distance_to_nearest(texts: Texts, at: int) -> float:
    """Give how far request or reply, whichever is farther, is from all messages before it."""
    *earlier, newest = texts.turns[at].recent
    before = [text for turn in earlier for text in (turn.request, turn.reply) if text]
    distance = 0.0
    for text in filter(None, (newest.request, newest.reply)):
        if before:
            distance = max(distance, 1 - max(similarities(text, before)))
        before.append(text)
    return distance


def no_prefix(texts: Texts, at: int) -> float:
    """Tell whether a call's messages do not start with those of the call before it."""
    calls = texts.calls
    last = _last_call(texts, at)
    first = _last_call(texts, at - 1) if at else 0
    if at == len(texts.turns) - 1:
        last = len(calls) - 1
    return float(any(_breaks(calls[i - 1], calls[i]) for i in range(max(1, first), last + 1)))


def equal_calls_in_a_row(texts: Texts, at: int) -> float:
    """Count the longest run of equal tool calls, arguments compared as they are written."""
    calls = [
        (call["function"]["name"], call["function"]["arguments"])
        for turn in texts.turns[max(0, at - _COMPARED) : at + 1]
        for recorded in turn.calls
        for call in recorded.reply.tool_calls
    ]
    return float(max((len(list(run)) for _, run in groupby(calls)), default=0))


def reminding_words(texts: Texts, at: int) -> float:
    """Count the different words in the request that often remind of something said."""
    return float(len(texts.requests[at] & _REMINDING))


def turns_so_far(texts: Texts, at: int) -> float:
    """Count the turns up to this one."""
    return float(texts.turns[at].number)


BASELINES: dict[str, Baseline] = {
    "repeated_question": request_overlap,
    "information_rerequested": reply_overlap,
    "contradiction": reply_distance,
    "topic_drift": distance_to_nearest,
    "context_loss": no_prefix,
    "tool_loop": equal_calls_in_a_row,
    "user_reminder": reminding_words,
    "health": turns_so_far,
}
"""By the name under which a result is told."""


def _request(turn: ScoredTurn) -> Iterable[object]:
    for call in turn.calls[-1:]:
        yield from [m["content"] for m in call.messages if m["role"] == "user"][-1:]


def _replies(turn: ScoredTurn) -> Iterable[object]:
    return [call.reply.text for call in turn.calls if call.reply_at is not None]


def _words(contents: Iterable[object]) -> Words:
    return frozenset(
        word for content in contents for word in _WORD.findall(str(content or "").casefold())
    )


def _highest_overlap(words: Sequence[Words], at: int) -> float:
    newest, earlier = words[at], words[max(0, at - _COMPARED) : at]
    return max((_overlap(newest, each) for each in earlier), default=0.0)


def _overlap(a: Words, b: Words) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def _last_call(texts: Texts, at: int) -> int:
    """Find the last recorded call of a turn; the session's last call if it has none."""
    newest = texts.turns[at].calls[-1:]
    found = (i for i, call in enumerate(texts.calls) if newest and call is newest[0])
    return next(found, len(texts.calls) - 1)


def _breaks(earlier: RecordedCall, later: RecordedCall) -> bool:
    return later.messages[: len(earlier.messages)] != earlier.messages
