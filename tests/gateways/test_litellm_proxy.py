"""Sessions watched at a LiteLLM proxy: one span for each call of a client, whatever is tried."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from otel_sessions.testing.exchanges import parsed, read_exchanges

ASKED = {"model": "assistant", "messages": [{"role": "user", "content": "Is it on its way?"}]}
STREAMED = {
    "chat/completions": (ASKED, "messages"),
    "responses": ({"model": "assistant", "input": "Is it on its way?"}, "input"),
    "messages": (ASKED | {"model": "claude", "max_tokens": 9}, "messages"),
}
"""Path -> what is asked there, and the name of the messages."""
LONG_S = 300
OK = 200
RECORDINGS = Path(__file__).parents[2].parent / "shared" / "data" / "cassettes"


APPLICATION = """
import sys
import openai
import otel_sessions

with otel_sessions.instrument():
    openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2]).chat.completions.create(
        model="assistant",
        messages=[{"role": "user", "content": "Is it on its way?"}],
        extra_body={"litellm_session_id": "session-both"},
    )
"""


@pytest.fixture
def told(receiver, waiting_until):
    """Wait for the one call of a session, and give its attributes."""

    def tell(session_id, count=1):
        waiting_until(lambda: len(receiver.calls(session_id)) >= count)
        calls = receiver.calls(session_id)
        assert len(calls) == count
        return calls[0] if count == 1 else calls

    return tell


def test_a_call(proxy, told):
    """It asks for the proxy's name of a model, and is answered by a model of its provider."""
    status, body = proxy.ask("chat/completions", ASKED, x_litellm_session_id="session-plain")
    assert (status, json.loads(body)["model"]) == (200, "assistant")
    call = told("session-plain")
    assert call["gen_ai.request.model"] == "assistant"
    assert call["gen_ai.response.model"] == "gpt-5-mini-x"
    assert (call["gen_ai.provider.name"], call["server.address"]) == ("openai", "127.0.0.1")
    assert (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"]) == (9, 3)
    assert (call["llm_session.outcome"], call["llm_session.turn"]) == ("completed", 1)


@pytest.mark.parametrize(
    ("session_id", "headers", "stated"),
    [
        ("session-header", {"x_litellm_session_id": "session-header"}, {}),
        ("session-trace", {"x_litellm_trace_id": "session-trace"}, {}),
        ("session-vendor", {"x_acme_session_id": "session-vendor"}, {}),
        ("session-baggage", {"baggage": "session.id=session-baggage"}, {}),
        ("session-body", {}, {"litellm_session_id": "session-body"}),
        ("session-metadata", {}, {"metadata": {"session_id": "session-metadata"}}),
    ],
)
def test_a_session_is_known_wherever_it_is_named(proxy, told, session_id, headers, stated):
    """Two questions are two turns of it."""
    proxy.ask("chat/completions", ASKED | stated, **headers)
    told(session_id)
    history = [*ASKED["messages"], {"role": "assistant", "content": "Yes."}]
    history.append({"role": "user", "content": "When will it arrive?"})
    proxy.ask("chat/completions", ASKED | stated | {"messages": history}, **headers)
    calls = told(session_id, 2)
    assert [call["llm_session.turn"] for call in calls] == [1, 2]
    assert {call["gen_ai.conversation.id"] for call in calls} == {session_id}


def test_a_user_is_no_session(proxy, receiver, waiting_until):
    """A user has many conversations; those that nobody names are told apart by what was said."""
    for text in ("Where is parcel 7?", "How do I pay?"):
        messages = [{"role": "user", "content": text}]
        proxy.ask("chat/completions", ASKED | {"user": "user-17", "messages": messages})
    sources = ("new", "lineage")
    waiting_until(lambda: len(receiver.known("llm_session.id.source", *sources)) > 1)
    found = receiver.known("llm_session.id.source", *sources)
    assert len({call["session.id"] for call in found}) == 2
    assert not receiver.calls("user-17")


@pytest.mark.parametrize(
    ("path", "body", "provider", "answered"),
    [
        ("responses", {"model": "assistant", "input": "Hi!"}, "openai", "gpt-5-mini-x"),
        ("messages", ASKED | {"model": "claude", "max_tokens": 9}, "anthropic", "claude-x"),
        ("messages", ASKED | {"max_tokens": 99}, "openai", "gpt-5-mini-x"),
        ("completions", {"model": "assistant", "prompt": "Hi!"}, "openai", "gpt-5-mini-x"),
    ],
    ids=["responses", "messages", "messages-of-openai", "completions"],
)
def test_other_ways_to_ask(proxy, told, request, path, body, provider, answered):
    """Each is one call, whatever LiteLLM makes of it."""
    session_id = f"session-{request.node.callspec.id}"
    assert proxy.ask(path, body, x_litellm_session_id=session_id)[0] == 200
    call = told(session_id)
    assert (call["gen_ai.provider.name"], call["gen_ai.response.model"]) == (provider, answered)
    assert (call["gen_ai.usage.input_tokens"], call["llm_session.outcome"]) == (9, "completed")


@pytest.mark.parametrize("path", STREAMED)
def test_a_stream(proxy, told, path):
    """The tokens are known; of a chat, LiteLLM asks the model for them."""
    session_id = f"session-streamed-{path}"
    body, _ = STREAMED[path]
    _, said = proxy.ask(path, body | {"stream": True}, x_litellm_session_id=session_id)
    assert said.count(b"word") == proxy.words
    call = told(session_id)
    assert (call["llm_session.outcome"], call["gen_ai.usage.output_tokens"]) == ("completed", 3)
    assert call["gen_ai.response.time_to_first_chunk"] > 0
    assert call["gen_ai.response.model"] in ("gpt-5-mini-x", "claude-x")


@pytest.mark.parametrize("path", STREAMED)
def test_a_stream_that_its_client_leaves(proxy, told, path):
    """It ends when the client hangs up, and counts as aborted."""
    session_id = f"session-left-{path}"
    body, messages = STREAMED[path]
    asked = body | {"stream": True, "litellm_session_id": session_id}
    asked |= {messages: [{"role": "user", "content": "Tell me at length."}]}
    with proxy.streaming(path, asked) as reply:
        said = b""
        while said.count(b"word") < 2:
            said += reply.recv(4096)
    call = told(session_id)
    assert call["llm_session.outcome"] == "aborted"
    assert call["llm_session.signals"] == ["partial_response"]


def test_retries_and_fallbacks_are_one_call(proxy, told, model):
    """The fallback answers, and nothing has failed."""
    before = len(model.asked)
    proxy.ask("chat/completions", ASKED | {"model": "flaky"}, x_litellm_session_id="session-flaky")
    call = told("session-flaky")
    assert len(model.asked) - before == 3
    assert (call["llm_session.outcome"], call["gen_ai.request.model"]) == ("completed", "flaky")
    assert "llm_session.signals" not in call


def test_a_call_that_nobody_answers(proxy, told):
    """It has failed once, with the status of the last error."""
    asked = ASKED | {"model": "broken"}
    assert proxy.ask("chat/completions", asked, x_litellm_session_id="session-broken")[0] == 429
    call = told("session-broken")
    assert (call["llm_session.outcome"], call["error.type"]) == ("failed", "429")
    assert call["llm_session.signals"] == ["call_failed"]


def test_the_trace_goes_on(proxy, receiver, told):
    """The call is in the trace of the application that asks."""
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    traceparent = f"00-{trace_id}-b7ad6b7169203331-01"
    proxy.ask(
        "chat/completions", ASKED | {"litellm_session_id": "session-t"}, traceparent=traceparent
    )
    told("session-t")
    (span,) = (s for s, known in receiver.spans() if known.get("session.id") == "session-t")
    assert span.trace_id.hex() == trace_id


def test_an_application_that_is_watched_too(proxy, receiver, told):
    """Each side tells the call once and as its own service; they name the same session."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "100"}
    environ |= {"OTEL_SERVICE_NAME": "shop", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
    command = [sys.executable, "-c", APPLICATION, f"{proxy.url}/v1", proxy.key]
    subprocess.run(command, env=environ, timeout=LONG_S, check=True)
    calls = told("session-both", 2)
    assert {call["service.name"] for call in calls} == {"shop", "gateway"}
    assert {call["gen_ai.provider.name"] for call in calls} == {"openai"}
    assert {call["gen_ai.response.id"] for call in calls} == {"c-1"}
    assert {call["gen_ai.request.model"] for call in calls} == {"assistant"}


def test_switched_on_twice_and_ended(proxies, receiver, told):
    """By `opentelemetry-instrument` and by the callback it is one span; all is told at the end."""
    before = shutil.which("opentelemetry-instrument", path=Path(sys.executable).parent)
    with proxies(before) as proxy:
        proxy.ask("chat/completions", ASKED, x_litellm_session_id="session-twice")
        proxy.process.terminate()
        assert proxy.process.wait(LONG_S) in (0, -signal.SIGTERM)
    told("session-twice")
    spans = [(span.name, known.get("session.id")) for span, known in receiver.spans()]
    names = sorted(name for name, session_id in spans if session_id == "session-twice")
    assert names == ["chat assistant", "llm_session"]
    metrics = b"".join(body for path, body in receiver.posts if path == "/v1/metrics")
    assert b"llm_session.turn.health" in metrics


def recorded():
    """Give chats with real servers that tell their tokens, one of every five."""
    if not RECORDINGS.is_dir():
        pytest.skip("needs the recordings, which are not part of the package")
    exchanges = [each for each in read_exchanges(RECORDINGS) if not isinstance(each, str)]
    chats = [
        each
        for each in exchanges
        if each.url.path.endswith("chat/completions")
        and isinstance(each.body, dict)
        and each.status == OK
        and each.streamed == bool(each.body.get("stream"))
        and tokens(each.reply)
    ]
    return chats[::5]


def tokens(reply):
    """Read the tokens that a reply tells, in the plainest way."""
    events = [line[5:] for line in reply.splitlines() if line.startswith(b"data: {")]
    usages = [parsed(each) and parsed(each).get("usage") for each in events or [reply]]
    found = next(filter(None, reversed(usages)), None)
    return found and (found.get("prompt_tokens"), found.get("completion_tokens"))


def test_recorded_replies(proxy, model, told):
    """Traffic of real servers through the proxy: one call each, with the tokens that they told."""
    expected = {}
    for number, each in enumerate(recorded()):
        model.recorded = [(OK, each.headers.get("content-type", "application/json"), each.reply)]
        session_id = f"session-recorded-{number}"
        asked = each.body | {"model": "assistant", "litellm_session_id": session_id}
        status, body = proxy.ask("chat/completions", asked)
        # Some requests and replies LiteLLM refuses by itself, some when a stream has begun.
        if status == OK and b'data: {"error":' not in body:
            expected[session_id] = tokens(each.reply)
    model.recorded = []
    assert len(expected) > 20
    calls = {session_id: told(session_id) for session_id in expected}
    assert {
        session_id: (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"])
        for session_id, call in calls.items()
    } == expected
