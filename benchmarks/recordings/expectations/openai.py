"""OpenAI: chat, as many servers speak it, completions and responses."""

from dataclasses import replace
from typing import Any

from benchmarks.recordings.expectations.records import (
    Expectation,
    decoded,
    events_of,
    first_of,
    found_at,
    last_of,
    words,
)
from otel_sessions.testing.exchanges import Exchange


def chat(exchange: Exchange) -> Expectation:
    """Read the first choice, and the reasons of all."""
    return chat_of(events_of(exchange))


def mistral(exchange: Exchange) -> Expectation:
    """Read chat with reasons of Mistral's own."""
    found = chat(exchange)
    return replace(found, finish_reasons=words(found.finish_reasons))


def chat_of(events: list[Any]) -> Expectation:
    """Read the chunks of a stream; a complete reply is the only one."""
    choices: dict[int, dict[str, Any]] = {}
    for event in events:
        for choice in event.get("choices") or []:
            index = choice.get("index") or 0
            kept = choices.setdefault(index, {"text": "", "tools": [], "reason": None})
            kept["reason"] = choice.get("finish_reason") or kept["reason"]
            _add_delta(kept, choice.get("message") or choice.get("delta") or {})
    usage = last_of(found_at(events, "usage")) or last_of(found_at(events, "x_groq", "usage")) or {}
    first = choices.get(0, {"text": "", "tools": []})
    return Expectation(
        model=first_of(found_at(events, "model")),
        id=first_of(found_at(events, "id")),
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
        cache_read_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
        cache_creation_tokens=(usage.get("prompt_tokens_details") or {}).get("cache_write_tokens"),
        reasoning_tokens=(usage.get("completion_tokens_details") or {}).get("reasoning_tokens"),
        finish_reasons=tuple(
            choices[index]["reason"] for index in sorted(choices) if choices[index]["reason"]
        ),
        text=first["text"],
        tool_calls=tuple((tool["name"], decoded(tool["arguments"])) for tool in first["tools"]),
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


def completions(exchange: Exchange) -> Expectation:
    """Read what continues a text."""
    events = events_of(exchange)
    choices = [choice for event in events for choice in event.get("choices") or []]
    usage = last_of(found_at(events, "usage")) or {}
    reasons: dict[int, str] = {}
    for choice in choices:
        if choice.get("finish_reason"):
            reasons[choice.get("index") or 0] = choice["finish_reason"]
    return Expectation(
        model=first_of(found_at(events, "model")),
        id=first_of(found_at(events, "id")),
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
        finish_reasons=tuple(reasons[index] for index in sorted(reasons)),
        text="".join(choice.get("text") or "" for choice in choices if not choice.get("index")),
    )


def responses(exchange: Exchange) -> Expectation:
    """Read a response, from the event that ends it if it is streamed."""
    events = events_of(exchange)
    done = [event for event in events if event.get("type") in _RESPONSE_ENDS]
    reply = done[-1]["response"] if done else (found_at(events, "response") or events)[-1]
    usage = reply.get("usage") or {}
    output = reply.get("output") or []
    if not output:  # Some servers leave it out of the last event of a stream.
        output = found_at(events, "item") if exchange.streamed else []
        output = [item for item in output if item.get("status") != "in_progress"]
    parts = [part for item in output if item["type"] == "message" for part in item["content"]]
    tools = [
        (item["name"], decoded(item.get("arguments", item.get("input"))))
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
