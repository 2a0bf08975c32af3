"""Anthropic messages: how their calls are read, also of the beta and by way of Bedrock and Vertex.

Tool results stand in messages of the user; here each is a message of its own. Thinking is no text
of the reply, and what the server's own tools do is none of the application's tool calls. Tokens
that came from or went to a cache are counted apart by Anthropic and part of the input here.
Tested with anthropic 0.49 to 2.12.
Source: https://docs.anthropic.com/en/api/messages
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import get, integer, items, number, text, texts, total
from otel_sessions.providers._finish import finish_reasons
from otel_sessions.providers._hosts import provider_of
from otel_sessions.providers._provider import Messages, Opening, Provider, Target
from otel_sessions.providers._stainless import (
    body_of,
    read_body,
    read_returned,
    server,
)

_SILENT = ("thinking", "redacted_thinking", "tool_use", "server_tool_use", "mcp_tool_use")
"""Blocks that are neither text nor something that was shown."""


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model and where the request goes."""
    host, port = server(resource)
    return Opening(
        provider=provider_of(host, "anthropic"),
        model=text(arguments.get("model")),
        stream=bool(arguments.get("stream")),
        server_address=host,
        server_port=port,
    )


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; the messages stay unread until they are asked for."""
    return Request(
        model=text(arguments.get("model")),
        messages=read_messages(arguments.get("messages"), arguments.get("system")),
        stream=bool(arguments.get("stream")),
        temperature=number(arguments.get("temperature")),
        top_p=number(arguments.get("top_p")),
        max_tokens=integer(arguments.get("max_tokens")),
        stop_sequences=tuple(texts(items(arguments.get("stop_sequences")))),
        output_type="json" if arguments.get("output_format") else None,
    )


def read_messages(raw: Any, system: Any) -> Messages | None:
    """Put the system prompt first and each tool result on its own."""
    if not isinstance(raw, list | tuple):
        return None
    prompt = [{"role": "system", "content": system}] if isinstance(system, str | list) else []
    return Messages([*prompt, *(part for message in raw for part in _parts(message))], read_message)


def _parts(message: Any) -> Iterator[Any]:
    content = items(get(message, "content"))
    results = [block for block in content if get(block, "type") == "tool_result"]
    yield from results
    if not results:
        yield message
    elif len(results) < len(content):
        rest = [block for block in content if get(block, "type") != "tool_result"]
        yield {"role": "user", "content": rest}


def read_message(raw: Any) -> Message:
    """Read a message or a tool result."""
    parts, other_parts = _content(get(raw, "content"))
    if get(raw, "type") == "tool_result":
        return Message(
            "tool",
            "\n".join(parts),
            tool_call_id=text(get(raw, "tool_use_id")),
            other_parts=other_parts,
        )
    role = get(raw, "role")
    return Message(
        role=role if role in ("system", "assistant") else "user",
        text="\n".join(parts),
        tool_calls=_tool_calls(items(get(raw, "content"))),
        other_parts=other_parts,
    )


def _content(content: Any) -> tuple[list[str], int]:
    """Return the texts of a content and the number of things in it that are shown and no text."""
    if isinstance(content, str):
        return [content], 0
    blocks = [block for block in items(content) if get(block, "type") not in _SILENT]
    known = texts(get(block, "text") for block in blocks)
    others = [block for block in blocks if get(block, "text") is None]
    return known, sum(not (text(get(block, "type")) or "").endswith("_result") for block in others)


def _tool_calls(blocks: Sequence[Any]) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(
            name=text(get(block, "name")) or "",
            arguments=get(block, "input") if isinstance(get(block, "input"), dict | str) else "",
            id=text(get(block, "id")),
        )
        for block in blocks
        if get(block, "type") == "tool_use"
    )


def read_reply(reply: Any) -> Reply:
    """Read a complete reply: a message, or the HTTP response that brought it."""
    body = body_of(reply)
    if body is not None:
        return read_body(body, read_reply, read_chunks)
    content = get(reply, "content")
    return Reply(
        message=None
        if content is None
        else read_message({"role": "assistant", "content": content}),
        model=text(get(reply, "model")),
        id=text(get(reply, "id")),
        finish_reasons=finish_reasons([text(get(reply, "stop_reason"))]),
        usage=_usage([get(reply, "usage")]),
    )


def _reply_message(content: Sequence[Any]) -> Message | None:
    return read_message({"role": "assistant", "content": content}) if content else None


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together, as far as it came."""
    started: Any = None
    reason: str | None = None
    usages: list[Any] = []
    blocks: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        kind = get(chunk, "type")
        if kind == "content_block_delta":
            _add_delta(blocks.get(get(chunk, "index"), {}), get(chunk, "delta"))
        elif kind == "content_block_start":
            blocks[get(chunk, "index")] = _started(get(chunk, "content_block"))
        elif kind == "message_start":
            started = get(chunk, "message")
            usages.append(get(started, "usage"))
        elif kind == "message_delta":
            reason = text(get(get(chunk, "delta"), "stop_reason")) or reason
            usages.append(get(chunk, "usage"))
    content = [_joined(blocks[index]) for index in sorted(blocks)]
    return Reply(
        message=_reply_message(content),
        model=text(get(started, "model")),
        id=text(get(started, "id")),
        finish_reasons=finish_reasons([reason]),
        usage=_usage(usages),
    )


def _started(block: Any) -> dict[str, Any]:
    return {
        **{name: get(block, name) for name in ("type", "id", "name", "input")},
        "pieces": [text(get(block, "text")) or ""],
    }


def _add_delta(block: dict[str, Any], delta: Any) -> None:
    piece = text(get(delta, "text"))
    if piece is None:
        piece = text(get(delta, "partial_json"))
    if piece is not None and "pieces" in block:
        block["pieces"].append(piece)


def _joined(block: dict[str, Any]) -> dict[str, Any]:
    joined = "".join(block["pieces"])
    if block["type"] == "text":
        return {**block, "text": joined}
    # Arguments come in pieces; without any, there are none and the empty object stands.
    return {**block, "input": joined or block["input"]}


def _usage(usages: Sequence[Any]) -> Usage:
    """Read the usage; of a stream, the last figure of each kind counts."""

    def latest(name: str) -> int | None:
        figures = (integer(get(usage, name)) for usage in reversed(usages))
        return next((figure for figure in figures if figure is not None), None)

    read, created = latest("cache_read_input_tokens"), latest("cache_creation_input_tokens")
    details = (get(usage, "output_tokens_details") for usage in reversed(usages))
    thought = (integer(get(detail, "thinking_tokens")) for detail in details)
    return Usage(
        input_tokens=total(latest("input_tokens"), read, created),
        output_tokens=latest("output_tokens"),
        cache_read_tokens=read,
        cache_creation_tokens=created,
        reasoning_tokens=next((figure for figure in thought if figure is not None), None),
    )


def has_content(chunk: Any) -> bool:
    """Tell whether a chunk carries text or a piece of a tool call."""
    delta = get(chunk, "delta")
    return bool(get(delta, "text") or get(delta, "partial_json"))


def is_final(chunk: Any) -> bool:
    """Tell whether a chunk says why the reply ended."""
    return bool(get(get(chunk, "delta"), "stop_reason")) or get(chunk, "type") == "message_stop"


_RESOURCES = (
    ("anthropic.resources.messages:{}Messages", ""),
    ("anthropic.resources.beta.messages:{}Messages", "Beta"),
)


def _targets() -> Iterator[Target]:
    for resource, beta in _RESOURCES:
        for method in ("create", "parse"):
            yield Target(f"{resource.format('')}.{method}")
            yield Target(f"{resource.format('Async')}.{method}")
        manager = f"_{beta}MessageStreamManager__api_request"
        yield Target(f"{resource.format('')}.stream", streams=True, request=manager)
        manager = f"_{beta}AsyncMessageStreamManager__api_request"
        yield Target(f"{resource.format('Async')}.stream", streams=True, request=manager)


PROVIDER = Provider(
    name="anthropic",
    targets=tuple(_targets()),
    read_opening=read_opening,
    read_returned=read_returned,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
    own_scope="com.anthropic.sdk.python",  # Since 2.0.
)
