"""Times: a clock that stands still until it is told to go on."""

from typing import Self

from otel_sessions import clocks


class Clock:
    """Gives the same Unix time until `advance`; `observed(clock=...)` lets this package read it."""

    def __init__(self, start_s: float = 1_700_000_000.0) -> None:
        """Begin at a Unix time, in seconds."""
        self._now_ns = round(start_s * 1e9)

    def now_ns(self) -> int:
        """Give the time in nanoseconds."""
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now_ns += round(seconds * 1e9)

    def __enter__(self) -> Self:
        self._before = clocks.now_ns
        clocks.now_ns = self.now_ns
        return self

    def __exit__(self, *_: object) -> None:
        clocks.now_ns = self._before
