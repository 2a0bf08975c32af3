"""LiteLLM responses: `responses` and `aresponses`, in OpenAI's shape for models of any provider.

A router's asynchronous calls go through a method of its own, which tries and falls back; of its
synchronous ones each attempt is a call. Ids of replies are LiteLLM's, not the provider's.
Tested with litellm 1.106 to 1.108, in applications and as the proxy.
Source: https://docs.litellm.ai/docs/response_api
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Reply
from otel_sessions.providers import _litellm, openai_responses
from otel_sessions.providers._fields import get
from otel_sessions.providers._provider import Opening, Provider, Returned, Target, by_name

_HIDDEN = "_hidden_params"
_READ = ("id", "model", "output", "status", "incomplete_details", "usage", _HIDDEN)


def read_opening(caller: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take what that of chat takes; a stated conversation counts before LiteLLM's session."""
    opening = _litellm.read_opening(caller, arguments)
    stated = openai_responses.stated_conversation(arguments)
    return replace(opening, conversation_id=stated) if stated else opening


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream."""
    return _litellm.read_returned(result, _READ)


def read_reply(reply: Any) -> Reply:
    """Read a complete reply, and who gave it."""
    answered = _litellm.provider_that_answered(get(reply, _HIDDEN))
    return replace(openai_responses.read_reply(reply), provider=answered)


PROVIDER: Provider = replace(
    openai_responses.PROVIDER,
    name=_litellm.NAME,
    targets=(
        Target("litellm.responses.main:responses"),
        Target("litellm.responses.main:aresponses"),
        Target("litellm:responses"),
        Target("litellm:aresponses"),
        Target("litellm.router:Router._aresponses_with_streaming_fallbacks"),
    ),
    bind=by_name("input", "model"),
    read_opening=read_opening,
    read_returned=read_returned,
    read_reply=read_reply,
    read_error=_litellm.read_error,
)
