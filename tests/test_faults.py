"""Faults: swallowed, told once, and without a word of what the error said."""

import logging

import pytest

from otel_sessions.faults import contained


def test_nothing_happens_without_a_fault(faults):
    """The block runs, and nothing is logged."""
    with contained("adding up") as adding:
        total = 1 + 1
    assert (total, adding.failed, faults()) == (2, False, [])


def test_a_fault_is_swallowed_and_told(faults, caplog):
    """What was done, the error's class and the place; not its text, which may quote a user."""
    with contained("reading a reply") as reading:
        int("my account number is 4711")
    assert reading.failed
    (text,) = faults()
    assert text.startswith("otel_sessions failed while reading a reply: ValueError at ")
    assert __name__ in text
    assert "4711" not in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_the_place_is_where_it_was_raised(faults):
    """Not where it was contained."""

    def deep():
        raise KeyError

    with contained("digging"):
        deep()
    assert faults()[0].endswith(f":{deep.__code__.co_firstlineno + 1}")


def test_each_place_is_told_once_a_minute(faults):
    """A fault in each of a thousand calls is one line."""
    for _ in range(1000):
        with contained("one thing"):
            raise KeyError
    with contained("another thing"):
        raise KeyError
    assert len(faults()) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_fault_goes_on(error):
    """An interrupt is the application's."""
    with pytest.raises(error), contained("waiting"):
        raise error


def test_a_return_from_the_block(faults):
    """It is kept."""

    def run():
        with contained("returning"):
            return 7

    assert run() == 7
