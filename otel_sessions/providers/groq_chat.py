"""Groq: its client speaks OpenAI's protocol, so its calls are read as those are.

Tested with groq 0.9 to 1.7. Source: https://console.groq.com/docs/api-reference
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from otel_sessions.providers import openai_chat
from otel_sessions.providers._hosts import provider_of
from otel_sessions.providers._provider import Opening, Target


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take what that of OpenAI takes."""
    opening = openai_chat.read_opening(resource, arguments)
    return replace(opening, provider=provider_of(opening.server_address or "", "groq"))


PROVIDER = replace(
    openai_chat.PROVIDER,
    name="groq",
    targets=(
        Target("groq.resources.chat.completions:Completions.create"),
        Target("groq.resources.chat.completions:AsyncCompletions.create"),
    ),
    read_opening=read_opening,
)
