"""Records: what a reply is expected to say, and how the formats of all owners are gone through."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


def events_of(exchange: Exchange) -> list[Any]:
    """Read the events of a stream; a complete reply is the only one."""
    if not exchange.streamed:
        return [parsed(exchange.reply) or {}]
    lines = (line.removeprefix(b"data:").strip() for line in exchange.reply.splitlines())
    return [event for event in map(parsed, lines) if isinstance(event, dict)]


def found_at(events: Iterable[Any], *path: str) -> list[Any]:
    """Collect what is at a path in each event."""
    found = []
    for event in events:
        at: Any = event
        for name in path:
            at = at.get(name) if isinstance(at, dict) else None
        if at is not None:
            found.append(at)
    return found


def first_of(values: Iterable[Any]) -> Any:  # noqa: ANN401 - as recorded
    """Give the first that is not empty."""
    return next((value for value in values if value), None)


def last_of(values: Iterable[Any]) -> Any:  # noqa: ANN401 - as recorded
    """Give the last one, if any."""
    return next(iter(reversed([*values])), None)


def decoded(arguments: Any) -> Any:  # noqa: ANN401 - as recorded
    """Read arguments that are written as JSON."""
    if isinstance(arguments, str):
        found = parsed(arguments.encode())
        return arguments if found is None else found
    return arguments


def total(*tokens: int | None) -> int | None:
    """Add up what is known."""
    known = [count for count in tokens if count is not None]
    return sum(known) if known else None


def word(reason: str | None) -> tuple[str, ...]:
    """Give the conventions' word for a reason, or its own."""
    return () if not reason else (_WORDS.get(reason.lower(), reason.lower()),)


def words(reasons: Iterable[str]) -> tuple[str, ...]:
    """Give the conventions' words for several reasons."""
    return tuple(each for reason in reasons for each in word(reason))
