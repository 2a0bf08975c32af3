"""Ends: a session's end is told once, also if the process that tells it is killed.

Whoever ends a session in a store that processes share has a lease of that end. The end is told, all
telemetry is exported, and then the end is confirmed; what nobody confirms another process tells
when the lease has run out. So an end is lost in no place where a process may be killed, and told
twice only if that is between the export and the confirmation, some milliseconds after each beat.
Ends wait for a beat, so that all that is told of them goes out together and exports stay few.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from otel_sessions.emit import EndReport
from otel_sessions.faults import contained
from otel_sessions.stores import Ended, Store, Untold
from otel_sessions.stores.timings import Timings

_T = TypeVar("_T")

MAX_TOLD = 10_000
"""Ends that are told and not confirmed, because exports fail; the oldest are let go, and told again
by another process if this one does not live to export them."""
_FORK_WAIT_S = 1.0
"""The longest that a fork waits for an export; without a receiver one takes longer."""


class Ends:
    """The ends that this process has taken, until they are confirmed."""

    def __init__(
        self,
        store: Store,
        timed: Timings,
        tell: Callable[[EndReport], None],
        *,
        export: Callable[[], bool] | None = None,
        every_s: float = 30.0,
    ) -> None:
        """Wire the parts together.

        Args:
            store: where ends are taken and confirmed.
            timed: runs what is asked of the store, from the thread of the beats.
            tell: tells an end; from any thread.
            export: exports what was told and gives whether it could; without it an end is told and
                confirmed as soon as it is taken.
            every_s: at most so often something is exported for the sake of ends, in seconds.

        """
        self._store = store
        self._timed = timed
        self._tell = tell
        self._export = export
        self._every_s = every_s
        self._next_s = 0.0
        self.after_fork()

    def add(self, report: EndReport, ended: Ended | None) -> None:
        """Take an end in; one that no other process would tell is told at once."""
        untold = ended.untold if ended is not None else None
        if untold is None:
            self._tell(report)
            return
        self._waiting.append((report, untold))
        self._at_once()

    def drop(self, ended: Ended | None) -> None:
        """Let nobody tell an end, because there is nothing to tell or another end tells it."""
        untold = ended.untold if ended is not None else None
        if untold is not None:
            self._told.append(untold)
            self._at_once()

    def beat(self) -> None:
        """Tell what waits in a thread of its own, if it is time; exports may take seconds."""
        now_s = time.monotonic()
        if self._export is None or now_s < self._next_s or not (self._waiting or self._told):
            return
        self._next_s = now_s + self._every_s
        name = "otel-sessions-ends"
        threading.Thread(target=self._work, args=(self._export,), name=name, daemon=True).start()

    def finish(self, export: Callable[[], bool], timeout_s: float = 0.0) -> bool:
        """Tell what waits, export it, and confirm it; give what `export` gave.

        Args:
            export: exports what was told, and gives whether it could.
            timeout_s: the longest to wait for another thread that is at it.

        """
        if not self._at_it.acquire(timeout=timeout_s):
            return export()
        try:
            self._tell_all()
            done = export()
            if done:
                self._confirm()
        finally:
            self._at_it.release()
        return done

    def _work(self, export: Callable[[], bool]) -> None:
        with contained("telling ends"):
            if not self._at_it.locked():
                self.finish(export)

    def before_fork(self) -> None:
        """Wait a moment for an export, whose locks a child would inherit."""
        self._forking = self._at_it.acquire(timeout=_FORK_WAIT_S)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._forking:
            self._at_it.release()

    def after_fork(self) -> None:
        """Leave what was taken to the parent."""
        self._waiting: deque[tuple[EndReport, Untold]] = deque()
        self._told: deque[Untold] = deque(maxlen=MAX_TOLD)
        self._at_it = threading.Lock()
        self._forking = False

    def _at_once(self) -> None:
        if self._export is None:
            self.finish(lambda: True)

    def _tell_all(self) -> None:
        """Tell what is still ours to tell: a process that was frozen may have lost its leases."""
        waiting = _all_of(self._waiting)
        ours = [*_all_of(self._told), *(untold for _, untold in waiting)]
        if not ours:
            return
        held = self._timed("hold", lambda: self._store.hold(ours))
        if held is None:
            # The store does not answer, and a lost end is worse than one that may be told twice.
            held = ours
        tokens = {untold.token for untold in held}
        for report, untold in waiting:
            if untold.token in tokens:
                with contained("telling an end"):
                    self._tell(report)
        self._told.extend(held)

    def _confirm(self) -> None:
        told = _all_of(self._told)
        if not told:
            return
        faults = self._timed.faults
        self._timed("confirm", lambda: self._store.confirm(told))
        if self._timed.faults != faults:
            self._told.extend(told)


def _all_of(queue: deque[_T]) -> list[_T]:
    """Take out all that is in a queue to which another thread may append."""
    return [queue.popleft() for _ in range(len(queue))]
