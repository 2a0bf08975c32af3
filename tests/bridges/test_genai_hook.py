"""What the completion hook of OpenTelemetry's official packages makes of a call."""

from types import SimpleNamespace

import pytest
from opentelemetry.sdk.trace import TracerProvider

import otel_sessions
from otel_sessions import names
from otel_sessions.bridges.genai_hook import CompletionHook
from otel_sessions.calls import Message, Usage
from otel_sessions.errors import ConfigError

KNOWN = {
    names.OPERATION_NAME: "chat",
    names.PROVIDER_NAME: "openai",
    names.USAGE_INPUT_TOKENS: 90,
    names.USAGE_OUTPUT_TOKENS: 30,
}


@pytest.fixture
def told():
    """Tell a new hook of one call; give what was read of it."""

    def tell(**figures):
        seen = []
        hook = CompletionHook()
        hook.connect(seen.append, None)
        text = SimpleNamespace(type="text", content="Hello.")
        said = [SimpleNamespace(role=role, parts=[text]) for role in ("user", "assistant")]
        known = KNOWN | {getattr(names, name): figure for name, figure in figures.items()}
        span = TracerProvider().get_tracer("official").start_span("chat", attributes=known)
        hook.on_completion(inputs=said[:1], outputs=said[1:], span=span)
        span.end()
        (observation,) = seen
        return observation.read()

    return tell


@pytest.mark.parametrize(
    ("figures", "cached_and_reasoning"),
    [
        pytest.param({}, (None, None, None), id="unknown-is-not-zero"),
        pytest.param({"USAGE_CACHE_READ": 7}, (7, None, None), id="read-from-a-cache"),
        pytest.param({"USAGE_CACHE_CREATION": 6}, (None, 6, None), id="written-to-a-cache"),
        pytest.param({"USAGE_REASONING": 5}, (None, None, 5), id="reasoning"),
    ],
)
def test_each_kind_of_token_is_kept_apart(told, figures, cached_and_reasoning):
    """Tokens of reasoning are no tokens that went to a cache."""
    call = told(**figures)
    assert call.reply.usage == Usage(90, 30, *cached_and_reasoning)
    assert call.reply.message == Message("assistant", "Hello.")


@pytest.mark.parametrize("name", ["nowhere", "otel_sessions"])
def test_a_next_hook_that_cannot_be_called_is_refused(name):
    """One that is not there, which nothing would ever tell, and ours, which would call itself."""
    with pytest.raises(ConfigError, match=f"completion_hook='{name}': must be"):
        otel_sessions.instrument(completion_hook=name)
