"""Replies that are cut off, or that say in the stream that they failed."""

from types import SimpleNamespace

import pytest

from otel_sessions.calls import Reply, Usage
from otel_sessions.providers import anthropic_messages, openai_chat, openai_responses


@pytest.mark.parametrize("reader", [openai_chat, anthropic_messages], ids=["chat", "anthropic"])
@pytest.mark.parametrize(
    "body", [b'{"id": "r", "cho', b"data: {oops\n\ndata: 5\n\n", b"<html>", b""]
)
def test_a_body_that_is_no_reply_says_nothing(reader, body):
    """A raw response may hold anything; reading it is no fault."""
    reply = reader.read_reply(SimpleNamespace(_content=body))
    assert (reply.finish_reasons, reply.usage) == ((), Usage())
    assert reply.message is None


def test_an_error_event_in_a_response():
    """The client gives it to the application and raises nothing; the reply ended with an error."""
    begun = {"id": "resp_1", "model": "m-1", "status": "in_progress", "output": []}
    chunks = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_text.delta", "output_index": 0, "delta": "Wel"},
        {"type": "error", "code": "server_error", "message": "no"},
    ]
    reply = openai_responses.read_chunks(chunks)
    assert (reply.id, reply.message.text, reply.finish_reasons) == ("resp_1", "Wel", ("error",))
    assert openai_responses.is_final(chunks[-1])


def test_tokens_that_chat_wrote_to_a_cache():
    """They are part of the input, as those that came from it."""
    details = {"cached_tokens": 0, "cache_write_tokens": 8}
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": details}
    read = openai_chat.read_reply({"usage": usage})
    assert read == Reply(usage=Usage(9, 1, cache_read_tokens=0, cache_creation_tokens=8))
