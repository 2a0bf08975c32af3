"""What every store promises. A new backend adds one line to STORES and nothing else."""

import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from otel_sessions.errors import ConfigError
from otel_sessions.stores import BACKENDS, FIRST_TURNS, KEPT_BYTES, LAST_TURNS, open_store
from otel_sessions.turns import ToolUse, pack_tools

KEY = b"a key of the tests"
STORES = ["memory://", "sqlite:///{tmp_path}/sessions.db", "redis://", "rediss://", "valkey"]
SERVERS = {
    "redis://": "redis_server",
    "rediss://": "redis_server_with_tls",
    "valkey": "valkey_server",
}


@pytest.fixture(params=STORES, ids=lambda url: url.partition(":")[0])
def url(request, tmp_path):
    if request.param in SERVERS:
        return request.getfixturevalue(SERVERS[request.param]).url
    return request.param.format(tmp_path=tmp_path)


@pytest.fixture
def opening(url):
    """Open the store as another process would; all have a tenant of this test's own."""
    opened = []
    own = secrets.token_hex(4)

    def open_one(*, tenant=own, key=KEY, **options):
        opened.append(
            open_store(url, **{"max_sessions": 50, "ttl_s": 60} | options, key=key, tenant=tenant)
        )
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(opening):
    return opening()


def numbers(turns):
    return [turn.number for turn in turns]


def test_every_backend_is_tested():
    """A scheme that can be chosen keeps these promises."""
    tested = {url.partition(":")[0] for url in STORES} - {"valkey"}
    # `test_cluster.py` has the cluster.
    assert tested == {*BACKENDS} - {"redis+cluster", "rediss+cluster"}


def test_turns_are_numbered_and_given_back(store, asking):
    """Oldest first, the one appended last; nothing of it is lost but tool results in passing."""
    turns = asking("one", "two", "three")
    appended = [store.append(turn) for turn in turns]
    assert [each.opened for each in appended] == ["new", None, None]
    assert appended[-1].recent == tuple(
        replace(turn, number=number) for number, turn in enumerate(turns, 1)
    )


def test_no_append_is_lost(store, asking):
    """Of 40 concurrent appends each sees itself, and together they are numbered 1 to 40."""
    turns = asking(*(f"request {i}" for i in range(40)))
    with ThreadPoolExecutor(8) as pool:
        appended = list(pool.map(store.append, turns))
    recents = [each.recent for each in appended]
    assert all(recent[-1].key == turn.key for turn, recent in zip(turns, recents, strict=True))
    assert sorted(recent[-1].number for recent in recents) == list(range(1, 41))
    assert sorted(map(len, recents)) == list(range(1, 41))
    assert [each.opened for each in appended].count("new") == 1


def test_the_first_and_the_last_turns_are_kept(store, asking):
    """However long the session, and without a turn twice."""
    for at, turn in enumerate(asking(*["request"] * 100, request=None), 1):
        recent = store.append(turn).recent
        assert len(recent) == min(at, FIRST_TURNS + LAST_TURNS)
    assert numbers(recent) == [*range(1, FIRST_TURNS + 1), *range(101 - LAST_TURNS, 101)]


def test_large_turns_are_kept_as_far_as_there_is_room(store, opening, asking):
    """The first and the newest, however large, without a gap among the last."""
    text = " ".join(f"Parcel {i * 7919} went to street {i} in town {i % 9}." for i in range(60))
    (large,) = asking(text, packed_tools=pack_tools([ToolUse(i, 2, 3) for i in range(64)]))
    for key in range(80):
        recent = store.append(replace(large, key=key, reply=large.request)).recent
        assert sum(turn.size_bytes for turn in recent) <= KEPT_BYTES
    kept = numbers(recent)
    assert kept == [*range(1, FIRST_TURNS + 1), *range(81 - len(kept) + FIRST_TURNS, 81)]
    assert len(kept) > FIRST_TURNS
    if store.shared:
        assert sum(turn.size_bytes for turn in opening().catch_up("s").recent) <= KEPT_BYTES


@pytest.mark.parametrize("before", [0, 1, FIRST_TURNS - 1, FIRST_TURNS, 100])
def test_calls_of_one_turn_are_joined(store, asking, before):
    """Wherever the turn stands, and only with the newest."""
    for turn in asking(*["request"] * before):
        store.append(turn)
    asked = pack_tools([ToolUse(1, 2, 3)])
    (opened,) = asking("request", key=1000, complete=False, packed_tools=asked)
    store.append(opened)
    closed = replace(
        opened, complete=True, packed_tools=b"", tool_results=((1, 9, True),), ended_s=9e9
    )
    recent = store.append(closed).recent
    assert recent[-1].number == before + 1
    assert (recent[-1].calls, recent[-1].complete, recent[-1].ended_s) == (2, True, 9e9)
    assert recent[-1].tools == (ToolUse(1, 2, 3, result=9, failed=True),)
    assert numbers(store.append(replace(opened, key=1001)).recent)[-1] == before + 2
    assert store.append(opened).recent[-1].number == before + 3


def test_sessions_are_apart(store, asking):
    """Each has numbers of its own."""
    for session_id in ("a", "b", "a"):
        (turn,) = asking("hi", session_id=session_id, key=hash(session_id) & 7)
        assert {t.session_id for t in store.append(turn).recent} == {session_id}


def test_silent_sessions_are_taken_once(store, asking):
    """Only those whose newest call ended before the time."""
    for at, session_id in enumerate("abcd"):
        store.append(*asking("hi", session_id=session_id, ended_s=100.0 + at))
    assert {each.session_id for each in store.take_idle(102.0)} == {"a", "b"}
    assert list(store.take_idle(102.0)) == []
    (ended,) = store.take_idle(103.0)
    assert (ended.session_id, numbers(ended.recent)) == ("c", [1])


def test_a_late_call_of_the_newest_turn_keeps_a_session(store, asking):
    """What counts is when the newest call ended."""
    (turn,) = asking("hi", ended_s=100.0)
    store.append(turn)
    store.append(replace(turn, ended_s=200.0))
    assert list(store.take_idle(150.0)) == []


def test_each_silent_session_is_taken_by_one_of_many(store, asking):
    """Concurrent sweeps share the sessions out."""
    for at in range(40):
        store.append(*asking("hi", session_id=f"s{at}"))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.take_idle(9e9), range(8)))
    ids = [ended.session_id for each in taken for ended in each]
    assert sorted(ids) == sorted(f"s{at}" for at in range(40))


def test_an_end_happens_once(store, asking):
    """The second one, and that of a session nobody knows, gives nothing."""
    store.append(*asking("hi"))
    assert numbers(store.end("s").recent) == [1]
    assert store.end("s") is None
    assert store.end("who") is None
    assert list(store.take_idle(9e9)) == []


@pytest.mark.parametrize("by", ["end", "take_idle"])
def test_an_end_that_is_not_told_is_given_to_another(store, opening, asking, by):
    """Once its lease has run out, with its turns and its reason; of a memory nobody sees it."""
    store.append(*asking("hi"), note=b"left")
    first = store.end("s", "explicit resolved") if by == "end" else store.take_idle(9e9)[0]
    assert not first.left
    assert list(opening().take_idle(9e9)) == []
    taken = opening(lease_s=-1).take_idle(9e9)
    if not store.shared:
        assert (taken, first.untold) == ([], None)
        return
    (again,) = taken
    assert (again.session_id, numbers(again.recent), again.note) == ("s", [1], b"left")
    assert again.left
    assert again.untold.why == ("explicit resolved" if by == "end" else "")
    assert again.untold.token != first.untold.token
    assert list(opening().take_idle(9e9)) == []


def test_an_end_that_is_told_is_given_to_nobody(store, opening, asking):
    """However late; the session may be reopened, and end again."""
    first, second = asking("hi", "still there?")
    store.append(first)
    confirm(store, store.take_idle(9e9))
    late = opening(lease_s=-1)
    assert list(late.take_idle(9e9)) == []
    assert store.append(second).opened == "reopened"
    ended = store.end("s")
    assert numbers(ended.recent) == [1, 2]
    confirm(store, [ended])
    assert list(late.take_idle(9e9)) == []


def test_who_holds_an_end_is_told_whether_it_is_still_his(store, opening, asking):
    """A process that was frozen does not tell what another has told since."""
    store.append(*asking("hi", session_id="a"))
    store.append(*asking("hi", session_id="b"))
    mine = [each.untold for each in store.take_idle(9e9) if each.untold]
    assert sorted(store.hold(mine)) == sorted(mine)
    theirs = opening(lease_s=-1).take_idle(9e9)
    assert len(theirs) == len(mine)
    assert list(store.hold(mine)) == []
    store.confirm(mine)
    assert len(opening(lease_s=-1).take_idle(9e9)) == len(mine)


def test_a_session_that_goes_on_leaves_its_end_to_be_told(store, opening, asking):
    """One end for each start, whoever tells it and whenever."""
    first, second = asking("hi", "still there?")
    store.append(first)
    store.end("s")
    assert store.append(second).opened == "reopened"
    assert numbers(store.end("s").recent) == [1, 2]
    left = opening(lease_s=-1).take_idle(0)
    assert [each.session_id for each in left] == ["s", "s"] * store.shared


def confirm(store, ended):
    store.confirm([each.untold for each in ended if each.untold])


@pytest.mark.parametrize("by", ["end", "take_idle"])
def test_a_late_turn_reopens_a_session(store, asking, by):
    """Its number goes on, its turns are still known, and it can end again."""
    first, second = asking("hi", "still there?")
    store.append(first)
    if by == "end":
        store.end("s")
    else:
        store.take_idle(9e9)
    appended = store.append(second)
    assert appended.opened == "reopened"
    assert numbers(appended.recent) == [1, 2]
    assert store.append(replace(second, key=77)).opened is None
    assert numbers(store.end("s").recent) == [1, 2, 3]


def test_the_newest_sessions_are_kept(store, url, asking):
    """Beyond `max_sessions` what ended goes first, then the least recent."""
    if url.startswith("redis"):
        pytest.skip("what many machines share is bounded by its time to live")
    for at in range(50):
        store.append(*asking("hi", session_id=f"s{at}"))
    store.end("s7")
    store.append(*asking("hi", session_id="new"))
    assert store.append(*asking("hi", session_id="s0", key=5)).recent[-1].number == 2
    store.append(*asking("hi", session_id="newer"))
    openings = [store.append(*asking("hi", session_id=i, key=9)).opened for i in ("s0", "s7")]
    assert openings in ([None, "new"], [None, "reopened"])


def test_what_there_is_no_room_for_ends(opening, url, asking):
    """A file lets a running session go only when its end has been told, and then it does."""
    if not url.startswith("sqlite"):
        pytest.skip("a memory has its tracker end it, Redis lets go of what is old")
    store = opening(max_sessions=3)
    for at in range(9):
        assert store.append(*asking("hi", session_id=f"s{at}")).opened == "new"
    ended = store.take_idle(0)
    assert {(each.session_id, each.untold.why) for each in ended} == {
        (f"s{at}", "evicted") for at in range(6)
    }
    confirm(store, ended)
    store.append(*asking("hi", session_id="new"))
    assert opening().catch_up("s0") is None
    assert opening().catch_up("s8") is not None


def test_closing_twice(store, asking):
    """Does no harm."""
    store.append(*asking("hi"))
    store.close()
    store.close()


@pytest.mark.parametrize("url", ["etcd://here", "", "memory", "://", "memory://[", "memory://path"])
def test_a_url_that_opens_no_store(url):
    """The error says what was given and what is allowed."""
    with pytest.raises(ConfigError, match="memory") as raised:
        open_store(url, max_sessions=1)
    assert repr(url) in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite://sessions.db",
        "sqlite:///:memory:",
        "sqlite:////no/such/folder/sessions.db",
        "sqlite:////",
        "sqlite:////dev/full",
        f"sqlite:///{Path(__file__).absolute()}",
        "redis://host:6379/first",
        "redis://user:hunter2hunter2@host:port/0",
        "redis://user:hunter2hunter2@host:6379/0?socket_timeout=soon",
        "rediss+cluster://:hunter2hunter2@host:99999999x",
    ],
)
def test_a_url_that_a_backend_cannot_use(url):
    """The error names the setting, and no password."""
    with pytest.raises(ConfigError, match="store=") as raised:
        open_store(url, max_sessions=1)
    assert "hunter2" not in str(raised.value)


def test_a_backend_that_is_not_installed(monkeypatch):
    """The error says what to do."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"pip install 'otel-sessions\[redis\]'"):
        open_store("redis://host", max_sessions=1)
