"""Cohere: chat of version 2."""

from benchmarks.recordings.expectations.records import (
    Expectation,
    decoded,
    events_of,
    found_at,
    last_of,
    word,
)
from otel_sessions.testing.exchanges import Exchange


def cohere(exchange: Exchange) -> Expectation:
    """Read a chat reply."""
    events = events_of(exchange)
    reply = events[0]
    if exchange.streamed:
        usage = last_of(found_at(events, "delta", "usage")) or {}
        reason = last_of(found_at(events, "delta", "finish_reason"))
        text = "".join(found_at(events, "delta", "message", "content", "text"))
        tools = [
            {"function": {"name": start["function"]["name"], "arguments": ""}}
            for start in found_at(events, "delta", "message", "tool_calls")
            if isinstance(start, dict) and "name" in start["function"]
        ]
        at = -1
        for event in events:
            at += event.get("type") == "tool-call-start"
            for call in found_at(
                [event], "delta", "message", "tool_calls", "function", "arguments"
            ):
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
        finish_reasons=word(reason),
        text=text,
        tool_calls=tuple(
            (tool["function"]["name"], decoded(tool["function"]["arguments"])) for tool in tools
        ),
    )
