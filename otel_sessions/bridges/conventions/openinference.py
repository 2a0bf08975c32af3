"""OpenInference: spans of kind `LLM`, with `llm.input_messages.0.message.content` and so on.

It has no name for the model that was asked for; the one that answered stands for both.
Source: the package openinference-semantic-conventions 0.1.42.
"""

from typing import Any

from otel_sessions import names
from otel_sessions.adoptions import INFERENCE
from otel_sessions.bridges.conventions.exchanges import (
    Attributes,
    Exchange,
    first_text,
    message_of,
    number_of,
    numbered,
    session_of,
    text_of,
)
from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage


def tells(attributes: Attributes) -> bool:
    """Tell an inference by the kind of the span."""
    return attributes.get(names.OPENINFERENCE_SPAN_KIND) in INFERENCE[names.OPENINFERENCE_SPAN_KIND]


def read(attributes: Attributes) -> Exchange:
    """Read one inference; may raise."""
    model = first_text(attributes, (names.OPENINFERENCE_MODEL,))
    asked = [_message(found) for found in numbered(attributes, names.OPENINFERENCE_INPUT)]
    replies = numbered(attributes, names.OPENINFERENCE_OUTPUT)
    reason = first_text(attributes, (names.OPENINFERENCE_FINISH_REASON,))
    return Exchange(
        provider=first_text(attributes, names.OPENINFERENCE_PROVIDERS) or "unknown",
        request=Request(model=model, messages=asked or None),
        reply=Reply(
            message=next((_message(found) for found in replies), None),
            model=model,
            finish_reasons=(reason,) if reason else (),
            usage=Usage(
                number_of(attributes.get(names.OPENINFERENCE_PROMPT_TOKENS)),
                number_of(attributes.get(names.OPENINFERENCE_COMPLETION_TOKENS)),
                number_of(attributes.get(names.OPENINFERENCE_CACHE_READ_TOKENS)),
            ),
        ),
        session_id=session_of(attributes),
        user_id=first_text(attributes, (names.USER_ID,)),
        agent=first_text(attributes, (names.AGENT_NAME,)),
    )


def _message(found: dict[str, Any]) -> Message:
    said = {key.removeprefix("message."): value for key, value in found.items()}
    parts = list(numbered(said, "contents"))
    texts = [
        text_of(part.get("message_content.text"))
        for part in parts
        if part.get("message_content.type") == "text"
    ]
    calls = [
        ToolCall(
            str(call.get("tool_call.function.name") or ""),
            text_of(call.get("tool_call.function.arguments")),
            call.get("tool_call.id"),
        )
        for call in numbered(said, "tool_calls")
    ]
    text = said.get("content") if "content" in said else "\n".join(texts)
    others = len(parts) - len(texts)
    return message_of(said.get("role"), text, calls, said.get("tool_call_id"), others)
