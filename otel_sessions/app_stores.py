"""App stores: the stores in which the application keeps its own conversations, watched together.

What observers note in the caller's thread waits in a bounded queue. It is taken out before a call
is analysed, so that a session that was not found is known to be lost when it next speaks, and by
the thread of `polls`, which also asks each store how full it is.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self

from opentelemetry.metrics import Meter

from otel_sessions.capacities import Capacity, Filling, Place, Reading
from otel_sessions.detectors.session_lost import session_lost
from otel_sessions.emit import SignalReport, Silent, TurnReport
from otel_sessions.emit.app_stores import AppStoreEmitter
from otel_sessions.errors import ConfigError
from otel_sessions.faults import contained
from otel_sessions.holdings import Holdings, Loss
from otel_sessions.observers import Observer, backend_of, open_observer
from otel_sessions.observers.keys import FIELD, SessionKeys
from otel_sessions.observers.options import Options
from otel_sessions.observers.records import Inbox, Recorder
from otel_sessions.polls import Poll, Poller, Usage
from otel_sessions.sightings import Sighting

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_POLL_S = (0.1, 3600.0)


class ObservedStore:
    """One store that is observed; as a context manager it is left alone at its end."""

    def __init__(
        self,
        given: object,
        wish: "Wish",
        observer: Observer,
        poll: Poll,
        leave: Callable[["ObservedStore"], None],
    ) -> None:
        """Stand for what `AppStores` has set up."""
        self.given, self.wish = given, wish
        """What the application gave."""
        self.poll = poll
        self.observer = observer
        self._leave = leave

    @property
    def client(self) -> Any:  # noqa: ANN401 - of the application's class
        """What the application is to use: what it gave, or a proxy where that can't be changed."""
        return self.observer.client

    @property
    def capacity(self) -> Capacity | None:
        """How full the store was when it was asked last; `None` if it was not, or does not say."""
        return self.poll.filling.capacity

    def close(self) -> None:
        """Leave the client as it was; may be called twice."""
        self._leave(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the application wants of a store; see `observe_store`."""

    name: str | None
    key_pattern: str | None
    session_of: Callable[[str], str | None] | None
    options: Options
    usage: Usage | None
    limit_bytes: int | None
    poll_s: float

    def keys(self, backend: str) -> SessionKeys:
        """Give what tells the session of a key; a column with the session's id has nothing else.

        Raises:
            ConfigError: the pattern cannot be used.

        """
        by_column = backend == "sqlalchemy" and self.session_of is None
        pattern = self.key_pattern or (f"{{{FIELD}}}" if by_column else None)
        return SessionKeys(pattern, self.session_of)


def wish(
    *,
    name: str | None,
    key_pattern: str | None,
    session_of: Callable[[str], str | None] | None,
    options: Options,
    usage: Usage | None,
    limit_bytes: int | None,
    poll_s: float,
) -> Wish:
    """Check what the application wants of a store.

    Raises:
        ConfigError: something of it cannot be used, whatever the store is.

    """
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        _refuse("name", name, "1 to 64 letters, digits and _.-")
    for kind, function in (("usage", usage), ("size_of", options.size_of)):
        if function is not None and not callable(function):
            _refuse(kind, function, "a function")
    SessionKeys(key_pattern, session_of)
    if limit_bytes is not None and not (isinstance(limit_bytes, int) and limit_bytes > 0):
        _refuse("limit_bytes", limit_bytes, "a number of bytes above 0")
    low, high = _POLL_S
    if not isinstance(poll_s, int | float) or not low <= poll_s <= high:
        _refuse("poll_s", poll_s, f"{low:g} to {high:g} seconds")
    return Wish(name, key_pattern, session_of, options, usage, limit_bytes, poll_s)


def _refuse(name: str, given: object, allowed: str) -> NoReturn:
    message = f"observe_store({name}={given!r}): must be {allowed}"
    raise ConfigError(message)


class AppStores(Silent):
    """All stores that are observed in this process."""

    def __init__(self) -> None:
        """Begin without any; nothing runs before `connect`."""
        self._stores: list[ObservedStore] = []
        self._fillings: dict[Place, Filling] = {}
        self._meter: Meter | None = None
        self._made: tuple[Meter, AppStoreEmitter] | None = None
        self._emitter: AppStoreEmitter | None = None
        """None while nobody wants to know."""
        self._holdings = Holdings(self._state, max_sessions=1)
        self._taken: tuple[str, Loss] | None = None
        """The loss that was asked for last, and its session."""
        self._lock = threading.RLock()
        self._poller = Poller(self.drain)
        self._inbox = Inbox(on_first=self._poller.run, on_miss=self._on_miss)

    # What the application asks for.

    def observe(self, client: object, wish: Wish) -> ObservedStore:
        """Watch a client from now on; if it is watched just so, give what was given before.

        Raises:
            ConfigError: an option does not fit the client, or it cannot be watched.

        """
        with self._lock:
            for store in self._stores:
                same = client is store.given or client is store.client
                if same and store.wish == wish:
                    return store
            backend = backend_of(client)
            place = Place(wish.name or backend, backend)
            recorder = Recorder(place, wish.keys(backend), self._inbox)
            observer = open_observer(backend, client, recorder, wish.options)
            filling = self._fillings.setdefault(place, Filling(place))
            ask = observer.read_capacity if wish.usage is None else _asking(wish.usage)
            poll = Poll(ask, filling, wish.poll_s, wish.limit_bytes)
            store = ObservedStore(client, wish, observer, poll, self._leave)
            self._changed([*self._stores, store])
            return store

    def close(self) -> None:
        """Leave all clients as they were."""
        for store in tuple(self._stores):
            store.close()

    def _leave(self, store: ObservedStore) -> None:
        with self._lock:
            if store not in self._stores:
                return
            with contained("leaving a store"):
                store.observer.close()
            self._changed([each for each in self._stores if each is not store])

    def _changed(self, stores: list[ObservedStore]) -> None:
        """Go on with these stores; of clients of one store, the first is asked how full it is."""
        self._stores = stores
        first = {store.poll.filling.place: store.poll for store in reversed(stores)}
        self._fillings = {place: poll.filling for place, poll in first.items()}
        self._begin()
        self._poller.set(tuple(first.values()))

    # What the monitor asks for.

    def connect(self, meter: Meter, *, max_sessions: int) -> None:
        """Tell what is seen from now on."""
        with self._lock:
            self._meter = meter
            self._holdings = Holdings(self._state, max_sessions=max_sessions)
            self._begin()
            self._inbox.open = True
            self._poller.start()

    def disconnect(self, timeout_s: float = 3.0) -> None:
        """Tell what was seen, and nothing more; waits for a store that is being asked."""
        self._poller.stop(timeout_s)
        self._inbox.open = False
        self.drain()
        self._meter = self._emitter = None

    def after_fork(self) -> None:
        """Start afresh in a forked child: what waits here is told by the parent."""
        self._lock = threading.RLock()
        self._inbox.after_fork()
        self._poller.after_fork()

    def drain(self) -> None:
        """Take in what was noted so far."""
        with self._lock:
            while (sighting := self._inbox.take()) is not None:
                with contained("taking in what was done with a store"):
                    self._take(sighting)

    def lost(self, session_id: str, before_ns: int) -> str | None:
        """Tell, once, why a session was not found before a Unix time; `None` if it was."""
        self.drain()
        with self._lock:
            loss = self._holdings.lost(session_id, before_ns)
            self._taken = None if loss is None else (session_id, loss)
            return None if loss is None else loss.cause

    def on_turn(self, report: TurnReport) -> None:
        """Record what the turn added to the session's size."""
        self.drain()
        with self._lock:
            if self._emitter is not None:
                for place, grown in self._holdings.growth(report.session_id, report.number):
                    self._emitter.on_growth(place, grown, report.context)

    def on_signal(self, report: SignalReport) -> None:
        """Count a session that is lost."""
        taken = self._taken
        if taken is None or self._emitter is None:
            return
        session_id, loss = taken
        found = report.found
        if (found.session_id, found.signal.name) == (session_id, session_lost.__name__):
            self._taken = None
            self._emitter.on_lost(loss.place, loss.cause, report.context)

    def _begin(self) -> None:
        """Make the instruments once there is something to tell."""
        meter = self._meter
        if meter is None or not self._stores:
            return

        def capacities() -> Sequence[Capacity]:
            filled = self._fillings.values() if self._meter is meter else ()
            return [each for filling in filled if (each := filling.capacity) is not None]

        if self._made is None or self._made[0] is not meter:
            # A second instrument of a meter is the first one, whose callbacks stay.
            self._made = meter, AppStoreEmitter(meter, capacities=capacities)
        self._emitter = self._made[1]

    def _take(self, sighting: Sighting) -> None:
        place = sighting.place
        size = self._holdings.take(sighting)
        if self._emitter is None:
            return
        if sighting.kind != "size":
            self._emitter.on_operation(place, sighting.kind, sighting.duration_s, sighting.error)
        if sighting.error is None and sighting.kind == "get" and sighting.found is not None:
            self._emitter.on_lookup(place, found=sighting.found)
        if size is not None:
            self._emitter.on_size(place, size)

    def _on_miss(self, sighting: Sighting) -> None:
        filling = self._fillings.get(sighting.place)
        if filling is not None:
            self._poller.hurry(filling)

    def _state(self, place: Place) -> Reading | None:
        filling = self._fillings.get(place)
        return None if filling is None else filling.newest


def _asking(usage: Usage) -> Callable[[], Reading]:
    def ask() -> Reading:
        used, limit = usage()
        return Reading(time.monotonic(), int(used), None if limit is None else int(limit))

    return ask
