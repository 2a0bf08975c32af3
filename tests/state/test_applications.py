"""Whole applications that share a store: restarted, forked, without a key, without the store."""

import json
import os
import subprocess
import sys

import pytest

APPLICATION = """
import importlib, json, os, sys
import openai, otel_sessions
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from otel_sessions.stores import redis as redis_store, sqlite as sqlite_store

redis_store.TIMEOUT_S = sqlite_store.TIMEOUT_S = 60.0
httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")

class Printer(SpanExporter):
    def export(self, spans):
        for span in spans:
            line = json.dumps([span.name, os.getpid(), dict(span.attributes)], default=str)
            os.write(1, line.encode() + b"\\n")
        return SpanExportResult.SUCCESS

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(Printer()))
trace.set_tracer_provider(provider)

def answer(request):
    message = {"role": "assistant", "content": "A dull reply to question " +
        json.loads(request.content)["messages"][-1]["content"]}
    return httpx.Response(200, json={"id": "c1", "object": "chat.completion", "created": 1,
        "model": "gpt-test", "usage": {"prompt_tokens": 9, "completion_tokens": 3,
        "total_tokens": 12}, "choices": [
            {"index": 0, "finish_reason": "stop", "message": message}]})

client = openai.OpenAI(api_key="k", max_retries=0,
    http_client=httpx.Client(transport=httpx.MockTransport(answer)))
history = []

def ask(times, session_id="s"):
    for i in range(times):
        history.append({"role": "user", "content": f"What is in parcel number {len(history)}?"})
        with otel_sessions.session(session_id):
            reply = client.chat.completions.create(model="gpt-test", messages=history)
        history.append({"role": "assistant", "content": reply.choices[0].message.content})

otel_sessions.instrument(providers=["openai"])
"""


@pytest.fixture
def run(url):
    """Run an application in a process of its own; gives what its spans say, and what it logs."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "120"}
    environ |= {"OTEL_SESSIONS_STORE": url, "OTEL_SESSIONS_KEY": "one long key"}
    environ |= {"OTEL_SESSIONS_TENANT": os.urandom(4).hex()}

    def start(code, **variables):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", APPLICATION + code],
            env={k: v for k, v in (environ | variables).items() if v is not None},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return start


def turns(spans):
    """Session and turn of each call."""
    return sorted(
        (fields["session.id"], fields["llm_session.turn"])
        for name, _, fields in spans
        if "llm_session.turn" in fields
    )


def test_a_restart_in_the_middle_of_a_conversation(run):
    """Turns are counted on; the history that was in memory is gone, and it is told; one end."""
    spans, log = run("ask(3)")
    assert (turns(spans), log) == ([("s", 1), ("s", 2), ("s", 3)], "")
    spans, log = run("ask(2)")
    assert (turns(spans), log) == ([("s", 5)], "")
    spans, _ = run("ask(1); otel_sessions.end_session('s', 'resolved')")
    (end,) = (fields for name, _, fields in spans if name == "llm_session")
    assert end["llm_session.turns"] >= 5
    assert end["llm_session.health"] < 1
    spans, _ = run("otel_sessions.end_session('s', 'resolved')")
    assert spans == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_processes_forked_from_one(run):
    """As gunicorn does with preload: each child has connections and a name of its own."""
    spans, log = run(
        """
ask(1, "parent")
assert otel_sessions.flush(60)
children = []
for i in range(3):
    child = os.fork()
    if child == 0:
        history.clear()
        ask(4, f"child-{i}")
        otel_sessions.uninstrument()
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
ask(1, "parent")
"""
    )
    expected = [(f"child-{i}", turn) for i in range(3) for turn in (1, 2, 3, 4)]
    assert turns(spans) == [*expected, ("parent", 1), ("parent", 2)]
    assert log == ""
    assert len({pid for _, pid, _ in spans}) == 4


def test_a_store_without_a_key(run):
    """It is said once that nobody else can read what is kept."""
    spans, log = run("ask(2)", OTEL_SESSIONS_KEY=None)
    assert turns(spans) == [("s", 1), ("s", 2)]
    assert log.count("OTEL_SESSIONS_KEY") == 1
    assert len(log.splitlines()) == 1
    spans, _ = run("ask(1)", OTEL_SESSIONS_KEY=None)
    assert turns(spans) == [("s", 3)]


@pytest.mark.parametrize("processing", ["background", "inline"])
def test_a_store_that_is_not_there(run, processing):
    """Calls, turns and the end of the process go on; it is logged once, without the password."""
    spans, log = run(
        "ask(5)",
        OTEL_SESSIONS_STORE="redis://user:hunter2hunter2@127.0.0.1:1/0",
        OTEL_SESSIONS_PROCESSING=processing,
    )
    assert turns(spans) == [("s", number) for number in range(1, 6)]
    assert log.count("going on without it") == 1
    assert "hunter2" not in log
