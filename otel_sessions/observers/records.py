"""Records: from an access to a key to a sighting of a session, in the caller's thread.

About 10 µs for a key of a session and 1.5 µs for another one, all of `observers` included. What is
noted waits in a bounded queue; while nobody takes it out nothing is noted.
"""

from collections import deque
from collections.abc import Callable, Iterable

from otel_sessions import clocks
from otel_sessions.capacities import Place
from otel_sessions.observers.keys import SessionKeys, digest_of
from otel_sessions.sightings import Access, Sighting

MAX_WAITING = 10_000
"""Sightings that may wait; of more the oldest are let go."""


class Inbox:
    """Where sightings wait; many threads put them in, one takes them out."""

    def __init__(
        self, *, on_first: Callable[[], None], on_miss: Callable[[Sighting], None]
    ) -> None:
        """Begin closed.

        Args:
            on_first: called when the first sighting of this process comes; must not wait.
            on_miss: hears at once of what was not found; must not wait.

        """
        self.open = False
        self._first = True
        self._on_first = on_first
        self._waiting: deque[Sighting] = deque(maxlen=MAX_WAITING)
        self._on_miss = on_miss

    def put(self, sighting: Sighting) -> None:
        """Put one in."""
        if self.open:
            self._waiting.append(sighting)
            if self._first:
                self._first = False
                self._on_first()
            if sighting.found is False:
                self._on_miss(sighting)

    def take(self) -> Sighting | None:
        """Take the oldest out; `None` if there is none."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def after_fork(self) -> None:
        """Start afresh in a forked child: what waits here is the parent's."""
        self._waiting.clear()
        self._first = True


class Recorder:
    """Notes accesses to one store."""

    def __init__(self, place: Place, keys: SessionKeys, inbox: Inbox) -> None:
        """Take what all accesses share."""
        self.place = place
        self._keys = keys
        self._inbox = inbox

    def session(self, key: object) -> str | None:
        """Name the session of a key; `None` if it is of none, or nobody wants to know."""
        return self._keys.session(key) if self._inbox.open else None

    def note(
        self, accesses: Iterable[Access], duration_s: float, error: BaseException | None = None
    ) -> None:
        """Note what was done with keys of sessions; of what failed, only that."""
        for access in accesses:
            kind, key, parts, whole, found, ttl_s = access
            session_id = self.session(key)
            if session_id is not None:
                sighting = Sighting(
                    self.place,
                    session_id,
                    digest_of(key),
                    kind,
                    parts,
                    whole,
                    found,
                    ttl_s,
                    clocks.now_ns(),
                    duration_s,
                    None if error is None else type(error).__name__,
                    self._keys.named,
                )
                self._inbox.put(sighting)
