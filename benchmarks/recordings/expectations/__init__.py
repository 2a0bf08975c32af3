"""Expectations: what a recorded reply says, read from its bytes and not by any of our readers.

Tokens follow the GenAI conventions: input includes what came from and went to a cache, output
includes reasoning. Finish reasons are the conventions' words where they have one, and those of
OpenAI's protocol as they are.
"""

from collections.abc import Callable

from benchmarks.recordings.expectations.anthropic import messages
from benchmarks.recordings.expectations.bedrock import converse, invoke
from benchmarks.recordings.expectations.cohere import cohere
from benchmarks.recordings.expectations.google import generate
from benchmarks.recordings.expectations.ollama import ollama
from benchmarks.recordings.expectations.openai import chat, completions, mistral, responses
from benchmarks.recordings.expectations.records import Expectation
from otel_sessions.testing.exchanges import Exchange

__all__ = ["Expectation", "expectation"]


def expectation(api: str, exchange: Exchange) -> Expectation:
    """Read a recorded reply."""
    read: Callable[[Exchange], Expectation] = {
        "chat": chat,
        "mistral": mistral,
        "completions": completions,
        "responses": responses,
        "messages": messages,
        "generate": generate,
        "converse": converse,
        "invoke": invoke,
        "cohere": cohere,
        "ollama": ollama,
    }[api]
    return read(exchange)
