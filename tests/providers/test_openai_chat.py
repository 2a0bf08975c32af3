"""What OpenAI chat requests, replies and streams are read as; no client is installed for this."""

from types import MappingProxyType, SimpleNamespace

import pytest
from inline_snapshot import snapshot

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers._hosts import provider_of
from otel_sessions.providers.openai_chat import (
    has_content,
    read_chunks,
    read_message,
    read_opening,
    read_reply,
    read_request,
)

CALLED = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param({"role": "user", "content": "Hi"}, Message("user", "Hi"), id="plain"),
        pytest.param(
            {"role": "developer", "content": "Be"}, Message("system", "Be"), id="developer"
        ),
        pytest.param(
            {"role": "tool", "tool_call_id": "c1", "content": "42"},
            Message("tool", "42", tool_call_id="c1"),
            id="tool",
        ),
        pytest.param(
            {"role": "function", "name": "find", "content": "42"},
            Message("tool", "42"),
            id="function",
        ),
        pytest.param(
            {"role": "assistant", "content": None, "tool_calls": [CALLED]},
            Message("assistant", "", (ToolCall("find", '{"q": 1}', "c1"),)),
            id="tool-calls",
        ),
        pytest.param(
            {"role": "assistant", "function_call": {"name": "find", "arguments": "{}"}},
            Message("assistant", "", (ToolCall("find", "{}"),)),
            id="legacy-function-call",
        ),
        pytest.param(
            {
                "role": "assistant",
                "tool_calls": ({"id": "c2", "custom": {"name": "run", "input": "ls"}},),
            },
            Message("assistant", "", (ToolCall("run", "ls", "c2"),)),
            id="custom-tool",
        ),
        pytest.param(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is"},
                    {"type": "image_url", "image_url": {"url": "data:"}},
                    {"type": "text", "text": "this?"},
                    {"type": "input_audio", "input_audio": {}},
                ],
            },
            Message("user", "What is\nthis?", other_parts=2),
            id="parts",
        ),
        pytest.param(
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            Message("assistant", "No."),
            id="refusal-part",
        ),
        pytest.param(
            {"role": "assistant", "content": None, "refusal": "No."},
            Message("assistant", "No."),
            id="refusal",
        ),
        pytest.param(
            {"role": "assistant", "content": None, "audio": {"id": "a1"}},
            Message("assistant", other_parts=1),
            id="audio",
        ),
        pytest.param(
            SimpleNamespace(
                role="assistant", content="Yes", tool_calls=[SimpleNamespace(**CALLED)]
            ),
            Message("assistant", "Yes", (ToolCall("find", '{"q": 1}', "c1"),)),
            id="object",
        ),
        pytest.param(
            MappingProxyType({"role": "user", "content": "Hi"}), Message("user", "Hi"), id="mapping"
        ),
        pytest.param(
            {
                "role": "assistant",
                "content": "",
                "refusal": "",
                "audio": {"id": "", "data": ""},
                "function_call": {"name": "", "arguments": ""},
                "tool_calls": [CALLED | {"custom": {"name": "", "input": ""}}],
            },
            Message("assistant", "", (ToolCall("find", '{"q": 1}', "c1"),)),
            id="every-field-filled",
        ),
        pytest.param({}, Message("user"), id="empty"),
        pytest.param(None, Message("user"), id="none"),
        pytest.param("Hi", Message("user"), id="string"),
        pytest.param({"role": 3, "content": 4, "tool_calls": 5}, Message("user"), id="numbers"),
        pytest.param(
            {"role": ["user"], "tool_calls": [None]}, Message("user", "", (ToolCall("", ""),))
        ),
    ],
)
def test_messages(raw, message):
    """Every shape of a message becomes ours; unknown ones become an empty user message."""
    assert read_message(raw) == message


def test_parts_that_can_be_read_once_are_left_alone():
    """A generator as content is the client's to read."""
    parts = ({"type": "text", "text": text} for text in ["a", "b"])
    assert read_message({"role": "user", "content": parts}) == Message("user")
    assert len(list(parts)) == 2


def test_a_message_that_raises_is_empty(caplog):
    """An object whose attributes raise costs that message, and a line in the log."""

    class Angry:
        def __getattr__(self, name):
            raise ValueError(name)

    messages = read_request({"messages": (Angry(), {"role": "user", "content": "Hi"})}).messages
    assert list(messages) == [Message("user"), Message("user", "Hi")]
    assert list(messages[1:]) == [Message("user", "Hi")]
    with pytest.raises(IndexError):
        messages[2]
    caplog.clear()


def test_messages_are_read_when_asked_for():
    """Looking at the last message of a history reads only that one."""
    asked = []

    class Noting(dict):
        def get(self, key, default=None):
            asked.append(self["content"])
            return super().get(key, default)

    history = tuple(Noting(role="user", content=f"{i}") for i in range(100))
    messages = read_request({"messages": history}).messages
    assert len(messages) == 100
    assert messages[-1].text == "99"
    assert set(asked) == {"99"}


def test_settings_of_a_request():
    """Settings are read by type; what a client means by "not given" is unknown."""
    given = {
        "model": "gpt-5",
        "n": 2,
        "temperature": 1,
        "top_p": 0.5,
        "max_tokens": 10,
        "max_completion_tokens": 20,
        "frequency_penalty": 0.1,
        "presence_penalty": -0.1,
        "seed": 7,
        "stop": ["a", "b"],
        "stream": True,
        "response_format": {"type": "json_schema", "json_schema": {}},
    }
    assert read_request(given) == snapshot(
        Request(
            model="gpt-5",
            stream=True,
            choice_count=2,
            temperature=1.0,
            top_p=0.5,
            max_tokens=20,
            frequency_penalty=0.1,
            presence_penalty=-0.1,
            seed=7,
            stop_sequences=("a", "b"),
            output_type="json",
        )
    )
    assert read_request(dict.fromkeys(given, object()) | {"stream": False}) == Request()


def test_a_reply(completion):
    """A reply with several choices, a tool call and all kinds of tokens."""
    first = {"message": {"content": None, "tool_calls": [CALLED]}, "finish_reason": "tool_calls"}
    second = {"message": {"content": "B"}, "finish_reason": "stop"}
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    assert read_reply(completion(choices=[first, second], usage=usage)) == snapshot(
        Reply(
            message=Message(
                role="assistant",
                tool_calls=(ToolCall(name="find", arguments='{"q": 1}', id="c1"),),
            ),
            model="gpt-5-mini-2026",
            id="chatcmpl-1",
            finish_reasons=("tool_calls", "stop"),
            usage=Usage(input_tokens=9, output_tokens=3, cache_read_tokens=4, reasoning_tokens=2),
        )
    )


def piece(index, name, arguments, call_id=None):
    return {
        "tool_calls": [
            {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}
        ]
    }


@pytest.mark.parametrize(
    ("deltas", "message"),
    [
        pytest.param(
            [{"content": "a"}, {}, {"content": "b"}], Message("assistant", "ab"), id="text"
        ),
        pytest.param(
            [{"refusal": "N"}, {"refusal": "o"}], Message("assistant", "No"), id="refusal"
        ),
        pytest.param(
            [piece(0, "find", "", "c1"), piece(0, None, '{"q"'), piece(0, None, ": 1}")],
            Message("assistant", "", (ToolCall("find", '{"q": 1}', "c1"),)),
            id="tool",
        ),
        pytest.param(
            [
                piece(0, "a", "{", "c1"),
                piece(1, "b", "{", "c2"),
                piece(0, None, "}"),
                piece(1, None, "}"),
            ],
            Message("assistant", "", (ToolCall("a", "{}", "c1"), ToolCall("b", "{}", "c2"))),
            id="interleaved",
        ),
        pytest.param(
            [piece(None, "a", "{", "c1"), piece(None, None, "}"), piece(None, "b", "{}", "c2")],
            Message("assistant", "", (ToolCall("a", "{}", "c1"), ToolCall("b", "{}", "c2"))),
            id="without-index",
        ),
        pytest.param(
            [
                {"function_call": {"name": "f", "arguments": "{"}},
                {"function_call": {"arguments": "}"}},
            ],
            Message("assistant", "", (ToolCall("f", "{}"),)),
            id="legacy",
        ),
        pytest.param(
            [
                {"content": "a", "function_call": {"name": "", "arguments": ""}},
                piece(0, "f", "{}", "c1") | {"function_call": {"name": "", "arguments": ""}},
            ],
            Message("assistant", "a", (ToolCall("f", "{}", "c1"),)),
            id="every-field-filled",
        ),
        pytest.param([None], None, id="no-delta"),
    ],
)
def test_streamed_messages(chunk, deltas, message):
    """Pieces of a streamed message are put together in the order of their index."""
    assert read_chunks([chunk(delta) for delta in deltas]).message == message


def test_a_stream_of_several_choices(chunk):
    """The first choice is the message; every choice has its reason."""
    choices = [
        {"index": 1, "delta": {"content": "B"}, "finish_reason": "length"},
        {"index": 0, "delta": {"content": "A"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    reply = read_chunks([chunk({}, choices=[choice]) for choice in choices])
    assert reply.message == Message("assistant", "A")
    assert reply.finish_reasons == ("stop", "length")


@pytest.mark.parametrize(
    "last",
    [
        pytest.param({"choices": [], "usage": {"prompt_tokens": 5}}, id="openai"),
        pytest.param({"x_groq": {"usage": {"prompt_tokens": 5}}}, id="groq"),
    ],
)
def test_streamed_usage(chunk, last):
    """The latest usage counts, wherever a server puts it."""
    chunks = [chunk({"content": "a"}, usage=None), chunk({}, "stop", **last)]
    assert read_chunks(chunks).usage == Usage(input_tokens=5)


def test_odd_chunks_are_no_fault(chunk):
    """Chunks of unknown shapes add nothing."""
    odd = [None, {}, {"choices": 3}, {"choices": [None]}, {"choices": [{"delta": 3, "index": "x"}]}]
    assert read_chunks(odd).usage == Usage()
    assert not any(map(has_content, odd))


def resource(url="https://api.openai.com/v1", **client):
    host, _, port = url.split("/")[2].partition(":")
    base_url = SimpleNamespace(host=host, port=int(port) if port else None)
    return SimpleNamespace(_client=SimpleNamespace(base_url=base_url, **client))


def test_the_address_of_a_server():
    """The standard port is left out, as the official packages do."""
    default = read_opening(resource(), {})
    local = read_opening(resource("http://localhost:8000/v1"), {"model": "m", "stream": True})
    assert (default.server_address, default.server_port) == ("api.openai.com", None)
    assert (local.server_address, local.server_port) == ("localhost", 8000)
    assert (local.model, local.stream, local.provider) == ("m", True, "openai")


def test_azure_is_known_by_its_client():
    """A gateway in front of Azure does not hide it."""
    assert read_opening(resource(_api_version="2024-10-21"), {}).provider == "azure.ai.openai"


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("localhost", "openai"),
        ("10.0.0.1", "openai"),
        ("evil-groq.com.example", "openai"),
        ("notgroq.com", "openai"),
        ("mine.openai.azure.com", "azure.ai.openai"),
        ("mine.services.ai.azure.com", "azure.ai.inference"),
        ("api.groq.com", "groq"),
        ("api.mistral.ai", "mistral_ai"),
        ("api.deepseek.com", "deepseek"),
        ("api.x.ai", "x_ai"),
        ("openrouter.ai", "openrouter"),
        ("api.together.xyz", "together_ai"),
        ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("europe-west4-aiplatform.googleapis.com", "gcp.vertex_ai"),
    ],
)
def test_providers_by_host(host, provider):
    """A provider is known by the domain of its server."""
    assert provider_of(host, "openai") == provider
