"""Any object with get and set as the application's store."""

import asyncio
from types import SimpleNamespace

import pytest

from otel_sessions.errors import ConfigError
from otel_sessions.observers.sizes import size_of


class Chats:
    def __init__(self):
        self.kept = {}

    def get(self, key, default=None):
        return self.kept.get(key, default)

    def set(self, key, value, ttl=None):
        self.kept[key] = value
        return len(self.kept)

    def delete(self, key):
        del self.kept[key]


class Slow:
    """Asynchronous, under names of its own, and by keyword."""

    def __init__(self):
        self.kept = {}

    async def load(self, *, session_id):
        await asyncio.sleep(0)
        return self.kept[session_id]

    async def save(self, session_id, history):
        await asyncio.sleep(0)
        self.kept[session_id] = history


def test_results_and_errors_are_unchanged(watched):
    chats = Chats()
    store = watched.observe(chats, key_pattern="{session_id}")
    assert store.client is chats
    assert chats.set("s", "é" * 50) == 1
    assert chats.set(key="t", value=["a" * 60, {"b": "c" * 39}]) == 2
    assert chats.get("s") == "é" * 50
    assert chats.get("u") is None
    assert chats.get("u", default := object()) is default
    chats.delete("t")
    with pytest.raises(KeyError, match="t"):
        chats.delete("t")
    with pytest.raises(TypeError):
        chats.set("v")
    assert watched.lookups == (1, 2)
    assert watched.told("session.size", "store", "backend") == {"object/object": (3, 300)}
    assert watched.operations == {"get": 3, "set": 2, "set/TypeError": 1, "delete": 2}
    store.close()
    assert vars(chats).keys() == {"kept"}


async def test_an_asynchronous_object(watched):
    slow = Slow()
    watched.observe(slow, {"get": "load", "set": "save"}, key_pattern="{session_id}")
    with pytest.raises(KeyError):
        await slow.load(session_id="s")
    await slow.save("s", b"x" * 10)
    assert await slow.load(session_id="s") == b"x" * 10
    cancelled = asyncio.ensure_future(slow.load(session_id="s"))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert watched.lookups == (1, 1)
    assert watched.operations == {"get": 2, "set": 1, "get/CancelledError": 1}


@pytest.mark.parametrize(
    ("kept", "options"),
    [
        pytest.param({}, {"set": "__setitem__", "delete": "pop"}, id="dict"),
        pytest.param({}, {"get": "__getitem__", "set": "__setitem__"}, id="by-index"),
        pytest.param(type("Slots", (Chats,), {"__setattr__": Chats.__setattr__})(), {}, id="plain"),
    ],
)
def test_what_cannot_be_changed_has_a_proxy(watched, kept, options):
    """It is the application's object in all but what is observed."""
    store = watched.observe(kept, options, key_pattern="{session_id}")
    chats = store.client
    if "set" in options:
        assert chats is not kept
        assert isinstance(chats, dict)
        chats["s"] = "x" * 5
        assert chats.get("s") == kept["s"] == "x" * 5
        with pytest.raises(KeyError):
            chats["t"]
        assert watched.operations.keys() <= {"get", "set"}
        assert watched.operations["set"] == 1
        assert watched.observe(chats, options, key_pattern="{session_id}") is store
        store.close()
        chats["u"] = "y"
        assert kept["u"] == "y"
        assert watched.operations["set"] == 1
    else:
        assert chats is kept


def test_sizes_by_a_function_of_the_users(watched):
    chats = Chats()
    watched.observe(chats, {"size_of": lambda value: value.size}, key_pattern="{session_id}")
    chats.set("s", SimpleNamespace(size=1234))
    assert watched.told("session.size") == {"": (1, 1234)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, 0),
        ("abc", 3),
        ("äöü", 6),
        (b"abcd", 4),
        (memoryview(b"abc"), 3),
        (12345, 5),
        ([], 0),
        (["ab", "cd"], 4),
        ({"a": ["bc", None]}, 3),
        (["x" * 10] * 100_000, 1_000_000),
        (object(), None),
        ([object()], None),
        ([[[[[["deep"]]]]]], None),
        (iter("abc"), None),
    ],
)
def test_size(value, expected):
    """In bytes, as UTF-8; of what is large by a part of it."""
    assert size_of(value) == expected


def test_size_of_a_long_text():
    """It is nearly right, whatever is where."""
    text = "".join(chr(97 + at % 26) if at % 3 else "é" for at in range(10**6))
    assert size_of(text) == pytest.approx(len(text.encode()), rel=0.01)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        ({}, {"key_pattern": "chat"}, "must have {session_id} once"),
        ({}, {"key_pattern": "{session_id}{session_id}"}, "must have {session_id} once"),
        ({}, {"key_pattern": "{session_id"}, "must have {session_id} once"),
        ({}, {"key_pattern": "{}:{session_id}"}, "must have {session_id} once"),
        ({}, {"key_pattern": 5}, "must have {session_id} once"),
        ({}, {"key_pattern": "{session_id}", "session_of": str}, "not both"),
        ({}, {"session_of": "id"}, "must be a function from a key"),
        ({}, {"name": "my store"}, "1 to 64 letters"),
        ({}, {"name": ""}, "1 to 64 letters"),
        ({}, {"usage": 5}, "must be a function"),
        ({}, {"limit_bytes": 0}, "a number of bytes above 0"),
        ({}, {"limit_bytes": "8mb"}, "a number of bytes above 0"),
        ({}, {"poll_s": 0}, "0.1 to 3600 seconds"),
        ({}, {"poll_s": "10"}, "0.1 to 3600 seconds"),
        ({"size_of": 5}, {}, "must be a function"),
        ({"get": "load"}, {}, "no method 'load'; name the one that gets by key"),
        ({"get": "kept"}, {}, "one of delete, get, set"),
        ({"table": "t"}, {}, "table is for a store of kind sqlalchemy, and this is object"),
    ],
)
def test_mistakes_show_at_set_up(watched, options, given, message):
    """With what was given and what is allowed; nothing is changed."""
    chats = Chats()
    with pytest.raises(ConfigError) as found:
        watched.observe(chats, options, **given)
    assert message in str(found.value)
    assert vars(chats).keys() == {"kept"}


@pytest.mark.parametrize("client", [None, 5, object(), Chats])
def test_what_is_no_store(watched, client):
    with pytest.raises(ConfigError, match="observe_store"):
        watched.observe(client, {"get": "fetch"})
