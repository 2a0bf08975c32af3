"""Clocks: the time of day, read in one place, so that a test can hold it still.

Durations within this package (time limits, how long a store takes) are measured by `time.monotonic`
and `time.perf_counter` and never stand still.
"""

import time
from collections.abc import Callable

now_ns: Callable[[], int] = time.time_ns
"""Unix time in nanoseconds; `otel_sessions.testing` puts a clock of its own here."""


def now_s() -> float:
    """Give the Unix time in seconds."""
    return now_ns() / 1e9
