"""What users' tests see of their application; in processes of their own, as SDKs are set once."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("httpx2", reason="needs openai 3")

APPLICATION = """
import httpx2, json, openai, otel_sessions
from otel_sessions.testing import Clock, CountedIds, observed

def answer(request):
    message = {"role": "assistant", "content": "It is on its way to you, in a red van."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return httpx2.Response(200, json={"id": "c", "object": "chat.completion", "created": 1,
        "model": "gpt-test", "choices": [choice],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}})

client = openai.OpenAI(api_key="k", max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(answer)))

def talk(*questions, session_id="s"):
    messages = []
    with otel_sessions.session(session_id):
        for question in questions:
            messages.append({"role": "user", "content": question})
            made = client.chat.completions.create(model="gpt-test", messages=messages)
            messages.append({"role": "assistant", "content": made.choices[0].message.content})
"""


@pytest.fixture
def run():
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}

    def run(code, **variables):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", APPLICATION + code],
            env=environ | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""

    return run


def test_a_conversation(run):
    """Its calls, signals, events, sessions and metrics, without a server or a wait."""
    run("""
with observed() as seen:
    talk("Where is my parcel?", "Where is my parcel?", "Where is my parcel?")
assert [call["llm_session.turn"] for call in seen.calls] == [1, 2, 3]
assert {call["session.id"] for call in seen.calls} == {"s"}
assert "repeated_question" in {found.signal.name for found in seen.signals}
assert seen.sessions["s"]["llm_session.turns"] == 3
assert [event.name for event in seen.events][0] == "session.start"
assert [event.name for event in seen.events][-1] == "session.end"
assert sum(value for _, value in seen.metrics["llm_session.turn.evaluated"]) == 3
""")


def test_blocks_are_apart(run):
    """What one saw, the next does not; and outside of them nothing is seen."""
    run("""
with observed() as first:
    talk("Hello, who is there?", session_id="a")
talk("Hello, who is there?", session_id="b")
with observed() as second:
    talk("Hello, who is there?", session_id="c")
assert set(first.sessions) == {"a"}
assert set(second.sessions) == {"c"}
""")


def test_a_clock_that_stands_still(run):
    """Spans begin and end when it says."""
    run("""
clock = Clock(1_000.0)
with observed(clock=clock) as seen:
    talk("Hello, who is there?")
    clock.advance(5)
    talk("Hello, who is there?", session_id="t")
spans = [span for span in seen.spans if "gen_ai.operation.name" in span.attributes]
times = [(span.start_time, span.end_time) for span in spans]
assert times == [(10**12, 10**12), (1005 * 10**9, 1005 * 10**9)]
with observed() as seen:
    talk("Hello, who is there?")
assert seen.spans[0].start_time > 10**18
""")


def test_beside_a_provider_of_the_application(run):
    """It stays the application's, and is left as it was."""
    run("""
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
theirs, provider = InMemorySpanExporter(), TracerProvider(id_generator=CountedIds())
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
with observed() as seen:
    talk("Hello, who is there?")
assert len(seen.spans) == len(theirs.get_finished_spans()) == 2
assert seen.spans[0].context.span_id < 10
provider.get_tracer("x").start_span("later").end()
assert len(theirs.get_finished_spans()) == 3
assert len(seen.spans) == 2
""")


def test_what_is_wrong_is_said(run):
    """Nested blocks, and settings that do not exist."""
    run(
        """
otel_sessions.instrument()
try:
    with observed():
        raise AssertionError
except otel_sessions.ConfigError as error:
    assert "uninstrument" in str(error)
otel_sessions.uninstrument()
try:
    with observed(stores="memory://"):
        raise AssertionError
except otel_sessions.ConfigError as error:
    assert "stores" in str(error)
""",
        OTEL_TRACES_EXPORTER="none",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
    )


def test_an_error_in_the_block(run):
    """It goes on, and the process is as before."""
    run("""
try:
    with observed() as seen:
        talk("Hello, who is there?")
        raise KeyError("mine")
except KeyError:
    pass
assert seen.sessions == {}
with observed() as seen:
    talk("Hello, who is there?")
assert set(seen.sessions) == {"s"}
""")
