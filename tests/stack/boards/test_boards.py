"""Boards: every query of every panel and every rule has data when 200 recorded sessions are played.

Tempo is no program that can be had here: what TraceQL asks is answered from the spans that left the
collector.
"""

import re

import promql_parser
import pytest
import yaml

from dashboards.build import HERE
from dashboards.questions import asked, filled, inside, marks
from dashboards.traces import read_query
from otel_sessions import names

RULES = [
    rule
    for group in yaml.safe_load((HERE / "prometheus/rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
UNANSWERED = {
    r'slo:errors:increase\w+\{slo="monitored-calls"\}': "no call is lost",
    r"llm_session:\w+:expected\w+|llm_session:\w+_(known|before)\w*:\w+": "there is no week before",
    r"llm_session:cost_per_session_USD:7d": "as above",
    r"llm_session_turn_evaluated_total\{\} offset 1[dw]": "as above",
    r"llm_session:context_utilization:mean_1h\{\} offset 12h": "as above",
    r"llm_session:turn_unreliability:\w+(\{.*\})?": "there are few turns",
    r"llm_session_store_(app_)?operation_\w+\{error_type.*\}": "no operation of a store fails",
}
"""Series that a rule records or compares and that are not there, and why."""
RARE = {names.SESSION_PREVIOUS_ID, names.ERROR_TYPE}
"""Attributes that few sessions have: forks, failed calls."""
EMPTY = {
    "What became of the turns chosen for the judge?": "no judge is set",
    "Which of its operations fail?": "no operation of the store fails",
    "What could not be sent?": "the collector loses nothing",
}
"""Panels whose answer is empty here, and why."""


def test_as_many_sessions_were_played_as_are_claimed(prometheus):
    """And of clients, all that there are recordings of, streamed and whole."""
    assert prometheus.conversations >= 200
    assert prometheus.sessions >= 300
    assert prometheus.kinds >= 15


METRICS = [
    pytest.param(each, id=f"{each.board}-{each.title}-{each.ref}") for each in asked("prometheus")
]


@pytest.mark.parametrize("each", METRICS)
def test_query_of_a_panel_has_data(prometheus, rate, each):
    (target,) = (target for target in each.panel["targets"] if target["refId"] == each.ref)
    query = filled(each.text, rate=rate, span=f"{prometheus.ended - prometheus.started:.0f}s")
    ask = prometheus.ask if target.get("instant") else prometheus.ask_range
    assert bool(ask(query)) != (each.title in EMPTY), query


def leads_to_traces(each):
    return any(target.get("exemplar") for target in each.panel["targets"])


@pytest.mark.parametrize("each", [each for each in METRICS if leads_to_traces(*each.values)])
def test_points_of_a_panel_lead_to_traces(prometheus, spans, each):
    """To traces that left the collector, so that Tempo has them."""
    told = prometheus.exemplars(filled(each.text))
    assert told
    assert {point["labels"]["trace_id"] for point in told} <= {span.trace_id for span in spans}


@pytest.mark.parametrize(("name", "query"), sorted(set(marks())))
def test_mark_is_drawn(prometheus, name, query):
    assert prometheus.ask_range(filled(query))


def results():
    """What each rule leads to: of a recording its series, of an alert all that it compares."""
    for rule in RULES:
        if "record" in rule:
            labels = ", ".join(
                f'{name}="{value}"' for name, value in rule.get("labels", {}).items()
            )
            yield f"{rule['record']}{{{labels}}}"
        else:
            nodes = inside(promql_parser.parse(rule["expr"]))
            yield from (str(each) for each, _ in nodes if type(each).__name__ == "VectorSelector")


@pytest.mark.parametrize("query", sorted(set(results())))
def test_what_a_rule_records_or_compares_is_there(prometheus, query):
    unanswered = any(re.fullmatch(pattern, query.removesuffix("{}")) for pattern in UNANSWERED)
    assert bool(prometheus.ask_range(query)) != unanswered


SPANS = [pytest.param(each, id=f"{each.board}-{each.title}-{each.ref}") for each in asked("tempo")]


@pytest.mark.parametrize("each", SPANS)
def test_query_for_spans_finds_some_with_what_it_shows(spans, worst, each):
    """Each attribute that is shown is on a span that was found."""
    query = read_query(filled(each.text, session=worst))
    found = query.of(spans, limit=200)
    assert found
    missing = set(query.selected) - {name for span in found for name in span.attributes}
    assert missing <= RARE


EXAMPLES = {
    rule["alert"]: rule["annotations"]["example"]
    for rule in RULES
    if rule.get("alert") in {"LlmSessionTurnsUnhealthyFast", "LlmSessionSessionsUnhealthySlow"}
}


@pytest.mark.parametrize("alert", EXAMPLES)
def test_example_of_an_alert_leads_to_sessions(spans, worst, alert):
    """To unhealthy turns, and to unhealthy sessions; the worst is among them."""
    (service,) = {span.resource["service.name"] for span in spans}
    search = EXAMPLES[alert].replace("{{ $labels.service_name }}", service)
    found = read_query(search).of(spans, limit=1000)
    assert worst in {span.attributes[names.SESSION_ID] for span in found}
    assert len(found) < len(spans) / 2
