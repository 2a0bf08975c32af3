"""Processes that share a store are killed at random; no turn, number or end is lost or doubled."""

import secrets
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otel_sessions.stores import open_store

KILLS = 50
SCRIPT = Path(__file__).with_name("killing.py")


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sessions.db"
    return request.getfixturevalue("redis_server").url


def test_what_is_accepted_survives(url, tmp_path):
    """Every accepted turn is there once, numbers have no gap, and every session ends once."""
    logs = tmp_path / "logs"
    logs.mkdir()
    tenant = secrets.token_hex(4)
    subprocess.run([sys.executable, SCRIPT, url, tenant, logs, str(KILLS)], check=True, timeout=120)
    lines = [line.split() for log in logs.iterdir() for line in log.read_text().splitlines()]
    accepted = {(line[1], int(line[2])) for line in lines if line[0] == "A"}
    ended = Counter(line[1] for line in lines if line[0] == "E")
    assert len(list(logs.iterdir())) >= KILLS
    assert len(accepted) > 20 * KILLS

    options = {"max_sessions": 10_000, "key": b"one key", "tenant": tenant, "ttl_s": 600}
    stores = [open_store(url, **options) for _ in range(2)]
    found = Counter()
    for session_id in {session_id for session_id, _ in accepted}:
        recent = stores[0].catch_up(session_id).recent
        assert [turn.number for turn in recent] == list(range(1, len(recent) + 1))
        found.update((session_id, turn.key) for turn in recent)
    assert max(found.values()) == 1
    assert accepted <= set(found)

    def sweep(store):
        taken = []
        while some := store.take_idle(9e9):
            taken += some
        return taken

    with ThreadPoolExecutor(2) as pool:
        taken = [each.session_id for some in pool.map(sweep, stores) for each in some]
    ended.update(taken)
    assert max(ended.values()) == 1
    # Who was killed in the very moment took the news of that one end along.
    assert len({session_id for session_id, _ in accepted} - set(ended)) <= KILLS // 5
    for store in stores:
        assert list(store.take_idle(9e9)) == []
        store.close()
