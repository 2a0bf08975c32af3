"""Ollama: chat and generate."""

from benchmarks.recordings.expectations.records import Expectation, first_of, found_at, word
from otel_sessions.testing.exchanges import Exchange, parsed


def ollama(exchange: Exchange) -> Expectation:
    """Read the lines of a reply."""
    events = [event for event in map(parsed, exchange.reply.splitlines()) if event]
    last = events[-1]
    return Expectation(
        model=first_of(found_at(events, "model")),
        input_tokens=last.get("prompt_eval_count"),
        output_tokens=last.get("eval_count"),
        finish_reasons=word(last.get("done_reason")),
        text="".join(found_at(events, "message", "content") + found_at(events, "response")),
        tool_calls=tuple(
            (tool["function"]["name"], tool["function"]["arguments"])
            for tools in found_at(events, "message", "tool_calls")
            for tool in tools
        ),
    )
