"""GenAI: OpenTelemetry's own conventions, in the official packages, and OpenLLMetry from 0.60 on.

Messages are lists of parts, in JSON or as structured values. Without captured content the figures
are still there: tokens, model, why the reply ended, errors.
Source: semantic-conventions-genai, `gen_ai.input.messages` and its JSON schema.
"""

from collections.abc import Iterator
from typing import Any

from otel_sessions import names
from otel_sessions.adoptions import INFERENCE
from otel_sessions.bridges.conventions.exchanges import (
    Attributes,
    Exchange,
    first_text,
    list_of,
    message_of,
    number_of,
    session_of,
    text_of,
)
from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage

_DEFAULT_OPERATION = "chat"


def tells(attributes: Attributes) -> bool:
    """Tell an inference by its operation."""
    return attributes.get(names.OPERATION_NAME) in INFERENCE[names.OPERATION_NAME]


def read(attributes: Attributes) -> Exchange:
    """Read one inference; may raise."""
    given = attributes.get(names.INPUT_MESSAGES)
    messages = None if given is None else list(_messages(given))
    system = _text(list_of(attributes.get(names.SYSTEM_INSTRUCTIONS)))
    if system and messages is not None:
        messages.insert(0, message_of("system", system))
    output = _messages(attributes.get(names.OUTPUT_MESSAGES))
    return exchange(attributes, messages, next(output, None))


def exchange(
    attributes: Attributes, messages: list[Message] | None, reply: Message | None
) -> Exchange:
    """Add to the messages what stands in attributes of one value."""
    return Exchange(
        provider=first_text(attributes, (names.PROVIDER_NAME, names.SYSTEM)) or "unknown",
        request=Request(
            operation=first_text(attributes, (names.OPERATION_NAME,)) or _DEFAULT_OPERATION,
            model=first_text(attributes, (names.REQUEST_MODEL,)),
            messages=messages,
            stream=bool(attributes.get(names.REQUEST_STREAM)),
        ),
        reply=Reply(
            message=reply,
            model=first_text(attributes, (names.RESPONSE_MODEL,)),
            id=first_text(attributes, (names.RESPONSE_ID,)),
            finish_reasons=tuple(map(str, list_of(attributes.get(names.RESPONSE_FINISH_REASONS)))),
            usage=Usage(
                number_of(attributes.get(names.USAGE_INPUT_TOKENS)),
                number_of(attributes.get(names.USAGE_OUTPUT_TOKENS)),
                number_of(attributes.get(names.USAGE_CACHE_READ)),
                number_of(attributes.get(names.USAGE_CACHE_CREATION)),
                number_of(attributes.get(names.USAGE_REASONING)),
            ),
        ),
        session_id=session_of(attributes),
        user_id=first_text(attributes, (names.USER_ID,)),
        agent=first_text(attributes, (names.AGENT_NAME,)),
    )


def _messages(value: object) -> Iterator[Message]:
    for message in list_of(value):
        parts = list_of(message.get("parts"))
        results = [part for part in parts if part.get("type") == "tool_call_response"]
        for part in results:
            result = part.get("response", part.get("result"))
            yield message_of("tool", result, tool_call_id=part.get("id"))
        if not results:
            calls = [_tool_call(part) for part in parts if part.get("type") == "tool_call"]
            others = sum(part.get("type") not in ("text", "tool_call") for part in parts)
            yield message_of(message.get("role"), _text(parts), calls, other_parts=others)


def _text(parts: list[Any]) -> str:
    return "\n".join(text_of(part.get("content")) for part in parts if part.get("type") == "text")


def _tool_call(part: dict[str, Any]) -> ToolCall:
    arguments = part.get("arguments")
    known = arguments if isinstance(arguments, dict) else text_of(arguments)
    return ToolCall(str(part.get("name") or ""), known, part.get("id"))
