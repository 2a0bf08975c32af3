"""Anthropic: messages."""

import json
from typing import Any

from benchmarks.recordings.expectations.records import (
    Expectation,
    events_of,
    found_at,
    last_of,
    total,
    word,
)
from otel_sessions.testing.exchanges import Exchange


def messages(exchange: Exchange) -> Expectation:
    """Read a message."""
    events = events_of(exchange)
    if exchange.streamed:
        started = (found_at(events, "message") or [{}])[0]
        usage = {**(started.get("usage") or {})}
        for each in found_at(events, "usage"):
            usage |= {name: value for name, value in each.items() if value is not None}
        reason = last_of(found_at(events, "delta", "stop_reason"))
        blocks = _streamed_blocks(events)
    else:
        started = events[0]
        usage, reason = started.get("usage") or {}, started.get("stop_reason")
        blocks = started.get("content") or []
    read, created = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    return Expectation(
        model=started.get("model"),
        id=started.get("id"),
        input_tokens=total(usage.get("input_tokens"), read, created),
        output_tokens=usage.get("output_tokens"),
        cache_read_tokens=read,
        cache_creation_tokens=created,
        reasoning_tokens=(usage.get("output_tokens_details") or {}).get("thinking_tokens"),
        finish_reasons=word(reason),
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
