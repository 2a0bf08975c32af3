"""Terminations: how a process that is told to end by SIGTERM still tells what it knows.

Python ends at once then, and no `atexit` runs: what waits for analysis or export would be lost,
and containers are stopped that way. So where nobody listens to the signal, we do: what is left is
told, in a thread and within a time limit, and then the process ends by the signal as it would have.
An application or a server that listens itself, before us or after, is left alone. Whoever is told
while it finishes already, at its end or because it was told before, finishes first.

A server that was listening already and then ends the process by the signal that it caught, as
uvicorn does, lets no `atexit` run either: it is told to us when it has shut down.
Source: uvicorn 0.29 to 0.54, `Server.capture_signals`.
"""

import asyncio
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

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
        self._server: Any = None
        self.after_fork()
        with contained("following a server"):
            self._follow(getattr(signal.getsignal(signal.SIGTERM), "__self__", None))
        if threading.current_thread() is not threading.main_thread():
            return
        with contained("listening to SIGTERM"):
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._end)
                self._listening = True

    def _follow(self, server: Any) -> None:  # noqa: ANN401 - of a package that we do not import
        """Finish after the shutdown of the server whose method listens, if it has one."""
        shutdown = getattr(server, "shutdown", None)
        if not inspect.iscoroutinefunction(shutdown):
            return

        async def shutdown_and_finish(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - theirs
            await shutdown(*args, **kwargs)
            with contained("finishing after a server"):
                if self._server is not None:
                    await asyncio.wait_for(asyncio.to_thread(self._finish), self._timeout_s)

        self._server = server
        server.shutdown = shutdown_and_finish

    def after_fork(self) -> None:
        """Answer for this process from now on."""
        self._ending = False
        self._leaving: list[int] = []
        """The threads that are leaving."""
        self._told: int | None = None
        """A signal that came while somebody was leaving."""
        self._pid = os.getpid()

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Finish in this block, and then listen no more; a signal meanwhile ends the process then.

        The block is run in any thread, the main one included, whose work a signal interrupts.
        """
        self._leaving.append(threading.get_ident())
        try:
            yield
        finally:
            last = len(self._leaving) == 1
            if last:
                self._leave()
            self._leaving.pop()
            if last and self._told is not None:
                os.kill(os.getpid(), self._told)

    def _leave(self) -> None:
        """Listen no more, unless somebody else does by now."""
        self._server = None
        with contained("listening to SIGTERM no more"):
            main = threading.current_thread() is threading.main_thread()
            if self._listening and main and signal.getsignal(signal.SIGTERM) == self._end:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _end(self, number: int, _: FrameType | None) -> None:
        # A child that has only just been forked has nothing to tell, and waits for a worker that
        # stayed behind in its parent.
        if self._pid == os.getpid():
            if self._ending:
                return
            if self._leaving:
                self._told = number
                return
            self._ending = True
            # The main thread may hold any lock in this moment, so another one does it.
            finishing = threading.Thread(target=self._finish, name="otel-sessions-end", daemon=True)
            with contained("finishing on SIGTERM"):
                finishing.start()
                finishing.join(self._timeout_s)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
