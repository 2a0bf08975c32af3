"""Expectations: what a recorded reply says, read from its bytes and not by any of our readers.

Tokens follow the GenAI conventions: input includes what came from and went to a cache, output
includes reasoning. Finish reasons are the conventions' words where they have one, and those of
OpenAI's protocol as they are.
"""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.recordings.vendors import read_texts
from otel_sessions.testing.exchanges import Exchange, parsed

_WORDS = {
    word: conventional
    for conventional, words in {
        "stop": "end_turn stop_sequence complete finish finished endoftext eos eos_token",
        "length": "max_tokens model_context_window_exceeded model_length error_limit",
        "tool_call": "tool_use",
        "content_filter": (
            "guardrail_intervened content_filtered refusal error_toxic safety recitation blocklist "
            "prohibited_content spii model_armor image_safety image_prohibited_content "
            "image_recitation"
        ),
        "error": (
            "malformed_function_call malformed_response unexpected_tool_call too_many_tool_calls "
            "malformed_model_output malformed_tool_use timeout"
        ),
    }.items()
    for word in words.split()
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be read of a complete reply; `None` is unknown."""

    model: str | None = None
    id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_creation_tokens: int | None = None
    reasoning_tokens: int | None = None
    finish_reasons: tuple[str, ...] = ()
    text: str = ""
    tool_calls: tuple[tuple[str, Any], ...] = ()
    """Name and arguments of each tool that the application is to run."""


def expectation(api: str, exchange: Exchange) -> Expectation:
    """Read a recorded reply."""
    read: Callable[[Exchange], Expectation] = {
        "chat": _chat,
        "mistral": _mistral,
        "completions": _completions,
        "responses": _responses,
        "messages": _messages,
        "generate": _generate,
        "converse": _converse,
        "invoke": _invoke,
        "cohere": _cohere,
        "ollama": _ollama,
    }[api]
    return read(exchange)


def _events(exchange: Exchange) -> list[Any]:
    """Read the events of a stream; a complete reply is the only one."""
    if not exchange.streamed:
        return [parsed(exchange.reply) or {}]
    lines = (line.removeprefix(b"data:").strip() for line in exchange.reply.splitlines())
    return [event for event in map(parsed, lines) if isinstance(event, dict)]


def _of(events: Iterable[Any], *path: str) -> list[Any]:
    """Collect what is at a path in each event."""
    found = []
    for event in events:
        at: Any = event
        for name in path:
            at = at.get(name) if isinstance(at, dict) else None
        if at is not None:
            found.append(at)
    return found


def _first(values: Iterable[Any]) -> Any:  # noqa: ANN401 - as recorded
    return next((value for value in values if value), None)


def _last(values: Iterable[Any]) -> Any:  # noqa: ANN401 - as recorded
    return next(iter(reversed([*values])), None)


def _decoded(arguments: Any) -> Any:  # noqa: ANN401 - as recorded
    if isinstance(arguments, str):
        found = parsed(arguments.encode())
        return arguments if found is None else found
    return arguments


def _total(*tokens: int | None) -> int | None:
    known = [count for count in tokens if count is not None]
    return sum(known) if known else None


def _word(reason: str | None) -> tuple[str, ...]:
    return () if not reason else (_WORDS.get(reason.lower(), reason.lower()),)


def _words(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for reason in reasons for word in _word(reason))


def _chat(exchange: Exchange) -> Expectation:
    return _chat_of(_events(exchange))


def _mistral(exchange: Exchange) -> Expectation:
    found = _chat(exchange)
    return replace(found, finish_reasons=_words(found.finish_reasons))


def _chat_of(events: list[Any]) -> Expectation:
    choices: dict[int, dict[str, Any]] = {}
    for event in events:
        for choice in event.get("choices") or []:
            index = choice.get("index") or 0
            kept = choices.setdefault(index, {"text": "", "tools": [], "reason": None})
            kept["reason"] = choice.get("finish_reason") or kept["reason"]
            _add_delta(kept, choice.get("message") or choice.get("delta") or {})
    usage = _last(_of(events, "usage")) or _last(_of(events, "x_groq", "usage")) or {}
    first = choices.get(0, {"text": "", "tools": []})
    return Expectation(
        model=_first(_of(events, "model")),
        id=_first(_of(events, "id")),
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
        cache_read_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
        cache_creation_tokens=(usage.get("prompt_tokens_details") or {}).get("cache_write_tokens"),
        reasoning_tokens=(usage.get("completion_tokens_details") or {}).get("reasoning_tokens"),
        finish_reasons=tuple(
            choices[index]["reason"] for index in sorted(choices) if choices[index]["reason"]
        ),
        text=first["text"],
        tool_calls=tuple((tool["name"], _decoded(tool["arguments"])) for tool in first["tools"]),
    )


def _add_delta(kept: dict[str, Any], delta: dict[str, Any]) -> None:
    content = delta.get("content")
    if isinstance(content, list):
        content = "\n".join(part["text"] for part in content if part.get("type") == "text")
    kept["text"] += (content or "") + (delta.get("refusal") or "")
    calls = list(delta.get("tool_calls") or [])
    if delta.get("function_call"):
        calls.append({"index": 0, "function": delta["function_call"]})
    for call in calls:
        said = call.get("function") or call.get("custom") or {}
        arguments = said.get("arguments", said.get("input"))
        if said.get("name"):
            kept["tools"].append({"name": said["name"], "arguments": arguments or ""})
        elif kept["tools"]:
            at = call.get("index") if call.get("index") is not None else -1
            kept["tools"][at]["arguments"] += arguments or ""


def _completions(exchange: Exchange) -> Expectation:
    events = _events(exchange)
    choices = [choice for event in events for choice in event.get("choices") or []]
    usage = _last(_of(events, "usage")) or {}
    reasons: dict[int, str] = {}
    for choice in choices:
        if choice.get("finish_reason"):
            reasons[choice.get("index") or 0] = choice["finish_reason"]
    return Expectation(
        model=_first(_of(events, "model")),
        id=_first(_of(events, "id")),
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
        finish_reasons=tuple(reasons[index] for index in sorted(reasons)),
        text="".join(choice.get("text") or "" for choice in choices if not choice.get("index")),
    )


def _responses(exchange: Exchange) -> Expectation:
    events = _events(exchange)
    done = [event for event in events if event.get("type") in _RESPONSE_ENDS]
    reply = done[-1]["response"] if done else (_of(events, "response") or events)[-1]
    usage = reply.get("usage") or {}
    output = reply.get("output") or []
    if not output:  # Some servers leave it out of the last event of a stream.
        output = _of(events, "item") if exchange.streamed else []
        output = [item for item in output if item.get("status") != "in_progress"]
    parts = [part for item in output if item["type"] == "message" for part in item["content"]]
    tools = [
        (item["name"], _decoded(item.get("arguments", item.get("input"))))
        for item in output
        if item["type"] in ("function_call", "custom_tool_call")
    ]
    return Expectation(
        model=reply.get("model"),
        id=reply.get("id"),
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
        cache_read_tokens=(usage.get("input_tokens_details") or {}).get("cached_tokens"),
        cache_creation_tokens=(usage.get("input_tokens_details") or {}).get("cache_write_tokens"),
        reasoning_tokens=(usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
        finish_reasons=("error",)
        if any(event.get("type") == "error" for event in events)
        else _response_reason(reply, tools),
        text="\n".join(part.get("text") or part.get("refusal") or "" for part in parts),
        tool_calls=tuple(tools),
    )


_RESPONSE_ENDS = ("response.completed", "response.incomplete", "response.failed")


def _response_reason(reply: dict[str, Any], tools: list[Any]) -> tuple[str, ...]:
    status = reply.get("status")
    if status == "incomplete":
        why = (reply.get("incomplete_details") or {}).get("reason")
        return ({"max_output_tokens": "length"}.get(why, why or "length"),)
    if status == "completed":
        return ("tool_calls" if tools else "stop",)
    return ("error",) if status in ("failed", "cancelled") else ()


def _messages(exchange: Exchange) -> Expectation:
    events = _events(exchange)
    if exchange.streamed:
        started = (_of(events, "message") or [{}])[0]
        usage = {**(started.get("usage") or {})}
        for each in _of(events, "usage"):
            usage |= {name: value for name, value in each.items() if value is not None}
        reason = _last(_of(events, "delta", "stop_reason"))
        blocks = _streamed_blocks(events)
    else:
        started = events[0]
        usage, reason = started.get("usage") or {}, started.get("stop_reason")
        blocks = started.get("content") or []
    read, created = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    return Expectation(
        model=started.get("model"),
        id=started.get("id"),
        input_tokens=_total(usage.get("input_tokens"), read, created),
        output_tokens=usage.get("output_tokens"),
        cache_read_tokens=read,
        cache_creation_tokens=created,
        reasoning_tokens=(usage.get("output_tokens_details") or {}).get("thinking_tokens"),
        finish_reasons=_word(reason),
        text="\n".join(block["text"] for block in blocks if block["type"] == "text"),
        tool_calls=tuple(
            (block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"
        ),
    )


def _streamed_blocks(events: list[Any]) -> list[dict[str, Any]]:
    blocks: dict[int, dict[str, Any]] = {}
    for event in events:
        if event.get("type") == "content_block_start":
            blocks[event["index"]] = {**event["content_block"], "partial": ""}
        elif event.get("type") == "content_block_delta":
            delta, block = event["delta"], blocks.get(event["index"])
            if block is None:  # Some servers leave its start out; clients raise or drop it, too.
                continue
            if delta["type"] == "text_delta":
                block["text"] += delta["text"]
            elif delta["type"] == "input_json_delta":
                block["partial"] += delta["partial_json"]
    for block in blocks.values():
        if block["partial"]:
            block["input"] = json.loads(block["partial"])
    return [blocks[index] for index in sorted(blocks)]


def _generate(exchange: Exchange) -> Expectation:
    events = parsed(exchange.reply)
    if not isinstance(events, list):
        events = _events(exchange)
    usage: dict[str, Any] = {}
    for each in _of(events, "usageMetadata"):
        usage |= each
    candidates = [each for event in events for each in event.get("candidates") or []]
    firsts = [each for each in candidates if not each.get("index")]
    parts = [
        part
        for each in firsts
        for part in (each.get("content") or {}).get("parts") or []
        if not part.get("thought")
    ]
    tools = [part["functionCall"] for part in parts if part.get("functionCall")]
    texts = [part["text"] for part in parts if part.get("text")]
    reasons = {
        each.get("index") or 0: each["finishReason"]
        for each in candidates
        if each.get("finishReason")
    }
    if _of(events, "promptFeedback", "blockReason"):
        reasons.setdefault(0, "SAFETY")
    thoughts = usage.get("thoughtsTokenCount")
    return Expectation(
        model=_first(_of(events, "modelVersion")),
        id=_first(_of(events, "responseId")),
        input_tokens=usage.get("promptTokenCount"),
        output_tokens=_total(usage.get("candidatesTokenCount"), thoughts),
        cache_read_tokens=usage.get("cachedContentTokenCount"),
        reasoning_tokens=thoughts,
        finish_reasons=_words(reasons[index] for index in sorted(reasons)),
        text="".join(texts),
        tool_calls=tuple((tool["name"], tool.get("args") or {}) for tool in tools),
    )


def _converse(exchange: Exchange) -> Expectation:
    if exchange.streamed:
        return _converse_of(_aws_events(exchange))
    reply = parsed(exchange.reply) or {}
    blocks = ((reply.get("output") or {}).get("message") or {}).get("content") or []
    return _of_blocks(blocks, reply.get("usage") or {}, reply.get("stopReason"))


def _converse_of(events: list[tuple[str, Any]]) -> Expectation:
    named = [{name: body} for name, body in events]
    usage = _last(_of(named, "metadata", "usage")) or {}
    reason = _last(_of(named, "messageStop", "stopReason"))
    return _of_blocks(_converse_blocks(events), usage, reason)


def _of_blocks(
    blocks: list[dict[str, Any]], usage: dict[str, Any], reason: str | None
) -> Expectation:
    read, created = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    return Expectation(
        input_tokens=_total(usage.get("inputTokens"), read, created),
        output_tokens=usage.get("outputTokens"),
        cache_read_tokens=read,
        cache_creation_tokens=created,
        finish_reasons=_word(reason),
        text="\n".join(block["text"] for block in blocks if "text" in block),
        tool_calls=tuple(
            (block["toolUse"]["name"], _decoded(block["toolUse"]["input"]))
            for block in blocks
            if "toolUse" in block
        ),
    )


def _converse_blocks(events: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    blocks: dict[int, dict[str, Any]] = {}
    for name, body in events:
        block = blocks.setdefault(body.get("contentBlockIndex") or 0, {})
        if name == "contentBlockStart" and "toolUse" in body["start"]:
            block["toolUse"] = {**body["start"]["toolUse"], "input": ""}
        elif name == "contentBlockDelta" and "text" in body["delta"]:
            block["text"] = block.get("text", "") + body["delta"]["text"]
        elif name == "contentBlockDelta" and "toolUse" in body["delta"]:
            block["toolUse"]["input"] += body["delta"]["toolUse"]["input"]
    return [blocks[index] for index in sorted(blocks)]


def _aws_events(exchange: Exchange) -> list[tuple[str, Any]]:
    from botocore.eventstream import EventStreamBuffer  # noqa: PLC0415 - may be absent

    if not exchange.streamed:
        return []
    buffer = EventStreamBuffer()
    buffer.add_data(exchange.reply)
    return [
        (event.headers.get(":event-type", "error"), parsed(event.payload) or {}) for event in buffer
    ]


def _invoke(exchange: Exchange) -> Expectation:
    """Read a reply whose format is the vendor's own; Bedrock counts tokens where it does not."""
    held = [body["bytes"] for _, body in _aws_events(exchange) if "bytes" in body]
    pieces = [parsed(base64.b64decode(each)) for each in held] or [parsed(exchange.reply) or {}]
    found = _of_vendor(exchange, pieces, streamed=bool(held))
    if found.input_tokens is not None or found.output_tokens is not None:
        return found
    metrics = _last(_of(pieces, "amazon-bedrock-invocationMetrics")) or {}
    counts = [
        exchange.headers.get(f"x-amzn-bedrock-{kind}-token-count") for kind in ("input", "output")
    ]
    asked, said = (None if count is None else int(count) for count in counts)
    return replace(
        found,
        input_tokens=metrics.get("inputTokenCount", asked),
        output_tokens=metrics.get("outputTokenCount", said),
    )


def _of_vendor(exchange: Exchange, pieces: list[Any], *, streamed: bool) -> Expectation:
    if any("choices" in piece for piece in pieces):
        return _choices(pieces)
    if "output" in pieces[0]:
        found = _converse(exchange)
        usage = pieces[0]["usage"]
        read = usage.get("cacheReadInputTokenCount")
        created = usage.get("cacheWriteInputTokenCount")
        return replace(
            found,
            input_tokens=_total(found.input_tokens, read, created),
            cache_read_tokens=read,
            cache_creation_tokens=created,
        )
    if streamed and any(piece.get("type") == "message_start" for piece in pieces):
        lines = b"\n".join(b"data: " + json.dumps(piece).encode() for piece in pieces)
        return _messages(replace(exchange, reply=lines, headers={}))
    if pieces[0].get("type") == "message" or isinstance(pieces[0].get("content"), list):
        return _messages(exchange)
    if streamed and any("messageStart" in piece for piece in pieces):
        return _converse_of([each for piece in pieces for each in piece.items()])
    said = read_texts(pieces)
    return Expectation(
        id=_first(each for each in _of(pieces, "id") if isinstance(each, str)),
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
        finish_reasons=_words(said.reasons),
        text=said.text,
        tool_calls=said.tools,
    )


def _choices(pieces: list[Any]) -> Expectation:
    """Read OpenAI's format as Bedrock's vendors write it, with text, message or delta."""

    def usual(choice: dict[str, Any]) -> dict[str, Any]:
        said = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
        reason = choice.get("finish_reason") or choice.get("stop_reason")
        return {"index": choice.get("index"), "delta": said, "finish_reason": reason}

    found = _chat_of(
        [{**piece, "choices": [*map(usual, piece.get("choices") or [])]} for piece in pieces]
    )
    return replace(found, finish_reasons=_words(found.finish_reasons))


def _cohere(exchange: Exchange) -> Expectation:
    events = _events(exchange)
    reply = events[0]
    if exchange.streamed:
        usage = _last(_of(events, "delta", "usage")) or {}
        reason = _last(_of(events, "delta", "finish_reason"))
        text = "".join(_of(events, "delta", "message", "content", "text"))
        tools = [
            {"function": {"name": start["function"]["name"], "arguments": ""}}
            for start in _of(events, "delta", "message", "tool_calls")
            if isinstance(start, dict) and "name" in start["function"]
        ]
        at = -1
        for event in events:
            at += event.get("type") == "tool-call-start"
            for call in _of([event], "delta", "message", "tool_calls", "function", "arguments"):
                tools[at]["function"]["arguments"] += call
    else:
        usage, reason = reply.get("usage") or {}, reply.get("finish_reason")
        message = reply.get("message")
        message = message if isinstance(message, dict) else {}
        parts = message.get("content") or []
        text = "\n".join(part["text"] for part in parts if part.get("type") == "text")
        tools = message.get("tool_calls") or []
    tokens = usage.get("tokens") or usage.get("billed_units") or {}
    return Expectation(
        id=reply.get("id"),
        input_tokens=tokens.get("input_tokens"),
        output_tokens=tokens.get("output_tokens"),
        cache_read_tokens=usage.get("cached_tokens"),
        finish_reasons=_word(reason),
        text=text,
        tool_calls=tuple(
            (tool["function"]["name"], _decoded(tool["function"]["arguments"])) for tool in tools
        ),
    )


def _ollama(exchange: Exchange) -> Expectation:
    events = [event for event in map(parsed, exchange.reply.splitlines()) if event]
    last = events[-1]
    return Expectation(
        model=_first(_of(events, "model")),
        input_tokens=last.get("prompt_eval_count"),
        output_tokens=last.get("eval_count"),
        finish_reasons=_word(last.get("done_reason")),
        text="".join(_of(events, "message", "content") + _of(events, "response")),
        tool_calls=tuple(
            (tool["function"]["name"], tool["function"]["arguments"])
            for tools in _of(events, "message", "tool_calls")
            for tool in tools
        ),
    )
