"""A whole session as it is told: every span, event and metric of it, as plain data."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_sessions import names
from otel_sessions.calls import Request, Usage
from otel_sessions.capacities import Capacity, Place
from otel_sessions.detectors.call_failed import call_failed
from otel_sessions.detectors.context_pressure import context_pressure
from otel_sessions.detectors.context_truncated import context_truncated
from otel_sessions.detectors.partial_response import partial_response
from otel_sessions.names import METRICS

AGENT = {"user_id": "u", "agent": "a", "server_address": "api.test", "server_port": 8080}
QUESTIONS = [f"Question {word}: where is it?" for word in ("alpha", "beta", "gamma", "delta")]
ANSWERS = [f"The {word} parcel lies in a town in the north." for word in ("red", "blue", "green")]
VECTORS = {"Question alpha": b"\x01\x00" * 128, "The red parcel": b"\x01\x01" * 128}


@pytest.fixture
def tracked(told, tracking):
    """A tracker of facts only, whose encoder knows the first question and its answer."""
    return tracking(
        detectors=[context_truncated, context_pressure, call_failed, partial_response],
        emitters=told.emitters,
        spans=told.span_of,
        encode=lambda text: VECTORS.get(text[:14], b""),
        on_store=told.metric_emitter.on_store,
    )


@pytest.fixture
def session(tracked, talking, chat):
    """Streamed, failed and retried, a side call, a cut history, an aborted stream, an end."""

    def track(messages, reply, session_id, *, stream=False, **fields):
        request = Request(model="gpt-4o", messages=messages, stream=stream, temperature=0.5)
        known = {"request": request, "model": "gpt-4o"} | AGENT
        return tracked.track(messages, reply, session_id, **(known | fields))

    talk = talking(track, "s", system="You help customers of a shop.")
    usage = Usage(input_tokens=100, output_tokens=20, cache_read_tokens=64, reasoning_tokens=5)
    first_chunk_ns = round((tracked.now_s + 0.25) * 1e9)
    talk.say(QUESTIONS[0], ANSWERS[0], stream=True, usage=usage, first_chunk_ns=first_chunk_ns)
    talk.say(QUESTIONS[1], None, outcome="failed", error_type="429")
    talk.send(ANSWERS[1])
    side = chat("Give it a title.", system="You write titles.")
    tracked.track(side, "Parcels", model="gpt-4o-mini", usage=Usage(10, 2))
    del talk.messages[1:3]
    talk.say(QUESTIONS[2], ANSWERS[2], usage=Usage(115_200, 1))
    talk.say(QUESTIONS[3], "The", outcome="aborted", finish_reasons=())
    tracked.tracker.feedback("s", 0.0)
    tracked.tracker.end("s", "unresolved")


STATED = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.conversation.id": "s",
    "session.id": "s",
    "llm_session.id.source": "session",
    "llm_session.context.window": 128_000,
}
CALL = STATED | {
    "name": "chat gpt-4o",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.agent.name": "a",
    "user.id": "u",
    "server.address": "api.test",
    "server.port": 8080,
}
ANSWERED = {
    "gen_ai.response.model": "gpt-4o",
    "gen_ai.response.finish_reasons": ("stop",),
    "llm_session.outcome": "completed",
}


def test_spans(session, told):
    """Tokens are absent where no usage came, and then estimated under another name."""
    assert told.spans == [
        CALL
        | ANSWERED
        | {
            "gen_ai.request.stream": True,
            "gen_ai.response.time_to_first_chunk": 0.25,
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 64,
            "gen_ai.usage.reasoning.output_tokens": 5,
            "llm_session.turn": 1,
            "llm_session.call": 1,
            "llm_session.context.utilization": 0.0008,
            "llm_session.health": 1.0,
        },
        CALL
        | {
            "status": ("ERROR", None),
            "error.type": "429",
            "llm_session.outcome": "failed",
            "llm_session.turn": 2,
            "llm_session.call": 1,
            "llm_session.context.tokens.estimated": 34,
            "llm_session.health": 0.1,
            "llm_session.signals": ("call_failed",),
        },
        CALL
        | ANSWERED
        | {
            "llm_session.turn": 2,
            "llm_session.call": 2,
            "llm_session.context.tokens.estimated": 34,
            "llm_session.health": 0.85,
            "llm_session.signals": ("call_failed",),
        },
        STATED
        | {
            "name": "chat gpt-4o-mini",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.model": "gpt-4o-mini",
            "gen_ai.response.finish_reasons": ("stop",),
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 2,
            "llm_session.context.utilization": 0.0001,
            "llm_session.outcome": "completed",
        },
        CALL
        | ANSWERED
        | {
            "gen_ai.usage.input_tokens": 115_200,
            "gen_ai.usage.output_tokens": 1,
            "llm_session.turn": 3,
            "llm_session.call": 1,
            "llm_session.context.dropped_messages": 2,
            "llm_session.context.utilization": 0.9,
            "llm_session.health": 0.3809,
            "llm_session.signals": ("context_truncated", "context_pressure"),
        },
        CALL
        | {
            "gen_ai.response.model": "gpt-4o",
            "llm_session.outcome": "aborted",
            "llm_session.turn": 4,
            "llm_session.call": 1,
            "llm_session.context.dropped_messages": 2,
            "llm_session.context.tokens.estimated": 55,
            "llm_session.health": 0.55,
            "llm_session.signals": ("partial_response",),
        },
        {
            "name": "llm_session",
            "kind": "INTERNAL",
            "links": [1, 2, 5, 6],
            "session.id": "s",
            "gen_ai.conversation.id": "s",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.agent.name": "a",
            "user.id": "u",
            "llm_session.id.source": "session",
            "llm_session.end.reason": "explicit",
            "llm_session.outcome": "unresolved",
            "llm_session.turns": 4,
            "llm_session.calls": 6,
            "llm_session.signals.total": 4,
            "llm_session.health": 0.5469,
            "llm_session.cost": 0.2884,
        },
    ]


def test_the_sessions_span_lasts_from_its_first_call_to_its_last(session, told, start_s):
    """It is a root, whatever span is active where it is made."""
    *_, span = told.finished
    assert (span.start_time, span.end_time) == (round(start_s * 1e9), round((start_s + 6) * 1e9))
    assert span.parent is None


def result(turn, name, score, label, explanation, **more):
    return {
        "name": "gen_ai.evaluation.result",
        "session.id": "s",
        "gen_ai.conversation.id": "s",
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": explanation,
        "llm_session.turn": turn,
    } | more


def test_events(session, told):
    """Each belongs to the span of the call in which it was seen."""
    assert told.events == [
        {
            "name": "session.start",
            "span": 1,
            "severity": "INFO",
            "session.id": "s",
            "llm_session.id.source": "session",
            "llm_session.reopened": False,
        },
        result(2, "call_failed", 0.9, "critical", "1 failed calls, no answer")
        | {"span": 2, "severity": "ERROR", "llm_session.cause": "rate_limited"},
        result(3, "context_truncated", 0.413, "info", "2 messages missing, 41% of known tokens")
        | {"span": 5, "severity": "INFO"},
        result(3, "context_pressure", 0.8, "critical", "90% of 128000 tokens")
        | {"span": 5, "severity": "ERROR"},
        result(4, "partial_response", 0.5, "warning", "aborted")
        | {"span": 6, "severity": "WARN", "llm_session.cause": "aborted"},
        {
            "name": "gen_ai.evaluation.result",
            "span": 6,
            "severity": "INFO",
            "session.id": "s",
            "gen_ai.evaluation.name": "user_feedback",
            "gen_ai.evaluation.score.value": 0.0,
        },
        {
            "name": "session.end",
            "span": 6,
            "severity": "INFO",
            "session.id": "s",
            "llm_session.end.reason": "explicit",
            "llm_session.outcome": "unresolved",
            "llm_session.turns": 4,
            "llm_session.health": 0.5469,
        },
    ]


BASE = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
"""Labels of every point of the session's own calls, with the agent."""
SIDE = BASE | {"gen_ai.request.model": "gpt-4o-mini"}
BASE = BASE | {"gen_ai.agent.name": "a"}


def points(told, metric):
    """Points whose labels are written short: those that differ from the usual ones."""
    unit, found = told.metrics[metric.name]
    assert unit == metric.unit
    short = {}
    for labels, value in found:
        who = "side " if labels["gen_ai.request.model"] == "gpt-4o-mini" else ""
        assert (SIDE if who else BASE).items() <= labels.items()
        rest = {k: v for k, v in labels.items() if k not in BASE}
        short[who + ",".join(map(str, rest.values()))] = value
    return short


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (names.STARTED, {"false": 1}),
        (names.ENDED, {"explicit,true,unresolved": 1}),
        (names.ACTIVE, {"": 0}),
        (names.DURATION, {"": (1, 6.0)}),
        (names.SESSION_TURNS, {"": (1, 4)}),
        (names.SESSION_HEALTH, {"": (1, 0.5469)}),
        (
            names.TURN_EVALUATED,
            {"1,true": 1, "2-3,true": 1, "2-3,false": 1, "4-7,true": 1},
        ),
        (names.TURN_HEALTH, {"1": (1, 1.0), "2-3": (2, 1.2309), "4-7": (1, 0.55)}),
        (names.TURN_DURATION, {"1": (1, 1.0), "2-3": (2, 3.0), "4-7": (1, 1.0)}),
        (names.TURN_TIME_TO_FIRST_CHUNK, {"1": (1, 0.25)}),
        (
            names.SIGNAL_COUNT,
            {
                "call_failed,critical": 1,
                "context_pressure,critical": 1,
                "partial_response,warning": 1,
            },
        ),
        (names.UTILIZATION, {"": (2, 0.9008), "side ": (1, 0.0001)}),
        (names.DRIFT, {"": (1, 0.2929)}),
        (names.SESSION_COST, {"": 0.2884, "side ": 0.0}),
    ],
    ids=lambda value: value.name if isinstance(value, names.Metric) else "",
)
def test_metrics(session, told, metric, expected):
    """Each turn once, in its bucket; information is no signal to count; side calls are no turns."""
    assert points(told, metric) == expected


def test_the_metrics_of_the_conventions(session, told):
    """As the official packages have them: by response, server and error."""
    where = {"server.address": "api.test", "server.port": 8080}
    call = BASE | {"gen_ai.operation.name": "chat"} | where
    answered = call | {"gen_ai.response.model": "gpt-4o"}
    side = SIDE | {"gen_ai.operation.name": "chat", "gen_ai.response.model": "gpt-4o-mini"}

    def data(metric):
        unit, found = told.metrics[metric.name]
        assert unit == metric.unit
        return found

    assert data(names.OPERATION_DURATION) == [
        (answered, (4, 4.0)),
        (call | {"error.type": "429"}, (1, 1.0)),
        (side, (1, 1.0)),
    ]
    assert data(names.OPERATION_TIME_TO_FIRST_CHUNK) == [(answered, (1, 0.25))]
    usage = {"gen_ai.token.type": "input"}, {"gen_ai.token.type": "output"}
    assert data(names.TOKEN_USAGE) == [
        (answered | usage[0], (2, 115_300)),
        (answered | usage[1], (2, 21)),
        (side | usage[0], (1, 10)),
        (side | usage[1], (1, 2)),
    ]


def tell_of_a_store(told):
    """Whatever can be told of a store of the application's."""
    place, span, tell = Place("chats", "redis"), trace.INVALID_SPAN_CONTEXT, told.app_store_emitter
    tell.on_operation(place, "set", 0.25, "OutOfMemoryError")
    tell.on_lookup(place, found=True)
    tell.on_lookup(place, found=False)
    tell.on_size(place, 2000)
    tell.on_growth(place, 500, span)
    tell.on_growth(place, -900, span)
    tell.on_lost(place, "evicted", span)
    told.capacities.append(Capacity(place, 750, 1000, evictions=3, full_in_s=60.0))
    told.capacities.append(Capacity(Place("limitless", "redis"), 500))


def test_the_metrics_of_the_applications_store(told):
    """By store, and what is not known of one is absent."""
    tell_of_a_store(told)
    place = {"store": "chats", "backend": "redis"}
    limitless = {"store": "limitless", "backend": "redis"}
    prefix = "llm_session.store.app."
    assert {name.removeprefix(prefix): found for name, (_, found) in told.metrics.items()} == {
        "operation.duration": [
            (place | {"operation": "set", "error.type": "OutOfMemoryError"}, (1, 0.25))
        ],
        "lookups": [(place | {"result": "hit"}, 1), (place | {"result": "miss"}, 1)],
        "session.size": [(place, (1, 2000))],
        "session.growth": [(place, (2, 500))],
        "sessions.lost": [(place | {"cause": "evicted"}, 1)],
        "memory.used": [(place, 750), (limitless, 500)],
        "memory.limit": [(place, 1000)],
        "memory.utilization": [(place, 0.75)],
        "memory.time_to_full": [(place, 60.0)],
        "evictions": [(place, 3)],
        # Of our own.
        "llm_session.pipeline.queue.size": [({}, 0)],
    }


def test_every_metric_of_the_contract_appears(session, told):
    """And no other, each with its unit."""
    told.metric_emitter.count_call("analysed")
    told.metric_emitter.count_judged("judged")
    tell_of_a_store(told)
    assert {name: unit for name, (unit, _) in told.metrics.items()} == {
        metric.name: metric.unit for metric in METRICS
    }


LABELS = {value for name, value in vars(names).items() if name.startswith("LABEL_")} | {
    names.PROVIDER_NAME,
    names.REQUEST_MODEL,
    names.RESPONSE_MODEL,
    names.AGENT_NAME,
    names.OPERATION_NAME,
    names.TOKEN_TYPE,
    names.SERVER_ADDRESS,
    names.SERVER_PORT,
    names.ERROR_TYPE,
}


def test_no_id_is_a_label(session, told):
    """Labels are of a few kinds, and no value is that of a session or a user."""
    for _, found in told.metrics.values():
        for labels, _ in found:
            assert labels.keys() <= LABELS
            assert not {"s", "u"} & set(labels.values())


def test_no_text_is_told(session, told):
    """No word of a question, an answer or a prompt is in anything."""
    everything = repr((told.spans, told.events, told.metrics))
    for word in ("alpha", "parcel", "Parcels", "customers", "title"):
        assert word not in everything


def test_what_is_known_at_the_start_is_there_at_the_start(told, calling, chat):
    """So that a sampler can decide by the session."""
    span = told.span_of(calling(chat("Hi"), **AGENT))
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.conversation.id": "s",
        "session.id": "s",
        "gen_ai.agent.name": "a",
        "user.id": "u",
        "server.address": "api.test",
        "server.port": 8080,
    }
    span.end()


def test_an_id_of_ours_is_no_conversation_id(told, tracked, talking):
    """The conventions forbid ids that were made up; every call has a session's."""
    talk = talking(tracked.track, None)
    talk.say(QUESTIONS[0], ANSWERS[0] + " And it will be sent tomorrow.")
    talk.say(QUESTIONS[1], ANSWERS[1])
    fork = [*talk.messages[:2], *talk.messages[:1]]
    tracked.track(fork, session_id=None)
    tracked.tracker.end_all()
    first, second, edited, *ended = told.spans
    sources = [span["llm_session.id.source"] for span in told.spans]
    assert sources == ["new", "lineage", "new", "lineage", "new"]
    assert first["session.id"] == second["session.id"] != edited["session.id"]
    assert edited["session.previous_id"] == first["session.id"]
    assert [span.get("session.previous_id") for span in ended] == [None, first["session.id"]]
    everything = [*told.spans, *told.events]
    assert not any("gen_ai.conversation.id" in one for one in everything)


def test_a_compacted_history(told, tracked, talking):
    """It is said where it happens, and not told as false elsewhere."""
    talk = talking(tracked.track, "s")
    for question, answer in zip(QUESTIONS, ANSWERS, strict=False):
        talk.say(question, answer)
    summary = "Summary of what was said so far: two parcels were looked for, and both were found."
    talk.messages[0:4] = talking(tracked.track, "s", system=summary).messages
    talk.say("And now?")
    compacted = [span.get("gen_ai.conversation.compacted") for span in told.spans]
    assert compacted == [None, None, None, True]


def test_a_span_that_is_not_sampled(telling, tracking, talking):
    """Its call counts in the metrics as any other."""
    told = telling(sampler=ALWAYS_OFF)
    tracked = tracking(emitters=told.emitters, spans=told.span_of)
    talking(tracked.track, "s").say("Hi", model="gpt-4o")
    tracked.tracker.end("s", "resolved")
    assert told.spans == []
    assert told.metrics[names.TURN_EVALUATED.name][1][0][1] == 1
    assert told.metrics[names.OPERATION_DURATION.name][1][0][1] == (1, 1.0)


def test_nothing_is_known_of_a_model(told, tracked, talking):
    """Neither window nor price are guessed; a call without a model has no name for it."""
    talk = talking(tracked.track, "s")
    talk.say("Hi", model="nobody-knows-it", usage=Usage(10, 2))
    talk.say("And?", model=None)
    named, unnamed = told.spans
    assert "llm_session.context.window" not in named
    assert "llm_session.context.utilization" not in named
    assert unnamed["name"] == "chat"
    assert names.SESSION_COST.name not in told.metrics
    assert names.UTILIZATION.name not in told.metrics


def test_the_active_span_is_no_parent(told, tracked, talking):
    """A request that happens to end a session has nothing to do with it."""
    talking(tracked.track, "s").say("Hi")
    with trace.use_span(told.tracer.start_span("request"), end_on_exit=True):
        tracked.tracker.end("s", "resolved")
    (session_span,) = (span for span in told.finished if span.name == "llm_session")
    assert session_span.parent is None


def test_the_queue_is_told_as_it_is(told):
    """When it is asked for."""
    told.waiting = 7
    assert told.metrics[names.PIPELINE_QUEUE.name][1] == [({}, 7)]
