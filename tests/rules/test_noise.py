"""Noise: what detectors take for unhealthy in sessions that passed stays below the objectives.

If it did not, the ticket of burn rate 1 would fire on healthy traffic for ever, and nobody would
believe it any more.
"""

from itertools import islice

import pytest

from benchmarks.signals.runs import ScoredSession, run
from dashboards.rules import read_sources
from otel_sessions.health import healthy

SESSIONS = 60
"""Of each set; all of them are in `docs/signals.md`."""
SETS = ("tau1", "tau2_retail", "agentclinic")


@pytest.fixture(scope="module", params=SETS)
def passed(request, root):
    """Sessions of which is known that the user got what was wanted."""
    path = root / f"../shared/data/dev/{request.param}.jsonl.gz"
    if not path.exists():
        pytest.skip("needs the recorded sessions in ../shared/data")
    scored = (each for each in run([path]) if isinstance(each, ScoredSession))
    good = (each for each in scored if each.session.labels.get("session_failure") == 0)
    return list(islice(good, SESSIONS))


@pytest.fixture(scope="module")
def allowed():
    """Share of bad events by objective."""
    slos = read_sources().objectives["slos"]
    return {each["name"]: 1 - each["objective"] / 100 for each in slos}


def test_turns_of_sessions_that_passed_are_within_the_objective(passed, allowed):
    turns = [turn.health for each in passed for turn in each.turns if turn.answered]
    assert len(turns) > 200
    assert sum(not healthy(each) for each in turns) / len(turns) < allowed["healthy-turns"]


def test_sessions_that_passed_are_within_the_objective(passed, allowed):
    assert len(passed) == SESSIONS
    bad = [each for each in passed if not healthy(each.health)]
    assert len(bad) / len(passed) < allowed["healthy-sessions"]


def test_context_is_never_taken_for_lost(passed):
    """The objective on it allows 1 %, on the ground that the signals are facts."""
    signals = {name for each in passed for turn in each.turns for name in turn.signals}
    assert not signals & {"context_reset", "context_truncated"}
