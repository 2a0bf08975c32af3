"""Clients: which one a recorded request is made with again; its address decides.

Servers of OpenAI's protocol without a client of their own here are called by OpenAI's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.recordings.clients import aws, google, others, stainless
from benchmarks.recordings.ways import SkipError, Way
from otel_sessions.testing.exchanges import Exchange

_SKIPPED = (
    (r"^api\.writer\.com/", "client not supported: writer"),
    (r"^api\.portkey\.ai/", "client not supported: portkey"),
    (r"^api\.replicate\.com/", "client not supported: replicate"),
    (r"aleph-alpha\.com/", "client not supported: aleph alpha"),
    (r"/ml/v1/text/|\.ml\.cloud\.ibm\.com/", "client not supported: watsonx"),
    (r"runtime\.sagemaker\.", "client not supported: SageMaker"),
    (r"/v1/(chat|generate|summarize)$", "client not supported: cohere before v2"),
    (r"^api-inference\.huggingface\.co/models/[^/]+/[^/]+$", "task other than chat: Hugging Face"),
    (r"bedrock-agent(-runtime)?\.", "API not supported: Bedrock agents"),
    (r"/model/[^/]+/invoke-with-bidirectional-stream$", "API not supported: Bedrock speech"),
    (r"/v1/complete$", "API not supported: Anthropic text completions"),
    (r":(r|streamR)awPredict$", "API not supported: other vendors' models on Vertex"),
    (r"/(threads|assistants)\b", "API not supported: OpenAI assistants"),
    (r"/v1/(edits|decisions)$", "API not supported: OpenAI edits and decisions"),
    (r"/responses/compact$", "API not supported: OpenAI compaction"),
    (r"/v1beta/interactions$", "API not supported: Google interactions"),
    (
        r"^api\.mistral\.ai/v1/(conversations|fim/completions)\b",
        "API not supported: Mistral beyond chat",
    ),
    (r"/model/[^/]*(embed|rerank|image|stability|canvas)[^/]*/invoke$", "no call for text"),
    (r"[/:]\w*([eE]mbed|rerank|images|audio|moderations|[cC]ount_?[tT]okens)", "no call for text"),
)
"""A pattern of host and path, and why it is left out; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A client and the kind of reply that its calls get."""

    client: str
    api: str
    ways: Callable[[Exchange], Iterator[Way]]


def choose(exchange: Exchange) -> Choice:
    """Choose the client for an exchange.

    Raises:
        SkipError: it is no call of a model, or of a client that is not supported.

    """
    host, path = exchange.url.hostname or "", exchange.url.path
    if exchange.method != "POST":
        _skip("no call of a model")
    for pattern, reason in _SKIPPED:
        if re.search(pattern, f"{host}{path}"):
            _skip(reason)
    for pattern, choice in _CHOICES:
        if re.search(pattern, f"{host}{path}"):
            return choice
    return _skip("no call of a model")


def _skip(reason: str) -> Choice:
    raise SkipError(reason)


def _stainless(package: str, api: str, path: tuple[str, ...], suffix: str) -> Choice:
    ways = partial(stainless.ways, package=package, path=path, suffix=suffix)
    return Choice(package, api, ways)


_CHAT = (("chat", "completions"), "/chat/completions")
_GROQ = "/openai/v1/chat/completions"
_CHOICES: tuple[tuple[str, Choice], ...] = (
    (
        r"groq\.com/.*/chat/completions$",
        _stainless("groq", "chat", _CHAT[0], "/openai/v1/chat/completions"),
    ),
    (r"^api\.mistral\.ai/v1/chat/completions$", Choice("mistral", "mistral", others.mistral)),
    (r"huggingface\.co/.*/chat/completions$", Choice("huggingface", "chat", others.huggingface)),
    (r"/v2/chat$", Choice("cohere", "cohere", others.cohere)),
    (r"/api/(chat|generate)$", Choice("ollama", "ollama", others.ollama)),
    (r"/chat/completions$", _stainless("openai", "chat", *_CHAT)),
    (r"/responses$", _stainless("openai", "responses", ("responses",), "/responses")),
    (r"/completions$", _stainless("openai", "completions", ("completions",), "/completions")),
    (r":(g|streamG)enerateContent$", Choice("google", "generate", google.ways)),
    (r"/model/[^/]+/converse(-stream)?$", Choice("bedrock", "converse", aws.ways)),
    (r"/model/[^/]+/invoke(-with-response-stream)?$", Choice("bedrock", "invoke", aws.ways)),
    (r"/v1/messages$", _stainless("anthropic", "messages", ("messages",), "/v1/messages")),
)
"""A pattern of host and path, and what is chosen for it; the first that fits counts."""
