"""A process that does what it is told on its standard input, line by line, as JSON.

`{"ask": text}` asks a model in session `s` and goes on from what this process remembers, or from
`messages`; `{"flush": 0}`, `{"exit": code}` and `{"raise": 0}` end or empty it, `{"hold": 0}` keeps
its main thread busy, `{"listen": 0}` listens to SIGTERM as a server does. It prints what it did,
the signals that it heard of, and its spans whenever they are exported, which by itself is never.
"""

import importlib
import json
import os
import signal
import sys
import time

import openai
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import otel_sessions
from otel_sessions.stores import redis as redis_store
from otel_sessions.stores import sqlite as sqlite_store

# No part of what is tested is how long a busy machine takes.
redis_store.TIMEOUT_S = sqlite_store.TIMEOUT_S = 60.0
httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")
SYSTEM = {"role": "system", "content": "You help customers of a shop with their orders."}


def say(**what):
    os.write(1, json.dumps(what).encode() + b"\n")


class Printer(SpanExporter):
    def export(self, spans):
        for span in spans:
            say(span=span.name, turn=span.attributes.get("llm_session.turn"))
        return SpanExportResult.SUCCESS


def answer(request):
    asked = json.loads(request.content)["messages"][-1]["content"]
    message = {"role": "assistant", "content": f"About {asked[-40:]} I know the whole story."}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    return httpx.Response(200, json=whole | {"choices": [choice]})


def heard(found):
    say(signal=found.signal.name, turn=found.turn, cause=found.signal.cause)


def leave(*_):
    say(left="by my own handler")
    sys.exit(0)


def main():
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Printer(), schedule_delay_millis=3_600_000))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider())
    _logs.set_logger_provider(LoggerProvider())
    client = openai.OpenAI(
        api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(answer))
    )
    otel_sessions.instrument(providers=["openai"])
    otel_sessions.on_signal(heard)
    remembered = [SYSTEM]
    for line in sys.stdin:
        told = json.loads(line)
        if "ask" in told:
            messages = told.get("messages") or remembered
            messages.append({"role": "user", "content": told["ask"]})
            with otel_sessions.session("s"):
                reply = client.chat.completions.create(model="m", messages=messages)
            text = reply.choices[0].message.content
            messages.append({"role": "assistant", "content": text})
            say(messages=messages)
        elif "flush" in told:
            say(flushed=otel_sessions.flush(120))
        elif "listen" in told:
            signal.signal(signal.SIGTERM, leave)
            say(listens=True)
        elif "hold" in told:
            say(holds=True)
            time.sleep(600)
        elif "raise" in told:
            raise RuntimeError
        elif "exit" in told:
            sys.exit(told["exit"])


if __name__ == "__main__":
    main()
