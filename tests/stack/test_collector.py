"""The real collector: what it lets through, and what it calls our metrics."""

import re

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from dashboards.prometheus_names import series_names
from otel_sessions import names

CANARY = "my card number is 4111"

CONTENT = {
    "genai": [
        *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"),
        *("gen_ai.prompt", "gen_ai.completion", "gen_ai.event.content", "gen_ai.prompt.variable.x"),
        *("gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
        *("gen_ai.tool.description", "gen_ai.retrieval.documents", "gen_ai.retrieval.query.text"),
    ],
    "openllmetry": [
        *("gen_ai.prompt.0.content", "gen_ai.prompt.0.tool_calls.0.arguments"),
        *("gen_ai.completion.0.content", "gen_ai.content.completion.chunk", "gen_ai.task.input"),
        *("traceloop.entity.input", "traceloop.entity.output", "traceloop.prompt.template"),
        *("traceloop.prompt.template_variables", "llm.prompts.0.content", "llm.completions.0.x"),
        *("llm.request.functions.0.description", "db.query.result.document", "llm.headers"),
        *("mcp.request.argument", "mcp.response.value", "db.chroma.query.where_document"),
        *("db.query.embeddings.vector", "db.search.embeddings", "db.milvus.query.filter"),
    ],
    "openinference": [
        *("input.value", "output.value", "llm.input_messages.0.message.content", "metadata"),
        *("llm.output_messages.0.message.content", "llm.prompts", "llm.tools.0.tool.json_schema"),
        *("llm.prompt_template.variables", "llm.invocation_parameters", "llm.function_call"),
        *("retrieval.documents.0.document.content", "reranker.query", "embedding.text"),
        *("embedding.embeddings.0.embedding.text", "reranker.input_documents.0.document.content"),
        *("tool.parameters", "tool_call.function.arguments", "message.content", "document.content"),
        *("message_content.text", "image.url", "audio.transcript", "llm.choices.0.message.content"),
        *("evaluation.explanation", "session.annotations", "evaluations"),
    ],
    "others": [
        *("ai.prompt", "ai.prompt.messages", "ai.response.text", "ai.response.toolCalls"),
        *("ai.toolCall.args", "ai.toolCall.result", "ai.value", "ai.schema", "ai.result.object"),
        *("langfuse.trace.input", "langfuse.observation.output", "langfuse.trace.metadata.topic"),
        *("all_messages_events", "pydantic_ai.all_messages", "final_result", "tool_arguments"),
        *("tool_response", "request_data", "response_data", "model_request_parameters"),
    ],
}

KEPT = {
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.conversation.id": "support-4711",
    "session.id": "support-4711",
    "gen_ai.tool.name": "refund",
    "gen_ai.tool.call.id": "call_1",
    "traceloop.entity.name": "answer",
    "traceloop.workflow.name": "support",
    "openinference.span.kind": "LLM",
    "input.mime_type": "text/plain",
    "llm.model_name": "gpt-4o",
    "llm.token_count.prompt": 12,
    "message": "a log's own word",
    "llm_session.health": 0.5,
    "ai.model.id": "gpt-4o",
    "ai.usage.promptTokens": 12,
    "langfuse.session.id": "support-4711",
}


@pytest.fixture(scope="module")
def running(collector, receiver):
    return collector("prometheus", "otlp", backend=receiver.url)


@pytest.fixture(scope="module")
def passed_on(running, receiver, http):
    """What a backend gets of a span, its event and its log records: all bytes."""
    content = dict.fromkeys((key for keys in CONTENT.values() for key in keys), CANARY)
    resource = Resource.create({"service.name": "desk"})
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{running.otlp}/v1/traces")))
    with spans.get_tracer("another instrumentation").start_as_current_span("chat") as span:
        span.set_attributes(content | KEPT)
        span.add_event("gen_ai.content.prompt", content | KEPT)
    logs = LoggerProvider(resource)
    logs.add_log_record_processor(
        SimpleLogRecordProcessor(OTLPLogExporter(f"{running.otlp}/v1/logs"))
    )
    logger = logs.get_logger("another instrumentation")
    logger.emit(LogRecord(body="a line of the application", attributes=content | KEPT))
    for event in (
        LogRecord(event_name="gen_ai.user.message", body={"content": CANARY}),
        LogRecord(body={"content": CANARY}, attributes={"event.name": "gen_ai.choice"}),
        LogRecord(
            event_name="gen_ai.evaluation.result",
            attributes={"gen_ai.evaluation.explanation": CANARY},
        ),
    ):
        logger.emit(event)
    logs.get_logger(names.SCOPE).emit(
        LogRecord(
            event_name="gen_ai.evaluation.result",
            attributes={"gen_ai.evaluation.explanation": "two messages are missing"},
        )
    )
    spans.shutdown()
    logs.shutdown()

    def bodies():
        traces, events = receiver.bodies("/v1/traces"), b"".join(receiver.bodies("/v1/logs"))
        return b"".join(traces) + events if traces and b"are missing" in events else None

    return http.until(bodies, what="traces and logs at the backend")


@pytest.mark.parametrize("convention", CONTENT)
def test_content_is_removed(passed_on, convention):
    """Neither the text nor the key of any content attribute is passed on."""
    keys = set(re.findall(rb"[\w.]{4,}", passed_on))
    assert not [key for key in CONTENT[convention] if key.encode() in keys]


def test_no_byte_of_a_text_is_passed_on(passed_on):
    assert CANARY.encode() not in passed_on
    assert b"4111" not in passed_on


def test_what_is_not_content_is_passed_on(passed_on):
    """Span, span event and log record keep ids, names and numbers; logs keep their lines."""
    assert {key: passed_on.count(key.encode()) >= 3 for key in KEPT} == dict.fromkeys(KEPT, True)
    assert b"a line of the application" in passed_on
    assert b"two messages are missing" in passed_on


@pytest.fixture(scope="module")
def page(running, http):
    """The page that Prometheus scrapes, after one point of every metric that we have."""
    exporter = OTLPMetricExporter(f"{running.otlp}/v1/metrics")
    resource = Resource.create({"service.name": "desk", "service.version": "1", "pod": "desk-7"})
    meters = MeterProvider([PeriodicExportingMetricReader(exporter)], resource)
    meter = meters.get_meter(names.SCOPE)
    for metric in names.METRICS:
        match metric.kind:
            case "counter":
                meter.create_counter(metric.name, metric.unit).add(1)
            case "updown":
                meter.create_up_down_counter(metric.name, metric.unit).add(1)
            case "gauge":
                meter.create_gauge(metric.name, metric.unit).set(1)
            case "histogram":
                meter.create_histogram(metric.name, metric.unit).record(1)
    meters.shutdown()
    return http.until(
        lambda: (
            (text := http.get(f"http://{running.page}/metrics")) and "target_info" in text and text
        ),
        what="metrics on the page",
    )


def test_translation_of_names_is_the_collectors(page):
    """`dashboards.prometheus_names` and the collector agree on every series of every metric."""
    series = set(re.findall(r"^(\w+)\{", page, re.MULTILINE)) - {"target_info"}
    assert series == {name for metric in names.METRICS for name in series_names(metric)}


def test_only_chosen_attributes_of_the_resource_are_labels(page):
    """Any other would multiply the series; `instance` and `job` are Prometheus' own."""
    labels = {
        label
        for line in page.splitlines()
        if not line.startswith(("#", "target_info"))
        for label in re.findall(r'(\w+)="', line)
    }
    assert labels == {"instance", "job", "service_name", "service_version", "le"}
