"""Recorded traffic below a real client."""

import json

import pytest

from otel_sessions.testing import read_recorded, replies

httpx2 = pytest.importorskip("httpx2", reason="needs openai 3")
openai = pytest.importorskip("openai")

URL = "https://api.openai.com/v1/chat/completions"


@pytest.fixture
def cassette(tmp_path):
    """Two calls as vcrpy writes them down, the second streamed."""
    known = {"id": "c", "created": 1, "model": "gpt-test-1"}
    message = {"role": "assistant", "content": "First."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    whole = json.dumps(known | {"object": "chat.completion", "choices": [choice]})
    deltas = [{"index": 0, "delta": {"content": t}, "finish_reason": None} for t in ("Sec", "ond.")]
    chunks = [known | {"object": "chat.completion.chunk", "choices": [d]} for d in deltas]
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    interactions = [
        {
            "request": {"method": "POST", "uri": URL, "body": "{}", "headers": {}},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": [kind]},
                "body": {"string": body},
            },
        }
        for kind, body in (("application/json", whole), ("text/event-stream", events))
    ]
    path = tmp_path / "cassette.json"
    path.write_text(json.dumps({"interactions": interactions}))
    return path


@pytest.fixture
def client(cassette):
    transport = replies(read_recorded(cassette), httpx2)
    http = httpx2.Client(transport=transport)
    return openai.OpenAI(api_key="k", http_client=http, max_retries=0)


def test_replies_come_in_their_order(client):
    """Whole and streamed."""
    asked = {"model": "gpt-test", "messages": [{"role": "user", "content": "Hi."}]}
    first = client.chat.completions.create(**asked)
    second = client.chat.completions.create(**asked, stream=True)
    assert first.choices[0].message.content == "First."
    assert "".join(chunk.choices[0].delta.content for chunk in second) == "Second."


def test_what_was_not_recorded_is_named(client):
    """The error goes through the client as it is."""
    with pytest.raises(LookupError, match="GET /v1/models"):
        client.models.list()


@pytest.mark.parametrize(
    ("content", "reason"), [("[]", "no known format"), ('{"interactions": []}', "nothing")]
)
def test_a_file_that_is_no_recording(tmp_path, content, reason):
    """The error says which, and why."""
    path = tmp_path / "wrong.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=reason) as raised:
        read_recorded(path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    """The error names it."""
    with pytest.raises(FileNotFoundError, match="gone"):
        read_recorded(tmp_path / "gone.yaml")
