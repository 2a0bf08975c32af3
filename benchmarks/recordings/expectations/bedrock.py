"""Bedrock: converse, and what its vendors' models say in formats of their own."""

import base64
import json
from dataclasses import replace
from typing import Any

from benchmarks.recordings.expectations.anthropic import messages
from benchmarks.recordings.expectations.openai import chat_of
from benchmarks.recordings.expectations.records import (
    Expectation,
    decoded,
    first_of,
    found_at,
    last_of,
    total,
    word,
    words,
)
from benchmarks.recordings.vendors import read_texts
from otel_sessions.testing.exchanges import Exchange, parsed


def converse(exchange: Exchange) -> Expectation:
    """Read a reply in the format that is one for all vendors."""
    if exchange.streamed:
        return _converse_of(_aws_events(exchange))
    reply = parsed(exchange.reply) or {}
    blocks = ((reply.get("output") or {}).get("message") or {}).get("content") or []
    return _of_blocks(blocks, reply.get("usage") or {}, reply.get("stopReason"))


def _converse_of(events: list[tuple[str, Any]]) -> Expectation:
    named = [{name: body} for name, body in events]
    usage = last_of(found_at(named, "metadata", "usage")) or {}
    reason = last_of(found_at(named, "messageStop", "stopReason"))
    return _of_blocks(_converse_blocks(events), usage, reason)


def _of_blocks(
    blocks: list[dict[str, Any]], usage: dict[str, Any], reason: str | None
) -> Expectation:
    read, created = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    return Expectation(
        input_tokens=total(usage.get("inputTokens"), read, created),
        output_tokens=usage.get("outputTokens"),
        cache_read_tokens=read,
        cache_creation_tokens=created,
        finish_reasons=word(reason),
        text="\n".join(block["text"] for block in blocks if "text" in block),
        tool_calls=tuple(
            (block["toolUse"]["name"], decoded(block["toolUse"]["input"]))
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


def invoke(exchange: Exchange) -> Expectation:
    """Read a reply whose format is the vendor's own; Bedrock counts tokens where it does not."""
    held = [body["bytes"] for _, body in _aws_events(exchange) if "bytes" in body]
    pieces = [parsed(base64.b64decode(each)) for each in held] or [parsed(exchange.reply) or {}]
    found = _of_vendor(exchange, pieces, streamed=bool(held))
    if found.input_tokens is not None or found.output_tokens is not None:
        return found
    metrics = last_of(found_at(pieces, "amazon-bedrock-invocationMetrics")) or {}
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
        found = converse(exchange)
        usage = pieces[0]["usage"]
        read = usage.get("cacheReadInputTokenCount")
        created = usage.get("cacheWriteInputTokenCount")
        return replace(
            found,
            input_tokens=total(found.input_tokens, read, created),
            cache_read_tokens=read,
            cache_creation_tokens=created,
        )
    if streamed and any(piece.get("type") == "message_start" for piece in pieces):
        lines = b"\n".join(b"data: " + json.dumps(piece).encode() for piece in pieces)
        return messages(replace(exchange, reply=lines, headers={}))
    if pieces[0].get("type") == "message" or isinstance(pieces[0].get("content"), list):
        return messages(exchange)
    if streamed and any("messageStart" in piece for piece in pieces):
        return _converse_of([each for piece in pieces for each in piece.items()])
    said = read_texts(pieces)
    return Expectation(
        id=first_of(each for each in found_at(pieces, "id") if isinstance(each, str)),
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
        finish_reasons=words(said.reasons),
        text=said.text,
        tool_calls=said.tools,
    )


def _choices(pieces: list[Any]) -> Expectation:
    """Read OpenAI's format as Bedrock's vendors write it, with text, message or delta."""

    def usual(choice: dict[str, Any]) -> dict[str, Any]:
        said = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
        reason = choice.get("finish_reason") or choice.get("stop_reason")
        return {"index": choice.get("index"), "delta": said, "finish_reason": reason}

    found = chat_of(
        [{**piece, "choices": [*map(usual, piece.get("choices") or [])]} for piece in pieces]
    )
    return replace(found, finish_reasons=words(found.finish_reasons))
