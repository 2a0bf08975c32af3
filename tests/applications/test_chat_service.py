"""A chat service with 200 users at once: every call in its session, none crossed, none lost."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SERVICE = Path(__file__).with_name("chat_service.py")
USERS, TURNS = 200, 4
LONG_S = 600

pytest.importorskip("fastapi", reason="needs FastAPI")
pytest.importorskip("uvicorn", reason="needs uvicorn")
pytest.importorskip("anthropic", reason="needs Anthropic's client")
pytest.importorskip("httpx2", reason="needs the newest clients")


@pytest.mark.parametrize("mode", ["ids", "lineage"])
def test_every_call_is_in_its_session(mode):
    """Two clients, in thread pools and in async generators; with stated ids and without."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {"OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    done = subprocess.run(
        [sys.executable, SERVICE, mode],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Failed to detach" not in done.stderr
    calls = json.loads(done.stdout)
    # Each user has a model of the same name.
    users = {(call["session.id"], call["gen_ai.request.model"]) for call in calls}
    assert len(calls) == USERS * TURNS
    assert len(users) == len({session for session, _ in users}) == USERS
    if mode == "ids":
        assert all(session == user for session, user in users)
    numbers = Counter((call["session.id"], call["llm_session.turn"]) for call in calls)
    assert set(numbers.values()) == {1}
    assert {number for _, number in numbers} == set(range(1, TURNS + 1))
