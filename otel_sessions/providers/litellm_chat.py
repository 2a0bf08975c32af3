"""LiteLLM: `completion` and `acompletion`, also of a router; replies are in OpenAI's shape.

LiteLLM's callbacks are no better place: they tell nothing of a stream that is left, run in other
threads, and do not enclose the call, so that OpenAI's client inside would count it again. A
function that was imported by name before `instrument()` is not seen, but the client that it calls
may be.
Where a server tells no tokens of a stream, LiteLLM estimates them if usage was asked for.
Tested with litellm 1.106 to 1.108, in applications and as the proxy.
Source: https://docs.litellm.ai/docs/completion/input
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Reply
from otel_sessions.providers import _litellm, openai_chat
from otel_sessions.providers._fields import get, items, text
from otel_sessions.providers._provider import Provider, Returned, Target, by_name

_HIDDEN = "_hidden_params"
_READ = ("id", "model", "choices", "usage", _HIDDEN)
_PIECES = ("content", "refusal", "tool_calls", "function_call")


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream."""
    return _litellm.read_returned(result, _READ)


def read_reply(reply: Any) -> Reply:
    """Read a complete reply, and who gave it."""
    answered = _litellm.provider_that_answered(get(reply, _HIDDEN))
    return replace(openai_chat.read_reply(reply), provider=answered)


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together.

    Beside the first chunk LiteLLM keeps what the model calls itself and who gave it, and beside the
    last one tokens nobody asked for.
    """
    reply = openai_chat.read_chunks([_plain(chunk) for chunk in chunks])
    first, last = get(chunks[0], _HIDDEN), get(chunks[-1], _HIDDEN)
    reply = replace(
        reply,
        model=text(get(first, "provider_response_model")) or reply.model,
        provider=_litellm.provider_that_answered(first),
    )
    kept = get(last, "usage")
    if reply.usage.input_tokens is not None or not get(kept, "prompt_tokens"):
        return reply
    return replace(reply, usage=openai_chat.read_reply({"usage": kept}).usage)


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


PROVIDER: Provider = replace(
    openai_chat.PROVIDER,
    name=_litellm.NAME,
    targets=(
        Target("litellm.main:completion"),
        Target("litellm.main:acompletion"),
        Target("litellm:completion"),  # Another function, or the same under a second name.
        Target("litellm:acompletion"),
        Target("litellm.router:Router.completion"),
        Target("litellm.router:Router.acompletion"),
    ),
    bind=by_name("model", "messages"),
    read_opening=_litellm.read_opening,
    read_returned=read_returned,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=_litellm.read_error,
)
