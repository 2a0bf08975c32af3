"""OpenAI text completions: how the calls of the API before chat are read.

Servers such as vLLM still offer it. A prompt is read as a user's message; prompts of tokens, or of
several texts at once, are not read. Tested with openai 1.26 to 3.54.
Source: https://platform.openai.com/docs/api-reference/completions
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request
from otel_sessions.providers import openai_chat
from otel_sessions.providers._fields import get, integer, items, text, texts
from otel_sessions.providers._provider import Opening, Target
from otel_sessions.providers._stainless import body_of, read_body


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take what that of chat takes."""
    return replace(openai_chat.read_opening(resource, arguments), operation="text_completion")


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings and the prompt."""
    prompt = text(arguments.get("prompt"))
    return replace(
        openai_chat.read_request(arguments),
        operation="text_completion",
        messages=None if prompt is None else (Message("user", prompt),),
    )


def read_reply(reply: Any) -> Reply:
    """Read a complete reply, or the HTTP response that brought it."""
    body = body_of(reply)
    return read_chunks([reply]) if body is None else read_body(body, read_reply, read_chunks)


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together; its chunks look like complete replies."""
    choices = [choice for chunk in chunks for choice in items(get(chunk, "choices"))]
    first = [choice for choice in choices if not integer(get(choice, "index"))]
    said = "".join(texts(get(choice, "text") for choice in first))
    return replace(
        openai_chat.read_chunks(chunks), message=Message("assistant", said) if first else None
    )


def has_content(chunk: Any) -> bool:
    """Tell whether a chunk carries text."""
    return any(get(choice, "text") for choice in items(get(chunk, "choices")))


PROVIDER = replace(
    openai_chat.PROVIDER,
    targets=(
        Target("openai.resources.completions:Completions.create"),
        Target("openai.resources.completions:AsyncCompletions.create"),
    ),
    read_opening=read_opening,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    has_content=has_content,
    messages="prompt",
)
