"""Turns: what is kept of an exchange once its texts are let go.

A turn is a user message and everything until the next one. It is built call by call: each call
makes a turn of its own, and `join` folds a later call of the same turn into it. Nothing here is
text of a user: vectors, keyed digests, counts and flags only.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

from otel_sessions.calls import Outcome
from otel_sessions.records import WORD_BYTES
from otel_sessions.texts import TextFeatures

KEPT_TOOLS = 64
"""Tool uses kept of one turn; the oldest go first."""
KEPT_TOOL_VALUES = 32


class ToolUse(NamedTuple):
    """One tool call of the model and, once known, how it went; digests of 32 bits."""

    id: int
    name: int
    arguments: int
    """Of the name and the canonical arguments: order of keys and white space do not matter."""
    result: int | None = None
    """`None` while it is not known."""
    failed: bool = False
    """The result reads like an error."""


_TOOL = struct.Struct("<IIII??")


def pack_tools(tools: Iterable[ToolUse]) -> bytes:
    """Write tool uses as they stand in `packed_tools`, 18 bytes each."""
    return b"".join(
        _TOOL.pack(use.id, use.name, use.arguments, use.result or 0, use.result is None, use.failed)
        for use in tools
    )


ContextKind = Literal["first", "continued", "repeated", "forked", "truncated", "compacted", "reset"]


@dataclass(frozen=True, slots=True)
class ContextChange:
    """How the messages of a call relate to those that the session had before."""

    kind: ContextKind = "first"
    dropped_messages: int = 0
    """Messages of the session that the model is no longer shown, in total."""
    newly_dropped_messages: int = 0
    """Those of them that the call before still showed."""
    lost_share: float = 0.0
    """Share of the session's known tokens that is not shown: [0, 1]."""
    cause: str | None = None
    """Of a reset: `process_restarted`, `instance_changed`, `diverged`, `expired` or `unknown`, or
    what is known of the application's own store: see `Turn.store_lost`."""


def lost_history(messages: int, cause: str | None) -> ContextChange:
    """Say that all of a history, of so many messages, is gone."""
    return ContextChange("reset", messages, messages, 1.0, cause or "unknown")


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a session, as features."""

    session_id: str
    key: int
    """Digest that tells the turns of a session apart; calls of one turn share it."""
    number: int = 0
    """1-based position in the session; 0 until a store has given it."""
    started_s: float = 0.0
    """Unix time at which the turn's first call started."""
    ended_s: float = 0.0
    """Unix time at which its last call ended."""
    complete: bool = True
    """False while the model waits for tools: another call of this turn is to come."""
    instance: str = ""
    """The process that served the turn's last call."""
    provider: str = ""
    model: str | None = None
    calls: int = 1
    retries: int = 0
    """Calls that only sent again what had been sent."""
    request: TextFeatures | None = None
    """The user's message; `None` if unknown."""
    system: TextFeatures | None = None
    """The system messages, in the session's first turn and where they changed; `None` elsewhere."""
    reply: TextFeatures | None = None
    """The newest reply that has text; `None` if there was none."""
    context: ContextChange = ContextChange()
    """The worst change among the turn's calls."""
    messages_sent: int | None = None
    """Messages of the newest request, system messages included."""
    input_tokens: int | None = None
    """Of the newest call: all that the model was shown, as the provider counted it."""
    output_tokens: int | None = None
    """Sum over the turn's calls; `None` if no call reported any."""
    window: int | None = None
    """The model's input window in tokens; `None` if nobody knows it."""
    duration_s: float = 0.0
    """Time spent in the turn's calls, tools not included."""
    time_to_first_chunk_s: float | None = None
    """Of the turn's first streamed call."""
    outcome: Outcome = "completed"
    """Of the newest call."""
    finish_reason: str | None = None
    error_type: str | None = None
    failures: int = 0
    """Calls of the turn that failed."""
    overflow: bool = False
    packed_tools: bytes = b""
    """Oldest first, at most `KEPT_TOOLS`; an agent's session has thousands."""
    tool_results: tuple[tuple[int, int, bool], ...] = ()
    """Results (id, digest, failed) whose tool use is in an earlier call of the turn."""
    store_lost: str | None = None
    """Why the application's own store did not have the session when it looked for it before the
    turn: `evicted`, `expired`, `restarted` or `unknown`; `None` if it had it or was not asked."""
    tool_values: bytes = b""
    """Digests of figures in what tools returned, like `TextFeatures.value_set`; of the newest at
    most `KEPT_TOOL_VALUES`."""

    @property
    def tools(self) -> tuple[ToolUse, ...]:
        """The tool uses, oldest first, at most `KEPT_TOOLS`."""
        return tuple(
            ToolUse(use_id, name, arguments, None if waits else result, failed)
            for use_id, name, arguments, result, waits, failed in _TOOL.iter_unpack(
                self.packed_tools
            )
        )

    @property
    def size_bytes(self) -> int:
        """Memory that the turn takes, roughly."""
        texts = sum(
            len(text.packed) + 80
            for text in (self.request, self.system, self.reply)
            if text is not None
        )
        packed = sum(len(each) + 33 for each in (self.packed_tools, self.tool_values) if each)
        return 450 + texts + packed


_SEVERITY_OF_CHANGE: dict[ContextKind, int] = {
    "first": 0,
    "continued": 0,
    "repeated": 0,
    "forked": 1,
    "compacted": 2,
    "truncated": 3,
    "reset": 4,
}


def join(earlier: Turn, later: Turn) -> Turn:
    """Fold `later`, made from a newer call of the same turn, into `earlier`.

    A call that only repeats another supersedes its reply, and with it tools that never ran.
    """
    streamed_s = earlier.time_to_first_chunk_s
    return replace(
        later,
        number=earlier.number,
        started_s=min(earlier.started_s, later.started_s),
        ended_s=max(earlier.ended_s, later.ended_s),
        calls=earlier.calls + later.calls,
        retries=earlier.retries + later.retries,
        request=earlier.request or later.request,
        system=later.system or earlier.system,
        reply=later.reply or earlier.reply,
        context=_worse(earlier.context, later.context),
        output_tokens=_sum(earlier.output_tokens, later.output_tokens),
        input_tokens=earlier.input_tokens if later.input_tokens is None else later.input_tokens,
        duration_s=earlier.duration_s + later.duration_s,
        time_to_first_chunk_s=later.time_to_first_chunk_s if streamed_s is None else streamed_s,
        failures=earlier.failures + later.failures,
        overflow=earlier.overflow or later.overflow,
        store_lost=earlier.store_lost or later.store_lost,
        packed_tools=_joined_tools(earlier, later),
        tool_values=(earlier.tool_values + later.tool_values)[-KEPT_TOOL_VALUES * WORD_BYTES :],
        tool_results=(),
    )


def _worse(a: ContextChange, b: ContextChange) -> ContextChange:
    ranks = _SEVERITY_OF_CHANGE
    return a if (ranks[a.kind], a.lost_share) >= (ranks[b.kind], b.lost_share) else b


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None and b is None else (a or 0) + (b or 0)


def _joined_tools(earlier: Turn, later: Turn) -> bytes:
    if not earlier.packed_tools:
        return later.packed_tools
    results = {use_id: (result, failed) for use_id, result, failed in later.tool_results}
    known = [
        use._replace(result=results[use.id][0], failed=results[use.id][1])
        if use.result is None and use.id in results
        else use
        for use in earlier.tools
        if use.result is not None or not later.retries
    ]
    return (pack_tools(known) + later.packed_tools)[-KEPT_TOOLS * _TOOL.size :]


def turns_until_full(
    turns: Sequence[Turn], *, min_turns: int = 4, recent_turns: int = 6
) -> float | None:
    """Forecast the turns until the model's window is full; 0 if it is, `None` if none can be told.

    The median growth of the recent turns goes on. There is no forecast where the window or the
    count of tokens is unknown, or where the last three steps did not all grow: a history that is
    cut or summarised now and then does not fill the window.

    Args:
        turns: oldest first.
        min_turns: turns in a row whose tokens are known and whose window is the newest's.
        recent_turns: turns whose growth counts.

    """
    if not turns or turns[-1].input_tokens is None or not turns[-1].window:
        return None
    window = turns[-1].window
    left = window - turns[-1].input_tokens
    if left <= 0:
        return 0.0
    sizes: list[int] = []
    for turn in reversed(turns[-recent_turns:]):
        if turn.input_tokens is None or turn.window != window:
            break
        sizes.append(turn.input_tokens)
    steps = [later - earlier for later, earlier in pairwise(sizes)]
    if len(sizes) < min_turns or min(steps[:3]) <= 0:
        return None
    growth = median(steps)
    return left / growth if growth > 0 else None
