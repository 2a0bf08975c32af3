"""Holdings: what the application's stores hold of each session, as far as it was seen.

Folded from sightings: sizes, how long each key is kept, and which sessions are gone. A session is
gone where the application looked for it and did not find it, although

- it was seen in the store before and not deleted since, or
- its key has its id and nothing else that varies, and the store is known to hold sessions.

Whether the session had turns is known to who asks. Each loss is told once.
About 0.5 KiB a session; the least recent is forgotten.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from otel_sessions.capacities import Place, Reading
from otel_sessions.sightings import Sighting

Cause = Literal["evicted", "expired", "restarted", "unknown"]

MAX_KEYS = 16
"""Keys of one session that are known; the least recent go first."""
MAX_PARTS = 256
"""Parts of one key whose sizes are known; the size of a key with more is not."""
MAX_MISSED = 8
"""Lookups of one session that found nothing and that nobody has asked for yet."""
SILENT_LOOKUPS = 20
"""Lookups, from the first on, after which a store in which nothing was found or written is taken
for one that holds no sessions."""


@dataclass(slots=True)
class _Key:
    """One key of a session."""

    place: Place
    there: bool = False
    """It was seen in the store, and neither deleted nor missed since."""
    gone: bool = False
    """It was deleted or missed, and not seen since."""
    parts: dict[int, int] | None = None
    """Size of each part that is known; `None` if that says nothing of the whole."""
    kept_until_ns: float = math.inf
    seen: Reading | None = None
    """What the store had said of itself when the key was seen last."""


@dataclass(slots=True)
class _Missed:
    """A key that was not found."""

    place: Place
    key: int
    at_ns: int
    expired: bool
    seen: Reading | None
    written: bool = False
    """It was written again."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A session that was not found."""

    place: Place
    cause: Cause


@dataclass(slots=True)
class _Session:
    keys: OrderedDict[int, _Key] = field(default_factory=OrderedDict)
    missed: list[_Missed] = field(default_factory=list)
    """Oldest first; the analysis may be several turns behind."""
    before: dict[Place, int] = field(default_factory=dict)
    """Sizes at the turn before."""


class Holdings:
    """All sessions that were seen in stores of the application's."""

    def __init__(self, state: Callable[[Place], Reading | None], *, max_sessions: int) -> None:
        """Begin without any.

        Args:
            state: what a store said of itself last; must not wait.
            max_sessions: sessions known at a time.

        """
        self._state = state
        self._max_sessions = max_sessions
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._used: set[Place] = set()
        """Stores in which something was found or written."""
        self._misses: dict[Place, int] = {}

    def take(self, sighting: Sighting) -> int | None:
        """Take a sighting in; give the session's size in the store, if the sighting tells it."""
        if sighting.error is not None or (sighting.kind == "get" and sighting.found is None):
            return None
        session = self._session(sighting.session_id)
        key = session.keys.pop(sighting.key, None) or _Key(sighting.place)
        session.keys[sighting.key] = key
        if len(session.keys) > MAX_KEYS:
            session.keys.popitem(last=False)
        if sighting.kind == "get" and not sighting.found:
            self._miss(session, key, sighting)
            return None
        if sighting.kind == "delete":
            key.there, key.gone, key.parts = False, True, {}
            return None
        self._see(session, key, sighting)
        return None if sighting.parts is None else _size(session, sighting.place)

    def lost(self, session_id: str, before_ns: int) -> Loss | None:
        """Tell, once, that a session was not found before a Unix time; `None` if it was."""
        session = self._sessions.get(session_id)
        due = [each for each in session.missed if each.at_ns <= before_ns] if session else []
        if session is None or not due:
            return None
        session.missed = [each for each in session.missed if each.at_ns > before_ns]
        return Loss(due[-1].place, _cause(due[-1], self._state(due[-1].place)))

    def growth(self, session_id: str, turn: int) -> Iterator[tuple[Place, int]]:
        """Tell by how many bytes a session has grown in each store since its turn before.

        Args:
            session_id: of a session; of one that was not seen there is nothing to tell.
            turn: its 1-based number; a session's first turn grows from nothing.

        """
        session = self._sessions.get(session_id)
        if session is None:
            return
        for place in {key.place for key in session.keys.values()}:
            size = _size(session, place)
            before = session.before.get(place, 0 if turn == 1 else None)
            if size is None:
                continue
            session.before[place] = size
            # What is stored after the first reply is not there yet.
            if before is not None and (turn > 1 or size):
                yield place, size - before

    def _session(self, session_id: str) -> _Session:
        session = self._sessions.get(session_id)
        if session is None:
            session = self._sessions[session_id] = _Session()
            if len(self._sessions) > self._max_sessions:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(session_id)
        return session

    def _miss(self, session: _Session, key: _Key, sighting: Sighting) -> None:
        place = sighting.place
        if not sighting.whole:
            # A field is missing; others may be there.
            if not (
                key.there and key.parts and sighting.parts and sighting.parts[0][0] in key.parts
            ):
                return
        elif not key.there:
            self._misses[place] = self._misses.get(place, 0) + 1
            silent = place not in self._used and self._misses[place] > SILENT_LOOKUPS
            if key.gone or not sighting.named or silent:
                key.gone, key.parts = True, {}
                return
        expired = sighting.at_ns >= key.kept_until_ns
        session.missed.append(_Missed(place, sighting.key, sighting.at_ns, expired, key.seen))
        del session.missed[:-MAX_MISSED]
        key.there, key.gone, key.parts, key.kept_until_ns = False, True, {}, math.inf

    def _see(self, session: _Session, key: _Key, sighting: Sighting) -> None:
        self._used.add(sighting.place)
        if session.missed and sighting.kind in ("set", "add"):
            for missed in session.missed:
                missed.written = missed.written or missed.key == sighting.key
        elif session.missed:
            # Without having been written, it was there all the time, or is again.
            session.missed = [m for m in session.missed if m.written or m.key != sighting.key]
        key.there, key.gone, key.seen = True, False, self._state(sighting.place)
        if sighting.ttl_s is not None:
            key.kept_until_ns = sighting.at_ns + sighting.ttl_s * 1e9
        if sighting.kind != "expire":
            key.parts = _parts(key, sighting)


def _parts(key: _Key, sighting: Sighting) -> dict[int, int] | None:
    """Work out the sizes of a key's parts after a sighting."""
    known = key.parts
    if sighting.parts is None:
        return known if sighting.kind == "get" else None
    if sighting.kind == "add":
        if known is None:
            return None
        added = sum(size for _, size in sighting.parts)
        return {**known, 0: known.get(0, 0) + added}
    before = {} if sighting.whole or known is None else known
    known = before | dict(sighting.parts)
    return known if len(known) <= MAX_PARTS else None


def _size(session: _Session, place: Place) -> int | None:
    """Sum up what is known of a session in a store; `None` if nothing is."""
    sizes = [
        sum(key.parts.values())
        for key in session.keys.values()
        if key.place == place and key.parts is not None
    ]
    return sum(sizes) if sizes else None


def _cause(missed: _Missed, now: Reading | None) -> Cause:
    if missed.expired:
        return "expired"
    if missed.seen is None or now is None:
        return "unknown"
    if missed.seen.run != now.run:
        return "restarted"
    return "evicted" if (now.evictions or 0) > (missed.seen.evictions or 0) else "unknown"
