"""Normalising: spans of OpenLLMetry and OpenInference read like the conventions say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

APPLICATION = Path(__file__).parents[2] / "bridges" / "application.py"

OPENLLMETRY_BEFORE_THE_CONVENTIONS = {
    "gen_ai.system": "MistralAI",
    "llm.request.type": "chat",
    "gen_ai.request.model": "mistral-large",
    "gen_ai.response.model": "mistral-large-2",
    "gen_ai.usage.prompt_tokens": 9,
    "gen_ai.usage.completion_tokens": 3,
    "gen_ai.usage.cache_read_input_tokens": 4,
    "llm.usage.total_tokens": 12,
    "llm.is_streaming": True,
    "llm.response.finish_reason": "stop",
    "llm.frequency_penalty": 0.5,
    "gen_ai.prompt.0.content": "Where is my order 17?",
    "traceloop.association.properties.session_id": "support-4711",
    "traceloop.association.properties.user_id": "u1",
}
"""Names of OpenLLMetry before its semantic conventions 0.5.0 took those of OpenTelemetry."""


@pytest.fixture
def normalised(collector, backend, http):
    """Send spans through the collector; returns what the backend gets, in order."""
    seen = backend()
    running = collector("otlp", "normalize", OTEL_SESSIONS_BACKEND=seen.url)

    def send(*spans):
        assert running.send(*spans) == 200
        http.until(lambda: len(seen.spans) == len(spans), what="spans")
        found = [seen.spans[each.id].attributes for each in spans]
        assert not [key for each in found for key, value in each.items() if value is None]
        return found

    return send


def recorded(span, instrumentation):
    """Make the calls of an application beside an instrumentation; returns its spans."""
    done = subprocess.run(
        [sys.executable, str(APPLICATION), instrumentation, "clients", "call", "stream", "error"],
        env={key: value for key, value in os.environ.items() if not key.startswith("OTEL_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [
        span(f"{number}", scope=each["scope"], attributes=each["attributes"], name=each["name"])
        for number, each in enumerate(json.loads(done.stdout)["spans"])
    ]


@pytest.mark.parametrize("instrumentation", ["openinference", "openllmetry"])
def test_spans_of_real_instrumentations(normalised, span, instrumentation):
    """Of a call, a stream and an error, as the installed packages make them."""
    call, stream, error = normalised(*recorded(span, instrumentation))
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.response.model": "gpt-test-1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
    }
    assert expected.items() <= call.items()
    assert stream["gen_ai.request.stream"] is True
    assert error["gen_ai.request.model"] == "broken"
    assert "gen_ai.response.model" not in error
    assert not [key for each in (call, stream, error) for key in each if "messages" in key]


def test_what_openllmetry_was_before_the_conventions(normalised, span):
    """Older releases are still in use."""
    (found,) = normalised(
        span(
            "t",
            scope="opentelemetry.instrumentation.mistralai",
            attributes=OPENLLMETRY_BEFORE_THE_CONVENTIONS,
        )
    )
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.request.stream": True,
        "gen_ai.request.frequency_penalty": 0.5,
        "gen_ai.response.finish_reasons": ["stop"],
        "session.id": "support-4711",
        "gen_ai.conversation.id": "support-4711",
        "user.id": "u1",
    }
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {
                "openinference.span.kind": "LLM",
                "session.id": "s",
                "llm.provider": "aws",
                "llm.invocation_parameters": json.dumps(
                    {"temperature": 0.5, "max_tokens": 100, "top_p": 0.9}
                ),
            },
            {
                "gen_ai.conversation.id": "s",
                "gen_ai.provider.name": "aws.bedrock",
                "gen_ai.request.temperature": 0.5,
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.top_p": 0.9,
            },
            id="parameters",
        ),
        pytest.param(
            {"openinference.span.kind": "CHAIN", "metadata": '{"thread_id": "t-1"}'},
            {"session.id": "t-1", "gen_ai.conversation.id": "t-1"},
            id="langgraph-thread",
        ),
        pytest.param(
            {"openinference.span.kind": "TOOL", "tool.name": "refund"},
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund"},
            id="openinference-tool",
        ),
        pytest.param(
            {"traceloop.span.kind": "agent", "traceloop.entity.name": "refunds"},
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "refunds"},
            id="traceloop-agent",
        ),
        pytest.param(
            {"openinference.span.kind": "EMBEDDING", "embedding.model_name": "e-3"},
            {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e-3"},
            id="embedding",
        ),
        pytest.param(
            {
                "openinference.span.kind": "LLM",
                "llm.invocation_parameters": "not JSON",
                "llm.model_name": "m",
                "llm.token_count.completion": 3,
            },
            {
                "gen_ai.request.model": "m",
                "gen_ai.response.model": "m",
                "gen_ai.usage.output_tokens": 3,
            },
            id="unreadable-parameters",
        ),
        pytest.param(
            {
                "gen_ai.request.model": "asked",
                "llm.model_name": "answered",
                "llm.token_count.completion": 3,
                "session.id": "s-1",
                "gen_ai.conversation.id": "c-1",
            },
            {
                "gen_ai.request.model": "asked",
                "gen_ai.response.model": "answered",
                "session.id": "s-1",
                "gen_ai.conversation.id": "c-1",
            },
            id="what-is-there-stays",
        ),
        pytest.param(
            {
                "openinference.span.kind": "LLM",
                "session.id": "made",
                "llm_session.id.source": "lineage",
            },
            {"session.id": "made", "gen_ai.conversation.id": None},
            id="an-id-that-nobody-stated",
        ),
    ],
)
def test_attributes(normalised, span, given, expected):
    """One rule each; `None` is for what must not be there."""
    (found,) = normalised(span("t", scope="of others", attributes=given))
    assert {key: found.get(key) for key in expected} == expected


def test_spans_of_this_library_are_left_alone(normalised, span):
    given = {"session.id": "s", "llm_session.health": 1.0, "gen_ai.request.model": "m"}
    (found,) = normalised(span("t", scope="otel_sessions", attributes=given))
    assert found == given
