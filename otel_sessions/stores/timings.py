"""Timings: every operation of the store is timed, and its faults are contained and counted."""

import time
from collections.abc import Callable
from typing import TypeVar

from otel_sessions.faults import contained
from otel_sessions.stores import Appended

_R = TypeVar("_R")


class Timings:
    """Runs operations of a store for one thread at a time."""

    def __init__(self, backend: str, tell: Callable[[str, str, float, str | None], None]) -> None:
        """Tell of each operation its name, the backend, seconds and the class of the error."""
        self._backend = backend
        self._tell = tell
        self.faults = 0
        """Operations that raised."""

    def __call__(self, operation: str, run: Callable[[], _R]) -> _R | None:
        """Run an operation of the store; a fault of the store costs the operation only."""
        result: _R | None = None
        error: str | None = None
        started_s = time.perf_counter()
        with contained(f"using the store ({operation})"):
            try:
                result = run()
                error = result.fault if isinstance(result, Appended) else None
            except Exception as fault:
                error = type(fault).__name__
                self.faults += 1
                raise
        duration_s = time.perf_counter() - started_s
        with contained("timing the store"):
            self._tell(operation, self._backend, duration_s, error)
        return result
