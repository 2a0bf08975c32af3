"""64 threads and 2,000 tasks at once: no turn is in a wrong session."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="needs OpenAI's client")
SCRIPT = Path(__file__).with_name("crowd.py")
USERS, TURNS = 64 + 2_000, 2


def test_no_turn_is_in_a_wrong_session():
    """What is kept of each text says whose it was; half of the users state no id."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, SCRIPT],
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    numbers, users = defaultdict(list), defaultdict(set)
    for session_id, number, speakers in json.loads(done.stdout):
        numbers[session_id].append(number)
        users[session_id].update(speakers)
    assert len(numbers) == USERS
    assert all(sorted(each) == list(range(1, TURNS + 1)) for each in numbers.values())
    assert all(len(each) == 1 for each in users.values())
    assert {user for each in users.values() for user in each} == set(range(USERS))
    stated = {session_id: each for session_id, each in users.items() if session_id[0] == "s"}
    assert {f"s{user}" for user in range(1, USERS, 2)} <= set(stated)
    for user in range(1, USERS, 2):
        assert users[f"s{user}"] == {user}
