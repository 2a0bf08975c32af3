"""The benchmark of recordings reads what recorders wrote, and says why it leaves something out."""

import base64
import json
import subprocess
import sys

import pytest

for package in ("yaml", "anthropic", "boto3", "google.genai", "mistralai", "ollama", "openai"):
    pytest.importorskip(package)

ANTHROPIC = {
    "model": "claude-test",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hi!"}],
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-test-1",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}
NO_START = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hm."}},
    {"type": "message_stop"},
]
URL = "https://api.anthropic.com/v1/messages"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model"


def written(uri, asked, replied, **more):
    """One interaction as vcrpy writes it."""
    return {
        "request": {"method": "POST", "uri": uri, "headers": {}, "body": asked},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"], **more},
            "body": replied,
        },
    }


def text(value):
    return {"string": json.dumps(value)}


ALL = {
    "typed.json": written(
        URL, {"type": "json", "content": ANTHROPIC}, {"type": "json", "content": MESSAGE}
    ),
    "packed.json": written(
        URL,
        json.dumps(ANTHROPIC),
        {"base64_string": base64.b64encode(json.dumps(MESSAGE).encode()).decode()},
    ),
    "suffixed.json_second": written(URL, json.dumps(ANTHROPIC), text(MESSAGE)),
    "no-start.json": written(
        URL,
        json.dumps({**ANTHROPIC, "stream": True}),
        {"string": "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in NO_START)},
        **{"Content-Type": ["text/event-stream"]},
    ),
    "mistral.json": written(
        f"{BEDROCK}/mistral.m1/invoke",
        json.dumps({"prompt": "Hi!"}),
        text({"outputs": [{"text": "Hello.", "stop_reason": "stop"}]}),
        **{"X-Amzn-Bedrock-Input-Token-Count": ["3"]},
    ),
    "embedding.json": written(
        f"{BEDROCK}/cohere.embed-v4%3A0/invoke", json.dumps({"texts": ["Hi!"]}), text({"id": "1"})
    ),
    "generate.json": written(
        "http://127.0.0.1:11434/api/generate",
        json.dumps({"model": "llama", "prompt": "Hi!", "stream": False}),
        text({"model": "llama", "response": "Hello.", "done": True, "done_reason": "stop"}),
    ),
    "deployment.json": written(
        "https://x.openai.azure.com/openai/deployments/mine/completions?api-version=2024-10-21",
        json.dumps({"model": "other", "prompt": "Hi!"}),
        text({"id": "c", "choices": [{"text": "Hello.", "index": 0, "finish_reason": "stop"}]}),
    ),
    "mistral-error.json": written(
        "https://api.mistral.ai/v1/chat/completions",
        json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi!"}]}),
        text({"message": "Unauthorized"}),
    ),
    "blocked.json": written(
        "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent",
        json.dumps({"contents": [{"role": "user", "parts": [{"text": "Hi!"}]}]}),
        text({"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "g-1"}),
    ),
    "refused.json": written(URL, json.dumps({"model": "claude-test"}), text(MESSAGE)),
    "complete.json": written(
        "https://api.anthropic.com/v1/complete", "{}", text({"completion": "Hello."})
    ),
}
ALL["mistral-error.json"]["response"]["status"] = {"code": 401, "message": "Unauthorized"}
OF_PYTHON = """\
interactions:
- request:
    method: POST
    uri: https://api.anthropic.com/v1/messages
    headers:
      ? !!python/object/apply:multidict._multidict.istr
      - Accept
      : - application/json
    body: '{"model": "claude-test", "max_tokens": 9, "messages": []}'
  response:
    status: {code: 529, message: Overloaded}
    headers: {Content-Type: [application/json]}
    body: {string: '{"type": "error", "error": {"type": "overloaded_error", "message": "no"}}'}
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for name, interaction in ALL.items():
        (folder / name).write_text(json.dumps({"interactions": [interaction]}))
    (folder / "python.yaml").write_text(OF_PYTHON)
    (folder / "other.yaml").write_text("interactions: [{request: {}, response: {}}]")
    (folder / "broken.yaml").write_text("interactions: [")
    told = folder / "result.txt"
    command = ["-m", "benchmarks.recordings", "--data", str(folder), "--json", str(told)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert told.exists(), done.stderr
    return json.loads(told.read_text())


def test_calls_in_all_formats_are_replayed(result):
    """Also typed and packed bodies, a stream without a start, a block, an error without type."""
    assert result["failed"] == []
    assert result["clients"] == {
        "anthropic": 5,
        "bedrock": 1,
        "google": 1,
        "mistral": 1,
        "ollama": 1,
        "openai": 1,
    }


def test_what_is_left_out_has_a_true_reason(result):
    """Embeddings are no call for text, and other APIs are named."""
    assert result["skipped"] == {
        "no known format": 2,
        "no call for text": 1,
        "its request is none that the client makes": 1,
        "API not supported: Anthropic text completions": 1,
    }
