"""LiteLLM: what its kinds of call share.

A router picks one of several deployments for each try, tries again and falls back to others; all
of that is one call. What is asked of it is the name of a group of deployments. Until something has
answered, provider and server are those of the group's first deployment.
"""

import functools
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.providers import _errors
from otel_sessions.providers._fields import get, items, text
from otel_sessions.providers._hosts import provider_of, server_of
from otel_sessions.providers._provider import Failure, Opening, Returned
from otel_sessions.providers._stainless import conversation_in_metadata

NAME = "litellm"

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

_SERVED = {"model": "litellm_model_name", "custom_llm_provider": "custom_llm_provider"}
"""Argument -> what a reply of a router says of it."""

_ITERATOR = "_otel_sessions_chunks"


def read_opening(caller: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take provider and model, where the request goes if that is said, and a session's id.

    The proxy puts the id of a session into the arguments, wherever in the request it stood.
    """
    serving = _deployment(caller, arguments)
    url = text(serving.get("api_base")) or text(serving.get("base_url"))
    host, port = server_of(url) if url else (None, None)
    return Opening(
        provider=provider_of(host or "", _provider(serving)),
        model=text(arguments.get("model")),
        stream=bool(arguments.get("stream")),
        conversation_id=text(arguments.get("litellm_session_id"))
        or conversation_in_metadata(arguments)
        or conversation_in_metadata({"metadata": arguments.get("litellm_metadata")}),
        server_address=host,
        server_port=port,
    )


def _deployment(caller: Any, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what a router's first deployment is called with; without a router, the arguments."""
    known = get(get(caller, "model_name_to_deployment_indices"), text(arguments.get("model")) or "")
    places = items(known)
    if not places:
        return arguments
    serving = get(caller.model_list[places[0]], "litellm_params")
    names = (
        "model",
        "custom_llm_provider",
        *(("api_base", "base_url") if len(places) == 1 else ()),
    )
    return {name: get(serving, name) for name in names}


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


def provider_that_answered(hidden: Any) -> str | None:
    """Name the provider of the deployment that answered a router; it may not be the first one's."""
    if not get(hidden, "model_id"):
        return None
    serving = {name: get(hidden, at) for name, at in _SERVED.items()}
    if not any(serving.values()):
        return None
    host, _ = server_of(text(get(hidden, "api_base")) or "")
    return provider_of(host or "", _provider(serving))


def read_returned(result: Any, reading: Sequence[str]) -> Returned:
    """Tell a reply from a stream.

    Of a reply, what will be read is noted: the proxy soon writes the name and the id over that its
    client is to see.
    """
    kind: Any = type(result)
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        return Returned(generator=result)
    if hasattr(kind, "__anext__") or hasattr(kind, "__next__"):
        return _follow(result, kind)
    return Returned(reply={name: get(result, name) for name in reading})


def _follow(stream: Any, kind: Any) -> Returned:
    """Make a stream that iterates by itself one that can be followed."""
    setattr(stream, _ITERATOR, _Chunks(stream, kind))
    stream.__class__ = _followed(kind)
    return Returned(stream=stream, iterator=_ITERATOR, calls_again=True)


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


def _followed(kind: Any) -> Any:
    """Make the class of a stream again; a router has a class of its own for each stream."""
    return _make_followed(kind) if "<locals>" in kind.__qualname__ else _known_followed(kind)


def _make_followed(kind: Any) -> Any:
    """Make a class again, now iterating over an attribute; `isinstance` holds."""

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


_known_followed = functools.cache(_make_followed)


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
