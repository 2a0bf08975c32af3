"""Processes that share a store are killed at random; no turn, number or end is lost or doubled."""

import secrets
import subprocess
import sys
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import pytest

from otel_sessions.stores import open_store

KILLS = 50
SCRIPT = Path(__file__).with_name("killing.py")


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def run(request, tmp_path_factory):
    """Kill processes until 50 are gone; gives what they wrote, and how to open the store."""
    folder = tmp_path_factory.mktemp("killing")
    url = f"sqlite:///{folder}/sessions.db"
    if request.param == "redis":
        url = request.getfixturevalue("redis_server").url
    tenant = secrets.token_hex(4)
    logs = folder / "logs"
    logs.mkdir()
    subprocess.run([sys.executable, SCRIPT, url, tenant, logs, str(KILLS)], check=True, timeout=600)
    return Run(url, tenant, [Log(path) for path in logs.glob("*.log")])


class Log:
    """What one process wrote, or had written when it was killed."""

    def __init__(self, path):
        lines = [line.split() for line in path.read_text().splitlines()]
        self.killed = path.with_suffix(".killed").exists()
        self.accepted = {(line[1], int(line[2])) for line in lines if line[0] == "A"}
        self.reopened = Counter(line[1] for line in lines if line[3:] == ["reopened"])
        self.told = Counter(line[1] for line in lines if line[0] == "T")
        self.turns = {line[1]: int(line[2]) for line in lines if line[0] == "T"}
        self.counted = max((int(line[1]) for line in lines if line[0] == "M"), default=0)
        confirmed = Counter(line[1] for line in lines if line[0] == "C")
        self.in_between = self.told - confirmed if self.killed else Counter()
        """Ends that it had exported when it was killed, and the store had not confirmed."""
        appends = [line for line in lines if line[0] in "BAR"]
        unheard = [line[1] for line in appends[-1:] if line[0] == "B"]
        self.in_between += Counter(unheard if self.killed else [])
        """And the session of an append of which it was killed before it heard what came of it: the
        store may have taken the session up again, to be ended once more."""


class Run:
    """Of all processes together."""

    def __init__(self, url, tenant, logs):
        self.url, self.tenant, self.logs = url, tenant, logs
        self.accepted = set().union(*(log.accepted for log in logs))
        self.sessions = {session_id for session_id, _ in self.accepted}
        self.told = sum((log.told for log in logs), Counter())
        self.in_between = sum((log.in_between for log in logs), Counter())
        reopened = sum((log.reopened for log in logs), Counter())
        self.ends = Counter([*self.told, *reopened.elements()])
        """How often each session has ended: once more if a late turn took it up again."""


@pytest.fixture
def store(run):
    """The store as it is after all, seen by a process for which every lease has run out."""
    key = blake2b(b"one long key", digest_size=32).digest()
    options = {"key": key, "tenant": run.tenant, "ttl_s": 600, "lease_s": -1}
    store = open_store(run.url, max_sessions=100_000, **options)
    yield store
    store.close()


def test_enough_has_happened(run):
    """Fifty were killed in the middle of turns and ends."""
    assert sum(log.killed for log in run.logs) == KILLS
    assert len(run.accepted) > 5 * KILLS
    assert any(log.told for log in run.logs if log.killed)
    assert len(run.told) > KILLS


def test_every_accepted_turn_is_there_once(run, store):
    """Numbers have no gap, and a session's end tells of all of them."""
    found = Counter()
    for session_id in run.sessions:
        recent = store.catch_up(session_id).recent
        assert [turn.number for turn in recent] == list(range(1, len(recent) + 1))
        assert max(log.turns.get(session_id, 0) for log in run.logs) == len(recent)
        found.update((session_id, turn.key) for turn in recent)
    assert max(found.values()) == 1
    assert run.accepted <= set(found)


def test_every_session_ends_once(run, store):
    """What was exported is all there is: by killed processes, by others and by who came last.

    Only who is killed after an export, and before the store confirms what was exported, leaves ends
    that another one tells again; and who is killed in an append may have taken up a session that
    had ended, and nobody knows. This happens to no more than what their own logs show.
    """
    assert run.sessions <= set(run.told)
    assert run.ends - run.told == Counter()
    assert run.told - run.ends - run.in_between == Counter()
    assert list(store.take_idle(9e9)) == []


def test_every_end_is_counted_once(run):
    """The metric, summed over all processes, is the number of ends, but for the same moment."""
    for log in run.logs:
        assert log.counted <= log.told.total()
        assert log.killed or log.counted == log.told.total()
    counted = sum(log.counted for log in run.logs)
    assert 0 <= counted - run.ends.total() <= run.in_between.total()
