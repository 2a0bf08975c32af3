"""A store that fails costs no turn and no time: a real Redis, stopped, frozen and filled."""

import time
from itertools import pairwise

import pytest

from otel_sessions.stores import StoreOptions
from otel_sessions.stores import redis as redis_store
from otel_sessions.stores.breakers import FIRST_WAIT_S, LONGEST_WAIT_S, StoreUnavailableError
from otel_sessions.stores.redis import RedisBackend
from otel_sessions.stores.shared import HEALING_S, MAX_WAITING, SharedStore

redis = pytest.importorskip("redis")
OPTIONS = StoreOptions(max_sessions=100, key=b"a key of the tests", tenant="", ttl_s=600)


TIMEOUT_S = 2.0
"""Enough for a store that answers, also on a busy machine."""


@pytest.fixture(autouse=True)
def time_limit(monkeypatch):
    """Wait for a store that does not answer only for so long."""
    monkeypatch.setattr(redis_store, "TIMEOUT_S", TIMEOUT_S)


class Asked:
    """A backend that counts how often it is asked."""

    def __init__(self, backend):
        self.backend, self.times = backend, 0

    def __getattr__(self, name):
        self.times += 1
        return getattr(self.backend, name)


class Process:
    """A store with a clock of its own, and how often its backend was asked."""

    def __init__(self, url):
        self.now_s = 0.0
        self.backend = Asked(RedisBackend(url, OPTIONS))
        self.store = SharedStore(self.backend, OPTIONS, clock=lambda: self.now_s)

    def faults(self, turns):
        return [self.store.append(turn).fault for turn in turns]

    def numbers(self):
        return [turn.number for turn in self.store.catch_up("s").recent]


@pytest.fixture
def server(redis_servers):
    server = redis_servers()
    yield server
    server.stop()


@pytest.fixture
def process(server):
    started = []

    def start():
        started.append(Process(server.url))
        return started[-1]

    yield start
    for each in started:
        each.store.close()


@pytest.fixture
def admin(server):
    client = redis.Redis(port=server.port)
    yield client
    client.close()


def test_a_store_that_is_stopped_and_comes_back(process, server, asking):
    """Turns are numbered on, and stored when it is there again, though it has forgotten all."""
    one = process()
    turns = asking(*["request"] * 10)
    assert one.faults(turns[:3]) == [None] * 3
    server.stop()
    before = one.backend.times
    appended = [one.store.append(turn) for turn in turns[3:6]]
    assert [each.fault for each in appended] == ["ConnectionError", *["StoreUnavailableError"] * 2]
    assert [each.recent[-1].number for each in appended] == [4, 5, 6]
    assert one.backend.times == before + 1
    server.start()
    one.now_s += FIRST_WAIT_S
    appended = one.store.append(turns[6])
    assert (appended.fault, appended.opened) == (None, None)
    assert [turn.number for turn in appended.recent] == [1, 2, 3, 4, 5, 6, 7]
    assert process().numbers() == [4, 5, 6, 7]


def test_numbers_go_on_however_often_the_store_is_tried(process, server, asking):
    """While it is away, and when it comes back and takes only some of what waits at a time."""
    one = process()
    turns = asking(*["request"] * 12)
    assert one.faults(turns[:2]) == [None] * 2
    server.stop()
    tried = one.backend.times
    for number, turn in enumerate(turns[2:8], 3):
        one.now_s += LONGEST_WAIT_S
        recent = one.store.append(turn).recent
        assert [each.number for each in recent] == list(range(1, number + 1))
    assert one.backend.times == tried + 6
    server.start()
    append = one.backend.backend.append

    def slow(addition):
        one.now_s += HEALING_S / 2
        return append(addition)

    one.backend.backend.append = slow
    one.now_s += LONGEST_WAIT_S
    for number, turn in enumerate(turns[8:], 9):
        appended = one.store.append(turn)
        assert [each.number for each in appended.recent] == list(range(1, number + 1))
    assert appended.fault is None
    assert process().numbers() == list(range(3, 13))


def test_what_others_stored_meanwhile_comes_first(process, server, asking):
    """An outage of one process only: its turns are numbered behind those of the others."""
    one, other = process(), process()
    turns = asking(*["request"] * 8)
    assert one.faults(turns[:2]) == [None] * 2
    connect, one.backend.backend = one.backend.backend, Broken()
    assert one.faults(turns[2:4]) == ["ConnectionError", "StoreUnavailableError"]
    assert other.faults(turns[4:6]) == [None] * 2
    one.backend.backend = connect
    one.now_s += FIRST_WAIT_S
    appended = one.store.append(turns[6])
    assert [turn.number for turn in appended.recent] == [1, 2, 3, 4, 5, 6, 7]
    keys = [turn.key for turn in appended.recent]
    assert keys == [turns[at].key for at in (0, 1, 4, 5, 2, 3, 6)]


class Broken:
    """A backend that cannot be reached."""

    def __getattr__(self, name):
        raise ConnectionError


def test_a_store_that_hangs_costs_one_time_limit(process, server, asking):
    """The first command waits for the time limit, the others not at all."""
    one = process()
    turns = asking(*["request"] * 60, request=None)
    assert one.faults(turns[:1]) == [None]
    server.freeze()
    before = one.backend.times
    assert one.faults(turns[1:50]) == ["TimeoutError", *["StoreUnavailableError"] * 48]
    assert one.backend.times == before + 1
    server.thaw()
    one.now_s += FIRST_WAIT_S
    assert one.faults(turns[50:]) == [None] * 10
    recent = process().store.catch_up("s").recent
    assert [turn.number for turn in recent] == list(range(1, 61))
    assert [turn.calls for turn in recent] == [1] * 60


def test_an_append_that_went_through_unheard_is_not_done_twice(process, asking):
    """The answer was lost, the turn was not, also if its number was not the last by then."""
    one, other = process(), process()
    first, second, third = asking("a", "b", "c")
    append = one.backend.backend.append

    def unheard(addition):
        append(addition)
        raise TimeoutError

    one.backend.backend.append = unheard
    assert one.faults([first]) == ["TimeoutError"]
    one.backend.backend.append = append
    assert other.faults([second]) == [None]
    one.now_s += FIRST_WAIT_S
    appended = one.store.append(third)
    assert [(turn.key, turn.number, turn.calls) for turn in appended.recent] == [
        (first.key, 1, 1),
        (second.key, 2, 1),
        (third.key, 3, 1),
    ]


def test_a_store_that_is_full(process, admin, asking):
    """Nothing is refused to the application; what waits is stored when there is room."""
    one = process()
    turns = asking(*["request"] * 6)
    assert one.faults(turns[:1]) == [None]
    admin.config_set("maxmemory-policy", "noeviction")
    admin.config_set("maxmemory", 1)
    faults = one.faults(turns[1:5])
    assert faults == ["OutOfMemoryError", *["StoreUnavailableError"] * 3]
    admin.config_set("maxmemory", 0)
    one.now_s += FIRST_WAIT_S
    assert one.faults(turns[5:]) == [None]
    assert process().numbers() == [1, 2, 3, 4, 5, 6]


def test_the_breaker_tries_less_and_less_often(process, server, asking):
    """After 1, 2, 4 ... seconds, never later than half a minute."""
    one = process()
    server.stop()
    tries = []
    for turn in asking(*["request"] * 200):
        before = one.backend.times
        one.store.append(turn)
        if one.backend.times > before:
            tries.append(one.now_s)
        one.now_s += 1.0
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[:5] == [1, 2, 4, 8, 16]
    assert set(gaps[5:]) == {LONGEST_WAIT_S}


def test_what_waits_is_bounded(process, server, asking):
    """The oldest go first; what is left is numbered on."""
    one = process()
    server.stop()
    for turn in asking(*["request"] * (MAX_WAITING + 50)):
        one.store.append(turn)
    assert len(one.store._waiting) == MAX_WAITING


def test_ends_wait_too(process, server, asking):
    """The end that the application states is not lost, and nobody else tells it."""
    one, other = process(), process()
    one.faults(asking("a"))
    connect, one.backend.backend = one.backend.backend, Broken()
    with pytest.raises(ConnectionError):
        one.store.end("s")
    with pytest.raises(StoreUnavailableError):
        one.store.take_idle(9e9)
    one.backend.backend = connect
    one.now_s += FIRST_WAIT_S
    assert list(one.store.take_idle(9e9)) == []
    assert list(other.store.take_idle(9e9)) == []


def test_a_fork_leaves_what_waits_to_the_parent(process, asking):
    """It would be stored twice."""
    one = process()
    connect, one.backend.backend = one.backend.backend, Broken()
    one.faults(asking("a", "b"))
    one.backend.backend = connect
    one.store.after_fork()
    one.now_s += FIRST_WAIT_S
    assert one.store.catch_up("s") is None


def test_a_password_is_not_logged(asking, caplog):
    """Neither when it fails nor when it is closed."""
    store = SharedStore(RedisBackend("redis://user:hunter2hunter2@127.0.0.1:1/0", OPTIONS), OPTIONS)
    started_s = time.monotonic()
    assert store.append(*asking("a")).fault == "ConnectionError"
    assert time.monotonic() - started_s < 10
    store.close()
    assert "fails (ConnectionError)" in caplog.text
    assert "1 turns were not stored" in caplog.text
    assert "hunter2" not in caplog.text
