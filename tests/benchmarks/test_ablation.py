"""Ablation: what a signal adds to health, on sessions made by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.signals.ablation import Judged, ablate, auroc, health, main
from otel_sessions.health import HEALTHY_ABOVE, WEIGHTS
from otel_sessions.signals import CRITICAL

SCRIPTS = Path(__file__).parents[2] / "scripts"


def session(number, *turns, failed):
    return Judged(f"split {number}", failed, turns)


def sessions_with(signal):
    """Of 40 sessions the half that failed has the signal, and every second one a useless one."""
    return [
        session(
            i,
            {},
            {"tool_loop": 0.6} if i % 2 else {},
            {signal: 0.6} if i < 20 else {},
            failed=i < 20,
        )
        for i in range(40)
    ]


def test_a_signal_that_tells_all_adds_all():
    """Without it, nothing orders the sessions; without a useless one, nothing is lost."""
    rows = ablate(sessions_with("repeated_question"))
    assert rows["health"][0] > 0.8
    assert rows["repeated_question"][0] == pytest.approx(rows["health"][0] - 0.5)
    assert rows["tool_loop"][0] <= 0
    assert rows.keys() == {"health", "repeated_question", "tool_loop"}
    assert all(low <= value <= high for value, low, high in rows.values())


def test_health_is_that_of_production():
    """With the shipped weights, and with others."""
    assert health(({}, {}, {"call_failed": 0.6})) == pytest.approx(0.61)
    assert health(({"call_failed": 0.6},), {"call_failed": 0.0}) == 1.0


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([0.9, 0.1], [True, False], 1.0),
        ([0.1, 0.9], [True, False], 0.0),
        ([0.5, 0.5], [True, False], 0.5),
        ([0.5, 0.6], [True, True], 0.5),
    ],
)
def test_auroc(scores, positive, expected):
    """The share of pairs in the right order; a half where there are none."""
    assert auroc(np.array(scores), np.array(positive)) == expected


def test_a_file_is_scored(written, talk, tmp_path, capsys):
    """Only sessions of which somebody said how they ended count."""
    question = "Where is my parcel?"
    records = [
        {
            "session_id": str(i),
            "messages": talk(question, "We sell stamps.", question if i else "Thanks!", "Hm."),
            "labels": {"session_failure": i % 2},
        }
        for i in range(4)
    ]
    path = written(*records, {"session_id": "unlabelled", "messages": talk("Hi", "Hello")})
    assert main(["--data", str(path), "--jobs", "1", "--json", str(tmp_path / "out.json")]) == 0
    assert "set: 4 sessions, 2 failed" in capsys.readouterr().out
    assert "repeated_question" in json.loads((tmp_path / "out.json").read_text())["set"]


def test_nothing_to_score_is_said(written, talk, capsys):
    """The exit status says so, too."""
    path = written({"session_id": "a", "messages": talk("Hi", "Hello")})
    assert main(["--data", str(path), "--jobs", "1"]) == 2
    assert "session_failure" in capsys.readouterr().err


@pytest.fixture
def fitting(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import fit_health  # noqa: PLC0415 - the scripts are no package

    return fit_health


def test_what_can_be_chosen_keeps_what_labels_mean(fitting):
    """What is critical is unhealthy; what informs about a session alone is not."""
    assert all(1 - each.conclusion * CRITICAL < HEALTHY_ABOVE for each in fitting.CHOICES)
    turn = {"slow_progress": 0.45}
    assert all(health((turn,), each.weights()) > HEALTHY_ABOVE for each in fitting.CHOICES)
    assert fitting.CHOICES[0] == fitting.PEOPLE
    assert all(each.weights().keys() == WEIGHTS.keys() for each in fitting.CHOICES)


def informing_sessions(failed_with, passed_with):
    return [
        session(i, {failed_with if i % 2 else passed_with: 0.3 + i / 1000}, failed=bool(i % 2))
        for i in range(40)
    ]


@pytest.mark.parametrize(
    ("failed_with", "passed_with"),
    [("slow_progress", "loose_replies"), ("loose_replies", "slow_progress")],
)
def test_the_choice_follows_the_data(fitting, failed_with, passed_with):
    """What failed sessions have weighs more than what passed ones have."""
    sessions = informing_sessions(failed_with, passed_with)
    chosen = fitting.choose({c: {"a": fitting.measure(sessions, c)} for c in fitting.CHOICES})
    assert getattr(chosen, failed_with) > getattr(chosen, passed_with)


def test_without_a_reason_people_are_right(fitting):
    """Data that tell nothing change nothing."""
    assert fitting.choose({c: {"a": 0.5} for c in fitting.CHOICES}) == fitting.PEOPLE
