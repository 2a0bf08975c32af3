"""LiteLLM's calls are seen once, whatever client it calls inside; it has an environment of its own.

Before 1.107 it needs OpenAI's client before version 3, and its proxy pins much else.
"""

import asyncio
import gc
import os
import subprocess
import sys

import pytest

from otel_sessions.calls import Message, ToolCall
from otel_sessions.providers import patch
from otel_sessions.providers.litellm_chat import PROVIDER

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # Else the import asks the network.
litellm = pytest.importorskip("litellm", reason="LiteLLM has an environment of its own")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("no_collections")]
ASKED = [{"role": "user", "content": "Hi!"}]


@pytest.fixture
def arguments(server, patched, monkeypatch):
    """Arguments of a dull call; LiteLLM's logging threads hold no stream for a while."""
    monkeypatch.setattr(litellm, "disable_streaming_logging", True)
    return {
        "model": "openai/gpt-5-mini",
        "messages": ASKED,
        "api_base": server.base_url,
        "api_key": "none",
        "max_retries": 0,
    }


@pytest.fixture
def anthropic(server, arguments):
    """Arguments of a call that LiteLLM makes over HTTP, without a client that we know."""
    arguments |= {"model": "anthropic/claude-m", "api_base": server.base_url}
    message = {"id": "m-1", "type": "message", "role": "assistant", "model": "claude-m-1"}
    message |= {"content": [{"type": "text", "text": "Hello there."}], "stop_reason": "end_turn"}
    server.reply(message | {"usage": {"input_tokens": 9, "output_tokens": 3}})
    return arguments


def said(call):
    return call.reply.message and call.reply.message.text


def text(chunk):
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


def check(call):
    assert list(call.request.messages) == [Message("user", "Hi!")]
    assert (said(call), call.outcome) == ("Hello there.", "completed")
    assert (call.reply.usage.input_tokens, call.reply.usage.output_tokens) == (9, 3)
    assert call.reply.finish_reasons == ("stop",)


def test_a_call_is_read_once(arguments, watch, server):
    """OpenAI's client inside adds no second call."""
    reply = litellm.completion(**arguments)
    assert type(reply) is litellm.ModelResponse
    check(watch.call)
    assert (watch.call.request.model, watch.call.reply.model) == (
        "openai/gpt-5-mini",
        "gpt-5-mini-2026",
    )
    assert (watch.call.provider, watch.call.server_address) == ("openai", "127.0.0.1")
    assert len(watch.spans) == len(server.requests) == 1


async def test_an_async_call_is_read_once(arguments, watch):
    """The same for `acompletion`, which calls `completion` in another thread."""
    await asyncio.gather(*(litellm.acompletion(**arguments) for _ in range(3)))
    assert len(watch.spans) == 3
    for call in watch.calls:
        check(call)


def test_a_call_over_http_is_read(anthropic, watch):
    """Providers without a client that we know are seen, too."""
    litellm.completion(**anthropic)
    check(watch.call)
    assert watch.call.provider == "anthropic"


async def test_an_async_call_over_http_is_read(anthropic, watch):
    """The same for `acompletion`."""
    await litellm.acompletion(**anthropic)
    check(watch.call)


def test_names_by_position_and_of_the_module(arguments, watch):
    """Model and messages may be given by position, and `litellm.main` has the functions, too."""
    model, messages = arguments.pop("model"), arguments.pop("messages")
    litellm.main.completion(model, messages, **arguments)
    check(watch.call)


def test_tools_are_read(arguments, server, watch, completion):
    """Tool calls come as objects of LiteLLM's own."""
    function = {"name": "find", "arguments": '{"q": 1}'}
    message = {"role": "assistant", "content": None}
    message["tool_calls"] = [{"id": "c1", "type": "function", "function": function}]
    server.reply(completion(choices=[{"message": message, "finish_reason": "tool_calls"}]))
    reply = litellm.completion(**arguments)
    called = Message("assistant", "", (ToolCall("find", '{"q": 1}', "c1"),))
    assert watch.call.reply.message == called
    assert watch.call.reply.finish_reasons == ("tool_calls",)
    history = [*ASKED, reply.choices[0].message]
    history.append({"role": "tool", "tool_call_id": "c1", "content": "42"})
    litellm.completion(**arguments | {"messages": history})
    assert list(watch.calls[1].request.messages)[1:] == [
        called,
        Message("tool", "42", tool_call_id="c1"),
    ]


def test_streamed_tools_are_read(arguments, server, watch, chunk):
    """Pieces of tool calls are put together."""
    function = {"name": "find", "arguments": '{"q"'}
    first = {"index": 0, "id": "c1", "type": "function", "function": function}
    rest = {"index": 0, "function": {"arguments": ": 1}"}}
    deltas = [{"role": "assistant", "tool_calls": [first]}, {"tool_calls": [rest]}]
    server.stream([*map(chunk, deltas), chunk({}, "tool_calls")])
    list(litellm.completion(**arguments, stream=True))
    assert watch.call.reply.message.tool_calls == (ToolCall("find", '{"q": 1}', "c1"),)
    assert watch.call.reply.finish_reasons == ("tool_calls",)


def usage_of(call):
    return call.reply.usage.input_tokens, call.reply.usage.output_tokens


def drained(stream):
    assert "".join(map(text, stream)) == "Hello there."


def broken_off(stream):
    for each in stream:
        if text(each):
            break


def never_iterated(stream):
    del stream


@pytest.mark.parametrize(
    ("use", "outcome", "expected"),
    [
        (drained, "completed", "Hello there."),
        (broken_off, "aborted", "Hello"),
        (never_iterated, "aborted", None),
    ],
)
def test_a_stream_ends_once(arguments, watch, use, outcome, expected):
    """However a stream is left, there is one call, and its object is LiteLLM's."""
    stream = litellm.completion(**arguments, stream=True)
    assert isinstance(stream, litellm.CustomStreamWrapper)
    assert type(stream).__name__ == "CustomStreamWrapper"
    use(stream)
    del stream
    gc.collect()
    assert (watch.call.outcome, said(watch.call), len(watch.spans)) == (outcome, expected, 1)
    assert watch.call.request.stream


async def adrained(stream):
    assert "".join([text(each) async for each in stream]) == "Hello there."


async def abroken_off(stream):
    async for each in stream:
        if text(each):
            break


async def aclosed(stream):
    await abroken_off(stream)
    await stream.aclose()


async def anever_iterated(stream):
    del stream


@pytest.mark.parametrize(
    ("use", "outcome", "expected"),
    [
        (adrained, "completed", "Hello there."),
        (abroken_off, "aborted", "Hello"),
        (aclosed, "aborted", "Hello"),
        (anever_iterated, "aborted", None),
    ],
)
async def test_an_async_stream_ends_once(arguments, watch, use, outcome, expected):
    """The same for `acompletion`."""
    stream = await litellm.acompletion(**arguments, stream=True)
    await use(stream)
    del stream
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()
    assert (watch.call.outcome, said(watch.call), len(watch.spans)) == (outcome, expected, 1)


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": True}}])
def test_tokens_of_a_stream(arguments, server, watch, chunk, options):
    """What the server told is read, whether LiteLLM passes it on or keeps it beside a chunk."""
    last = chunk({}, choices=[], usage={"prompt_tokens": 9, "completion_tokens": 3})
    server.stream([chunk({"role": "assistant", "content": "Hello"}), chunk({}, "stop"), last])
    list(litellm.completion(**arguments, stream=True, **options))
    assert usage_of(watch.call) == (9, 3)


def test_errors_have_their_status(arguments, server, watch):
    """LiteLLM raises errors of its own; the server's status is told."""
    server.reply({"error": {"message": "No."}}, 401)
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(**arguments)
    assert (watch.call.outcome, watch.call.error_type) == ("failed", "401")


async def test_an_overflow_is_told(arguments, server, watch):
    """A request longer than the window is known by the class of LiteLLM's error."""
    said = "This model's maximum context length is 8 tokens."
    server.reply({"error": {"message": said, "code": "context_length_exceeded"}}, 400)
    with pytest.raises(litellm.ContextWindowExceededError):
        await litellm.acompletion(**arguments)
    assert (watch.call.error_type, watch.call.overflow) == ("400", True)


def test_a_broken_connection_has_no_status(arguments, watch):
    """LiteLLM says 500 for a server that nobody reached."""
    with pytest.raises(litellm.InternalServerError):
        litellm.completion(**arguments | {"api_base": "http://127.0.0.1:9/v1"})
    assert watch.call.error_type == "APIConnectionError"


def functions():
    """Identify the functions; a wrapper is equal to what it wraps."""
    return [(id(each.completion), id(each.acompletion)) for each in (litellm, litellm.main)]


def test_removal_restores_the_functions(watch):
    """After removal both modules hold the very functions that they held before."""
    before = functions()
    patched = patch(PROVIDER, watch.hooks)
    assert not set(before) & set(functions())
    patched.remove()
    assert functions() == before


@pytest.mark.parametrize(
    ("arguments", "provider"),
    [
        ({"model": "gpt-4o"}, "openai"),
        ({"model": "claude-sonnet-4-5"}, "anthropic"),
        ({"model": "gemini-2.5-pro"}, "gcp.vertex_ai"),
        ({"model": "gemini/gemini-2.5-pro"}, "gcp.gemini"),
        ({"model": "bedrock/anthropic.claude"}, "aws.bedrock"),
        ({"model": "azure/mine"}, "azure.ai.openai"),
        ({"model": "groq/llama"}, "groq"),
        ({"model": "m", "custom_llm_provider": "xai"}, "x_ai"),
        ({"model": "openai/m", "api_base": "https://api.groq.com/openai/v1"}, "groq"),
        ({"model": "nobody-knows"}, "openai"),
    ],
)
def test_providers(arguments, provider):
    """A provider is known by what is given, the model's prefix, LiteLLM's list, or the host."""
    assert PROVIDER.read_opening(None, arguments).provider == provider


def test_a_session_is_read():
    """LiteLLM's own name of a session is a conversation's id."""
    for arguments in (
        {"litellm_session_id": "s"},
        {"metadata": {"session_id": "s"}},
        {"litellm_metadata": {"session_id": "s"}},
    ):
        assert PROVIDER.read_opening(None, arguments).conversation_id == "s"


CALLBACK = """
import sys
import litellm
from otel_sessions.litellm_callback import watch

litellm.callbacks = [watch]
given = {"model": "openai/m", "api_base": sys.argv[1], "api_key": "none"}
asked = [{"role": "user", "content": "Hi!"}]
litellm.completion(**given, messages=asked)
list(litellm.completion(**given, messages=asked, stream=True))
"""


def test_switched_on_by_a_callback(server):
    """An application that lists LiteLLM's callbacks is watched; each call is seen once."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none"}
    done = subprocess.run(
        [sys.executable, "-c", CALLBACK, server.base_url],
        env=environ | {"OTEL_LOGS_EXPORTER": "none"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"name": "chat openai/m"') == 2
    assert done.stdout.count('"gen_ai.request.stream": true') == 1
