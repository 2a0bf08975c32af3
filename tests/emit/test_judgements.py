"""Judgements as they are told: events of their own names, under the call that was judged."""

import pytest

from otel_sessions import names
from otel_sessions.detectors import DETECTORS
from otel_sessions.emit import JudgementReport
from otel_sessions.emit.events import EventEmitter
from otel_sessions.rubrics import RUBRICS


@pytest.fixture
def events(told):
    return next(each for each in told.emitters if isinstance(each, EventEmitter))


def test_a_judgement(told, events):
    """One event for each score, labelled as a signal of that severity is."""
    span = told.tracer.start_span("call")
    scores = {"contradiction": 0.9, "answer_irrelevant": 0.5, "commitment_reversed": 0.0}
    report = JudgementReport("s", 3, scores, "a-judge", None, span.get_span_context())
    events.on_judgement(report)
    common = {
        "name": "gen_ai.evaluation.result",
        "span": span.get_span_context().span_id,
        "session.id": "s",
        "llm_session.turn": 3,
        "llm_session.judge.model": "a-judge",
    }

    def told_as(name, score, label, severity):
        return common | {
            "gen_ai.evaluation.name": name,
            "gen_ai.evaluation.score.value": score,
            "gen_ai.evaluation.score.label": label,
            "severity": severity,
        }

    assert told.events == [
        told_as("judge_contradiction", 0.9, "critical", "ERROR"),
        told_as("judge_answer_irrelevant", 0.5, "warning", "WARN"),
        told_as("judge_commitment_reversed", 0.0, "info", "INFO"),
    ]


def test_a_stated_id_is_a_conversations(told, events):
    """As with signals."""
    context = told.tracer.start_span("call").get_span_context()
    events.on_judgement(JudgementReport("s", 1, {"contradiction": 0.0}, "m", "s", context))
    assert told.events[0]["gen_ai.conversation.id"] == "s"


def test_no_signal_is_named_like_it():
    """Whoever counts events by name never mixes the two, although both may ask the same."""
    detectors = {detector.__name__ for detector in DETECTORS}
    assert not detectors & {names.JUDGED + name for name in RUBRICS}


def test_results_are_counted(told):
    """By what became of a turn, and by nothing else."""
    told.metric_emitter.count_judged("over_budget")
    assert told.metrics[names.JUDGE_CALLS.name] == ("{call}", [({"result": "over_budget"}, 1)])
