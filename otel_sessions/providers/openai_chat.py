"""OpenAI chat completions: how their calls are read.

Tested with openai 1.26 to 3.54, and with what servers of the same protocol send. Replies are read
by attribute or key and never by class, so that this module imports without the client.
Source: https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, Role, ToolCall, Usage
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import fields, get, integer, items, number, sent, text, texts
from otel_sessions.providers._hosts import provider_of
from otel_sessions.providers._provider import Messages, Opening, Provider, Target
from otel_sessions.providers._stainless import (
    body_of,
    conversation_in_metadata,
    is_azure,
    read_body,
    read_returned,
    server,
)

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model, where the request goes, and the conversation's id in `metadata`."""
    host, port = server(resource)
    return Opening(
        provider="azure.ai.openai" if is_azure(resource) else provider_of(host, "openai"),
        model=text(arguments.get("model")),
        stream=bool(arguments.get("stream")),
        conversation_id=conversation_in_metadata(arguments),
        server_address=host,
        server_port=port,
    )


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
    known = texts(map(part_text, parts))
    return known, len(parts) - len(known)


def part_text(part: Any) -> str | None:
    """Return the text of a part of a content; `None` if it is no text."""
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
    body = body_of(reply)
    if body is not None:
        return read_body(body, read_reply, read_chunks)
    choices = items(get(reply, "choices"))
    message = get(choices[0], "message") if choices else None
    return Reply(
        message=None if message is None else replace(read_message(message), role="assistant"),
        model=text(get(reply, "model")) or None,
        id=text(get(reply, "id")) or None,
        finish_reasons=tuple(
            filter(None, texts(get(choice, "finish_reason") for choice in choices))
        ),
        usage=_usage(get(reply, "usage")),
    )


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
    details = get(usage, "prompt_tokens_details")
    return Usage(
        input_tokens=integer(get(usage, "prompt_tokens")),
        output_tokens=integer(get(usage, "completion_tokens")),
        cache_read_tokens=integer(get(details, "cached_tokens")),
        cache_creation_tokens=integer(sent(details, "cache_write_tokens")),
        reasoning_tokens=integer(get(get(usage, "completion_tokens_details"), "reasoning_tokens")),
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
