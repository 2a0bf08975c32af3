"""LiteLLM: `completion` and `acompletion`; replies and chunks are in OpenAI's shape.

A router's calls are calls of these, each attempt one. The callbacks of LiteLLM are no better
place: they tell nothing of a stream that is left, run in other threads, and do not enclose the
call, so that OpenAI's client inside would count it again. A function that was imported by name
before `instrument()` is not seen, but the client that it calls may be.
Where a server tells no tokens of a stream, LiteLLM estimates them if usage was asked for.
Tested with litellm 1.106.
Source: https://docs.litellm.ai/docs/completion/input
"""

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Reply
from otel_sessions.providers import _errors, openai_chat
from otel_sessions.providers._fields import get, items, text
from otel_sessions.providers._hosts import provider_of, server_of
from otel_sessions.providers._provider import (
    Failure,
    Opening,
    Provider,
    Returned,
    Target,
    by_name,
)
from otel_sessions.providers._stainless import conversation_in_metadata

_PROVIDERS = {
    "anthropic_text": "anthropic",
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "azure_text": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere_chat": "cohere",
    "custom_openai": "openai",
    "gemini": "gcp.gemini",
    "huggingface": "hugging_face",
    "mistral": "mistral_ai",
    "ollama_chat": "ollama",
    "text-completion-openai": "openai",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "watsonx_text": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""LiteLLM's words that are not those of the conventions."""

_INVENTED_STATUSES = ("408", "500", "503")
"""What LiteLLM says where no server answered."""
_UNANSWERED = ("APIConnectionError", "APITimeoutError", "ConnectError", "Timeout")
_MAX_CAUSES = 8

_PIECES = ("content", "refusal", "tool_calls", "function_call")

_ITERATOR = "_otel_sessions_chunks"


def read_opening(_: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take provider and model, where the request goes if that is said, and a session's id."""
    url = text(arguments.get("api_base")) or text(arguments.get("base_url"))
    host, port = server_of(url) if url else (None, None)
    return Opening(
        provider=provider_of(host or "", _provider(arguments)),
        model=text(arguments.get("model")),
        stream=bool(arguments.get("stream")),
        conversation_id=text(arguments.get("litellm_session_id"))
        or conversation_in_metadata(arguments),
        server_address=host,
        server_port=port,
    )


def _provider(arguments: Mapping[str, Any]) -> str:
    """Name the provider: as given, as the model's prefix, or as LiteLLM's list of models has it."""
    model = text(arguments.get("model")) or ""
    prefix, slash, _ = model.partition("/")
    stated = text(arguments.get("custom_llm_provider")) or (prefix if slash else None)
    if stated is None:
        known = get(get(sys.modules.get("litellm"), "model_cost"), model)
        stated = text(get(known, "litellm_provider")) or "openai"
        if stated.startswith("vertex_ai-"):
            stated = "vertex_ai"
    return _PROVIDERS.get(stated, stated)


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream, which iterates by itself; it becomes one that can be followed."""
    kind: Any = type(result)
    if not hasattr(kind, "__anext__") and not hasattr(kind, "__next__"):
        return Returned(reply=result)
    setattr(result, _ITERATOR, _Chunks(result, kind))
    result.__class__ = _followed(kind)
    return Returned(stream=result, iterator=_ITERATOR)


class _Chunks:
    """Iterates over a stream as its class does."""

    __slots__ = ("_kind", "_stream")

    def __init__(self, stream: Any, kind: Any) -> None:
        self._stream = stream
        self._kind = kind

    def __next__(self) -> Any:
        return self._kind.__next__(self._stream)

    async def __anext__(self) -> Any:
        return await self._kind.__anext__(self._stream)


@functools.cache
def _followed(kind: Any) -> Any:
    """Make the class of a stream again, now iterating over an attribute; `isinstance` holds."""

    def following(stream: Any) -> Any:
        return getattr(stream, _ITERATOR).__next__()

    async def following_later(stream: Any) -> Any:
        return await getattr(stream, _ITERATOR).__anext__()

    methods = {
        "__next__": following,
        "__anext__": following_later,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
    }
    return type(kind.__name__, (kind,), methods)


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together; LiteLLM keeps tokens nobody asked for beside the last."""
    reply = openai_chat.read_chunks([_plain(chunk) for chunk in chunks])
    hidden = get(get(chunks[-1], "_hidden_params"), "usage")
    if reply.usage.input_tokens is not None or not get(hidden, "prompt_tokens"):
        return reply
    return replace(reply, usage=openai_chat.read_reply({"usage": hidden}).usage)


def _plain(chunk: Any) -> dict[str, Any]:
    """Make a chunk a dict; what LiteLLM's objects hold is not in their `__dict__`."""
    choices = [
        {
            "index": get(choice, "index"),
            "finish_reason": get(choice, "finish_reason"),
            "delta": _present(get(choice, "delta"), _PIECES),
        }
        for choice in items(get(chunk, "choices"))
    ]
    return {**_present(chunk, ("id", "model", "usage")), "choices": choices}


def _present(holder: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: get(holder, name) for name in names}


def read_error(error: Exception) -> Failure:
    """Take status or class; an error in a router's stream holds the one that it stands for."""
    original = get(error, "original_exception")
    error = original if isinstance(original, Exception) else error
    failure = _errors.read_error(error)
    invented = failure.error_type in _INVENTED_STATUSES
    return replace(
        failure,
        error_type=(invented and _unanswered(error)) or failure.error_type,
        overflow=failure.overflow or type(error).__name__ == "ContextWindowExceededError",
    )


def _unanswered(error: BaseException | None) -> str | None:
    """Name the error among the causes that says that no server answered."""
    for _ in range(_MAX_CAUSES):
        if error is None:
            return None
        if type(error).__name__ in _UNANSWERED:
            return type(error).__name__
        error = error.__cause__ or error.__context__
    return None


PROVIDER: Provider = replace(
    openai_chat.PROVIDER,
    name="litellm",
    targets=(
        Target("litellm.main:completion"),
        Target("litellm.main:acompletion"),
        Target("litellm:completion"),  # Another function, or the same under a second name.
        Target("litellm:acompletion"),
    ),
    bind=by_name("model", "messages"),
    read_opening=read_opening,
    read_returned=read_returned,
    read_chunks=read_chunks,
    read_error=read_error,
)
