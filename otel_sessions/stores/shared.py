"""Shared store: sessions that many processes serve, over a backend that keeps bytes.

What this process knows of a session it keeps: who served the last turn reads nothing, and otherwise
only what is new is read. If the backend fails, the analysis goes on from this copy; what could not
be stored waits, within a bound, and is appended when the backend is there again. An append that
went through without our hearing of it is not done twice.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from otel_sessions.digests import DIGEST_BYTES
from otel_sessions.identity import bounded
from otel_sessions.stores import FIRST_TURNS, KEPT_BYTES, Appended, Ended, News, StoreOptions
from otel_sessions.stores.backends import Addition, Backend, State, kept
from otel_sessions.stores.breakers import Breaker, StoreUnavailableError
from otel_sessions.stores.packing import Packing, PackingError
from otel_sessions.turns import Turn, join

MAX_WAITING = 2000
"""Appends and ends that wait for a backend that failed; about 1 KiB each, the oldest go first."""
HEALING_S = 0.25
"""The longest that one operation works off what waits."""
_TRIES = 16
_TOKEN_BYTES = 8

_LOG = logging.getLogger("otel_sessions")


@dataclass(slots=True)
class _Copy:
    """What this process knows of a session."""

    version: int = 0
    number: int = 0
    """Of the newest turn, readable here or not."""
    turns: dict[int, Turn] = field(default_factory=dict)
    """By number, oldest first."""
    size_bytes: int = 0
    """Of the turns."""
    running: bool = False
    behind: "_Copy | None" = None
    """As it was before it got turns that the backend does not have yet."""

    @property
    def newest(self) -> Turn | None:
        """The newest turn, unless it cannot be read here."""
        return self.turns.get(self.number)

    @property
    def recent(self) -> tuple[Turn, ...]:
        return tuple(self.turns.values())

    def put(self, turn: Turn) -> None:
        self.number = turn.number
        self.drop(turn.number)
        self.turns[turn.number] = turn
        self.size_bytes += turn.size_bytes
        for number in [each for each in self.turns if not kept(each, self.number)]:
            self.drop(number)
        self.shrink()

    def drop(self, number: int) -> None:
        turn = self.turns.pop(number, None)
        if turn is not None:
            self.size_bytes -= turn.size_bytes

    def shrink(self) -> None:
        """Let go of what is too much, from the oldest of the last turns on."""
        if self.size_bytes <= KEPT_BYTES:
            return
        last = [each for each in self.turns if FIRST_TURNS < each < self.number]
        while last and self.size_bytes > KEPT_BYTES:
            self.drop(last.pop(0))

    def append(self, turn: Turn) -> None:
        """Append a turn without the backend."""
        newest = self.newest
        if newest is not None and newest.key == turn.key:
            self.put(join(newest, turn))
        else:
            self.put(replace(turn, number=self.number + 1, tool_results=()))


@dataclass(slots=True)
class _Waiting:
    """An append that has not reached the backend, or an end if there is no turn."""

    session_id: str
    turn: Turn | None = None
    note: bytes = b""
    places: Sequence[int] = ()
    token: bytes = b""


class SharedStore:
    """Keeps the promises of `Store` over a backend."""

    shared = True

    def __init__(
        self,
        backend: Backend,
        options: StoreOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wire the parts together; of at most `max_sessions` sessions copies are kept here."""
        self._backend = backend
        self._packing = Packing(Turn, options.key, without=("session_id", "number"))
        self._max_copies = options.max_sessions
        self._clock = clock
        self._breaker = Breaker(clock)
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._waiting: deque[_Waiting] = deque(maxlen=MAX_WAITING)
        self._lock = threading.RLock()

    def append(
        self, turn: Turn, *, note: bytes = b"", places: Sequence[int] = (), alone: bool = False
    ) -> Appended:
        """Add a turn made from one call; see `Store`."""
        token = secrets.token_bytes(_TOKEN_BYTES)
        waiting = _Waiting(turn.session_id, turn, note, places, token)
        with self._lock:
            try:
                with self._trying():
                    return self._append(waiting, alone=alone)
            except PackingError as fault:
                return self._append_here(waiting, type(fault).__name__, waits=False)
            except Exception as fault:  # noqa: BLE001 - whatever a client raises, we go on
                return self._append_here(waiting, type(fault).__name__)

    def catch_up(self, session_id: str) -> News | None:
        """Read what others appended; see `Store`."""
        with self._lock, self._trying():
            copy = self._copies.get(session_id, _Copy())
            state = self._backend.look(_encoded(session_id), copy.version, copy.number)
            if state is None:
                return None
            copy = self._copy(session_id)
            self._take_in(session_id, copy, state)
            return News(copy.recent, state.note)

    def find(self, places: Sequence[int]) -> Sequence[str]:
        """Look places up; see `Store`."""
        with self._lock, self._trying():
            found = self._backend.find([_place(place) for place in places])
            return [_decoded(each) for each in dict.fromkeys(found)]

    def take_idle(self, before_s: float) -> Sequence[Ended]:
        """End the sessions that were silent since a Unix time; see `Store`."""
        taken: list[Ended] = []
        with self._lock:
            try:
                with self._trying():
                    for session_id in self._backend.idle(before_s):
                        ended = self._end(_decoded(session_id), before_s)
                        if ended is not None:
                            taken.append(ended)
            except Exception:
                # Nobody else will be given what has been taken already.
                if not taken:
                    raise
        return taken

    def end(self, session_id: str) -> Ended | None:
        """End one session; see `Store`."""
        with self._lock:
            try:
                with self._trying():
                    return self._end(session_id, None)
            except Exception:
                self._waiting.append(_Waiting(session_id))
                raise

    def after_fork(self) -> None:
        """Leave connections, and what waits, to the parent; see `Store`."""
        self._lock = threading.RLock()
        self._waiting.clear()
        self._backend.after_fork()
        for session_id in list(self._copies):
            self._go_back(session_id)

    def close(self) -> None:
        """Store what waits, if that is possible, and close connections; see `Store`."""
        with self._lock:
            try:
                with self._trying():
                    pass
            except Exception as fault:  # noqa: BLE001 - the process ends
                _LOG.warning(
                    "otel_sessions: %d turns were not stored (%s)",
                    len(self._waiting),
                    type(fault).__name__,
                )
            self._backend.close()

    @contextmanager
    def _trying(self) -> Iterator[None]:
        """Run one operation on the backend: first what waits, then this."""
        self._breaker.check()
        try:
            self._heal()
            yield
        except (StoreUnavailableError, PackingError):
            raise
        except Exception as fault:
            if not self._breaker.open:
                # Its text may quote what was stored.
                _LOG.warning(
                    "otel_sessions: the store fails (%s); going on without it", type(fault).__name__
                )
            self._breaker.failed()
            raise
        if self._breaker.open:
            _LOG.warning("otel_sessions: the store is there again")
        self._breaker.succeeded()

    def _append(self, waiting: _Waiting, *, alone: bool, again: bool = False) -> Appended:
        turn = waiting.turn
        if turn is None:
            raise TypeError
        fresh = self._packing.pack(replace(turn, tool_results=()))
        for _ in range(_TRIES):
            copy = self._copies.get(turn.session_id) or _Copy()
            newest = copy.newest
            same = newest is not None and newest.key == turn.key
            joined = join(newest, turn) if newest is not None and same else None
            state = self._backend.append(
                Addition(
                    _encoded(turn.session_id),
                    turn.key.to_bytes(DIGEST_BYTES, "big"),
                    waiting.token,
                    fresh,
                    self._packing.pack(joined) if joined else None,
                    copy.version,
                    copy.number,
                    waiting.note,
                    turn.ended_s,
                    alone,
                    again,
                )
            )
            copy = self._copy(turn.session_id)
            before, was_running = copy.number, copy.running
            if not state.done:
                self._take_in(turn.session_id, copy, state)
                if alone and self._others_came(copy, before, turn):
                    return Appended((), None, refused=News(copy.recent, state.note))
                alone = False
                continue
            if state.number < before or state.turns:
                self._take_in(turn.session_id, copy, state)
            if joined is not None and state.number == before:
                copy.put(joined)
            elif not again or state.number not in copy.turns:
                copy.put(replace(turn, number=state.number, tool_results=()))
            copy.version, copy.running = state.version, True
            if waiting.places:
                places = [_place(place) for place in waiting.places]
                self._backend.point(places, _encoded(turn.session_id))
            opened = state.opened
            if opened == "new" and before:
                # The backend has let go of what is still known here.
                opened = None if was_running else "reopened"
            return Appended(copy.recent, opened)
        raise TimeoutError

    def _others_came(self, copy: _Copy, before: int, turn: Turn) -> bool:
        """Tell whether another process appended another turn than this."""
        newest = copy.newest
        if newest is not None and newest.key == turn.key:
            return False
        return any(each.instance != turn.instance for each in copy.recent if each.number > before)

    def _append_here(self, waiting: _Waiting, fault: str, *, waits: bool = True) -> Appended:
        turn = waiting.turn
        if turn is None:
            raise TypeError
        copy = self._copy(turn.session_id)
        opened: Literal["new", "reopened"] | None = None
        if not copy.running:
            opened = "reopened" if copy.number else "new"
        if copy.behind is None:
            copy.behind = replace(copy, turns=dict(copy.turns))
        copy.append(turn)
        copy.running = True
        appended = Appended(copy.recent, opened, fault)
        if waits:
            self._waiting.append(waiting)
        else:
            self._go_back(turn.session_id)
        return appended

    def _end(self, session_id: str, before_s: float | None) -> Ended | None:
        copy = self._copies.get(session_id, _Copy())
        state = self._backend.end(_encoded(session_id), copy.version, copy.number, before_s)
        if state is None:
            return None
        if state.turns:
            copy = self._copy(session_id)
            self._take_in(session_id, copy, state)
        copy.running = False
        return Ended(session_id, copy.recent, state.note)

    def _copy(self, session_id: str) -> _Copy:
        copy = self._copies.get(session_id)
        if copy is None:
            copy = self._copies[session_id] = _Copy()
            while len(self._copies) > self._max_copies:
                self._copies.popitem(last=False)
        self._copies.move_to_end(session_id)
        return copy

    def _take_in(self, session_id: str, copy: _Copy, state: State) -> None:
        """Make a copy what the backend says that it is."""
        if state.number < copy.number:
            copy.turns.clear()
        copy.version, copy.number, copy.running = state.version, state.number, True
        for number, data in state.turns:
            turn = self._packing.unpack(data, session_id=session_id, number=number)
            if turn is None:
                copy.turns.pop(number, None)
            else:
                copy.turns[number] = turn
        copy.turns = {
            number: copy.turns[number]
            for number in sorted(copy.turns)
            if number <= state.number and kept(number, state.number)
        }
        copy.size_bytes = sum(turn.size_bytes for turn in copy.turns.values())
        copy.shrink()

    def _go_back(self, session_id: str) -> None:
        """Forget what the backend does not have; it may have other numbers there."""
        copy = self._copies.get(session_id)
        if copy is not None and copy.behind is not None:
            self._copies[session_id] = copy.behind

    def _heal(self) -> None:
        """Work off what waits.

        Raises:
            StoreUnavailableError: there is still something left.

        """
        end_s = self._clock() + HEALING_S
        while self._waiting:
            waiting = self._waiting[0]
            if waiting.turn is None:
                self._backend.end(_encoded(waiting.session_id), 0, 0, None)
            else:
                self._go_back(waiting.session_id)
                with suppress(PackingError):
                    self._append(waiting, alone=False, again=True)
            self._waiting.popleft()
            if self._waiting and self._clock() > end_s:
                raise StoreUnavailableError


def _encoded(session_id: str) -> bytes:
    return bounded(session_id).encode("utf-8", "surrogatepass")


def _decoded(session_id: bytes) -> str:
    return session_id.decode("utf-8", "surrogatepass")


def _place(place: int) -> bytes:
    return place.to_bytes(DIGEST_BYTES, "big")
