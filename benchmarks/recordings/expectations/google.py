"""Google: generated content."""

from typing import Any

from benchmarks.recordings.expectations.records import (
    Expectation,
    events_of,
    first_of,
    found_at,
    total,
    words,
)
from otel_sessions.testing.exchanges import Exchange, parsed


def generate(exchange: Exchange) -> Expectation:
    """Read the first candidate, and the reasons of all."""
    events = parsed(exchange.reply)
    if not isinstance(events, list):
        events = events_of(exchange)
    usage: dict[str, Any] = {}
    for each in found_at(events, "usageMetadata"):
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
    if found_at(events, "promptFeedback", "blockReason"):
        reasons.setdefault(0, "SAFETY")
    thoughts = usage.get("thoughtsTokenCount")
    return Expectation(
        model=first_of(found_at(events, "modelVersion")),
        id=first_of(found_at(events, "responseId")),
        input_tokens=usage.get("promptTokenCount"),
        output_tokens=total(usage.get("candidatesTokenCount"), thoughts),
        cache_read_tokens=usage.get("cachedContentTokenCount"),
        reasoning_tokens=thoughts,
        finish_reasons=words(reasons[index] for index in sorted(reasons)),
        text="".join(texts),
        tool_calls=tuple((tool["name"], tool.get("args") or {}) for tool in tools),
    )
