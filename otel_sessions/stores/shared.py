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
from dataclasses import dataclass, replace
from typing import Literal

from otel_sessions import clocks
from otel_sessions.digests import DIGEST_BYTES
from otel_sessions.identity import bounded
from otel_sessions.stores import Appended, Ended, News, StoreOptions, Untold
from otel_sessions.stores.backends import TOKEN_BYTES, Addition, Backend, Claim, State
from otel_sessions.stores.breakers import Breaker, StoreUnavailableError
from otel_sessions.stores.copies import Copy
from otel_sessions.stores.packing import Packing, PackingError
from otel_sessions.turns import Turn, join

MAX_WAITING = 2000
"""Appends and ends that wait for a backend that failed; about 1 KiB each, the oldest go first."""
HEALING_S = 0.25
"""The longest that one operation works off what waits."""
_TRIES = 16

_LOG = logging.getLogger("otel_sessions")


@dataclass(slots=True)
class _Waiting:
    """An append that has not reached the backend, or an end if there is no turn."""

    session_id: str
    turn: Turn | None = None
    note: bytes = b""
    places: Sequence[int] = ()
    token: bytes = b""
    claim: Claim | None = None
    """Of an end: it has been told by now."""


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
        self._lease_s = options.lease_s
        self._clock = clock
        self._breaker = Breaker(clock)
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        self._waiting: deque[_Waiting] = deque(maxlen=MAX_WAITING)
        self._lock = threading.RLock()

    def append(
        self, turn: Turn, *, note: bytes = b"", places: Sequence[int] = (), alone: bool = False
    ) -> Appended:
        """Add a turn made from one call; see `Store`."""
        token = secrets.token_bytes(TOKEN_BYTES)
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
            copy = self._copies.get(session_id, Copy())
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
                        ended = self._end(_claim(session_id), before_s)
                        taken += [ended] if ended else []
                    for left in self._backend.left(clocks.now_s() - self._lease_s):
                        ended = self._take_over(left)
                        taken += [ended] if ended else []
            except Exception:
                # What has been taken already nobody else is given before the lease has run out.
                if not taken:
                    raise
        return taken

    def end(self, session_id: str, why: str = "") -> Ended | None:
        """End one session; see `Store`."""
        claim = _claim(_encoded(session_id), why.encode())
        with self._lock:
            try:
                with self._trying():
                    return self._end(claim, None)
            except Exception:
                # It may have been done without our having heard of it.
                self._waiting.append(_Waiting(session_id, claim=claim))
                raise

    def hold(self, untold: Sequence[Untold]) -> Sequence[Untold]:
        """Begin leases anew; see `Store`."""
        with self._lock, self._trying():
            held = {each.token for each in self._backend.hold([_claimed(each) for each in untold])}
            return [each for each in untold if each.token in held]

    def confirm(self, untold: Sequence[Untold]) -> None:
        """Give leases back; see `Store`."""
        with self._lock, self._trying():
            self._backend.settle([_claimed(each) for each in untold])

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
            copy = self._copies.get(turn.session_id) or Copy()
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

    def _others_came(self, copy: Copy, before: int, turn: Turn) -> bool:
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
        appended = Appended(self._go_ahead(turn).recent, opened, fault)
        if waits:
            self._waiting.append(waiting)
        else:
            self._go_back(turn.session_id)
        return appended

    def _end(self, claim: Claim, before_s: float | None) -> Ended | None:
        copy = self._copies.get(_decoded(claim.session_id), Copy())
        state = self._backend.end(claim.session_id, copy.version, copy.number, before_s, claim)
        copy.running = copy.running and state is None
        return self._ended(claim, state)

    def _take_over(self, left: Claim) -> Ended | None:
        claim = _claim(left.session_id, left.why)
        copy = self._copies.get(_decoded(claim.session_id), Copy())
        state = self._backend.take_over(left, claim, copy.version, copy.number)
        ended = self._ended(claim, state)
        return ended._replace(left=True) if ended else None

    def _ended(self, claim: Claim, state: State | None) -> Ended | None:
        """Take in what is new of a session that is ours to tell; `None` if it is not."""
        if state is None:
            return None
        session_id = _decoded(claim.session_id)
        copy = self._copies.get(session_id, Copy())
        if state.turns:
            running, copy = copy.running, self._copy(session_id)
            self._take_in(session_id, copy, state)
            copy.running = running
        untold = Untold(session_id, claim.why.decode(), claim.token)
        return Ended(session_id, copy.recent, state.note, untold)

    def _copy(self, session_id: str) -> Copy:
        copy = self._copies.get(session_id)
        if copy is None:
            copy = self._copies[session_id] = Copy()
            while len(self._copies) > self._max_copies:
                self._copies.popitem(last=False)
        self._copies.move_to_end(session_id)
        return copy

    def _take_in(self, session_id: str, copy: Copy, state: State) -> None:
        copy.take_in(
            state,
            lambda data, number: self._packing.unpack(data, session_id=session_id, number=number),
        )

    def _go_ahead(self, turn: Turn) -> Copy:
        """Append a turn to what is known here, as if the backend had it."""
        copy = self._copy(turn.session_id)
        if copy.behind is None:
            copy.behind = replace(copy, turns=dict(copy.turns))
        copy.append(turn)
        copy.running = True
        return copy

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
        gone_back: set[str] = set()
        try:
            while self._waiting:
                waiting = self._waiting[0]
                if waiting.turn is None:
                    self._backend.end(_encoded(waiting.session_id), 0, 0, None, None)
                    self._backend.settle([waiting.claim] if waiting.claim else [])
                else:
                    gone_back.add(waiting.session_id)
                    self._go_back(waiting.session_id)
                    with suppress(PackingError):
                        self._append(waiting, alone=False, again=True)
                self._waiting.popleft()
                if self._waiting and self._clock() > end_s:
                    raise StoreUnavailableError
        finally:
            # What still waits is known here all the same, and numbers go on from there.
            for waiting in self._waiting:
                if waiting.turn is not None and waiting.session_id in gone_back:
                    self._go_ahead(waiting.turn)


def _encoded(session_id: str) -> bytes:
    return bounded(session_id).encode("utf-8", "surrogatepass")


def _decoded(session_id: bytes) -> str:
    return session_id.decode("utf-8", "surrogatepass")


def _place(place: int) -> bytes:
    return place.to_bytes(DIGEST_BYTES, "big")


def _claim(session_id: bytes, why: bytes = b"") -> Claim:
    return Claim(session_id, why, secrets.token_bytes(TOKEN_BYTES))


def _claimed(untold: Untold) -> Claim:
    return Claim(_encoded(untold.session_id), untold.why.encode(), untold.token)
