"""A store that fills up is told before it refuses anything."""

import secrets

import pytest

from otel_sessions.capacities import Place, Reading, full_in_s
from otel_sessions.polls import WARN_FROM

redis = pytest.importorskip("redis")
MIB = 2**20


def readings(*used, limit=1000, step_s=10.0, run="a"):
    return [Reading(at * step_s, each, limit, 0, run) for at, each in enumerate(used)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(readings(), None, id="nothing-known"),
        pytest.param(readings(100, 200), None, id="two-readings"),
        pytest.param(readings(100, 200, 300), 70.0, id="even-growth"),
        pytest.param(readings(100, 210, 290, 400), 61.22, id="uneven-growth"),
        pytest.param(readings(300, 200, 100), None, id="it-shrinks"),
        pytest.param(readings(200, 200, 200), None, id="it-stays"),
        pytest.param(readings(100, 200, 300, limit=None), None, id="no-limit"),
        pytest.param(readings(1000), 0.0, id="full"),
        pytest.param(readings(900, 1100), 0.0, id="beyond-the-limit"),
        pytest.param(readings(100, 200, 300, step_s=0), None, id="all-at-once"),
        pytest.param(readings(900, 950, run="b") + readings(1, 2), None, id="started-again"),
        pytest.param(
            readings(1, 2, 3, limit=10) + readings(100, 200, 300), 70.0, id="another-limit"
        ),
    ],
)
def test_forecast(given, expected):
    """The growth of the last readings goes on."""
    assert full_in_s(given) == (expected and pytest.approx(expected, abs=0.01))


def test_growing_sessions_fill_a_redis(redis_servers, watched, waiting_until, caplog):
    """The forecast is told from the start, and comes nearer; the first write is refused later."""
    server = redis_servers("--maxmemory", str(8 * MIB), "--maxmemory-policy", "noeviction")
    client = redis.Redis.from_url(server.url)
    store = watched.observe(client, key_pattern="chat:{session_id}", name="chats")
    told, history, refused = [], b"", None

    def warnings():
        return [record for record in caplog.records if "as it grows" in record.getMessage()]

    while refused is None:
        history += b"x" * 12_000
        try:
            for session in range(20):
                client.set(f"chat:{session}", history)
        except redis.OutOfMemoryError as error:
            refused = error
        else:
            before = store.poll.filling.newest
            waiting_until(lambda: store.poll.filling.newest is not before)  # noqa: B023 - at once
            capacity = store.capacity
            told.append((capacity.utilization, capacity.full_in_s))
            if capacity.utilization >= WARN_FROM:
                # Who asks the store keeps what it said first, and warns then.
                waiting_until(warnings)
            assert len(warnings()) == any(share >= WARN_FROM for share, _ in told)
    assert max(share for share, _ in told) >= WARN_FROM
    forecasts = [left_s for share, left_s in told if share >= 0.5]
    assert None not in forecasts
    assert forecasts[-1] < forecasts[0] / 2
    labels = {"store": "chats", "backend": "redis"}
    (left_s,) = watched.told("memory.time_to_full", *labels).values()
    assert left_s == store.capacity.full_in_s
    assert watched.told("memory.limit", *labels) == {"chats/redis": 8 * MIB}
    assert watched.operations["set/OutOfMemoryError"] == 1
    assert watched.told("evictions") == {"": 0}
    client.close()


def test_a_store_is_asked_soon_after_something_was_not_found(watched, waiting_until):
    """So that what it has evicted since is known when the session speaks."""
    chats = type("Chats", (dict,), {"set": dict.__setitem__})()
    store = watched.observe(chats, key_pattern="{session_id}", usage=lambda: (1, None), poll_s=3600)
    waiting_until(lambda: store.capacity)
    chats.get("s")
    waiting_until(lambda: len(store.poll.filling.readings) == 2)


def test_a_second_monitor_tells_once(watched, waiting_until):
    """The SDK keeps the instruments of the first, and what they call."""
    chats = type("Chats", (dict,), {"set": dict.__setitem__})()
    store = watched.observe(chats, usage=lambda: (1, None), poll_s=3600)
    waiting_until(lambda: store.capacity)
    store.poll.filling.readings.append(Reading(0.0, 100, evictions=5))
    watched.stores.disconnect()
    watched.stores.connect(watched.metering.get_meter("test"), max_sessions=100)
    assert watched.told("evictions", "store") == {"object": 5}


def test_what_the_user_says_of_a_store(watched, waiting_until):
    """Of one that does not say so itself."""
    used = iter(range(100, 10_000, 100))

    class Chats(dict):
        set = dict.__setitem__

    store = watched.observe(Chats(), usage=lambda: (next(used), 2000), limit_bytes=10**6)
    waiting_until(lambda: len(store.poll.filling.readings) >= 3)
    readings = tuple(store.poll.filling.readings)
    assert store.capacity.place == Place("object", "object")
    assert store.capacity.limit_bytes == 10**6
    assert [each.used_bytes for each in readings[:3]] == [100, 200, 300]
    left_s = full_in_s(readings)
    # A hundred bytes in a tenth of a second, or less on a busy machine.
    assert (10**6 - readings[-1].used_bytes) / 1100 < left_s < 10**6


def test_a_store_that_cannot_be_asked(opening_of, watched, waiting_until, faults):
    """It is told in the log, and the application's calls go on."""
    client = opening_of(port=1)
    store = watched.observe(client, name=f"gone-{secrets.token_hex(2)}")
    waiting_until(faults)
    assert store.capacity is None
    assert "asking a store how full it is: ConnectionError" in faults()[0]


@pytest.fixture
def opening_of():
    clients = []

    def build(**options):
        clients.append(redis.Redis(**options))
        return clients[-1]

    yield build
    for client in clients:
        client.close()
