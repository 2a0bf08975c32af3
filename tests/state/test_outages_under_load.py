"""A store that is stopped, slow, full and restarted under load costs the application nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNAVAILABLE = "StoreUnavailableError"


@pytest.fixture(scope="module")
def run(redis_program, tmp_path_factory):
    """Run the benchmark, in short."""
    pytest.importorskip("openai", reason="needs OpenAI's client")
    figures = tmp_path_factory.mktemp("outages") / "figures.json"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.outages",
            "--seconds",
            "1",
            "--limit",
            "1.5",
            "--json",
            figures,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(figures.read_text())


def test_no_call_raises_or_waits_for_the_store(run):
    """The store is asked in the worker only, in every phase."""
    assert [phase["raised"] for phase in run["phases"]] == [[]] * len(run["phases"])
    assert run["asked_in_calls"] == 0
    assert all(phase["took_ms"] for phase in run["phases"])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("stopped", "ConnectionError"),
        ("2 s a command", "TimeoutError"),
        ("full", "OutOfMemoryError"),
    ],
)
def test_faults_are_counted(run, name, error):
    """By what the store failed with first, and then by the store being left alone."""
    (phase,) = (phase for phase in run["phases"] if phase["name"] == name)
    assert phase["faults"].get(error, 0) >= 1
    assert set(phase["faults"]) <= {error, UNAVAILABLE}


def test_analysis_goes_on_and_heals(run):
    """Each call is analysed, and each turn is in the store in the end, once."""
    assert run["calls"] == run["analysed"] == run["stored"]
    assert run["calls"] >= 7 * 4
    assert run["phases"][0]["faults"] == {}
