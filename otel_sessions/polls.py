"""Polls: stores of the application's are asked how full they are, in a thread of our own.

Each when it is due, and soon after something was not found in it, so that it can be told whether it
was evicted. One that does not answer delays the others by the 2 s that its observer waits.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from otel_sessions.capacities import Filling, Reading
from otel_sessions.faults import contained

_LOG = logging.getLogger("otel_sessions")

Usage = Callable[[], tuple[int, int | None]]
"""Gives the bytes that a store uses and may use; `None` is no limit."""

WARN_FROM = 0.9
"""Share of its limit from which a store is warned of in the log, once until it falls below."""
_HURRY_S = 0.2
"""The shortest time between two questions to a store."""
_LONGEST_WAIT_S = 60.0


@dataclass(slots=True)
class Poll:
    """How one store is asked."""

    ask: Callable[[], Reading | None]
    """Waits for seconds at most, and may raise."""
    filling: Filling
    interval_s: float
    limit_bytes: int | None = None
    """Instead of what the store says."""
    asked_s: float | None = None
    """When it was asked last, on the monotonic clock."""
    hurried: bool = False
    warned: bool = False

    def due_s(self, now_s: float) -> float:
        """Tell in how many seconds it is to be asked."""
        if self.asked_s is None:
            return 0.0
        return self.asked_s + (_HURRY_S if self.hurried else self.interval_s) - now_s

    def run(self) -> None:
        """Ask, and keep what was said."""
        self.hurried, self.asked_s = False, time.monotonic()
        reading = self.ask()
        if reading is not None:
            if self.limit_bytes is not None:
                reading = replace(reading, limit_bytes=self.limit_bytes)
            self.filling.readings.append(reading)
            self._warn()

    def _warn(self) -> None:
        capacity = self.filling.capacity
        used = (capacity.utilization if capacity else None) or 0.0
        if capacity is not None and used >= WARN_FROM and not self.warned:
            left_s = capacity.full_in_s
            _LOG.warning(
                "otel_sessions: the application's store %s has used %.0f %% of its %d bytes%s",
                capacity.place.name,
                100 * used,
                capacity.limit_bytes,
                "" if left_s is None else f"; as it grows, it is full in {left_s:.0f} s",
            )
        self.warned = used >= WARN_FROM


class Poller:
    """The thread; it runs while it is started and there is something to ask."""

    def __init__(self, drain: Callable[[], None]) -> None:
        """Take what else is done now and then, at least once a minute."""
        self._drain = drain
        self._started = False
        self._polls: tuple[Poll, ...] = ()
        self.after_fork()

    def after_fork(self) -> None:
        """Start afresh in a forked child, where nothing is asked until `run`."""
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def set(self, polls: tuple[Poll, ...]) -> None:
        """Say what is asked from now on."""
        self._polls = polls
        self.run()

    def start(self) -> None:
        """Begin, or be ready to begin."""
        self._started = True
        self.run()

    def stop(self, timeout_s: float) -> None:
        """End; waits for a store that is being asked, for so long at most."""
        self._started = False
        thread, self._thread = self._thread, None
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    def hurry(self, filling: Filling) -> None:
        """Have a store asked soon."""
        for poll in self._polls:
            if poll.filling is filling and not poll.hurried:
                # Waking a thread costs the caller tens of microseconds: once is enough.
                poll.hurried = True
                self._wake.set()

    def run(self) -> None:
        """Have the thread run, if it is started and there is something to ask."""
        if not self._started or not self._polls:
            return
        if self._thread is None:
            thread = threading.Thread(
                target=self._work, args=(self._wake,), name="otel-sessions-stores", daemon=True
            )
            self._thread = thread
            thread.start()
        self._wake.set()

    def _work(self, wake: threading.Event) -> None:
        while self._thread is threading.current_thread():
            working = contained("watching stores")
            with working:
                self._turn(wake)
            if working.failed:
                # It may fail at once, again and again.
                time.sleep(_HURRY_S)

    def _turn(self, wake: threading.Event) -> None:
        now_s = time.monotonic()
        wake.wait(max(0.0, min((p.due_s(now_s) for p in self._polls), default=_LONGEST_WAIT_S)))
        wake.clear()
        with contained("taking in what was done with a store"):
            self._drain()
        for poll in self._polls:
            if poll.due_s(time.monotonic()) <= 0 and self._started:
                with contained("asking a store how full it is"):
                    poll.run()
