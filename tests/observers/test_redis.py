"""A real Redis as the application's store: what is done with it is told, and nothing is changed."""

import inspect
import secrets

import pytest

redis = pytest.importorskip("redis")


@pytest.fixture
def prefix():
    """Keys of this test alone."""
    return f"chat-{secrets.token_hex(4)}"


@pytest.fixture
async def asynchronous(redis_server):
    from redis import asyncio as aioredis  # noqa: PLC0415 - after importorskip

    async with aioredis.Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
def opening(redis_server):
    opened = []

    def build(server=redis_server, **options):
        opened.append(redis.Redis.from_url(server.url, **options))
        return opened[-1]

    yield build
    for client in opened:
        client.close()


def strings(client, key):
    client.set(key, "a" * 100)
    return client.get(key)


def not_ascii(client, key):
    client.set(key, "é" * 50, ex=60)
    return client.get(key)


def hashes(client, key):
    client.hset(key, mapping={"system": "a" * 34, "turns": "b" * 55})
    return client.hgetall(key), client.hget(key, "turns")


def lists(client, key):
    client.lrange(key, 0, -1)
    client.rpush(key, b"a" * 60)
    client.rpush(key, b"b" * 40)
    return client.lrange(key, 0, -1)


def sorted_sets(client, key):
    client.zadd(key, {"a" * 97: 100})
    return client.zrange(key, 0, -1)


WAYS = [strings, not_ascii, hashes, lists, sorted_sets]


@pytest.mark.parametrize("decode", [False, True], ids=["bytes", "decoded"])
@pytest.mark.parametrize("way", WAYS)
def test_results_are_unchanged(opening, watched, prefix, way, decode):
    """Of every kind of value, decoded or not."""
    client = opening(decode_responses=decode)
    expected = way(client, f"{prefix}:plain")
    watched.observe(client, key_pattern=prefix + ":{session_id}")
    assert way(client, f"{prefix}:s1") == expected
    assert watched.lookups[0] >= 1


@pytest.mark.parametrize("decode", [False, True], ids=["bytes", "decoded"])
def test_sizes(opening, watched, prefix, decode):
    """What is stored and read is measured in bytes, and growth from turn to turn."""
    client = opening(decode_responses=decode)
    watched.observe(client, key_pattern=prefix + ":{session_id}")
    strings(client, f"{prefix}:s1")
    assert watched.told("session.size", "store", "backend") == {"redis/redis": (2, 200)}
    not_ascii(client, f"{prefix}:s2")
    assert watched.told("session.size") == {"": (4, 400)}
    hashes(client, f"{prefix}:s3")
    assert watched.told("session.size") == {"": (7, 700)}
    lists(client, f"{prefix}:s4")
    assert watched.told("session.size") == {"": (10, 960)}


def test_lookups_and_operations(opening, watched, prefix):
    client = opening()
    watched.observe(client, key_pattern=prefix + ":{session_id}")
    client.get(f"{prefix}:s")
    client.lrange(f"{prefix}:s", 0, -1)
    client.exists(f"{prefix}:s")
    client.set(f"{prefix}:s", b"x")
    client.get(f"{prefix}:s")
    client.mget("of no session", f"{prefix}:s", f"{prefix}:t")
    client.mset({"of no session": "y", f"{prefix}:u": "y"})
    client.delete("of no session", f"{prefix}:u")
    client.execute_command("get", f"{prefix}:u")
    client.get("of no session")
    client.ping()
    client.delete(f"{prefix}:s")
    with pytest.raises(redis.ResponseError):
        client.set(f"{prefix}:s", b"x", ex=-1)
    assert watched.lookups == (2, 5)
    assert watched.operations == {"get": 7, "set": 2, "delete": 2, "set/ResponseError": 1}


@pytest.mark.parametrize("transaction", [True, False])
def test_pipelines(opening, watched, prefix, transaction):
    """Each command with its own reply, also of one that failed, and of one that watches."""
    client = opening()
    watched.observe(client, key_pattern=prefix + ":{session_id}")
    with client.pipeline(transaction=transaction) as pipe:
        pipe.set(f"{prefix}:s", b"x" * 30).get("of no session").get(f"{prefix}:s")
        pipe.get(f"{prefix}:t").lpush(f"{prefix}:s", b"no list")
        replies = pipe.execute(raise_on_error=False)
        assert [*replies[:4], type(replies[4])] == [
            True,
            None,
            b"x" * 30,
            None,
            redis.ResponseError,
        ]
        assert pipe.execute() == []
        pipe.watch(f"{prefix}:s")
        assert pipe.get(f"{prefix}:s") == b"x" * 30
        pipe.multi()
        pipe.set(f"{prefix}:s", b"y" * 10)
        assert pipe.execute() == [True]
    assert watched.lookups == (2, 1)
    assert watched.operations == {"set": 2, "get": 3, "add/ResponseError": 1}
    assert watched.told("session.size") == {"": (4, 100)}


async def test_an_asynchronous_client(asynchronous, watched, prefix):
    """Also its pipelines and errors."""
    client = asynchronous
    store = watched.observe(client, key_pattern=prefix + ":{session_id}")
    assert inspect.iscoroutine(waiting := client.set(f"{prefix}:s", b"x" * 30))
    assert waiting.__name__ == "execute_command"
    assert await waiting is True
    assert await client.get(f"{prefix}:s") == b"x" * 30
    async with client.pipeline() as pipe:
        assert await pipe.get(f"{prefix}:t").get(f"{prefix}:s").execute() == [None, b"x" * 30]
    with pytest.raises(redis.ResponseError):
        await client.lpush(f"{prefix}:s", b"no list")
    assert watched.lookups == (2, 1)
    assert watched.operations == {"set": 1, "get": 3, "add/ResponseError": 1}
    store.close()
    assert "execute_command" not in vars(client)


async def test_the_server_of_an_asynchronous_client_is_asked(asynchronous, watched, waiting_until):
    """By a connection of our own, in a thread of our own."""
    store = watched.observe(asynchronous, limit_bytes=10**12)
    waiting_until(lambda: store.capacity)
    assert 10**5 < store.capacity.used_bytes < 10**9
    assert watched.told("memory.limit", "store") == {"redis": 10**12}


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_undo(opening, watched, prefix, first):
    """The client is as it was; what others have wrapped since stays, and passes on."""
    client = opening()
    store = watched.observe(client, key_pattern=prefix + ":{session_id}")
    assert store.client is client
    assert watched.observe(client, key_pattern=prefix + ":{session_id}") is store
    assert {"execute_command", "pipeline"} <= vars(client).keys()
    seen = []
    if first == "theirs":
        ours = client.execute_command
        client.execute_command = lambda *args, **options: (
            seen.append(args) or ours(*args, **options)
        )
    store.close()
    store.close()
    assert ("execute_command" in vars(client)) == (first == "theirs")
    assert "pipeline" not in vars(client)
    client.set(f"{prefix}:s", b"x")
    assert client.get(f"{prefix}:s") == b"x"
    assert watched.lookups == (0, 0)
    assert len(seen) == (2 if first == "theirs" else 0)


def test_what_others_patch_later_is_called(opening, watched, prefix, monkeypatch):
    """Another instrumentation patches the class while ours has the client."""
    client = opening()
    watched.observe(client, key_pattern=prefix + ":{session_id}")
    inherited, seen = redis.Redis.execute_command, []
    monkeypatch.setattr(
        redis.Redis,
        "execute_command",
        lambda self, *args, **options: seen.append(args[0]) or inherited(self, *args, **options),
    )
    client.set(f"{prefix}:s", b"x")
    assert seen == ["SET"]


def test_a_fault_of_ours_changes_nothing(opening, watched, prefix, faults):
    """Whatever the user's function raises."""

    def session_of(key):
        raise RuntimeError(key)

    client = opening()
    watched.observe(client, session_of=session_of)
    client.set(f"{prefix}:s", b"x")
    assert client.get(f"{prefix}:s") == b"x"
    assert "preparing to observe a store: RuntimeError" in faults()[0]
    assert prefix not in "".join(faults())


def test_the_session_in_whose_context_a_store_is_used(opening, watched, prefix):
    """Where no pattern is given; a key that was never seen stored may be any."""
    from otel_sessions import session  # noqa: PLC0415 - the only use

    client = opening()
    watched.observe(client)
    client.get(f"{prefix}:cache")
    with session("s1"):
        client.get(f"{prefix}:cache")
        client.set(f"{prefix}:x", b"history")
    assert watched.operations == {"get": 1, "set": 1}
    assert watched.stores.lost("s1", 2**63) is None
    client.delete(f"{prefix}:x")
    with session("s1"):
        client.get(f"{prefix}:x")
    assert watched.stores.lost("s1", 2**63) == "unknown"


def test_a_cluster(redis_nodes, watched, prefix, waiting_until):
    """Its commands, its pipelines, and the fullest of its nodes."""
    client = redis.RedisCluster(host="127.0.0.1", port=redis_nodes[0].port)
    store = watched.observe(client, key_pattern=prefix + ":{session_id}", limit_bytes=10**9)
    keys = [f"{prefix}:{at}" for at in range(9)]
    assert [client.get(key) for key in keys] == [None] * 9
    with client.pipeline() as pipe:
        for key in keys:
            pipe.set(key, b"x" * 30)
        assert pipe.execute() == [True] * 9
    assert [client.get(key) for key in keys] == [b"x" * 30] * 9
    assert watched.lookups == (9, 9)
    waiting_until(lambda: store.capacity)
    assert store.poll.filling.newest.run.count("+") == 2
    store.close()
    client.close()


async def test_an_asynchronous_cluster(redis_nodes, watched, prefix, waiting_until):
    from redis.asyncio import RedisCluster  # noqa: PLC0415 - after importorskip

    async with RedisCluster(host="127.0.0.1", port=redis_nodes[0].port) as client:
        store = watched.observe(client, key_pattern=prefix + ":{session_id}")
        assert await client.get(f"{prefix}:s") is None
        async with client.pipeline() as pipe:
            assert await pipe.set(f"{prefix}:s", b"x").get(f"{prefix}:s").execute() == [True, b"x"]
        assert watched.lookups == (1, 1)
        waiting_until(lambda: store.capacity)
        store.close()


def test_the_connection_of_ours_is_made_as_the_clients(
    redis_servers, tmp_path, watched, waiting_until
):
    """By a socket's path and with a password."""
    path, secret = tmp_path / "redis.sock", secrets.token_hex(8)
    redis_servers("--requirepass", secret, "--unixsocket", str(path))
    client = redis.Redis(unix_socket_path=str(path), password=secret)
    store = watched.observe(client)
    waiting_until(lambda: store.capacity)
    assert len(client.client_list()) == 2
    client.close()


def test_a_store_that_does_not_answer(redis_servers, watched, opening, waiting_until, faults):
    """It is left within the time limit, and the client is as it was."""
    server = redis_servers()
    client = opening(server)
    store = watched.observe(client, name="frozen")
    waiting_until(lambda: store.capacity)
    server.freeze()
    waiting_until(lambda: store.poll.asked_s > store.poll.filling.newest.at_s)
    watched.stores.disconnect()
    watched.stores.close()
    server.thaw()
    assert "execute_command" not in vars(client)
    assert client.ping()
