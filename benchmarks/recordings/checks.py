"""Checks: whether what we saw of a call is what was recorded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.recordings.expectations import Expectation
from otel_sessions import names
from otel_sessions.calls import Call
from otel_sessions.testing.exchanges import Exchange

_FIRST_ERROR = 400
_PROVIDERS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "us-central1-aiplatform.googleapis.com": "gcp.vertex_ai",
    "bedrock-runtime.us-east-1.amazonaws.com": "aws.bedrock",
    "bedrock-runtime.us-west-2.amazonaws.com": "aws.bedrock",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.deepseek.com": "deepseek",
    "api.cohere.com": "cohere",
    "api.together.ai": "together_ai",
    "openrouter.ai": "openrouter",
}
"""What `gen_ai.provider.name` must be for the hosts whose names say it."""


def differences(
    exchange: Exchange,
    expected: Expectation | None,
    calls: Sequence[Call],
    spans: Sequence[Any],
    *,
    late: bool = False,
) -> Iterator[str]:
    """Name what differs between the recording and what we saw.

    Args:
        exchange: what was recorded.
        expected: what its reply says; `None` if the client raised.
        calls: that we read.
        spans: that we made.
        late: the client reads the reply after it came, and may raise then.

    """
    if len(calls) != 1 or len(spans) != 1:
        yield f"{len(calls)} calls and {len(spans)} spans instead of one"
        return
    call, attributes = calls[0], spans[0].attributes
    if spans[0].instrumentation_scope.name != names.SCOPE:
        # A span that the client itself made, which words this as it likes.
        attributes = {**attributes, **_worded(call, attributes)}
    yield from _of_start(exchange, call, attributes)
    if expected is None:
        if not (late and call.outcome == "completed" and exchange.status < _FIRST_ERROR):
            yield from _of_error(exchange, call, attributes)
        return
    yield from _of_reply(expected, call, attributes)


def _worded(call: Call, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Give our words for what has others on a span, and nothing for what is not there."""
    ours = {
        names.ERROR_TYPE: call.error_type,
        names.RESPONSE_FINISH_REASONS: call.reply.finish_reasons,
    }
    return {name: value for name, value in ours.items() if attributes.get(name)}


def _of_start(exchange: Exchange, call: Call, attributes: Mapping[str, Any]) -> Iterator[str]:
    known = _PROVIDERS.get(exchange.url.hostname or "", call.provider)
    of_azure = exchange.url.path.partition("/openai/deployments/")[2]
    if of_azure:
        known = "azure.ai.openai"
    yield from _compare("provider", known, call.provider)
    yield from _compare("provider attribute", call.provider, attributes.get(names.PROVIDER_NAME))
    asked = exchange.body
    model = asked.get("model") if isinstance(asked, dict) else None
    # A deployment stands in the address; what old clients wrote beside it is not asked for.
    model = of_azure.partition("/")[0] or model
    if model:
        yield from _compare("requested model", model, attributes.get(names.REQUEST_MODEL))
    if not attributes.get(names.REQUEST_MODEL):
        yield "no requested model"
    streams = isinstance(asked, dict) and bool(asked.get("stream"))
    if streams:
        yield from _compare("stream", True, attributes.get(names.REQUEST_STREAM))  # noqa: FBT003 - a value


def _of_error(exchange: Exchange, call: Call, attributes: Mapping[str, Any]) -> Iterator[str]:
    if call.outcome == "aborted":  # A helper that raises has left its stream.
        return
    yield from _compare("outcome", "failed", call.outcome)
    if not call.error_type:
        yield "no error type"
    if exchange.status >= _FIRST_ERROR:
        yield from _compare("error type", str(exchange.status), call.error_type)
    yield from _compare("error attribute", call.error_type, attributes.get(names.ERROR_TYPE))


def _of_reply(expected: Expectation, call: Call, attributes: Mapping[str, Any]) -> Iterator[str]:
    reply, usage = call.reply, call.reply.usage
    tokens = {
        names.USAGE_INPUT_TOKENS: (expected.input_tokens, usage.input_tokens),
        names.USAGE_OUTPUT_TOKENS: (expected.output_tokens, usage.output_tokens),
        names.USAGE_CACHE_READ: (expected.cache_read_tokens, usage.cache_read_tokens),
        names.USAGE_CACHE_CREATION: (expected.cache_creation_tokens, usage.cache_creation_tokens),
        names.USAGE_REASONING: (expected.reasoning_tokens, usage.reasoning_tokens),
        names.RESPONSE_MODEL: (expected.model, reply.model),
        names.RESPONSE_ID: (expected.id, reply.id),
    }
    for name, (recorded, seen) in tokens.items():
        yield from _compare(name, recorded, seen)
        yield from _compare(f"attribute {name}", seen, attributes.get(name))
    reasons = attributes.get(names.RESPONSE_FINISH_REASONS)
    yield from _compare("finish reasons", expected.finish_reasons, reply.finish_reasons)
    yield from _compare("finish reasons attribute", expected.finish_reasons, tuple(reasons or ()))
    message = reply.message
    yield from _compare("outcome", "completed", call.outcome)
    yield from _compare("text", expected.text.strip(), (message.text if message else "").strip())
    tool_calls = [
        (tool.name, _parsed(tool.arguments)) for tool in (message.tool_calls if message else ())
    ]
    yield from _compare("tool calls", list(expected.tool_calls), tool_calls)


def _parsed(arguments: Any) -> Any:  # noqa: ANN401 - as the model wrote them
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return arguments


def _compare(what: str, recorded: Any, seen: Any) -> Iterator[str]:  # noqa: ANN401 - as recorded
    if recorded != seen:
        yield f"{what}: {_short(recorded)} recorded, {_short(seen)} seen"


def _short(value: Any) -> str:  # noqa: ANN401 - as recorded
    shown = repr(value)
    return shown if len(shown) <= 120 else f"{shown[:57]}...{shown[-60:]}"  # noqa: PLR2004 - a line
