"""Scale: a short run holds what the long one is for, and draws it."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.scale.memory import deep_bytes
from benchmarks.scale.traffic import Ending, Traffic

ROOT = Path(__file__).parents[2]


def test_a_short_run(tmp_path):
    """All checks that say something of 500 turns hold."""
    options = ["--sessions", "40", "--turns", "500", "--max-sessions", "16"]
    files = ["--json", str(tmp_path / "figures.json"), "--plot", str(tmp_path / "plot.svg")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *options, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "evicted" in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["samples"][-1]["turns"] == 500
    assert figures["samples"][-1]["largest_session_bytes"] > 10_000
    assert (tmp_path / "plot.svg").read_text().count("<polyline") == 4


def test_all_turns_are_dealt_out():
    """As many sessions and turns as were asked for, the same each time."""
    traffic = [list(Traffic(50, 700, open_at_once=10)) for _ in range(2)]
    assert traffic[0] == traffic[1]
    calls = [event for event in traffic[0] if not isinstance(event, Ending)]
    asked = [call for call in calls if call.request.messages[-1].role == "user"]
    assert len(asked) == 700
    assert len({call.given_id.value for call in calls if call.given_id}) in range(10, 40)


def test_what_is_shared_counts_once():
    """An object that two hold is met once, and one that is new counts in full."""
    text = "a text that both have" * 10
    seen = set()
    first = deep_bytes([[text]], seen)
    assert first > len(text)
    assert 0 < deep_bytes([[text]], seen) < len(text)
