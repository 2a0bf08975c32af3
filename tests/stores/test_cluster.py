"""A cluster of three nodes keeps the same promises, and goes on when one of them is gone."""

import secrets

import pytest

from otel_sessions.stores import open_store

redis = pytest.importorskip("redis")
SLOTS = 16_384
KEY = b"a key of the tests"


@pytest.fixture(scope="module")
def nodes(redis_servers, waiting_until):
    """Three nodes with a third of the slots each."""
    options = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
    servers = [redis_servers(*options, "--cluster-node-timeout", "15000") for _ in range(3)]
    clients = [redis.Redis(port=server.port) for server in servers]
    bounds = [at * SLOTS // 3 for at in range(4)]
    for client, start, end in zip(clients, bounds, bounds[1:], strict=False):
        client.execute_command("CLUSTER ADDSLOTSRANGE", start, end - 1)
    for server in servers[1:]:
        clients[0].execute_command("CLUSTER MEET", "127.0.0.1", server.port)

    def is_one():
        infos = [client.execute_command("CLUSTER INFO") for client in clients]
        return all(
            info["cluster_state"] == "ok" and info["cluster_slots_ok"] == str(SLOTS)
            for info in infos
        )

    waiting_until(is_one)
    yield servers
    for client in clients:
        client.close()


@pytest.fixture
def opening(nodes):
    opened = []
    tenant = secrets.token_hex(4)

    def open_one():
        url = f"redis+cluster://127.0.0.1:{nodes[0].port}"
        opened.append(open_store(url, max_sessions=1000, key=KEY, tenant=tenant, ttl_s=60))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def test_sessions_are_spread_and_taken_once(opening, asking, nodes):
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
    filled = [redis.Redis(port=server.port).dbsize() for server in nodes]
    assert min(filled) >= 20
