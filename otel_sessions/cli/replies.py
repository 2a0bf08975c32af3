"""Replies: what a local model says, and how OpenAI's chat completions protocol writes it.

Units: tokens, seconds. A token is taken for 4 characters where nobody counted.
Source: https://platform.openai.com/docs/api-reference/chat and the recordings of real traffic.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CHARS_PER_TOKEN = 4
_CHUNK_CHARS = 24
"""A streamed reply comes in pieces of about this size, six tokens each."""
_CREATED = 1_700_000_000
"""Unix time that every reply carries; nothing depends on it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that the model gives."""

    text: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    """In OpenAI's form; `arguments` is JSON text."""
    input_tokens: int | None = None
    """What the usage says; `None` means as estimated from the request."""
    finish_reason: str | None = None
    """`None` means as the content says: `tool_calls` or `stop`."""
    delay_s: float = 0.0
    """Time until the first byte."""
    breaks_after: int | None = None
    """Chunks after which a streamed reply's connection is lost."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that the server refuses."""

    status: int
    message: str
    type: str = "server_error"
    code: str | None = None
    delay_s: float = 0.0


OVERFLOW = Failure(
    400,
    "This model's maximum context length is 128000 tokens. "
    "However, your messages resulted in more tokens than that. Please shorten the messages.",
    "invalid_request_error",
    "context_length_exceeded",
)


def message(reply: Reply) -> dict[str, Any]:
    """Write the reply as a message, as it comes back and as the next request repeats it."""
    if not reply.tool_calls:
        return {"role": "assistant", "content": reply.text}
    calls = [dict(call) for call in reply.tool_calls]
    return {"role": "assistant", "content": reply.text or None, "tool_calls": calls}


def completion(reply: Reply, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write the whole reply as one document."""
    choice = {"index": 0, "message": message(reply), "finish_reason": _finish_reason(reply)}
    return {
        **_envelope("chat.completion", request),
        "choices": [choice],
        "usage": usage(reply, request),
    }


def chunks(reply: Reply, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Write the reply as the documents of a stream; the usage comes last and only if asked for."""
    envelope = _envelope("chat.completion.chunk", request)

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return {**envelope, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    for start in range(0, len(reply.text), _CHUNK_CHARS):
        yield chunk({"content": reply.text[start : start + _CHUNK_CHARS]})
    for index, call in enumerate(reply.tool_calls):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _finish_reason(reply))
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**envelope, "choices": [], "usage": usage(reply, request)}


def error(failure: Failure) -> dict[str, Any]:
    """Write the failure as the body of an error response."""
    return {
        "error": {
            "message": failure.message,
            "type": failure.type,
            "param": "messages" if failure.code else None,
            "code": failure.code,
        }
    }


def usage(reply: Reply, request: Mapping[str, Any]) -> dict[str, int]:
    """Count the tokens of a call, estimated where the reply does not say."""
    estimate = _tokens(request.get("messages"))
    given = reply.input_tokens if reply.input_tokens is not None else estimate
    answered = _tokens(message(reply))
    return {
        "prompt_tokens": given,
        "completion_tokens": answered,
        "total_tokens": given + answered,
    }


def _envelope(kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
    model = request.get("model")
    return {"id": "chatcmpl-local", "object": kind, "created": _CREATED, "model": model}


def _finish_reason(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")


def _tokens(document: object) -> int:
    return max(1, len(json.dumps(document, ensure_ascii=False)) // CHARS_PER_TOKEN)
