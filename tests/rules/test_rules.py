"""The generated rules: they are current, and each alert says what a person needs."""

import copy
import json
import os
import re
import subprocess
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from collector.programs import MissingProgramError
from dashboards.build import HERE as DASHBOARDS
from dashboards.build import build_files
from dashboards.prometheus_names import series_names
from dashboards.rules import build_rules, read_sources
from dashboards.schemas import traceql_errors
from otel_sessions import names
from otel_sessions.health import HEALTHY_ABOVE

BOARDS = sorted(DASHBOARDS.glob("grafana/*.json"))
SERIES = {series for metric in names.METRICS for series in series_names(metric)}
DATA_SOURCES = {
    source["uid"]
    for path in DASHBOARDS.glob("grafana/provisioning/datasources/*.yaml")
    for source in yaml.safe_load(path.read_text())["datasources"]
}
NOT_OF_A_SESSION = {
    *("LlmSessionStoreSlow", "LlmSessionStoreFails", "LlmSessionMonitorStoreFails"),
    *("LlmSessionMonitorLosesCallsSlow", "LlmSessionCollectorDown", "LlmSessionTurnsMissing"),
}
"""Alerts that no session is behind."""


def has_example(alert):
    return "example" in alert["annotations"]


def alerts():
    groups = yaml.safe_load((DASHBOARDS / "prometheus/rules.yaml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


@pytest.mark.parametrize("name", list(build_files()))
def test_generated_files_are_current(name):
    """Who changes an objective or a board builds again: `python -m dashboards.build`."""
    assert (DASHBOARDS / name).read_text() == build_files()[name]


def test_prometheus_accepts_its_configuration(promtool):
    config = DASHBOARDS / "prometheus/prometheus.yaml"
    done = subprocess.run(
        [promtool, "check", "config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", list(alerts()))
def test_alert_says_what_a_person_needs(name):
    """Severity, duration, a summary with the value and its unit, and where to go on."""
    alert = alerts()[name]
    said = alert["annotations"]
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["labels"]["kind"] in {"symptom", "cause"}
    assert alert["for"]
    assert re.search(
        r"\$value \| humanize(Percentage|Duration) \}\}"
        r'|\$value( \| printf "%\.\df")? \}\} (USD|of 1|turns)\b',
        said["summary"],
    )
    assert said["description"].endswith(".")
    assert said["runbook_url"].endswith(f"/{name}.md")
    board = re.match(r"/d/([\w-]+)\?var-service=", said["dashboard_url"])[1]
    assert board in {json.loads(path.read_text())["uid"] for path in BOARDS}


@pytest.mark.parametrize("name", [name for name, alert in alerts().items() if has_example(alert)])
def test_alert_leads_to_an_example_session(name):
    """The search, for any backend and as a link of Grafana, and the series with exemplars."""
    said = alerts()[name]["annotations"]
    assert said["example"].startswith('{ resource.service.name = "{{ $labels.service_name }}" && ')
    assert said["example"].endswith(" } | select(span.session.id)")
    attributes = set(re.findall(r"\bspan\.([a-z_.]+)", said["example"]))
    assert attributes <= {value for value in vars(names).values() if isinstance(value, str)}
    for limit in re.findall(r"span\.llm_session\.health <= ([\d.]+)", said["example"]):
        assert float(limit) == HEALTHY_ABOVE
    # As Prometheus fills it in.
    filled = re.sub(r"\{\{ \$(labels\.\w+|value) \}\}", "x", said["example"])
    link = re.sub(r"\{\{ \$(labels\.\w+|value) \| urlquery \}\}", "x", said["example_url"])
    (pane,) = json.loads(parse_qs(urlsplit(link).query)["panes"][0]).values()
    assert pane["queries"][0]["query"] == filled
    assert pane["datasource"] in DATA_SOURCES
    assert re.match(r"\w+", said["exemplars"])[0] in SERIES


def test_searches_for_examples_are_traceql():
    searches = [each["annotations"]["example"] for each in alerts().values() if has_example(each)]
    filled = [re.sub(r"\{\{ \$(labels\.\w+|value) \}\}", "1", each) for each in searches]
    try:
        assert traceql_errors(filled) == [None] * len(filled)
    except MissingProgramError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_every_alert_that_a_session_is_behind_has_an_example():
    without = {name for name, alert in alerts().items() if not has_example(alert)}
    assert without == NOT_OF_A_SESSION


def test_docs_list_every_alert(root):
    text = (root / "docs/operate.md").read_text()
    assert set(re.findall(r"`(LlmSession\w+)`", text)) == set(alerts())


def test_burn_rates_are_those_of_the_workbook():
    rates = [burn.rate for burns in read_sources().policy.burns.values() for burn in burns]
    assert rates == [14.4, 6, 3, 1]


@pytest.mark.parametrize(
    ("objective", "page"), [(93, "page at burn rate 14.4"), (60, "ticket at burn rate 3")]
)
def test_an_objective_whose_alert_could_never_fire_is_refused(objective, page):
    """14.4 times a budget of 7 % would be more than all turns."""
    sources = read_sources()
    slo = copy.deepcopy(sources.objectives["slos"][0])
    slo["objective"] = objective
    slo["alerting"]["page_alert"] = {"disable": True} if "ticket" in page else {"labels": {}}
    with pytest.raises(ValueError, match=page):
        build_rules(replace(sources, objectives={"slos": [slo]}), runbooks="r")


def test_scaled_rules_differ_in_times_only():
    """What tests/stack evaluates is what runs in production, only faster."""
    sources = read_sources()

    def written(scale):
        return str(build_rules(sources, runbooks="r", scale=scale))

    times = re.compile(r"\[\w+\]|offset \w+|(?<=\]), [\d.]+|\* \d+(?=')|'(interval|for)': '\w+'")
    assert "[5m]" in written(1)
    assert "[5s]" in written(1 / 60)
    assert times.sub("", written(1)) == times.sub("", written(1 / 60))
