"""Providers: whose calls are observed; one file for each client.

To add one: a file with its readers and a `PROVIDER`, a line in `PROVIDERS`, and recorded replies
with the `Call` that is read from them in `tests/providers/`.
"""

from otel_sessions.providers import (
    anthropic_messages,
    bedrock,
    cohere_chat,
    google_genai,
    groq_chat,
    huggingface_chat,
    litellm_chat,
    litellm_messages,
    litellm_responses,
    mistral_chat,
    ollama_chat,
    openai_chat,
    openai_completions,
    openai_responses,
)
from otel_sessions.providers._patch import Patch, carry_call, patch
from otel_sessions.providers._provider import Provider

__all__ = ["PROVIDERS", "Patch", "Provider", "carry_call", "patch"]

PROVIDERS: tuple[Provider, ...] = (
    openai_chat.PROVIDER,
    openai_completions.PROVIDER,
    openai_responses.PROVIDER,
    anthropic_messages.PROVIDER,
    bedrock.PROVIDER,
    google_genai.PROVIDER,
    groq_chat.PROVIDER,
    mistral_chat.PROVIDER,
    cohere_chat.PROVIDER,
    *ollama_chat.PROVIDERS,
    huggingface_chat.PROVIDER,
    litellm_chat.PROVIDER,
    litellm_messages.PROVIDER,
    litellm_responses.PROVIDER,
)
"""All providers; those with the same `name` are switched on together."""
