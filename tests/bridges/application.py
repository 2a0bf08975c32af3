"""An application beside another GenAI instrumentation; run by the tests in a process of its own.

`application.py STEP ...` does the steps in order and prints what was exported as JSON. Steps: the
name of an instrumentation or `us` switches it on, with `-` before it off; `clients` makes new
clients; every other one makes calls.
"""

import asyncio
import importlib
import json
import logging
import sys
from contextlib import suppress

import httpx2
import openai
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_sessions

INSTRUMENTATIONS = {
    "official": "opentelemetry.instrumentation.genai.openai",
    "openllmetry": "opentelemetry.instrumentation.openai",
    "openinference": "openinference.instrumentation.openai",
}
HISTORY = [{"role": "user", "content": "Where is my order 17?"}]
HISTORY += [{"role": "assistant", "content": "It is on its way to you."}]
HISTORY += [{"role": "user", "content": "When will it arrive?"}]


def answer(request):
    """Answer as OpenAI does."""
    asked = json.loads(request.content)
    if asked["model"] == "broken":
        return httpx2.Response(429, json={"error": {"message": "slow down"}})
    known = {"id": "c1", "created": 1, "model": "gpt-test-1"}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": "It is on its way to you."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        kind = {"object": "chat.completion"}
        return httpx2.Response(200, json=known | kind | {"choices": [choice], "usage": usage})
    chunks = []
    for text, reason in (("It is on ", None), ("its way to you.", None), ("", "stop")):
        choice = {"index": 0, "finish_reason": reason, "delta": {"content": text}}
        chunks.append(known | {"object": "chat.completion.chunk", "choices": [choice]})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return httpx2.Response(
        200,
        content="".join([*lines, "data: [DONE]\n\n"]),
        headers={"content-type": "text/event-stream"},
    )


class Application:
    """Clients and what they do."""

    def __init__(self):
        self.clients()

    def clients(self):
        transport = httpx2.MockTransport(answer)
        given = {"api_key": "k", "max_retries": 0}
        self.client = openai.OpenAI(http_client=httpx2.Client(transport=transport), **given)
        self.async_client = openai.AsyncOpenAI(
            http_client=httpx2.AsyncClient(transport=transport), **given
        )

    def call(self, session_id="sync", messages=HISTORY, model="gpt-test", **options):
        with otel_sessions.session(session_id):
            return self.client.chat.completions.create(model=model, messages=messages, **options)

    def turns(self):
        self.call("turns", HISTORY[:1])
        self.call("turns", HISTORY)

    def stream(self):
        for _ in self.call("stream", stream=True):
            pass

    def abandoned(self):
        for _ in self.call("abandoned", stream=True):
            break

    def error(self):
        with suppress(openai.RateLimitError):
            self.call("error", model="broken")

    def raw(self):
        with otel_sessions.session("raw"):
            self.client.chat.completions.with_raw_response.create(
                model="gpt-test", messages=HISTORY
            ).parse()

    def within(self):
        """In a span of the application, as a web framework makes one."""
        with trace.get_tracer("application").start_as_current_span("request"):
            self.call("within")

    async def asynchronous(self):
        with otel_sessions.session("async"):
            create = self.async_client.chat.completions.create
            await create(model="gpt-test", messages=HISTORY[:1])
            async for _ in await create(model="gpt-test", messages=HISTORY, stream=True):
                pass


def main(steps):
    """Do the steps and print."""
    logging.basicConfig(level=logging.WARNING)
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([reader]))
    application = Application()
    for step in steps:
        name, off = step.lstrip("-"), step.startswith("-")
        if name in ("us", "hook"):
            chosen = {"providers": []} if name == "hook" else {}
            otel_sessions.uninstrument() if off else otel_sessions.instrument(**chosen)
        elif name in INSTRUMENTATIONS:
            instrumentor = importlib.import_module(INSTRUMENTATIONS[name]).OpenAIInstrumentor()
            instrumentor.uninstrument() if off else instrumentor.instrument()
        else:
            done = getattr(application, name)()
            if asyncio.iscoroutine(done):
                asyncio.run(done)
        if not off:
            tracing.force_flush()
    spans = [
        {
            "name": span.name,
            "scope": span.instrumentation_scope.name,
            "parent": span.parent and span.parent.span_id,
            "id": span.context.span_id,
            "ms": (span.end_time - span.start_time) / 1e6,
            "attributes": dict(span.attributes),
        }
        for span in exporter.get_finished_spans()
    ]
    scopes = [
        scope
        for resource in getattr(reader.get_metrics_data(), "resource_metrics", ())
        for scope in resource.scope_metrics
    ]
    kinds = [(scope.scope.name, metric.name) for scope in scopes for metric in scope.metrics]
    sys.stdout.write(json.dumps({"spans": spans, "metrics": kinds}))


if __name__ == "__main__":
    main(sys.argv[1:])
