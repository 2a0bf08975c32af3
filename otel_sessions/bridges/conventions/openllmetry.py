"""OpenLLMetry: its own names, before it took over OpenTelemetry's for messages.

A message is spread over keys such as `gen_ai.prompt.0.content`.

Source: opentelemetry-semantic-conventions-ai, and spans of opentelemetry-instrumentation-openai
0.40; from 0.60 on its spans are read as OpenTelemetry's.
"""

from typing import Any

from otel_sessions import names
from otel_sessions.adoptions import INFERENCE
from otel_sessions.bridges.conventions import gen_ai
from otel_sessions.bridges.conventions.exchanges import (
    Attributes,
    Exchange,
    list_of,
    message_of,
    numbered,
    text_of,
)
from otel_sessions.calls import Message, ToolCall


def tells(attributes: Attributes) -> bool:
    """Tell an inference by the type of its request, if its messages are not OpenTelemetry's."""
    typed = attributes.get(names.LLM_REQUEST_TYPE) in INFERENCE[names.LLM_REQUEST_TYPE]
    return typed and names.INPUT_MESSAGES not in attributes


def read(attributes: Attributes) -> Exchange:
    """Read one inference; may raise."""
    prompts = [_message(found) for found in numbered(attributes, names.OPENLLMETRY_PROMPT)]
    replies = list(numbered(attributes, names.OPENLLMETRY_COMPLETION))
    reasons = [str(found["finish_reason"]) for found in replies if found.get("finish_reason")]
    known = {
        **attributes,
        names.PROVIDER_NAME: str(attributes.get(names.SYSTEM) or "unknown").lower(),
        names.USAGE_INPUT_TOKENS: attributes.get(names.OPENLLMETRY_PROMPT_TOKENS),
        names.USAGE_OUTPUT_TOKENS: attributes.get(names.OPENLLMETRY_COMPLETION_TOKENS),
        names.RESPONSE_FINISH_REASONS: reasons,
    }
    reply = _message(replies[0]) if replies else None
    return gen_ai.exchange(known, prompts or None, reply)


def _message(found: dict[str, Any]) -> Message:
    calls = [
        ToolCall(str(call.get("name") or ""), text_of(call.get("arguments")), call.get("id"))
        for call in numbered(found, "tool_calls")
    ]
    text, others = _text(found.get("content"))
    role = found.get("role") or "assistant"
    return message_of(role, text, calls, found.get("tool_call_id"), others)


def _text(content: object) -> tuple[str, int]:
    """Read a content that may be a list of parts in JSON; give its text and its other parts."""
    parts = list_of(content) if isinstance(content, str) and content.startswith("[{") else []
    if not parts or not all(isinstance(part, dict) and "type" in part for part in parts):
        return text_of(content), 0
    texts = [text_of(part.get("text")) for part in parts if part["type"] == "text"]
    return "\n".join(texts), len(parts) - len(texts)
