"""LiteLLM messages: `anthropic_messages`, in Anthropic's shape for models of any provider.

A router's calls go through a method of its own, which tries and falls back. A stream gives the
bytes of events, as the proxy sends them on.
Tested with litellm 1.106 to 1.108, in applications and as the proxy.
Source: https://docs.litellm.ai/docs/anthropic_unified
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Reply
from otel_sessions.providers import _litellm, anthropic_messages
from otel_sessions.providers._fields import decoded
from otel_sessions.providers._provider import Provider, Returned, Target, by_keyword

_READ = ("id", "model", "content", "stop_reason", "usage")
_DATA = b"data:"


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream."""
    return _litellm.read_returned(result, _READ)


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together, as far as it came."""
    return anthropic_messages.read_chunks(_events(chunks))


def has_content(chunk: Any) -> bool:
    """Tell whether some of a stream carries text or a piece of a tool call."""
    return any(map(anthropic_messages.has_content, _events([chunk])))


def is_final(chunk: Any) -> bool:
    """Tell whether some of a stream says why the reply ended."""
    return any(map(anthropic_messages.is_final, _events([chunk])))


def _events(chunks: Sequence[Any]) -> list[Any]:
    """Read the events in pieces of a stream, which may end anywhere; some come read already."""
    read = [chunk for chunk in chunks if not isinstance(chunk, str | bytes)]
    body = b"".join(
        chunk.encode() if isinstance(chunk, str) else chunk
        for chunk in chunks
        if isinstance(chunk, str | bytes)
    )
    lines = (line for line in body.splitlines() if line.startswith(_DATA))
    events = (decoded(line.removeprefix(_DATA)) for line in lines)
    return [*read, *(event for event in events if isinstance(event, dict))]


PROVIDER: Provider = replace(
    anthropic_messages.PROVIDER,
    name=_litellm.NAME,
    targets=(
        Target("litellm:anthropic_messages"),
        Target("litellm.router:Router._aanthropic_messages_with_streaming_fallbacks"),
    ),
    bind=by_keyword,
    read_opening=_litellm.read_opening,
    read_returned=read_returned,
    read_chunks=read_chunks,
    read_error=_litellm.read_error,
    has_content=has_content,
    is_final=is_final,
    own_scope=None,
)
