"""Recorded traffic of many servers, replayed into the real client, is read as it was."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "data" / "cassettes"
PATH = "chat/completions"


def files():
    if not RECORDINGS.is_dir():
        return []
    found = [path for path in RECORDINGS.rglob("*") if path.suffix in {".yaml", ".json"}]
    return sorted(path for path in found if PATH in path.read_text("utf-8", "replace"))


def exchanges(path):
    """Read the request's arguments, the status, the content type and the body of each exchange."""
    recorded = yaml.load(path.read_text("utf-8", "replace"), getattr(yaml, "CSafeLoader"))  # noqa: B009, S506 - a safe loader, in C
    for exchange in recorded.get("interactions", [recorded]):
        asked, answered = exchange["request"], exchange["response"]
        if PATH not in asked.get("uri", asked.get("url", "")) or not isinstance(answered, dict):
            continue
        request = asked.get("parsed_body") or asked.get("body")
        request = json.loads(request) if isinstance(request, str | bytes) else request
        body = answered.get("parsed_body") or answered.get("body")
        body = body.get("string", body) if isinstance(body, dict) else body
        if body is None or "messages" not in (request or {}):
            continue
        body = json.dumps(body) if isinstance(body, dict) else body
        body = body.encode() if isinstance(body, str) else body
        if body.lstrip()[:1] not in (b"{", b"d", b":"):
            continue  # Compressed, or not a body.
        status = answered.get("status", 200)
        status = status.get("code", 200) if isinstance(status, dict) else status
        yield request, int(str(status).split()[0]), body


def events(body):
    lines = (line[5:] for line in body.decode().splitlines() if line.startswith("data:"))
    return [json.loads(line) for line in lines if "{" in line]


def spoken(body):
    """Read text, tool names, model and tokens of a body in the plainest way."""
    streamed = not body.lstrip().startswith(b"{")
    parts = events(body) if streamed else [json.loads(body)]
    said, tools, usage, model = "", [], {}, None
    for part in parts:
        usage = part.get("usage") or (part.get("x_groq") or {}).get("usage") or usage
        model = model or part.get("model")
        for choice in (part.get("choices") or [])[:1]:
            held = choice["delta" if streamed else "message"]
            content = held.get("content")
            said += content if isinstance(content, str) else ""
            called = [call["function"] for call in held.get("tool_calls") or ()]
            called.append(held.get("function_call") or {})
            tools += filter(None, (function.get("name") for function in called))
    return said, tools, model or None, usage.get("prompt_tokens"), usage.get("completion_tokens")


@pytest.mark.skipif(not files(), reason="the recordings are not here")
@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_a_recording(*, path, client, server, watch, openai):
    """What the call says is what the server said, and errors are those of the client."""
    create = client.chat.completions.create
    expected = []
    for request, status, body in exchanges(path):
        streamed = not body.lstrip().startswith(b"{")
        kind = "text/event-stream" if streamed else "application/json"
        server.reply(body, status, kind)
        raised = None
        with suppress(openai.OpenAIError):
            raised = True
            reply = create(model="m", messages=request["messages"], stream=streamed)
            if streamed:
                list(reply)
            raised = None
        expected.append((status, body, len(request["messages"]), raised))
    for call, (status, body, messages, raised) in zip(watch.calls, expected, strict=True):
        assert len(list(call.request.messages)) == messages
        if raised:
            assert call.outcome == "failed"
            assert call.error_type == (str(status) if status >= 400 else call.error_type)
            continue
        assert call.outcome == "completed"
        message, usage = call.reply.message, call.reply.usage
        names = [tool.name for tool in message.tool_calls]
        read = (message.text, names, call.reply.model, usage.input_tokens, usage.output_tokens)
        assert read == spoken(body)
