"""Cohere chat: how the calls of version 2 of its API are read.

Tokens are those that the model saw, not those that are billed. Plans and thoughts are no text of
a reply. Tested with cohere 5.17 to 7.3.
Source: https://docs.cohere.com/reference/chat
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers import openai_chat
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import get, integer, items, number, text, texts
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


def read_opening(client: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model and where the request goes."""
    wrapper = get(client, "_client_wrapper") or client._raw_client._client_wrapper  # noqa: SLF001 - it says where it sends
    host, port = server_of(wrapper.get_base_url())
    return Opening(
        provider=provider_of(host or "", "cohere"),
        model=text(arguments.get("model")),
        stream=bool(arguments.get("stream")),
        server_address=host,
        server_port=port,
    )


def read_returned(result: Any) -> Returned:
    """Tell a reply, also in a raw response, from a stream, which is a plain generator."""
    if isinstance(getattr(type(result), "data", None), property):
        return Returned(reply=result.data)
    return read_generated(result)


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; the messages stay unread until they are asked for."""
    return replace(
        openai_chat.read_request(arguments),
        messages=Messages.of(arguments.get("messages"), read_message),
        top_p=number(arguments.get("p")),
        stop_sequences=tuple(texts(items(arguments.get("stop_sequences")))),
    )


def read_message(raw: Any) -> Message:
    """Read one message; results of tools may be documents."""
    message = openai_chat.read_message(raw)
    parts = items(get(raw, "content"))
    documents = [_document(part) for part in parts if get(part, "type") == "document"]
    thoughts = sum(get(part, "type") == "thinking" for part in parts)
    if not documents and not thoughts:
        return message
    return replace(
        message,
        text="\n".join(filter(None, [message.text, *documents])),
        other_parts=message.other_parts - len(documents) - thoughts,
    )


def _document(part: Any) -> str:
    data = get(get(part, "document"), "data")
    return data if isinstance(data, str) else json.dumps(data, default=str)


def read_reply(reply: Any) -> Reply:
    """Read a complete reply."""
    message = get(reply, "message")
    return Reply(
        message=None if message is None else replace(read_message(message), role="assistant"),
        id=text(get(reply, "id")),
        finish_reasons=finish_reasons([text(get(reply, "finish_reason"))]),
        usage=_usage(get(reply, "usage")),
    )


def _usage(usage: Any) -> Usage:
    tokens = get(usage, "tokens") or get(usage, "billed_units")
    return Usage(
        input_tokens=integer(get(tokens, "input_tokens")),
        output_tokens=integer(get(tokens, "output_tokens")),
        cache_read_tokens=integer(get(usage, "cached_tokens")),
    )


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together, as far as it came."""
    said: list[Any] = []
    tools: list[dict[str, str]] = []
    end: Any = None
    started = False
    for chunk in chunks:
        kind, delta = get(chunk, "type"), get(chunk, "delta")
        message = get(delta, "message")
        call = get(message, "tool_calls")
        if kind == "content-delta":
            said.append(get(get(message, "content"), "text"))
        elif kind == "tool-call-start":
            tools.append({"id": text(get(call, "id")) or "", "name": "", "arguments": ""})
        elif kind == "message-end":
            end = delta
        if kind in ("tool-call-start", "tool-call-delta") and tools:
            function = get(call, "function")
            tools[-1]["name"] += text(get(function, "name")) or ""
            tools[-1]["arguments"] += text(get(function, "arguments")) or ""
        started = started or kind != "message-start"
    calls = tuple(ToolCall(tool["name"], tool["arguments"], tool["id"]) for tool in tools)
    return Reply(
        message=Message("assistant", "".join(texts(said)), calls) if started else None,
        id=next(filter(None, (text(get(chunk, "id")) for chunk in chunks)), None),
        finish_reasons=finish_reasons([text(get(end, "finish_reason"))]),
        usage=_usage(get(end, "usage")),
    )


def has_content(chunk: Any) -> bool:
    """Tell whether an event carries text or a piece of a tool call."""
    return get(chunk, "type") in ("content-delta", "tool-call-start", "tool-call-delta")


def is_final(chunk: Any) -> bool:
    """Tell whether an event says that the reply is complete."""
    return bool(get(chunk, "type") == "message-end")


PROVIDER = Provider(
    name="cohere",
    targets=(
        Target("cohere.v2.client:V2Client.chat"),
        Target("cohere.v2.client:V2Client.chat_stream", streams=True),
        Target("cohere.v2.client:AsyncV2Client.chat"),
        Target("cohere.v2.client:AsyncV2Client.chat_stream", streams=True),
        Target("cohere.v2.raw_client:RawV2Client.chat"),
        Target("cohere.v2.raw_client:AsyncRawV2Client.chat"),
    ),
    read_opening=read_opening,
    read_returned=read_returned,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
)
