"""Notes: what a process leaves in the store for the one that takes a session up after it.

A note goes with each turn and holds what the turn itself does not: where the message lists of the
session stand, so that a continuation, a loss or a fork is seen on another pod or after a restart,
and the session's figures up to the turn before. The newest 96 messages are noted, as digests.
About 0.3 KiB and 12 bytes a message.
"""

from array import array
from dataclasses import dataclass
from typing import cast

from otel_sessions.asides import Conversation, Forgets
from otel_sessions.emit import Labels
from otel_sessions.health import SessionScore
from otel_sessions.lineage import Chain
from otel_sessions.sessions import IdSource
from otel_sessions.stores.packing import Packing
from otel_sessions.tracks import Track

NOTED_MESSAGES = 96
NOTED_MISSING = 32


@dataclass(frozen=True, slots=True)
class Lists:
    """Where the message lists of a session stand."""

    digests: bytes
    tokens: bytes
    base: int
    lead: int
    lead_tokens: int
    replies: tuple[tuple[int, int], ...]
    answered: int
    missing: tuple[tuple[int, int], ...]
    long_missing: int
    long_missing_tokens: int
    prompt: int
    turn_key: int
    generation: int
    forgets: str | None
    instance: str
    ended_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """What is left with a turn."""

    lists: Lists
    provider: str
    model: str | None
    agent: str | None
    source: str
    previous_id: str | None
    started_ns: int
    ended_ns: int
    calls: int
    signals: int
    cost_usd: float | None
    score: SessionScore
    """Without the turn with which the note was left."""


class Notes:
    """Writes and reads notes with one key."""

    def __init__(self, key: bytes) -> None:
        self._packing = Packing(Note, key)

    def write(self, conversation: Conversation, track: Track) -> bytes:
        """Note how a session stands."""
        return self._packing.pack(
            Note(
                _lists(conversation),
                track.labels.provider,
                track.labels.model,
                track.labels.agent,
                track.source,
                track.previous_id,
                track.started_ns,
                track.ended_ns,
                track.calls,
                track.signal_count,
                track.cost_usd,
                track.score,
            )
        )

    def read(self, data: bytes) -> Note | None:
        """Read a note; `None` if there is none, or none that is known here."""
        return self._packing.unpack(data) if data else None


def track_of(session_id: str, note: Note) -> Track:
    """Lead a session on from where a note says that it was."""
    track = Track(
        session_id,
        Labels(note.provider, note.model, note.agent),
        cast("IdSource", note.source),
        None,
        note.started_ns,
        note.ended_ns,
        previous_id=note.previous_id,
    )
    go_on(track, note)
    return track


def go_on(track: Track, note: Note) -> None:
    """Take over the figures of another process."""
    track.started_ns = min(track.started_ns, note.started_ns)
    track.previous_id = track.previous_id or note.previous_id
    track.calls = max(track.calls, note.calls)
    track.signal_count = max(track.signal_count, note.signals)
    track.cost_usd = note.cost_usd if track.cost_usd is None else track.cost_usd
    if note.score.number > track.score.number:
        track.score = note.score


def recall(conversation: Conversation, lists: Lists) -> None:
    """Take over where the lists stand; what is undecided here stays so."""
    conversation.chain = chain_of(lists)
    conversation.prompt = lists.prompt
    conversation.turn_key = lists.turn_key
    conversation.generation = max(conversation.generation, lists.generation)
    conversation.instance = lists.instance
    conversation.ended_s = lists.ended_s
    conversation.forgets = cast("Forgets", lists.forgets)


def chain_of(lists: Lists) -> Chain:
    """Make the chain that was noted."""
    return Chain(
        _array("Q", lists.digests),
        _array("I", lists.tokens),
        lists.base,
        lists.lead,
        lists.lead_tokens,
        dict(lists.replies),
        lists.answered,
        dict(lists.missing),
        lists.long_missing,
        lists.long_missing_tokens,
    )


def _lists(conversation: Conversation) -> Lists:
    chain = conversation.chain
    left_out = max(0, len(chain.digests) - NOTED_MESSAGES)
    missing = list(chain.missing.items())
    older, newest = missing[:-NOTED_MISSING], missing[-NOTED_MISSING:]
    return Lists(
        chain.digests[left_out:].tobytes(),
        chain.tokens[left_out:].tobytes(),
        chain.base + left_out,
        chain.lead,
        chain.lead_tokens,
        tuple(chain.replies.items()),
        chain.answered,
        tuple(newest),
        chain.long_missing + len(older),
        chain.long_missing_tokens + sum(tokens for _, tokens in older),
        conversation.prompt,
        conversation.turn_key,
        conversation.generation,
        conversation.forgets,
        conversation.instance,
        conversation.ended_s,
    )


def _array(kind: str, data: bytes) -> "array[int]":
    made: array[int] = array(kind)
    made.frombytes(data)
    return made
