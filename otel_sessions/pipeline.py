"""Pipeline: from the caller's thread to the analysis, and never back.

The caller hands a finished call over and goes on; one worker thread reads it, has it analysed and
ends its span. The queue is bounded: when it is full the span still ends, and only the analysis is
dropped and counted. Handing over costs about 1 µs.

A stream that nobody finished is handed over by the garbage collector, in any thread and in the
middle of anything, a lock of the SDK or of ours included. For such calls nothing but the queue is
touched, which is safe to enter again.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from queue import Empty, SimpleQueue
from typing import Literal, Protocol

from opentelemetry.trace import Span

from otel_sessions.calls import Call, Outcome
from otel_sessions.faults import contained
from otel_sessions.identity import Ambient

Result = Literal["analysed", "dropped", "failed"]

_GATHER_S = 0.02
"""How long the worker lets calls gather after the first, so that it does not compete for the
interpreter with the code that has just got its reply."""
_FORK_WAIT_S = 60.0
"""The longest that a fork waits, once for what does not end. The analysis of a call takes 1 to 5
ms, of the first one 0.1 s, because it imports. That was over 5 s beside twenty other processes on
two cores (2026-11-28), and a child that inherits the lock of an import never analyses a call."""


class Observation(Protocol):
    """A finished call on its way into analysis; made by a provider."""

    span: Span
    """Started and not ended; whoever holds the observation last ends it."""
    outcome: Outcome
    """`aborted` if it may have been handed over by the garbage collector."""
    error_type: str | None
    ended_ns: int
    """Unix time at which the reply, the stream or the error ended."""

    def read(self) -> Call:
        """Read what was given and what came back; may raise."""
        ...


_Item = Observation | Callable[[], None]
"""What waits: a call, or something to be done in its turn."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a patched client needs of the rest."""

    ambient: Callable[[str | None], Ambient]
    """Take the provider's own conversation id, if any; tell whose call this is."""
    start_span: Callable[..., Span]
    """Start the call's span; see `emit.spans.start_call_span`."""
    submit: Callable[[Observation], None]
    """Hand the finished call over; never raises, never waits, may be entered again."""


class Pipeline:
    """One queue and one worker for all calls of the process."""

    def __init__(
        self,
        analyse: Callable[[Observation], None],
        *,
        count: Callable[[Result], None],
        queue_size: int,
        inline: bool = False,
        sweep: Callable[[], None] = lambda: None,
        sweep_interval_s: float = 10.0,
    ) -> None:
        """Wire the analysis in; no thread starts before the first call.

        Args:
            analyse: what is done with each call, in order of their ends.
            count: told of each call what became of it.
            queue_size: calls that may wait.
            inline: analyse in the caller's thread instead; an abandoned stream with the next call.
            sweep: called by the worker now and then; inline, after a call.
            sweep_interval_s: how often, in seconds.

        """
        self._analyse = analyse
        self._count = count
        self._queue_size = queue_size
        self._inline = inline
        self._sweep = sweep
        self._sweep_interval_s = sweep_interval_s
        self._next_sweep_s = 0.0
        self._closed = False
        self.after_fork()

    def after_fork(self) -> None:
        """Start afresh in a forked child: its calls waiting here are analysed by the parent."""
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._hurry = threading.Event()
        self._starting = threading.Lock()
        self._draining = threading.RLock()
        self._analysing = threading.RLock()
        self._drainer: int | None = None
        self._done = 0
        """What has been treated, one after the other."""
        self._given_up = -1
        """How much that was when a fork gave up waiting."""
        self._worker: threading.Thread | None = None

    def before_fork(self) -> None:
        """Wait until the worker is in the middle of nothing, for `_FORK_WAIT_S` at most.

        Otherwise the child inherits what the worker holds in that moment, such as the lock of a
        module that it imports, and nobody there lets go of it.
        """
        patience_s = 0.0 if self._given_up == self._done else _FORK_WAIT_S
        if not self._analysing.acquire(timeout=patience_s):
            self._given_up = self._done

    def after_fork_in_parent(self) -> None:
        """Go on."""
        with suppress(RuntimeError):
            self._analysing.release()

    def __len__(self) -> int:
        """Count the calls that wait."""
        return self._queue.qsize()

    def submit(self, observation: Observation) -> None:
        """Accept a finished call, or drop its analysis if too many wait."""
        with contained("handing a call over"):
            may_be_collected = observation.outcome == "aborted"
            full = self._queue.qsize() >= self._queue_size
            if self._closed or (full and not may_be_collected):
                self._drop(observation)
                return
            self._queue.put(observation)
            if not self._inline:
                self._start()
            elif not may_be_collected:
                self._drain()
                self._sweep_if_due()

    def post(self, action: Callable[[], None]) -> None:
        """Do something after all that was accepted before; at once if nothing waits."""
        self._queue.put(action)
        if self._worker is None:
            self._drain()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything accepted so far is analysed; tell whether it is."""
        if self._worker is None:
            return self._drain(timeout_s)
        if self._worker is threading.current_thread():
            # A callback asks from within; waiting for itself would take all of the time.
            return not len(self)
        reached = threading.Event()
        self._queue.put(reached.set)
        self._hurry.set()
        return reached.wait(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Flush, then accept no more; takes no longer than it may. May be called twice."""
        end_s = time.monotonic() + timeout_s
        done = self.flush(timeout_s)
        self._closed = True
        worker, self._worker = self._worker, None
        self._queue.put(lambda: None)
        if worker is not None and worker is not threading.current_thread():
            # One that is just being started cannot be joined, and has nothing to do any more.
            with suppress(RuntimeError):
                worker.join(max(0.0, end_s - time.monotonic()))
        while self._queue.qsize():
            self._take(self._let_go, timeout_s=0)
        return done

    def _start(self) -> None:
        # Who cannot have the lock need not wait: the worker is about to start.
        if self._worker is None and self._starting.acquire(blocking=False):
            try:
                if self._worker is None and not self._closed:
                    worker = threading.Thread(target=self._work, name="otel-sessions", daemon=True)
                    # Before it starts, because it takes calls at once: who flushes waits for it.
                    self._worker = worker
                    try:
                        worker.start()
                    except BaseException:
                        self._worker = None
                        raise
            finally:
                self._starting.release()

    def _work(self) -> None:
        self._next_sweep_s = time.monotonic() + self._sweep_interval_s
        while not self._closed:
            # A user's callback may call `sys.exit` or be cancelled, which is no `Exception`. There
            # is nothing to exit here, and without this thread no call would be analysed any more.
            with suppress(BaseException):
                until_sweep_s = max(0.001, self._next_sweep_s - time.monotonic())
                if self._take(self._run, timeout_s=until_sweep_s, gather_s=_GATHER_S):
                    self._drain(until_s=self._next_sweep_s)
                self._sweep_if_due()

    def _sweep_if_due(self) -> None:
        if time.monotonic() >= self._next_sweep_s:
            self._next_sweep_s = time.monotonic() + self._sweep_interval_s
            with contained("ending idle sessions"), self._analysing:
                self._done += 1
                self._sweep()

    def _drain(self, timeout_s: float = -1, until_s: float = inf) -> bool:
        """Analyse all that waits, unless this thread is already at it; tell whether it is done.

        Args:
            timeout_s: the longest to wait for another thread that is at it; -1 is any time.
            until_s: when to stop, because under load there is always another; by `time.monotonic`.

        """
        if self._drainer == threading.get_ident():
            return True
        if not self._draining.acquire(timeout=timeout_s):
            return False
        try:
            self._drainer = threading.get_ident()
            while time.monotonic() < until_s and self._take(self._run, timeout_s=0):
                pass
        finally:
            self._drainer = None
            self._draining.release()
        return True

    def _take(
        self, treat: Callable[[_Item], None], *, timeout_s: float, gather_s: float = 0
    ) -> bool:
        """Take the next item, let others gather, and treat it; tell whether there was one."""
        try:
            item = self._queue.get(timeout=timeout_s) if timeout_s else self._queue.get_nowait()
        except Empty:
            return False
        if gather_s:
            self._hurry.wait(gather_s)
            self._hurry.clear()
        with contained("treating a call"):
            treat(item)
        return True

    def _run(self, item: _Item) -> None:
        with self._analysing:
            self._done += 1
            if callable(item):
                item()
            else:
                self._treat(item)

    def _let_go(self, item: _Item) -> None:
        """Be done with what was accepted, without waiting for whoever analyses."""
        if callable(item):
            item()
        else:
            self._drop(item)

    def _treat(self, observation: Observation) -> None:
        analysis = contained("analysing a call")
        try:
            with analysis:
                self._analyse(observation)
        finally:
            with contained("ending a span"):
                observation.span.end(observation.ended_ns)
            with contained("counting a call"):
                self._count("failed" if analysis.failed else "analysed")

    def _drop(self, observation: Observation) -> None:
        with contained("ending a span"):
            observation.span.end(observation.ended_ns)
        with contained("counting a call"):
            self._count("dropped")
