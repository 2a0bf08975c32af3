"""Indexes: from a place in a message list to the sessions that stand or stood there.

Three kinds of keys, made of digests of the newest messages and, for the first two, of how many came
before: the list that a session sent last; that list with its reply, where a session waits to be
gone on from; and a reply by itself, wherever it stands, for lists that lost their head. A session
has the first two kinds for its newest list only and the third for its last 32 replies.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from otel_sessions.digests import DIGEST_BYTES
from otel_sessions.lineage import DISTINCT_TOKENS
from otel_sessions.listings import Listing

_PARTS = struct.Struct("<BqQQ")
_SENT, _STATE, _REPLY = range(3)
KEPT_REPLIES = 32
SURE_TOKENS = 2 * DISTINCT_TOKENS
"""Messages of this size together belong to one conversation only."""


@dataclass(slots=True)
class _Keys:
    newest: list[int] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)


class ListIndex:
    """Keys of all sessions; about 100 bytes a key."""

    def __init__(self) -> None:
        self._sessions: dict[int, str | dict[str, None]] = {}
        """Key to the session it leads to or, seldom, to several, the newest last."""
        self._keys: dict[str, _Keys] = {}

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._sessions)

    def newest_first(self, key: int) -> Iterator[str]:
        """Give the sessions under a key, the one that came last first."""
        found = self._sessions.get(key, {})
        return iter((found,)) if isinstance(found, str) else reversed(found)

    def put(self, session_id: str, listing: Listing, replies: Mapping[int, int]) -> None:
        """Say where a session stands now.

        Args:
            session_id: the session.
            listing: its newest list.
            replies: digest and tokens of the replies to it.

        """
        keys = self._keys.setdefault(session_id, _Keys())
        for key in keys.newest:
            self._leave(key, session_id)
        end = len(listing)
        before = listing.digest(end - 1)
        keys.newest = [position_key(listing, end)]
        for reply, tokens in replies.items():
            keys.newest.append(_state(end - listing.lead, before, reply))
            key = _reply(before, reply, tokens)
            if key not in keys.replies:
                keys.replies.append(key)
                self._enter(key, session_id)
        while len(keys.replies) > KEPT_REPLIES:
            self._leave(keys.replies.pop(0), session_id)
        for key in keys.newest:
            self._enter(key, session_id)

    def places(self, session_id: str) -> tuple[int, ...]:
        """Give the keys of a session's newest list, by which other processes find it."""
        keys = self._keys.get(session_id, _Keys())
        return (*keys.newest, *keys.replies[-1:])

    def forget(self, session_id: str) -> None:
        """Let a session's keys go."""
        keys = self._keys.pop(session_id, _Keys())
        for key in (*keys.newest, *keys.replies):
            self._leave(key, session_id)

    def _enter(self, key: int, session_id: str) -> None:
        found = self._sessions.get(key, session_id)
        if found == session_id:
            self._sessions[key] = session_id
            return
        several = {found: None} if isinstance(found, str) else found
        several.pop(session_id, None)
        several[session_id] = None
        self._sessions[key] = several

    def _leave(self, key: int, session_id: str) -> None:
        found = self._sessions.get(key)
        if isinstance(found, dict):
            found.pop(session_id, None)
        if not found or found == session_id:
            self._sessions.pop(key, None)


def position_key(listing: Listing, end: int) -> int:
    """Make the key of a list's first `end` messages."""
    before = listing.digest(end - 2) if end - 2 >= listing.lead else 0
    return _key(_SENT, end - listing.lead, before, listing.digest(end - 1))


def state_key(listing: Listing, reply_at: int) -> int:
    """Make the key of a list up to and with the reply at an index."""
    return _state(reply_at - listing.lead, _before(listing, reply_at), listing.digest(reply_at))


def reply_key(listing: Listing, reply_at: int) -> int:
    """Make the key of the reply at an index, wherever it stands."""
    reply, tokens = listing.digest(reply_at), listing.tokens(reply_at)
    return _reply(_before(listing, reply_at), reply, tokens)


def _before(listing: Listing, index: int) -> int:
    return listing.digest(index - 1) if index > listing.lead else 0


def _state(position: int, before: int, reply: int) -> int:
    return _key(_STATE, position, before, reply)


def _reply(before: int, reply: int, tokens: int) -> int:
    # A short reply counts only behind its request.
    return _key(_REPLY, 0, reply, before if tokens < SURE_TOKENS else 0)


def _key(kind: int, *parts: int) -> int:
    """Hash digests, which are keyed already; the same in every process, unlike Python's `hash`."""
    packed = _PARTS.pack(kind, *parts)
    return int.from_bytes(blake2b(packed, digest_size=DIGEST_BYTES).digest(), "big")
