"""The generated rules: they are current, tested by promtool, and each alert has its runbook."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dashboards.boards.queries import BUDGET
from dashboards.build import HERE as DASHBOARDS
from dashboards.build import build_files
from dashboards.rules import build_rules, read_policy

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.yaml"), key=lambda path: path.name)
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def alerts():
    groups = yaml.safe_load((DASHBOARDS / "prometheus/rules.yaml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


@pytest.mark.parametrize("name", list(build_files()))
def test_generated_files_are_current(name):
    """Who changes an objective or a board builds again: `python -m dashboards.build`."""
    assert (DASHBOARDS / name).read_text() == build_files()[name]


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_alert_fires_on_its_case_and_is_silent_on_its_neighbours(promtool, cases):
    done = subprocess.run(
        [promtool, "test", "rules", cases], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_its_configuration(promtool):
    config = DASHBOARDS / "prometheus/prometheus.yaml"
    done = subprocess.run(
        [promtool, "check", "config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_cases_that_fire_and_that_stay_silent():
    """The file of an alert is named after it."""
    assert {path.stem for path in CASES} == set(alerts())
    for path in CASES:
        tests = yaml.safe_load(path.read_text())["tests"]
        expected = [
            bool(case["exp_alerts"])
            for test in tests
            for case in test["alert_rule_test"]
            if case["alertname"] == path.stem
        ]
        assert set(expected) == {True, False}, path


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    runbooks = {path.stem: path for path in (DASHBOARDS / "runbooks").glob("*.md")}
    assert set(runbooks) == set(alerts())
    for name, path in runbooks.items():
        text = path.read_text()
        assert text.startswith(f"# {name}\n")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


def test_alerts_say_what_a_person_needs():
    """Severity, duration, a summary with the value, and where to go on."""
    for name, alert in alerts().items():
        assert alert["labels"]["severity"] in {"page", "ticket"}, name
        assert alert["for"], name
        assert "$value" in alert["annotations"]["summary"], name
        assert alert["annotations"]["runbook_url"].endswith(f"{name}.md"), name
        assert "/d/llm-sessions" in alert["annotations"]["dashboard_url"], name


def test_burn_rates_are_those_of_the_workbook():
    policy = read_policy(yaml.safe_load((DASHBOARDS / "windows.yaml").read_text()))
    rates = [burn.rate for burns in policy.burns.values() for burn in burns]
    assert rates == [14.4, 6, 3, 1]


def test_board_draws_the_objective_of_the_file():
    """The lines in the panels and the limits of the alerts are one number."""
    objectives = yaml.safe_load((DASHBOARDS / "slo.yaml").read_text())
    (healthy,) = (each for each in objectives["slos"] if each["name"] == "healthy-turns")
    assert pytest.approx(1 - healthy["objective"] / 100) == BUDGET


def test_scaled_rules_differ_in_times_only():
    """What tests/stack evaluates is what runs in production, only faster."""
    objectives = yaml.safe_load((DASHBOARDS / "slo.yaml").read_text())
    policy = read_policy(yaml.safe_load((DASHBOARDS / "windows.yaml").read_text()))

    def written(scale):
        return str(build_rules(objectives, policy, runbooks="r", scale=scale))

    times = re.compile(r"\[\w+\]|\* \d+(?=')|'(interval|for)': '\w+'")
    assert "[5m]" in written(1)
    assert "[5s]" in written(1 / 60)
    assert times.sub("", written(1)) == times.sub("", written(1 / 60))
