"""Models: how much each model can be shown, and what it costs.

A window turns input tokens into utilisation, a price turns usage into money; without this table
every user would have to type both. A model that the table does not know has neither: no figure is
better than a guessed one.
Windows in tokens, prices in USD per token at the base tier of the public list; surcharges (long
prompts, cache writes, priority) and discounts (batch, contracts) are not in it. First call 10 ms,
later ones under 1 µs.
Source: the price table of litellm 1.109.1 (MIT), taken 2026-11-22 by `scripts/make_models.py`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from otel_sessions.calls import Usage

_TABLE = Path(__file__).with_name("models.json")

# How the table spells the providers that the conventions name differently.
_HOSTS = {
    "aws.bedrock": "bedrock",
    "azure.ai.inference": "azure_ai",
    "azure.ai.openai": "azure",
    "gcp.gemini": "gemini",
    "gcp.gen_ai": "gemini",
    "gcp.vertex_ai": "vertex_ai",
    "ibm.watsonx.ai": "watsonx",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshot",
    "x_ai": "xai",
}
# What stands before a model's own name: a resource path, a router's or host's prefix, a region.
_PATH = re.compile(r"(?:arn:|projects/|publishers/|models/).*?([^/]+)$")
_PREFIX = re.compile(
    r"(?:anthropic|azure|azure_ai|bedrock|bedrock/converse|cohere|deepseek|gemini|google|mistral"
    r"|mistralai|moonshot|moonshotai|openai|vertex_ai|x-ai|xai|(?:global|us|eu)(?:-standard)?)/"
    r"|(?:apac|au|ca|eu|global|jp|us|us-gov)\.(?=\w+\.)|anthropic\."
)
# What follows it: a version of Bedrock; a date or `latest`. A day without a year (`-0613`) stays:
# such early editions had windows of their own.
_VERSION = re.compile(r"-v\d+(?::\d+)?$|:\d+$")
_EDITION = re.compile(r"[-@](?:latest|20\d{2}-?(?:0[1-9]|1[0-2])-?(?:[0-2]\d|3[01]))$")


@dataclass(frozen=True, slots=True)
class Model:
    """What is publicly known of one model; `None` is unknown."""

    window: int | None = None
    """Tokens that an input may have."""
    input_usd: float | None = None
    """Per token."""
    output_usd: float | None = None
    """Per token."""
    cache_read_usd: float | None = None
    """Per input token that came from the provider's cache."""


@lru_cache(maxsize=1024)
def find_model(name: str | None, provider: str | None = None) -> Model | None:
    """Find a model by the name that a request or reply gave; `None` if the table has none.

    The exact name first, at this provider and then at the model's maker; then without date or
    `-latest`; then without what hosts and routers put before it. A fine-tune that is not listed
    has the window of the model it was made from, and no price.

    Args:
        name: as the provider spells it; case does not matter.
        provider: as OpenTelemetry spells it (`openai`, `aws.bedrock`); where hosts differ, theirs.

    """
    if not name:
        return None
    name = name.strip().lower()
    if name.startswith("ft:"):
        return _find_fine_tune(name)
    host = provider and _HOSTS.get(provider, provider)
    at_host = spellings(f"{host}/{name}") if host else ()
    keys = (key for key in (*at_host, *spellings(name)) if key in _table())
    return next((_table()[key] for key in keys), None)


def cost_usd(model: Model, usage: Usage) -> float | None:
    """Price a call at list price; `None` if a price or a count that it needs is unknown.

    Cached tokens are a part of the input tokens; where they have no price of their own, they cost
    what other input costs.
    """
    if model.input_usd is None or model.output_usd is None:
        return None
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cache_read_tokens or 0, usage.input_tokens)
    cached_usd = model.input_usd if model.cache_read_usd is None else model.cache_read_usd
    return (
        (usage.input_tokens - cached) * model.input_usd
        + cached * cached_usd
        + usage.output_tokens * model.output_usd
    )


def spellings(name: str) -> Iterator[str]:
    """Yield the keys under which a lower-case name may be listed, the most specific first."""
    path = _PATH.match(name)
    head: str | None = path[1] if path else name
    while head:
        plain = _VERSION.sub("", head)
        yield from dict.fromkeys((head, plain, _EDITION.sub("", plain)))
        prefix = _PREFIX.match(head)
        head = head[prefix.end() :] if prefix else None


def _find_fine_tune(name: str) -> Model | None:
    base = name.split(":")[1]
    for key in spellings(base):
        if f"ft:{key}" in _table():
            return _table()[f"ft:{key}"]
    made_from = find_model(base)
    return made_from and Model(window=made_from.window)


@cache
def _table() -> dict[str, Model]:
    rows = json.loads(_TABLE.read_text("utf-8"))["models"]
    return {name: Model(*row) for name, row in rows.items()}
