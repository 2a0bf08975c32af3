"""Ends: each is told, exported and confirmed in this order, and by nobody else meanwhile."""

import threading

import pytest

from otel_sessions.ends import Ends
from otel_sessions.stores import open_store
from otel_sessions.stores.timings import Timings

LONG_S = 10


class Process:
    """Ends of one process, and what it did in which order."""

    def __init__(self, url, **options):
        self.store = open_store(url, max_sessions=100, key=b"a key of the tests")
        self.done = []
        self.exports = True
        self.ends = Ends(
            self.store,
            Timings("sqlite", self._asked),
            self._told,
            **{"export": self.export} | options,
        )

    def _asked(self, operation, _, __, error):
        self.done.append(f"{operation}: {error}" if error else operation)

    def _told(self, report):
        self.done.append(f"tell {report}")

    def export(self):
        self.done.append("export")
        return self.exports

    def end(self, session_id):
        self.ends.add(session_id, self.store.end(session_id))


@pytest.fixture
def process(tmp_path, asking):
    """Start a process in whose store sessions `a` and `b` have a turn."""
    started = []

    def start(**options):
        started.append(Process(f"sqlite:///{tmp_path}/sessions.db", **options))
        return started[-1]

    first = start()
    for session_id in "ab":
        first.store.append(*asking("hi", session_id=session_id))
    yield start
    for each in started:
        each.store.close()


@pytest.fixture
def left(tmp_path):
    """Name the sessions whose ends another process would be given, if this one were killed now."""

    def names():
        store = open_store(
            f"sqlite:///{tmp_path}/sessions.db", max_sessions=9, key=b"a key of the tests"
        )
        claims = store._backend.left(9e9)
        store.close()
        return sorted(each.session_id.decode() for each in claims)

    return names


def test_what_is_told_is_confirmed_after_the_export(process, left):
    """All at once; before, nothing of it is known to anybody but the store."""
    one = process()
    one.end("a")
    one.end("b")
    assert (one.done, left()) == ([], ["a", "b"])
    assert one.ends.finish(lambda: one.export() and left() == ["a", "b"])
    assert one.done == ["hold", "tell a", "tell b", "export", "confirm"]
    assert left() == []
    assert one.ends.finish(one.export)
    assert one.done[5:] == ["export"]


def test_an_end_that_is_not_exported_is_not_confirmed(process, left):
    """It is told once all the same, and confirmed with the next export that succeeds."""
    one = process()
    one.end("a")
    one.exports = False
    assert not one.ends.finish(one.export)
    assert left() == ["a"]
    one.exports = True
    assert one.ends.finish(one.export)
    assert left() == []
    assert one.done == ["hold", "tell a", "export", "hold", "export", "confirm"]


def test_who_lost_the_lease_tells_nothing(process):
    """Another process was given the end, while this one was frozen."""
    one, other = process(), process()
    one.end("a")
    one.end("b")
    other.store._lease_s = -1
    for ended in other.store.take_idle(0):
        if ended.session_id == "a":
            other.ends.add("a", ended)
    one.ends.finish(one.export)
    other.ends.finish(other.export)
    assert [each for each in one.done + other.done if each.startswith("tell")] == ["tell a"]


def test_a_store_that_does_not_answer_delays_no_end(process, left, monkeypatch, faults):
    """What could not be confirmed is confirmed later."""
    one = process()
    one.end("a")

    def fail(_):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(one.store, "hold", fail)
        patched.setattr(one.store, "confirm", fail)
        assert one.ends.finish(one.export)
    assert one.done == ["hold: OSError", "tell a", "export", "confirm: OSError"]
    assert left() == ["a"]
    one.ends.finish(one.export)
    assert (one.done[4:], left()) == (["hold", "export", "confirm"], [])
    assert len(faults()) == 2


def test_an_end_that_nobody_else_sees_is_told_at_once(process):
    """As one in a memory, or one that the store did not take."""
    one = process()
    one.ends.add("a", None)
    assert one.done == ["tell a"]


def test_without_an_export_nothing_waits(process, left):
    """It is told and confirmed when it is taken."""
    one = process(export=None)
    one.end("a")
    assert (one.done, left()) == (["hold", "tell a", "confirm"], [])


def test_what_is_not_to_be_told_is_confirmed(process, left):
    """Another end tells it."""
    one = process()
    one.ends.drop(one.store.end("a"))
    one.ends.finish(one.export)
    assert (one.done, left()) == (["hold", "export", "confirm"], [])


def test_a_beat_waits_for_no_export(process):
    """It goes on in a thread of its own; the next one is not before its time."""
    begun, may_go_on = threading.Event(), threading.Event()

    def export():
        begun.set()
        return may_go_on.wait(LONG_S)

    one = process(export=export, every_s=3600.0)
    one.ends.beat()
    assert one.done == []
    one.end("a")
    one.ends.beat()
    assert begun.wait(LONG_S)
    assert one.done == ["hold", "tell a"]
    one.end("b")
    one.ends.beat()
    may_go_on.set()
    assert one.ends.finish(one.export, LONG_S)
    assert one.done == ["hold", "tell a", "confirm", "hold", "tell b", "export", "confirm"]


def test_a_forked_child_tells_nothing_of_its_parent(process, left):
    """Not even if the parent was exporting."""
    one = process()
    one.end("a")
    one.ends.before_fork()
    one.ends.after_fork()
    assert one.ends.finish(one.export)
    assert (one.done, left()) == (["export"], ["a"])
