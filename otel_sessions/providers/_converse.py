"""Converse: the format of Amazon Bedrock's own API, also in the bodies of Amazon's models.

Tool results stand in messages of the user; here each is a message of its own.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers._fields import get, integer, items, number, text, texts, total
from otel_sessions.providers._finish import finish_reasons
from otel_sessions.providers._provider import Messages

_SHOWN = ("image", "document", "video", "audio")


def read_request(asked: Mapping[str, Any]) -> Request:
    """Take the settings; texts stay unread until they are asked for."""
    config = asked.get("inferenceConfig")
    prompt = (
        [{"role": "system", "content": system}] if (system := items(asked.get("system"))) else []
    )
    raw = asked.get("messages")
    messages = None
    if isinstance(raw, list | tuple):
        parts = [part for message in raw for part in _parts(message)]
        messages = Messages([*prompt, *parts], read_message)
    return Request(
        messages=messages,
        temperature=number(get(config, "temperature")),
        top_p=number(get(config, "topP")),
        max_tokens=integer(get(config, "maxTokens")),
        stop_sequences=tuple(texts(items(get(config, "stopSequences")))),
    )


def _parts(message: Any) -> Iterator[Any]:
    content = items(get(message, "content"))
    results = [block for block in content if get(block, "toolResult") is not None]
    yield from results
    rest = [block for block in content if get(block, "toolResult") is None]
    if rest or not results:
        yield {"role": get(message, "role"), "content": rest}


def read_message(raw: Any) -> Message:
    """Read a message or a tool result."""
    result = get(raw, "toolResult")
    if result is not None:
        said = [_result_text(block) for block in items(get(result, "content"))]
        return Message("tool", "\n".join(said), tool_call_id=text(get(result, "toolUseId")))
    blocks = items(get(raw, "content"))
    role = get(raw, "role")
    return Message(
        role=role if role in ("system", "assistant") else "user",
        text="\n".join(texts(get(block, "text") for block in blocks)),
        tool_calls=tuple(
            ToolCall(
                text(get(use, "name")) or "",
                get(use, "input") if isinstance(get(use, "input"), dict | str) else "",
                text(get(use, "toolUseId")),
            )
            for block in blocks
            if (use := get(block, "toolUse")) is not None
        ),
        other_parts=sum(get(block, kind) is not None for block in blocks for kind in _SHOWN),
    )


def _result_text(block: Any) -> str:
    said = text(get(block, "text"))
    if said is not None:
        return said
    found = get(block, "json")
    return "" if found is None else json.dumps(found, default=str)


def read_reply(reply: Any) -> Reply:
    """Read a complete reply."""
    content = items(get(get(get(reply, "output"), "message"), "content"))
    return Reply(
        message=read_message({"role": "assistant", "content": content}) if content else None,
        finish_reasons=finish_reasons([text(get(reply, "stopReason"))]),
        usage=_usage(get(reply, "usage")),
    )


def read_events(events: Sequence[tuple[str, Any]]) -> Reply:
    """Put a streamed reply together, as far as it came, from names and bodies of its events."""
    blocks: dict[int, dict[str, Any]] = {}
    reason: str | None = None
    usage: Any = None
    for name, body in events:
        block = blocks.setdefault(integer(get(body, "contentBlockIndex")) or 0, {})
        if name == "contentBlockDelta":
            delta = get(body, "delta")
            block.setdefault("text", []).extend(texts([get(delta, "text")]))
            block.setdefault("input", []).extend(texts([get(get(delta, "toolUse"), "input")]))
        elif name == "contentBlockStart":
            block["toolUse"] = get(get(body, "start"), "toolUse")
        elif name == "messageStop":
            reason = text(get(body, "stopReason"))
        elif name == "metadata":
            usage = get(body, "usage")
    content = [_joined(blocks[index]) for index in sorted(blocks) if blocks[index]]
    return Reply(
        message=read_message({"role": "assistant", "content": content}) if content else None,
        finish_reasons=finish_reasons([reason]),
        usage=_usage(usage),
    )


def _joined(block: Mapping[str, Any]) -> Mapping[str, Any]:
    use = block.get("toolUse")
    if use is not None:
        # A tool without arguments gets an empty object, which comes as no text at all.
        return {"toolUse": {**use, "input": "".join(block.get("input", ())) or {}}}
    said = block.get("text")
    return {"text": "".join(said)} if said else {}


def _usage(usage: Any) -> Usage:
    read = integer(get(usage, "cacheReadInputTokens"))
    created = integer(get(usage, "cacheWriteInputTokens"))
    if read is None:  # In the bodies of Amazon's models.
        read = integer(get(usage, "cacheReadInputTokenCount"))
        created = integer(get(usage, "cacheWriteInputTokenCount"))
    return Usage(
        input_tokens=total(integer(get(usage, "inputTokens")), read, created),
        output_tokens=integer(get(usage, "outputTokens")),
        cache_read_tokens=read,
        cache_creation_tokens=created,
    )
