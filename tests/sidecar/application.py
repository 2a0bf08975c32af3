"""An application that knows nothing of us; `application.py INSTRUMENTATION` exports by OTLP.

It holds one conversation in which the user has to ask the same again.
"""

import importlib
import json
import sys

import httpx2
import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SAID = [
    "Can you tell me when my order LX-20417 will be delivered?",
    "And which carrier brings it?",
    "Can you tell me when my order LX-20417 will be delivered?",
]
REPLIES = ["Please hold on for a moment.", "The carrier is called Swift.", "Please hold on."]


def answer(request):
    """Answer as OpenAI does."""
    turn = len(json.loads(request.content)["messages"]) // 2
    message = {"role": "assistant", "content": REPLIES[turn]}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    known = {"id": "c", "created": 1, "model": "gpt-4o-mini", "object": "chat.completion"}
    return httpx2.Response(200, json=known | {"choices": [choice], "usage": usage})


def main(instrumentation):
    """Talk, and export at the end."""
    tracing = TracerProvider()
    tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracing)
    importlib.import_module(instrumentation).OpenAIInstrumentor().instrument()
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(api_key="k", http_client=http, max_retries=0)
    messages = []
    with tracing.get_tracer("application").start_as_current_span("request"):
        for text in SAID:
            messages.append({"role": "user", "content": text})
            said = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
            messages.append({"role": "assistant", "content": said.choices[0].message.content})
    tracing.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
