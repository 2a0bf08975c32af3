"""Breakers: how a store that fails is left alone for a while.

The first failure opens the breaker for one second, each further one for twice as long, up to half a
minute; then one operation may try again. So a store that hangs costs one time limit in a while and
not one in each call.
Source: Nygard, "Release It!" (2007), chapter 5.
"""

import time
from collections.abc import Callable

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0


class StoreUnavailableError(Exception):
    """The store failed a moment ago and is not asked."""


class Breaker:
    """Counts failures in a row, and says when the next try is due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wait_s = 0.0
        self._closed_at_s = 0.0

    @property
    def open(self) -> bool:
        """Whether the last operation failed."""
        return self._wait_s > 0

    def check(self) -> None:
        """Let an operation go on.

        Raises:
            StoreUnavailableError: the next try is not due.

        """
        if self.open and self._clock() < self._closed_at_s:
            raise StoreUnavailableError

    def failed(self) -> None:
        """Open, for longer than the time before."""
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S) or FIRST_WAIT_S
        self._closed_at_s = self._clock() + self._wait_s

    def succeeded(self) -> None:
        """Close."""
        self._wait_s = 0.0
