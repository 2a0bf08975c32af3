"""What the tests of texts share."""

import signal
from contextlib import contextmanager

import pytest

HANGING_S = 30
"""What takes milliseconds, but not after this on any machine, does not end at all."""


@pytest.fixture
def patiently():
    """Interrupt what never ends; how fast it is, benchmarks say."""

    @contextmanager
    def guard():
        def give_up(*_):
            pytest.fail(f"not within {HANGING_S} s")

        before = signal.signal(signal.SIGALRM, give_up)
        signal.alarm(HANGING_S)
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    return guard
