"""The demo finds what its scripts hide."""

import json

import pytest

from otel_sessions.cli.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def demo(otel_sessions_program):
    return otel_sessions_program("demo", "--json")


def test_the_demo_finds_every_degradation_and_nothing_in_healthy_sessions(demo):
    assert (demo.returncode, demo.stderr) == (0, "")
    assert json.loads(demo.stdout)["ok"] is True


def test_the_document_has_each_scenario_in_the_published_form(demo):
    sessions = json.loads(demo.stdout)["sessions"]
    assert [session["scenario"] for session in sessions] == [s.name for s in SCENARIOS]
    fields = {"session_id", "scenario", "expected", "signals", "health", "turns", "id_source"}
    assert all(set(session) == fields for session in sessions)
    signals = [signal for session in sessions for signal in session["signals"]]
    assert all(set(signal) == {"turn", "signal", "severity"} for signal in signals)


def test_a_session_has_its_id_from_the_application_or_from_lineage(demo):
    sources = {s["session_id"]: s["id_source"] for s in json.loads(demo.stdout)["sessions"]}
    given = {script.session_id for script in SCENARIOS if script.session_id}
    assert {i for i, source in sources.items() if source == "session"} == given
    assert {source for i, source in sources.items() if i not in given} == {"lineage"}


def test_health_is_lower_where_something_is_expected(demo):
    sessions = json.loads(demo.stdout)["sessions"]
    degraded = [s["health"] for s in sessions if s["expected"]]
    healthy = [s["health"] for s in sessions if not s["expected"]]
    assert max(degraded) < min(healthy)
