"""Pipeline: from the caller's thread to the analysis, and never back.

The caller hands a finished call over and goes on; one worker thread reads it, has it analysed and
ends its span. The queue is bounded: when it is full the span still ends, and only the analysis is
dropped and counted. Handing over costs about 1 µs.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from opentelemetry.trace import Span

from otel_sessions.calls import Call, Outcome
from otel_sessions.faults import contained
from otel_sessions.identity import Ambient

Result = Literal["analysed", "dropped", "failed"]

_GATHER_S = 0.02
"""How long the worker lets calls gather after the first, so that it does not compete for the
interpreter with the code that has just got its reply."""


class Observation(Protocol):
    """A finished call on its way into analysis; made by a provider."""

    span: Span
    """Started and not ended; whoever holds the observation last ends it."""
    outcome: Outcome
    error_type: str | None
    ended_ns: int
    """Unix time at which the reply, the stream or the error ended."""

    def read(self) -> Call:
        """Read what was given and what came back; may raise."""
        ...


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a patched client needs of the rest."""

    ambient: Callable[[str | None], Ambient]
    """Take the provider's own conversation id, if any; tell whose call this is."""
    start_span: Callable[..., Span]
    """Start the call's span; see `emit.spans.start_call_span`."""
    submit: Callable[[Observation], None]
    """Hand the finished call over; never raises, never waits."""


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
            inline: analyse in the caller's thread instead.
            sweep: called by the worker now and then.
            sweep_interval_s: how often, in seconds.

        """
        self._analyse = analyse
        self._count = count
        self._queue_size = queue_size
        self._inline = inline
        self._sweep = sweep
        self._sweep_interval_s = sweep_interval_s
        self._queue: deque[Observation | Callable[[], None]] = deque()
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._pid = os.getpid()

    def after_fork(self) -> None:
        """Start afresh in a forked child: its calls waiting here are analysed by the parent."""
        self._queue.clear()
        self._reset()

    def __len__(self) -> int:
        """Count the calls that wait."""
        return len(self._queue)

    def submit(self, observation: Observation) -> None:
        """Accept a finished call, or drop its analysis if too many wait."""
        with contained("handing a call over"):
            if self._closed or len(self._queue) >= self._queue_size:
                self._drop(observation)
                return
            if self._inline:
                self._run(observation)
                return
            self._queue.append(observation)
            if not self._wake.is_set():
                self._wake.set()
            if self._worker is None:
                self._start()

    def post(self, action: Callable[[], None]) -> None:
        """Do something after all that was accepted before; at once if nothing waits."""
        if self._worker is None:
            with contained("running an action"):
                action()
            return
        self._queue.append(action)
        self._wake.set()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything accepted so far is analysed; tell whether it is."""
        if self._worker is None:
            return not self._queue
        reached = threading.Event()
        self._queue.append(reached.set)
        self._hurry.set()
        self._wake.set()
        return reached.wait(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Flush, then accept no more. May be called twice."""
        done = self.flush(timeout_s)
        self._closed = True
        worker, self._worker = self._worker, None
        self._hurry.set()
        self._wake.set()
        if worker is not None and worker is not threading.current_thread():
            worker.join(timeout_s)
        while self._queue:
            item = self._queue.popleft()
            if callable(item):
                with contained("running an action"):
                    item()
            else:
                self._drop(item)
        return done

    def _start(self) -> None:
        with self._lock:
            if self._worker is None and not self._closed:
                self._worker = threading.Thread(
                    target=self._work, name="otel-sessions", daemon=True
                )
                self._worker.start()

    def _work(self) -> None:
        next_sweep_s = time.monotonic() + self._sweep_interval_s
        while not self._closed:
            self._wake.wait(max(0.0, next_sweep_s - time.monotonic()))
            if self._wake.is_set():
                self._hurry.wait(_GATHER_S)
                self._wake.clear()
                self._hurry.clear()
                self._drain()
            if time.monotonic() >= next_sweep_s:
                with contained("ending idle sessions"):
                    self._sweep()
                next_sweep_s = time.monotonic() + self._sweep_interval_s

    def _drain(self) -> None:
        while self._queue:
            item = self._queue.popleft()
            if callable(item):
                with contained("running an action"):
                    item()
            else:
                self._run(item)

    def _run(self, observation: Observation) -> None:
        analysis = contained("analysing a call")
        with analysis:
            self._analyse(observation)
        with contained("ending a span"):
            observation.span.end(observation.ended_ns)
        with contained("counting a call"):
            self._count("failed" if analysis.failed else "analysed")

    def _drop(self, observation: Observation) -> None:
        with contained("ending a span"):
            observation.span.end(observation.ended_ns)
        with contained("counting a call"):
            self._count("dropped")
