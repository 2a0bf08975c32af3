"""Traffic: conversations as many users have them at once, made by dice that always fall alike.

Most are short and a few are very long (log-normal); half have an id, of which half are ended by
the application, and the others are left. One in twenty uses tools, one in a hundred has long
replies. Texts are templates with other subjects and numbers, about 10 tokens a message as in a
chat: enough for each part of the analysis to have work, and cheap.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import cos, pi
from random import Random

from otel_sessions.calls import Call, GivenId, Message, Reply, Request, ToolCall, Usage

SUBJECTS = ("parcel", "invoice", "booking", "router", "ticket", "refund", "contract", "delivery")
PLACES = ("Leeds", "York", "Bath", "Derby", "Truro", "Wells", "Ely", "Ripon")
REQUESTS = (
    "Where is my {subject} {number}?",
    "And can you send it to {place}?",
    "What does the {subject} to {place} cost?",
    "It has not come yet. The number is {number}.",
    "Please cancel the {subject} {number}.",
    "Thank you, that helps.",
)
REPLIES = (
    "The {subject} {number} left {place} on Tuesday.",
    "It costs 4.50 euros more to {place}. Shall I change that?",
    "I find no {subject} with the number {number}.",
    "Done. The {subject} goes to {place} now.",
    "Anything else?",
)
LONG = 24
"""Replies that make up a long one, about 300 tokens."""
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")
SYSTEM = Message("system", "You help customers of a shop with their orders. Be short and polite.")
START_NS = 1_700_000_000 * 10**9
CALL_NS = 10**9
SLOWEST_NS, FASTEST_NS = 50_000_000, 10_000_000
"""Time between two calls, by night and by day."""
DAY = 100_000
"""Calls of a day."""


@dataclass(slots=True)
class _Talk:
    name: str
    model: str
    left: int
    given: bool
    tools: bool
    long: bool
    messages: list[Message] = field(default_factory=lambda: [SYSTEM])


@dataclass(frozen=True, slots=True)
class Ending:
    """The application says that a session is over."""

    session_id: str


class Traffic:
    """Calls of many sessions, in the order in which they end."""

    def __init__(self, sessions: int, turns: int, *, open_at_once: int, seed: int = 7) -> None:
        """Deal the turns out.

        Args:
            sessions: in all.
            turns: in all; at least as many as sessions.
            open_at_once: conversations that are being led at a time.
            seed: another gives other conversations.

        """
        self._dice = Random(seed)  # noqa: S311 - no secret
        self._lengths = _lengths(sessions, turns, self._dice)
        self._open_at_once = open_at_once
        self.now_ns = START_NS
        self.turns = 0
        self._calls = 0

    def __iter__(self) -> Iterator[Call | Ending]:
        waiting = iter(enumerate(self._lengths))
        talks: list[_Talk] = []
        while True:
            while len(talks) < self._open_at_once and (dealt := next(waiting, None)):
                talks.append(self._begin(*dealt))
            if not talks:
                return
            at = self._dice.randrange(len(talks))
            talk = talks[at]
            yield from self._turn(talk)
            talk.left -= 1
            self.turns += 1
            if not talk.left:
                talks[at] = talks[-1]
                talks.pop()
                if talk.given and self._dice.random() < 0.5:  # noqa: PLR2004 - half of them
                    yield Ending(talk.name)

    def _begin(self, number: int, turns: int) -> _Talk:
        chance = self._dice.random
        return _Talk(
            f"chat-{number:08}",
            self._dice.choice(MODELS),
            turns,
            given=chance() < 1 / 2,
            tools=chance() < 1 / 20,
            long=chance() < 1 / 100,
        )

    def _turn(self, talk: _Talk) -> Iterator[Call]:
        talk.messages.append(Message("user", self._text(REQUESTS)))
        if talk.tools:
            use = ToolCall("look_up", {"number": self._number()}, f"call-{self._calls}")
            yield self._call(talk, Message("assistant", "", (use,)), "tool_calls")
            talk.messages.append(
                Message("tool", f'{{"state": "sent", "to": {self._number()}}}', (), use.id)
            )
        text = " ".join(self._text(REPLIES) for _ in range(LONG if talk.long else 1))
        yield self._call(talk, Message("assistant", text), "stop")

    def _call(self, talk: _Talk, reply: Message, finish_reason: str) -> Call:
        sent = tuple(talk.messages)
        talk.messages.append(reply)
        self._calls += 1
        light = (1 + cos(2 * pi * self._calls / DAY)) / 2
        self.now_ns += round(FASTEST_NS + light * (SLOWEST_NS - FASTEST_NS))
        call = Call(
            "anthropic" if talk.model.startswith("claude") else "openai",
            Request(model=talk.model, messages=sent),
            Reply(
                reply,
                model=talk.model,
                id=f"reply-{self._calls}",
                finish_reasons=(finish_reason,),
                usage=Usage(30 * len(sent), len(reply.text) // 4),
            ),
            "completed",
            self.now_ns - CALL_NS,
            self.now_ns,
            given_id=GivenId(talk.name, "session") if talk.given else None,
            lane=hash(talk.name) & 0xFF,
        )
        if self._dice.random() < 1 / 200:
            return replace(call, reply=Reply(), outcome="failed", error_type="500")
        return call

    def _text(self, among: tuple[str, ...]) -> str:
        pick = self._dice.choice
        return pick(among).format(subject=pick(SUBJECTS), number=self._number(), place=pick(PLACES))

    def _number(self) -> int:
        return self._dice.randrange(100_000, 1_000_000)


def _lengths(sessions: int, turns: int, dice: Random) -> "array[int]":
    """Deal turns to sessions, at least one each."""
    weights = [dice.lognormvariate(0, 1) for _ in range(sessions)]
    share = (turns - sessions) / sum(weights)
    lengths = array("I", (1 + int(weight * share) for weight in weights))
    for at in range(turns - sum(lengths)):
        lengths[at % sessions] += 1
    return lengths
