"""Mistral: chat completions and those of its agents; they look like OpenAI's.

Thinking is no text of a reply. Tested with mistralai 1.0 to 3.7, whose modules have moved.
Source: https://docs.mistral.ai/api/
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request
from otel_sessions.providers import openai_chat
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import get, items, text
from otel_sessions.providers._finish import finish_reasons
from otel_sessions.providers._hosts import provider_of, server_of
from otel_sessions.providers._provider import (
    Messages,
    Opening,
    Provider,
    Returned,
    Target,
    read_generated,
)


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take model or agent, and where the request goes."""
    url, _ = resource.sdk_configuration.get_server_details()
    host, port = server_of(arguments.get("server_url") or url)
    return Opening(
        provider=provider_of(host or "", "mistral_ai"),
        model=text(arguments.get("model")) or text(arguments.get("agent_id")),
        stream=bool(arguments.get("stream")),
        server_address=host,
        server_port=port,
    )


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream, which was a plain generator at first."""
    held = getattr(result, "__dict__", {})
    if "generator" in held:
        return Returned(stream=result, iterator="generator", response=held.get("response"))
    return read_generated(result)


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; the messages stay unread until they are asked for."""
    return replace(
        openai_chat.read_request(arguments),
        messages=Messages.of(arguments.get("messages"), read_message),
        seed=arguments["random_seed"] if isinstance(arguments.get("random_seed"), int) else None,
    )


def read_message(raw: Any) -> Message:
    """Read one message without the model's thoughts."""
    message = openai_chat.read_message(raw)
    thoughts = sum(get(part, "type") == "thinking" for part in items(get(raw, "content")))
    return replace(message, other_parts=message.other_parts - thoughts) if thoughts else message


def read_reply(reply: Any) -> Reply:
    """Read a complete reply."""
    choices = items(get(reply, "choices"))
    message = get(choices[0], "message") if choices else None
    read = openai_chat.read_reply(reply)
    return replace(
        read,
        message=None if message is None else replace(read_message(message), role="assistant"),
        finish_reasons=_words(read),
    )


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together, as far as it came; events hold the chunks."""
    held = [get(chunk, "data") or chunk for chunk in chunks]
    read = openai_chat.read_chunks(held)
    return replace(read, finish_reasons=_words(read))


def _words(reply: Reply) -> tuple[str, ...]:
    """Say `model_length` in the conventions' word; `tool_calls` stays as in OpenAI's protocol."""
    return finish_reasons(reply.finish_reasons)


def has_content(chunk: Any) -> bool:
    """Tell whether an event carries text or a piece of a tool call."""
    return openai_chat.has_content(get(chunk, "data") or chunk)


def is_final(chunk: Any) -> bool:
    """Tell whether an event says why the reply ended."""
    return openai_chat.is_final(get(chunk, "data") or chunk)


PROVIDER = Provider(
    name="mistral",
    targets=tuple(
        Target(f"{module}.{method}", streams=method.startswith("stream"))
        for module in (
            "mistralai.chat:Chat",  # Until 1.x.
            "mistralai.agents:Agents",
            "mistralai.client.chat:Chat",
            "mistralai.client.agents:Agents",
        )
        for method in ("complete", "complete_async", "stream", "stream_async")
    ),
    read_opening=read_opening,
    read_returned=read_returned,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
    own_scope="mistralai_sdk_tracer",
)
