"""With default settings no byte of a text leaves the process; with a judge, only to the judge."""

import json
import os
import subprocess
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CANARY = "canary7f3e"
SCORES = {"contradiction": 0.9, "answer_irrelevant": 0.1, "commitment_reversed": 0.0}
ANSWERS = {
    "/judge/chat/completions": json.dumps(
        {"choices": [{"message": {"content": json.dumps(SCORES)}}]}
    ).encode()
}
"""What the receiver answers where it is not OTLP that it receives."""

APPLICATION = """
import importlib, json, openai, otel_sessions

httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")
CANARY = "canary7f3e"
otel_sessions.instrument()
answers = [
    {"role": "assistant", "content": f"{CANARY} in a reply"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "t1", "type": "function", "function":
            {"name": "look_up", "arguments": json.dumps({"q": f"{CANARY} in arguments"})}}]},
    {"role": "assistant", "content": f"{CANARY} again"},
    None,
]

def answer(request):
    message = answers.pop(0)
    if message is None:
        error = {"message": f"{CANARY} is too long", "code": "context_length_exceeded"}
        return httpx.Response(400, json={"error": error})
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 120000, "completion_tokens": 3, "total_tokens": 120003}
    return httpx.Response(200, json={"id": "c1", "object": "chat.completion", "created": 1,
        "model": "gpt-4o", "choices": [choice], "usage": usage})

client = openai.OpenAI(api_key="k", max_retries=0,
    http_client=httpx.Client(transport=httpx.MockTransport(answer)))
messages = [{"role": "system", "content": f"{CANARY} in a prompt"}]
with otel_sessions.session("visible-session-id"):
    for text in ("first", "second"):
        messages.append({"role": "user", "content": f"{CANARY} in the {text} question?"})
        reply = client.chat.completions.create(model="gpt-4o", messages=messages)
        messages.append(reply.choices[0].message)
    result = f"Error: {CANARY} in a result"
    messages.append({"role": "tool", "tool_call_id": "t1", "content": result})
    reply = client.chat.completions.create(model="gpt-4o", messages=messages, stop=["END"])
    messages.append(reply.choices[0].message)
    messages.append({"role": "user", "content": f"{CANARY} in the first question?"})
    try:
        client.chat.completions.create(model="gpt-4o", messages=messages)
    except openai.BadRequestError:
        pass
otel_sessions.end_session("visible-session-id", outcome="resolved")
"""


@pytest.fixture
def receiver():
    """An OTLP receiver on loopback that keeps what it gets, by path."""
    got = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            data = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                data = zlib.decompress(data, wbits=31)
            got[self.path] = got.get(self.path, b"") + data
            answer = ANSWERS.get(self.path, b"")
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()
    thread.join()


def run(address, *, ending="", **variables):
    """Run the application; give what it wrote to stderr."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", APPLICATION + ending],
        env=environ | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_no_text_leaves(receiver):
    """Users', assistant's, system's and tools' words, and errors that quote them, stay here."""
    address, got = receiver
    told = run(address)
    assert sorted(got) == ["/v1/logs", "/v1/metrics", "/v1/traces"]
    # The telemetry is there, with its signals...
    assert b"visible-session-id" in got["/v1/traces"]
    assert b"context_overflow" in got["/v1/logs"]
    assert b"llm_session.turn.evaluated" in got["/v1/metrics"]
    # ... and without the texts.
    everything = b"".join(got.values())
    assert CANARY.encode() not in everything
    assert CANARY not in told


def test_text_leaves_to_the_judge_alone(receiver):
    """Users' and assistant's words, where somebody set a judge; its secret goes nowhere else."""
    address, got = receiver
    told = run(
        address,
        ending="assert otel_sessions.flush(60)",
        OTEL_SESSIONS_JUDGE_URL=f"{address}/judge",
        OTEL_SESSIONS_JUDGE_MODEL="a-judge",
        OTEL_SESSIONS_JUDGE_SAMPLE_RATIO="1",
        OTEL_SESSIONS_JUDGE_API_KEY="sk-hidden",
    )
    asked = got.pop("/judge/chat/completions")
    assert sorted(got) == ["/v1/logs", "/v1/metrics", "/v1/traces"]
    assert b"judge_contradiction" in got["/v1/logs"]
    assert b"llm_session.judge.calls" in got["/v1/metrics"]
    everything = b"".join(got.values())
    assert CANARY.encode() not in everything
    assert b"sk-hidden" not in everything
    assert not any(word in told for word in (CANARY, "sk-hidden"))
    for sent in ("in the first question", "in a reply", "in the second question", "again"):
        assert f"{CANARY} {sent}".encode() in asked
    for kept in ("in a prompt", "in arguments", "in a result", "visible-session-id"):
        assert kept.encode() not in asked
