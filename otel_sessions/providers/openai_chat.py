"""OpenAI chat completions: how their calls are read.

Tested with openai 1.26 to 3.54, and with what servers of the same protocol send. Replies are read
by attribute or key and never by class, so that this module imports without the client.
Source: https://platform.openai.com/docs/api-reference/chat
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, Role, ToolCall, Usage
from otel_sessions.providers._fields import fields, get, integer, items, number, text, texts
from otel_sessions.providers._hosts import provider_of
from otel_sessions.providers._overflow import is_overflow
from otel_sessions.providers._provider import (
    Failure,
    Messages,
    Opening,
    Provider,
    Returned,
    Target,
)

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}

_CONVERSATION_KEYS = ("session_id", "conversation_id", "thread_id", "chat_id")
_HTTPS_PORT = 443


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model, where the request goes, and the conversation's id in `metadata`."""
    client = resource._client  # noqa: SLF001 - a resource says nowhere else where it sends
    url = client.base_url
    host, port = url.host, url.port
    return Opening(
        provider="azure.ai.openai"
        if hasattr(client, "_api_version")
        else provider_of(host, "openai"),
        model=text(arguments.get("model")),
        stream=bool(arguments.get("stream")),
        conversation_id=_conversation_id(arguments),
        server_address=host,
        server_port=None if port == _HTTPS_PORT else port,
    )


def _conversation_id(arguments: Mapping[str, Any]) -> str | None:
    metadata = arguments.get("metadata") or get(arguments.get("extra_body"), "metadata")
    if not isinstance(metadata, dict):
        return None
    return next(filter(None, texts(map(metadata.get, _CONVERSATION_KEYS))), None)


def read_returned(result: Any) -> Returned:
    """Tell a completion from a stream, and both from the raw responses that hold them."""
    held = getattr(result, "__dict__", {})
    if "_iterator" in held:
        return Returned(stream=result, response=held.get("response"))
    response = held.get("http_response")
    if response is None:
        return Returned(reply=result)
    if held.get("_stream"):  # Of `with_raw_response`: makes the stream, once, and reads nothing.
        return Returned(stream=result.parse(), response=response)
    if response.is_closed:
        return Returned(reply=response)
    return Returned(body=result, response=response)


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; the messages stay unread until they are asked for."""
    stop = arguments.get("stop")
    return Request(
        model=text(arguments.get("model")),
        messages=Messages.of(arguments.get("messages"), read_message),
        stream=bool(arguments.get("stream")),
        choice_count=integer(arguments.get("n")),
        temperature=number(arguments.get("temperature")),
        top_p=number(arguments.get("top_p")),
        max_tokens=integer(arguments.get("max_completion_tokens"))
        or integer(arguments.get("max_tokens")),
        frequency_penalty=number(arguments.get("frequency_penalty")),
        presence_penalty=number(arguments.get("presence_penalty")),
        seed=integer(arguments.get("seed")),
        stop_sequences=(stop,) if isinstance(stop, str) else tuple(texts(items(stop))),
        output_type=_output_type(arguments.get("response_format")),
    )


def _output_type(response_format: Any) -> str | None:
    if isinstance(response_format, type):
        return "json"
    kind = text(get(response_format, "type")) or ""
    return {"text": "text", "json_object": "json", "json_schema": "json"}.get(kind)


def read_message(raw: Any) -> Message:
    """Read one message: a dict, or an object of the client that was put back into the list.

    Some servers send every field there is, empty; an empty part says nothing.
    """
    parts, other_parts = _content(get(raw, "content"))
    return Message(
        role=_ROLES.get(text(get(raw, "role")) or "", "user"),
        text="\n".join(filter(None, [*parts, text(get(raw, "refusal"))])),
        tool_calls=_tool_calls(raw),
        tool_call_id=text(get(raw, "tool_call_id")),
        other_parts=other_parts + bool(get(get(raw, "audio"), "id")),
    )


def _content(content: Any) -> tuple[list[str], int]:
    """Return the texts of a content and the number of its parts that are no text."""
    if isinstance(content, str):
        return [content], 0
    parts = items(content)
    known = texts(map(_part_text, parts))
    return known, len(parts) - len(known)


def _part_text(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    known = text(get(part, "text"))
    return text(get(part, "refusal")) if known is None else known


def _tool_calls(raw: Any) -> tuple[ToolCall, ...]:
    calls = list(items(get(raw, "tool_calls")))
    legacy = get(raw, "function_call")
    if get(legacy, "name"):
        calls.append({"function": legacy})
    return tuple(map(_tool_call, calls))


def _tool_call(raw: Any) -> ToolCall:
    name, arguments = _called(raw)
    return ToolCall(
        name=text(name) or "",
        arguments=arguments if isinstance(arguments, str | Mapping) else "",
        id=text(get(raw, "id")),
    )


def _called(raw: Any) -> tuple[Any, Any]:
    """Return name and arguments of a tool call, which is of a function or of a custom tool."""
    function, custom = get(raw, "function"), get(raw, "custom")
    if function is None or get(custom, "name"):
        return get(custom, "name"), get(custom, "input")
    return get(function, "name"), get(function, "arguments")


def read_reply(reply: Any) -> Reply:
    """Read a complete reply: a completion, or the HTTP response that brought it."""
    body = get(reply, "_content")
    if isinstance(body, bytes):
        return _read_body(body)
    choices = items(get(reply, "choices"))
    message = get(choices[0], "message") if choices else None
    return Reply(
        message=None if message is None else replace(read_message(message), role="assistant"),
        model=text(get(reply, "model")),
        id=text(get(reply, "id")),
        finish_reasons=tuple(texts(get(choice, "finish_reason") for choice in choices)),
        usage=_usage(get(reply, "usage")),
    )


def _read_body(body: bytes) -> Reply:
    if body.lstrip().startswith(b"{"):
        return read_reply(json.loads(body))
    events = (line.removeprefix(b"data:") for line in body.splitlines() if line[:5] == b"data:")
    return read_chunks([json.loads(event) for event in events if b"{" in event])


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together, as far as it came; about 1 µs for each chunk."""
    pieces: list[Any] = []
    tools: dict[int, dict[str, str]] = {}
    reasons: dict[int, Any] = {}
    started = False
    for chunk in chunks:
        for choice in items(get(chunk, "choices")):
            held = fields(choice)
            index = integer(held.get("index")) or 0
            if held.get("finish_reason"):
                reasons[index] = held["finish_reason"]
            if index or held.get("delta") is None:
                continue
            started = True
            delta = fields(held["delta"])
            pieces += (delta.get("content"), delta.get("refusal"))
            if delta.get("tool_calls") or delta.get("function_call"):
                _add_tools(tools, delta)
    calls = tuple(
        ToolCall(tool["name"], tool["arguments"], tool["id"] or None) for tool in tools.values()
    )
    return Reply(
        message=Message("assistant", "".join(texts(pieces)), calls) if started else None,
        model=_first_text(chunks, "model"),
        id=_first_text(chunks, "id"),
        finish_reasons=tuple(texts(reasons[index] for index in sorted(reasons))),
        usage=_streamed_usage(chunks),
    )


def _add_tools(tools: dict[int, dict[str, str]], delta: Any) -> None:
    """Add a chunk's pieces of tool calls; a piece without index and id goes on with the last."""
    legacy = {"index": 0, "function": get(delta, "function_call")}
    for piece in items(get(delta, "tool_calls")) or ([legacy] if any(_called(legacy)) else ()):
        index, given_id = integer(get(piece, "index")), text(get(piece, "id"))
        if index is None:
            index = len(tools) if given_id or not tools else next(reversed(tools))
        tool = tools.setdefault(index, {"id": "", "name": "", "arguments": ""})
        name, arguments = _called(piece)
        tool["id"] = given_id or tool["id"]
        tool["name"] += text(name) or ""
        tool["arguments"] += text(arguments) or ""


def _first_text(chunks: Sequence[Any], name: str) -> str | None:
    return next(filter(None, (text(get(chunk, name)) for chunk in chunks)), None)


def _streamed_usage(chunks: Sequence[Any]) -> Usage:
    """Take the latest usage; Groq has it in a field of its own in the last chunk."""
    usages = (get(chunk, "usage") for chunk in reversed(chunks))
    usage = next((usage for usage in usages if usage is not None), None)
    if usage is None and chunks:
        usage = get(get(chunks[-1], "x_groq"), "usage")
    return _usage(usage)


def _usage(usage: Any) -> Usage:
    return Usage(
        input_tokens=integer(get(usage, "prompt_tokens")),
        output_tokens=integer(get(usage, "completion_tokens")),
        cache_read_tokens=integer(get(get(usage, "prompt_tokens_details"), "cached_tokens")),
        reasoning_tokens=integer(get(get(usage, "completion_tokens_details"), "reasoning_tokens")),
    )


def read_error(error: Exception) -> Failure:
    """Take status or class, and whether the window was exceeded; `parse` errors hold the reply."""
    status = integer(get(error, "status_code"))
    return Failure(
        error_type=type(error).__name__ if status is None else str(status),
        overflow=is_overflow(error, status),
        reply=get(error, "completion"),
    )


def has_content(chunk: Any) -> bool:
    """Tell whether a chunk carries text or a piece of a tool call."""
    pieces = ("content", "tool_calls", "refusal", "function_call")
    deltas = (get(choice, "delta") for choice in items(get(chunk, "choices")))
    return any(get(delta, piece) for delta in deltas for piece in pieces)


def is_final(chunk: Any) -> bool:
    """Tell whether a chunk says why the reply ended."""
    return any(get(choice, "finish_reason") for choice in items(get(chunk, "choices")))


PROVIDER = Provider(
    name="openai",
    targets=(
        Target("openai.resources.chat.completions:Completions.create"),
        Target("openai.resources.chat.completions:AsyncCompletions.create"),
        Target("openai.resources.chat.completions:Completions.parse"),
        Target("openai.resources.chat.completions:AsyncCompletions.parse"),
        Target("openai.resources.beta.chat.completions:Completions.parse"),  # openai 1.40 to 1.91
        Target("openai.resources.beta.chat.completions:AsyncCompletions.parse"),
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
