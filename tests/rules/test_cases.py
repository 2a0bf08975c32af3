"""Cases: each alert fires on its case, is silent on its neighbours, and resolves; by promtool.

`trials` makes the cases that all alerts have. `<alert>.yaml` has more of an alert, in promtool's
format. What promtool must be told besides is added here: the groups that make the alert, in their
order, without the links of its annotations.
"""

import re
import subprocess
from pathlib import Path

import pytest
import trials_of_causes
import trials_of_symptoms
import yaml

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.yaml"), key=lambda path: path.name)
TRIALS = [*trials_of_symptoms.TRIALS, *trials_of_causes.TRIALS]


@pytest.fixture
def run(promtool, groups, tmp_path):
    """Let promtool run tests of an alert; gives what it says if one fails."""

    def run(alert, document):
        asked = [
            case["expr"] for test in document["tests"] for case in test.get("promql_expr_test", ())
        ]
        used = only_needed(groups, alert, " ".join(asked))
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": used}))
        document["rule_files"] = ["rules.yaml"]
        # Without an order, promtool shuffles the groups of one moment.
        document["group_eval_order"] = [group["name"] for group in used]
        (tmp_path / "tests.yaml").write_text(yaml.safe_dump(document))
        command = [promtool, "test", "rules", tmp_path / "tests.yaml"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr if done.returncode else None

    return run


def only_needed(groups, alert, asked):
    """Return the alert with its summary, and the rules that it and the queries rest on."""
    used = {}
    for number, group in reversed([*enumerate(groups)]):
        for rule in reversed(group["rules"]):
            if rule.get("alert") == alert:
                asked += rule["expr"]
                summary = {"summary": rule["annotations"]["summary"]}
                used.setdefault(number, []).insert(0, {**rule, "annotations": summary})
            elif rests_on(asked, rule):
                asked += rule["expr"]
                used.setdefault(number, []).insert(0, rule)
    return [{**groups[number], "rules": used[number]} for number in sorted(used)]


def rests_on(asked, rule):
    """Tell whether a query asks for what a rule records, and for the same objective."""
    if "record" not in rule or not re.search(rf"{rule['record']}\b", asked):
        return False
    objective = rule.get("labels", {}).get("slo")
    return objective is None or "slo=" not in asked or f'slo="{objective}"' in asked


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.alert)
def test_alert_fires_on_its_case_and_is_silent_on_its_neighbours(run, trial):
    assert run(trial.alert, trial.document()) is None


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_more_cases_of_an_alert(run, path):
    assert run(path.stem, yaml.safe_load(path.read_text())) is None


def test_every_alert_is_tried(groups):
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    assert {trial.alert for trial in TRIALS} == alerts
    assert {path.stem for path in CASES} <= alerts
