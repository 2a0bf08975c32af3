"""Recorded traffic of many servers, replayed into the real client, is read as it was."""

from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.recordings.expectations import expectation
from otel_sessions.calls import Message
from otel_sessions.testing.exchanges import read_exchanges

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "data" / "cassettes"
PATH = "chat/completions"


def files():
    if not RECORDINGS.is_dir():
        return []
    found = [path for path in RECORDINGS.rglob("*") if path.suffix in {".yaml", ".json"}]
    return sorted(path for path in found if PATH in path.read_text("utf-8", "replace"))


def exchanges(path):
    """Give the calls of chat in a file, whatever server they went to."""
    for exchange in read_exchanges(path):
        if isinstance(exchange, str) or PATH not in exchange.url.path:
            continue
        if "messages" in (exchange.body or {}) and exchange.reply.lstrip()[:1] in (
            b"{",
            b"d",
            b":",
        ):
            yield exchange


@pytest.mark.skipif(not files(), reason="the recordings are not here")
@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_a_recording(*, path, client, server, watch, openai):
    """What the call says is what the server said, and errors are those of the client."""
    create = client.chat.completions.create
    expected = []
    for exchange in exchanges(path):
        streamed = not exchange.reply.lstrip().startswith(b"{")
        kind = "text/event-stream" if streamed else "application/json"
        server.reply(exchange.reply, exchange.status, kind)
        raised = True
        with suppress(openai.OpenAIError):
            reply = create(model="m", messages=exchange.body["messages"], stream=streamed)
            if streamed:
                list(reply)
            raised = False
        expected.append((exchange, raised))
    for call, (exchange, raised) in zip(watch.calls, expected, strict=True):
        assert len(list(call.request.messages)) == len(exchange.body["messages"])
        if raised:
            assert call.outcome == "failed"
            status = exchange.status
            assert call.error_type == (str(status) if status >= 400 else call.error_type)
            continue
        assert call.outcome == "completed"
        said = expectation("chat", exchange)
        message, usage = call.reply.message or Message("assistant"), call.reply.usage
        assert message.text.strip() == said.text.strip()
        assert [tool.name for tool in message.tool_calls] == [name for name, _ in said.tool_calls]
        assert (call.reply.model, usage.input_tokens, usage.output_tokens) == (
            said.model,
            said.input_tokens,
            said.output_tokens,
        )
