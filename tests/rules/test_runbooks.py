"""Runbooks: one for each alert, with four parts, and queries that can be pasted as they are."""

import re
import subprocess

import promql_parser
import pytest
import yaml

from dashboards.build import HERE as DASHBOARDS
from dashboards.prometheus_names import COLLECTOR, PROMETHEUS, label_name, series_names
from dashboards.questions import boards
from otel_sessions import names
from otel_sessions.config import Config
from otel_sessions.detectors import DETECTORS
from otel_sessions.health import OF_THE_SESSION, WEIGHTS

RUNBOOKS = sorted((DASHBOARDS / "runbooks").glob("*.md"))
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
OTHERS = {*PROMETHEUS, *COLLECTOR}
"""Series that Prometheus and the collector make themselves."""
LABELS = {label_name(value) for value in vars(names).values() if isinstance(value, str)} | {
    *("le", "instance", "job", "slo", "kind", "alertstate", "alertname"),
    *("service_name", "service_version"),
}
CAUSES = {"instance_changed", "process_restarted"}
"""Values of `llm_session.cause` of a reset."""
WORDS = {"dashboard_url", "example_url", "max_tokens", "observe_store"}
"""What else is written with a line below."""


def queries_of(path):
    found = re.findall(r"^ *```promql\n(.*?)^ *```", path.read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(r"\s+", " ", query).strip() for query in found]


def inside(node):
    """A node of a query and all below it."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        parts = [getattr(each, part, None) for part in ("lhs", "rhs", "expr", "vector_selector")]
        stack += [part for part in (*parts, *getattr(each, "args", ())) if part is not None]


def labels_of(node):
    """The labels that a part of a query selects, groups or matches by."""
    match type(node).__name__:
        case "VectorSelector":
            return {matcher.name for matcher in node.matchers.matchers}
        case "AggregateExpr":
            return set(node.modifier.labels) if node.modifier else set()
        case _:
            return set()


@pytest.fixture(scope="module")
def alerts(groups):
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(alerts):
    assert {path.stem for path in RUNBOOKS} == set(alerts)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_runbook_has_its_parts_and_is_short(path):
    text = path.read_text()
    assert text.startswith(f"# {path.stem}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) <= 80
    assert queries_of(path)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_runbook_opens_what_its_alert_opens(path, alerts):
    """The dashboard by its title, and an example session if the alert leads to one."""
    text, said = path.read_text(), alerts[path.stem]["annotations"]
    uid = re.match(r"/d/([\w-]+)", said["dashboard_url"])[1]
    (title,) = (board["title"] for board in boards().values() if board["uid"] == uid)
    assert f"the dashboard *{title}* (`dashboard_url`)" in text
    assert ("`example_url`" in text) == ("example_url" in said)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_runbook_of_a_symptom_begins_with_causes(path, alerts):
    """Alertmanager holds them back, so nobody was told."""
    first = queries_of(path)[0]
    asks = first == 'ALERTS{alertstate="firing", kind="cause", service_name="SERVICE"}'
    assert asks == (alerts[path.stem]["labels"]["kind"] == "symptom")


def test_queries_are_parsed_by_prometheus(promtool, tmp_path):
    rules = [
        {"record": f"query:{path.stem}:{number}", "expr": query}
        for path in RUNBOOKS
        for number, query in enumerate(queries_of(path))
    ]
    document = {"groups": [{"name": "runbooks", "rules": rules}]}
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump(document))
    command = [promtool, "check", "rules", tmp_path / "queries.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_queries_ask_for_what_exists(path, groups):
    """Series and labels that there are; and of the service, except where a scrape is asked for."""
    recorded = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    ours = {series for metric in names.METRICS for series in series_names(metric)} | recorded
    for query in queries_of(path):
        nodes = list(inside(promql_parser.parse(query)))
        selectors = [node for node in nodes if type(node).__name__ == "VectorSelector"]
        asked = {selector.name for selector in selectors}
        assert asked
        assert asked <= ours | OTHERS, query
        assert set().union(*map(labels_of, nodes)) <= LABELS, query
        for selector in selectors:
            values = {each.name: each.value for each in selector.matchers.matchers}
            assert values.get("service_name") == "SERVICE" or "job" in values, query


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_what_runbooks_name_exists(path):
    """Signals, settings, labels and other runbooks."""
    text = path.read_text()
    signals = {detector.__name__ for detector in DETECTORS}
    known = LABELS | signals | set(Config.__dataclass_fields__) | CAUSES | WORDS
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text)) <= known
    for linked in re.findall(r"\]\((.+?\.md)\)", text):
        assert (path.parent / linked).is_file(), linked


def test_every_signal_that_spoils_a_turn_has_a_row_in_the_table_that_all_refer_to():
    """Whoever is woken sees a signal's name, and asks what it usually is."""
    text = (DASHBOARDS / "runbooks" / "LlmSessionTurnsUnhealthyFast.md").read_text()
    rows = "".join(re.findall(r"^\| (.+?) \|", text, re.MULTILINE))
    spoiling = {name for name, weight in WEIGHTS.items() if weight} - OF_THE_SESSION
    assert spoiling == {name for name in WEIGHTS if f"`{name}`" in rows}
