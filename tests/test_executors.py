"""Executors: each piece of work is in the session of who handed it over."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from otel_sessions.executors import Carrier
from otel_sessions.identity import ambient, session


@pytest.fixture
def carrier():
    carrier = Carrier()
    yield carrier
    carrier.remove()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def here():
    given = ambient().given
    return given and given.value


def test_work_has_the_session_of_who_submits_it(carrier, pool):
    """Also if one thread does the work of several sessions, or of none."""
    submitted = []
    for name in ("a", "b", None, "a"):
        with session(name):
            submitted += [pool.submit(here) for _ in range(20)]
    assert [work.result() for work in submitted] == ["a"] * 20 + ["b"] * 20 + [None] * 20 + [
        "a"
    ] * 20


async def test_run_in_executor(carrier, pool):
    """What an event loop hands to its pool, too."""
    loop = asyncio.get_running_loop()
    with session("a"):
        assert await loop.run_in_executor(pool, here) == "a"
        assert await loop.run_in_executor(None, here) == "a"
    assert await loop.run_in_executor(pool, here) is None


def test_map_and_arguments(carrier, pool):
    """Arguments and results are as they were."""
    with session("a"):
        assert list(pool.map(lambda x, y: (here(), x + y), [1, 2], [3, 4])) == [("a", 4), ("a", 6)]
        assert pool.submit(dict, x=1).result() == {"x": 1}


def test_errors_are_unchanged(carrier, pool):
    """The work's, and that of a wrong call."""
    with session("a"):
        with pytest.raises(ZeroDivisionError):
            pool.submit(lambda: 1 / 0).result()
        with pytest.raises(TypeError):
            pool.submit()


def test_a_thread_that_a_session_starts_does_not_keep_it(carrier):
    """It may serve all others after."""
    found = []
    with session("a"):
        thread = threading.Thread(target=lambda: found.append(here()))
        thread.start()
        thread.join()
    assert found == [None]


def test_removing(pool):
    """Leaves the class as it was, or, under another's wrapper, does nothing any more."""
    submit = ThreadPoolExecutor.submit
    carrier = Carrier()
    assert ThreadPoolExecutor.submit is not submit
    carrier.remove()
    carrier.remove()
    assert ThreadPoolExecutor.submit is submit
    with session("a"):
        assert pool.submit(here).result() is None
