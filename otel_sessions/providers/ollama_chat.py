"""Ollama: how the calls of its own client are read, chat and generation.

Tested with ollama 0.3 to 0.6. Source: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers import openai_chat
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import get, integer, items, number, text, texts
from otel_sessions.providers._finish import finish_reasons
from otel_sessions.providers._hosts import provider_of
from otel_sessions.providers._provider import (
    Messages,
    Opening,
    Provider,
    Target,
    by_name,
    read_generated,
)


def read_opening(client: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model and where the request goes."""
    url = client._client.base_url  # noqa: SLF001 - the client says nowhere else where it sends
    return Opening(
        provider=provider_of(url.host, "ollama"),
        model=text(arguments.get("model")),
        operation="chat" if arguments.get("prompt") is None else "text_completion",
        stream=bool(arguments.get("stream")),
        server_address=url.host,
        server_port=url.port,
    )


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; the messages stay unread until they are asked for."""
    options = arguments.get("options")
    prompt = text(arguments.get("prompt"))
    return Request(
        operation="chat" if prompt is None else "text_completion",
        model=text(arguments.get("model")),
        messages=Messages.of(arguments.get("messages"), _read_message)
        if prompt is None
        else (Message("user", prompt),),
        stream=bool(arguments.get("stream")),
        temperature=number(get(options, "temperature")),
        top_p=number(get(options, "top_p")),
        max_tokens=integer(get(options, "num_predict")),
        frequency_penalty=number(get(options, "frequency_penalty")),
        presence_penalty=number(get(options, "presence_penalty")),
        seed=integer(get(options, "seed")),
        stop_sequences=tuple(texts(items(get(options, "stop")))),
        output_type="json" if arguments.get("format") else None,
    )


def _read_message(raw: Any) -> Message:
    """Read one message; its images stand beside the text, arguments of tools are objects."""
    message = openai_chat.read_message(raw)
    return replace(
        message,
        other_parts=len(items(get(raw, "images"))),
        tool_calls=_tool_calls([raw]),
    )


def _tool_calls(messages: Sequence[Any]) -> tuple[ToolCall, ...]:
    calls = [call for message in messages for call in items(get(message, "tool_calls"))]
    functions = [get(call, "function") for call in calls]
    return tuple(
        ToolCall(text(get(function, "name")) or "", get(function, "arguments") or {})
        for function in functions
    )


def read_reply(reply: Any) -> Reply:
    """Read a complete reply."""
    return read_chunks([reply])


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together; a chunk looks like a complete reply, the last has figures."""
    messages = [get(chunk, "message") for chunk in chunks]
    said = texts(get(message, "content") for message in messages)
    said += texts(get(chunk, "response") for chunk in chunks)
    last = chunks[-1]
    return Reply(
        message=Message("assistant", "".join(said), _tool_calls(messages)),
        model=text(get(last, "model")),
        finish_reasons=finish_reasons([text(get(last, "done_reason"))]),
        usage=Usage(
            input_tokens=integer(get(last, "prompt_eval_count")),
            output_tokens=integer(get(last, "eval_count")),
        ),
    )


def has_content(chunk: Any) -> bool:
    """Tell whether a chunk carries text or a tool call."""
    message = get(chunk, "message")
    return bool(get(message, "content") or get(message, "tool_calls") or get(chunk, "response"))


def is_final(chunk: Any) -> bool:
    """Tell whether a chunk says that the reply is complete."""
    return get(chunk, "done") is True


_CHAT = Provider(
    name="ollama",
    targets=(
        Target("ollama._client:Client.chat"),
        Target("ollama._client:AsyncClient.chat"),
        Target("ollama:chat"),  # A bound method, made when the module was imported.
    ),
    bind=by_name("model", "messages"),
    read_opening=read_opening,
    read_returned=read_generated,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
)

PROVIDERS = (
    _CHAT,
    replace(
        _CHAT,
        targets=(
            Target("ollama._client:Client.generate"),
            Target("ollama._client:AsyncClient.generate"),
            Target("ollama:generate"),
        ),
        bind=by_name("model", "prompt"),
        messages="prompt",
    ),
)
"""Chat and generation, which differ in what may be given by position."""
