"""Terminations: how a process that is told to end by SIGTERM still tells what it knows.

Python ends at once then, and no `atexit` runs: what waits for analysis or export would be lost,
and containers are stopped that way. So where nobody listens to the signal, we do: what is left is
told, in a thread and within a time limit, and then the process ends by the signal as it would have.
An application or a server that listens itself, before us or after, is left alone.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from otel_sessions.faults import contained


class Termination:
    """Listens until `leave`."""

    def __init__(self, finish: Callable[[], None], timeout_s: float) -> None:
        """Listen, if nobody else does and this is the main thread, which alone may.

        Args:
            finish: tells what is left.
            timeout_s: the longest to wait for it.

        """
        self._finish = finish
        self._timeout_s = timeout_s
        self._listening = False
        if threading.current_thread() is not threading.main_thread():
            return
        with contained("listening to SIGTERM"):
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._end)
                self._listening = True

    def leave(self) -> None:
        """Listen no more, unless somebody else does by now."""
        with contained("listening to SIGTERM no more"):
            main = threading.current_thread() is threading.main_thread()
            if self._listening and main and signal.getsignal(signal.SIGTERM) == self._end:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _end(self, number: int, _: FrameType | None) -> None:
        # The main thread may hold any lock in this moment, so another one does it.
        finishing = threading.Thread(target=self._finish, name="otel-sessions-end", daemon=True)
        with contained("finishing on SIGTERM"):
            finishing.start()
            finishing.join(self._timeout_s)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
