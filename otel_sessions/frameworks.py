"""Frameworks: the conversation's id where an agent framework already knows it.

Frameworks make calls for the application and lead its conversations, so whose call it is stands in
their state and not in the call. It is read when a call starts, from modules that the application
has imported; nothing is imported here. About 0.5 µs a framework that is there.

LlamaIndex has no id of its own; what the application tags its run with (`instrument_tags`) is
taken, and without a tag lineage finds the conversation.
Source: langchain-core 1.7, openai-agents 0.24, pydantic-ai 2.68, llama-index-core 0.14, and
LangGraph's `thread_id`.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from otel_sessions.faults import contained

_CONFIGURED = ("thread_id", "session_id", "conversation_id")
"""Keys under which applications of LangChain, LangGraph and LlamaIndex name a conversation."""


def conversation_id() -> str | None:
    """Give the id of the conversation for which a framework makes a call now."""
    for name, read in _READERS.items():
        module = sys.modules.get(name)
        if module is not None:
            with contained("reading a framework's conversation"):
                found = read(module)
                if isinstance(found, str) and found:
                    return found
    return None


def _langchain(module: Any) -> object:  # noqa: ANN401 - a framework that we do not import
    config = module.var_child_runnable_config.get()
    if config is None:
        return None
    held: tuple[Mapping[str, object], ...] = (
        config.get("configurable") or {},
        config.get("metadata") or {},
    )
    return next((place[key] for place in held for key in _CONFIGURED if place.get(key)), None)


def _llama_index(module: Any) -> object:  # noqa: ANN401
    tags = module.active_instrument_tags.get()
    return next((tags[key] for key in _CONFIGURED if tags.get(key)), None)


def _agents(module: Any) -> object:  # noqa: ANN401
    return getattr(module.get_current_trace(), "group_id", None)


def _pydantic_ai(module: Any) -> object:  # noqa: ANN401
    return getattr(module.get_current_run_context(), "conversation_id", None)


_READERS: Mapping[str, Callable[[Any], object]] = {
    "langchain_core.runnables.config": _langchain,
    "llama_index_instrumentation.dispatcher": _llama_index,
    "agents.tracing": _agents,
    "pydantic_ai._run_context": _pydantic_ai,
}
"""Module in which a framework keeps its state -> how the id is read from it."""
