"""Stainless: what the clients of one generator share (OpenAI, Anthropic, Groq).

Their resources hold the client, and it the address; their streams and raw responses are alike.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from otel_sessions.calls import Reply
from otel_sessions.providers._fields import decoded, get, text, texts
from otel_sessions.providers._hosts import HTTPS_PORT
from otel_sessions.providers._provider import Returned

_CONVERSATION_KEYS = ("session_id", "conversation_id", "thread_id", "chat_id")
_OF_LITELLM = "litellm_session_id"


def server(resource: Any) -> tuple[str, int | None]:
    """Tell host and port; a port that is 443 is not worth telling."""
    url = resource._client.base_url  # noqa: SLF001 - a resource says nowhere else where it sends
    return url.host, None if url.port == HTTPS_PORT else url.port


def is_azure(resource: Any) -> bool:
    """Tell whether a resource of OpenAI's client is of its class for Azure."""
    return hasattr(resource._client, "_api_version")  # noqa: SLF001 - as above


def conversation_in_metadata(arguments: Mapping[str, Any]) -> str | None:
    """Find a conversation's id in `metadata`, under one of the names that are in use.

    A LiteLLM proxy also takes one beside it.
    """
    body = arguments.get("extra_body")
    stated = text(get(body, _OF_LITELLM))
    metadata = arguments.get("metadata") or get(body, "metadata")
    if stated or not isinstance(metadata, dict):
        return stated or None
    return next(filter(None, texts(map(metadata.get, _CONVERSATION_KEYS))), None)


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream, and both from the raw responses that hold them."""
    held = getattr(result, "__dict__", {})
    if hasattr(type(result), "__stream__"):
        return Returned(stream=result, response=held.get("response"))
    response = held.get("http_response")
    if response is None:
        return Returned(reply=result)
    if response.is_closed:
        return Returned(reply=response)
    return Returned(body=result, response=response)


def body_of(reply: Any) -> bytes | None:
    """Return the bytes of an HTTP response that has been read; of anything else `None`."""
    body = get(reply, "_content")
    return body if isinstance(body, bytes) else None


def read_body(
    body: bytes, read_reply: Callable[[Any], Reply], read_chunks: Callable[[Sequence[Any]], Reply]
) -> Reply:
    """Read a body that holds a reply or the events of a stream; what is cut off says nothing."""
    if body.lstrip().startswith(b"{"):
        return read_reply(decoded(body))
    lines = (line.removeprefix(b"data:") for line in body.splitlines() if line[:5] == b"data:")
    events = [event for event in map(decoded, lines) if isinstance(event, dict)]
    return read_chunks(events)
