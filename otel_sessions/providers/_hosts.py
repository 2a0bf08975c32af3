"""Hosts: whose model a request reaches, told by the name of its server.

Many providers speak OpenAI's protocol, so the client says little. The names are those of
`gen_ai.provider.name` in the conventions (1.37); providers that it lacks are named in its style.
"""

import functools
from urllib.parse import urlsplit

HTTPS_PORT = 443
"""Not worth telling, as the official packages have it."""

_PROVIDERS = {
    "ai.azure.com": "azure.ai.inference",
    "amazonaws.com": "aws.bedrock",
    "anthropic.com": "anthropic",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "cohere.ai": "cohere",
    "cohere.com": "cohere",
    "deepseek.com": "deepseek",
    "fireworks.ai": "fireworks_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "googleapis.com": "gcp.vertex_ai",
    "groq.com": "groq",
    "huggingface.co": "hugging_face",
    "mistral.ai": "mistral_ai",
    "openai.azure.com": "azure.ai.openai",
    "openrouter.ai": "openrouter",
    "perplexity.ai": "perplexity",
    "together.ai": "together_ai",
    "together.xyz": "together_ai",
    "x.ai": "x_ai",
}


@functools.lru_cache(maxsize=256)
def provider_of(host: str, default: str) -> str:
    """Return the provider of the longest known domain that `host` is in, or else `default`."""
    labels = host.split(".")
    domains = (".".join(labels[i:]) for i in range(len(labels)))
    return next((_PROVIDERS[domain] for domain in domains if domain in _PROVIDERS), default)


@functools.lru_cache(maxsize=256)
def server_of(url: str) -> tuple[str | None, int | None]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname, None if parts.port == HTTPS_PORT else parts.port
