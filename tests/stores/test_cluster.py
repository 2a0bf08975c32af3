"""A cluster of three nodes keeps the same promises, and goes on when one of them is gone."""

import secrets

import pytest

from otel_sessions.stores import open_store

redis = pytest.importorskip("redis")
KEY = b"a key of the tests"


@pytest.fixture
def opening(redis_nodes):
    opened = []
    tenant = secrets.token_hex(4)

    def open_one(**options):
        url = f"redis+cluster://127.0.0.1:{redis_nodes[0].port}"
        options |= {"max_sessions": 1000, "key": KEY, "tenant": tenant, "ttl_s": 60}
        opened.append(open_store(url, **options))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def test_sessions_are_spread_and_taken_once(opening, asking, redis_nodes):
    """Turns, places and ends of 60 sessions, by two processes."""
    one, other = opening(), opening()
    ids = [f"s{at}" for at in range(60)]
    for at, session_id in enumerate(ids):
        (turn,) = asking("a", session_id=session_id)
        assert one.append(turn, places=(at,)).fault is None
        (turn,) = asking("b", session_id=session_id, key=2)
        assert [t.number for t in other.append(turn).recent] == [1, 2]
    assert list(other.find(range(60))) == ids
    taken = [*one.take_idle(9e9), *other.take_idle(9e9)]
    assert sorted(each.session_id for each in taken) == sorted(ids)
    filled = [redis.Redis(port=server.port).dbsize() for server in redis_nodes]
    assert min(filled) >= 20


def test_ends_are_told_once(opening, asking):
    """Those of a process that is gone by another, wherever they lie."""
    gone, other = opening(), opening(lease_s=-1)
    ids = [f"s{at}" for at in range(60)]
    for session_id in ids:
        gone.append(*asking("a", session_id=session_id))
    told = [gone.end(session_id, "explicit resolved").untold for session_id in ids[:30]]
    assert sorted(gone.hold(told)) == sorted(told)
    gone.confirm(told)
    lost = [each.untold for each in gone.take_idle(9e9)]
    left = other.take_idle(9e9)
    assert sorted(each.session_id for each in left) == sorted(ids[30:])
    assert list(gone.hold(lost)) == []
    other.confirm([each.untold for each in left])
    assert list(other.take_idle(9e9)) == []
