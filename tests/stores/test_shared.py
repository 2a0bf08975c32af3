"""What stores promise that several processes share; each `opening()` stands for a process."""

import secrets
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from otel_sessions.stores import FIRST_TURNS, LAST_TURNS, open_store
from otel_sessions.turns import ToolUse, pack_tools

KEY = b"a key of the tests"
HOSTILE = [
    "x'; DROP TABLE sessions_1; --",
    "*",
    "{0}:s:[a-z]?",
    "a\nb\r\n\0c",
    "\udc80 lone",
    "日本" * 128,
    "s" * 10_000_000,
]


@pytest.fixture(params=["sqlite", "redis"])
def opening(request, tmp_path):
    """Open the store as another process would; all have a tenant of this test's own."""
    opened = []
    own = secrets.token_hex(4)
    url = f"sqlite:///{tmp_path}/sessions.db"
    if request.param == "redis":
        url = request.getfixturevalue("redis_server").url

    def open_one(*, tenant=own, key=KEY, ttl_s=60):
        opened.append(open_store(url, max_sessions=1000, key=key, tenant=tenant, ttl_s=ttl_s))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def numbers(turns):
    return [turn.number for turn in turns]


def test_a_file_that_another_process_opens(tmp_path, asking, monkeypatch):
    """Whoever comes first makes it a file of a kind for which it must be alone; others wait."""
    path = tmp_path / "sessions.db"
    store = open_store(f"sqlite:///{path}", max_sessions=9, key=KEY)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE made_first (x)")
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(time, "sleep", lambda _: other.execute("COMMIT"))
        assert store.append(*asking("hi")).fault is None
        assert not other.in_transaction
    store.close()


def test_turns_go_on_in_another_process(opening, asking):
    """It reads what it does not know, whoever appended it."""
    one, other = opening(), opening()
    turns = asking(*["request"] * 6)
    for at, turn in enumerate(turns, 1):
        appended = (one, other)[at % 2].append(turn)
        assert numbers(appended.recent) == list(range(1, at + 1))
        assert appended.opened == ("new" if at == 1 else None)
    assert appended.recent == tuple(replace(t, number=n) for n, t in enumerate(turns, 1))


def test_who_served_last_reads_nothing(opening, asking):
    """Neither turns nor the note; who comes later reads only what is new."""
    one, other = opening(), opening()
    first, second, third = asking("a", "b", "c")
    one.append(first, note=b"of one")
    assert one.catch_up("s") is None
    assert numbers(other.catch_up("s").recent) == [1]
    assert other.catch_up("s") is None
    other.append(second, note=b"of other")
    news = one.catch_up("s")
    assert (numbers(news.recent), news.note) == ([1, 2], b"of other")
    read = []
    backend = one._backend
    look = backend.append
    backend.append = lambda addition: read.append(look(addition)) or read[-1]
    one.append(third)
    assert (read[0].turns, read[0].note) == ((), b"")


def test_a_long_session_is_the_same_everywhere(opening, asking):
    """First and last turns, also for who knew some of the middle."""
    one, other = opening(), opening()
    turns = asking(*["request"] * 100, request=None)
    for turn in turns[:20]:
        one.append(turn)
    other.catch_up("s")
    for turn in turns[20:]:
        one.append(turn)
    kept = [*range(1, FIRST_TURNS + 1), *range(101 - LAST_TURNS, 101)]
    assert numbers(other.catch_up("s").recent) == kept
    assert numbers(opening().catch_up("s").recent) == kept


def test_calls_of_one_turn_are_joined_over_processes(opening, asking):
    """An agent's turn may wander; nothing of it is lost."""
    one, other = opening(), opening()
    (asked,) = asking("hi", complete=False, packed_tools=pack_tools([ToolUse(1, 2, 3)]))
    answered = replace(asked, complete=True, packed_tools=b"", tool_results=((1, 9, True),))
    one.append(asked)
    for at, store in enumerate([other, one, other, one], 2):
        (turn,) = store.append(answered).recent
        assert (turn.number, turn.calls) == (1, at)
    assert turn.tools == (ToolUse(1, 2, 3, result=9, failed=True),)


def test_no_append_of_any_process_is_lost(opening, asking):
    """Of 40 concurrent appends by four, with calls of one turn among them."""
    stores = [opening() for _ in range(4)]
    turns = [replace(turn, key=turn.key // 2) for turn in asking(*["request"] * 40)]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda at: stores[at % 4].append(turns[at]), range(40)))
    assert [each.fault for each in done] == [None] * 40
    (recent,) = {opening().catch_up("s").recent}
    assert sum(turn.calls for turn in recent) == 40
    assert numbers(recent) == list(range(1, len(recent) + 1))
    assert [each.opened for each in done].count("new") == 1


def test_an_end_is_given_to_one_process(opening, asking):
    """Idle or explicit, with what the last one left."""
    stores = [opening() for _ in range(4)]
    for at in range(20):
        stores[at % 4].append(*asking("hi", session_id=f"s{at}"), note=b"left")
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda at: stores[at % 4].take_idle(9e9), range(8)))
        ended = list(pool.map(lambda at: stores[at % 4].end(f"s{at % 20}"), range(40)))
    found = [each for one in taken for each in one] + [each for each in ended if each]
    assert sorted(each.session_id for each in found) == sorted(f"s{at}" for at in range(20))
    assert all(numbers(each.recent) == [1] and each.note == b"left" for each in found)


def test_a_session_that_ended_elsewhere_is_reopened(opening, asking):
    """Its number goes on."""
    one, other = opening(), opening()
    first, second = asking("hi", "still there?")
    one.append(first)
    assert other.end("s").session_id == "s"
    appended = one.append(second)
    assert (appended.opened, numbers(appended.recent)) == ("reopened", [1, 2])


def test_alone_means_that_nobody_else_appended(opening, asking):
    """It is refused with the news, and may be appended all the same."""
    one, other = opening(), opening()
    first, second, third, fourth = asking("a", "b", "c", "d", instance="one")
    assert one.append(first, alone=True).refused is None
    assert one.append(second, alone=True).refused is None
    other.append(replace(third, instance="other"), note=b"of other")
    refused = one.append(fourth, alone=True).refused
    assert (numbers(refused.recent), refused.note) == ([1, 2, 3], b"of other")
    assert numbers(one.append(fourth).recent) == [1, 2, 3, 4]


def test_alone_is_who_meets_only_itself(opening, asking):
    """Its own late append, or the same turn sent again elsewhere, is nobody else's."""
    one, other = opening(), opening()
    first, second, third = asking("a", "b", "c", instance="one")
    for store in (one, other):
        store.append(first)
    assert other.append(second).fault is None
    assert one.append(third, alone=True).refused is None
    assert other.append(replace(third, instance="other"), alone=True).refused is None


def test_places_lead_to_sessions(opening, asking):
    """To the one that came there last; an unknown place leads nowhere."""
    one, other = opening(), opening()
    for session_id, places in (("a", (1, 2**64 - 1)), ("b", (2, 3)), ("c", (3,))):
        one.append(*asking("hi", session_id=session_id), places=places)
    assert list(other.find([3, 9, 2**64 - 1, 1])) == ["c", "a"]


@pytest.mark.parametrize("session_id", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_a_hostile_id_is_just_an_id(opening, asking, session_id):
    """It stands for itself, and what is kept of it is bounded."""
    one, other = opening(), opening()
    (plain,) = asking("hi", session_id="plain")
    (turn,) = asking("hi", session_id=session_id)
    one.append(plain)
    appended = one.append(turn)
    assert (appended.fault, numbers(appended.recent)) == (None, [1])
    assert numbers(other.append(replace(turn, key=2)).recent) == [1, 2]
    assert numbers(other.append(replace(plain, key=2)).recent) == [1, 2]
    taken = {each.session_id for each in one.take_idle(9e9)}
    assert len(taken) == 2
    assert max(map(len, taken)) <= 256
    assert other.end(session_id) is None


def test_tenants_are_apart(opening, asking):
    """Neither ids nor places nor silence of one are seen by another."""
    one, other = opening(tenant="a"), opening(tenant="b")
    one.append(*asking("hi"), places=(7,))
    assert (other.catch_up("s"), list(other.find([7])), other.end("s")) == (None, [], None)
    assert list(other.take_idle(9e9)) == []
    assert other.append(*asking("hi")).opened == "new"
    assert [each.session_id for each in one.take_idle(9e9)] == ["s"]
    assert [each.session_id for each in other.take_idle(9e9)] == ["s"]


def test_what_cannot_be_read_is_skipped(opening, asking):
    """Of another key or release: numbers go on, turns are left out, calls are not joined."""
    one, other = opening(), opening(key=b"another key")
    first, second, third = asking("a", "b", "c")
    one.append(first)
    appended = other.append(replace(first, calls=7))
    assert [(turn.number, turn.calls) for turn in appended.recent] == [(1, 7)]
    assert numbers(other.append(second).recent) == [1, 2]
    assert numbers(one.append(third).recent) == [3]
    assert numbers(other.append(replace(third, key=9)).recent) == [1, 2, 4]


def test_a_turn_that_cannot_be_written_holds_nothing_up(opening, asking):
    """A provider may count tokens as it likes; the others are stored."""
    one = opening()
    first, second, third = asking("a", "b", "c")
    assert one.append(first).fault is None
    appended = one.append(replace(second, input_tokens=2**70))
    assert (appended.fault, numbers(appended.recent)) == ("PackingError", [1, 2])
    appended = one.append(third)
    assert appended.fault is None
    assert [turn.key for turn in appended.recent] == [first.key, third.key]
    assert opening().catch_up("s").recent == appended.recent


def test_a_session_that_was_let_go_of_goes_on(opening, asking):
    """Who still knows it keeps counting."""
    one = opening()
    first, second = asking("a", "b")
    one.append(first)
    backend = one._backend
    if hasattr(backend, "_connected"):
        backend._connected().flushdb()
    else:
        with backend._writing() as db:
            db.execute("DELETE FROM sessions_1")
    appended = one.append(second, alone=True)
    assert (appended.opened, appended.refused, numbers(appended.recent)) == (None, None, [1, 2])
    assert numbers(opening().append(replace(second, key=5)).recent) == [2, 3]


def test_no_text_is_stored(opening, asking, tmp_path):
    """Nor can a dictionary confirm a value: the same text under another key looks different."""
    value = "4532119"
    one = opening()
    (turn,) = asking(f"My account is {value}")
    one.append(turn, note=b"n")
    backend = one._backend
    if hasattr(backend, "_connected"):
        client = backend._connected()
        dump = b"".join(client.dump(each) or b"" for each in client.keys(f"{backend._prefix}*"))
    else:
        dump = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(dump) > 200
    assert value.encode() not in dump
    assert b"account" not in dump
