"""What each client was given becomes messages of one kind: results of tools stand on their own."""

import base64
import json

import pytest

from otel_sessions.calls import Message, ToolCall
from otel_sessions.providers import (
    anthropic_messages,
    bedrock,
    cohere_chat,
    google_genai,
    openai_responses,
)

EXPECTED = [
    Message("system", "Be brief."),
    Message("user", "Where is order 7?", other_parts=1),
    Message("assistant", "One moment.", (ToolCall("find", {"id": 7}, "t1"),)),
    Message("tool", "In Lyon.", tool_call_id="t1"),
    Message("user", "Thanks."),
]

ANTHROPIC = {
    "model": "m-1",
    "system": [{"type": "text", "text": "Be brief."}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Where is order 7?"},
                {"type": "image", "source": {"type": "url", "url": "u"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "One moment."},
                {"type": "tool_use", "id": "t1", "name": "find", "input": {"id": 7}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "In Lyon."},
                {"type": "text", "text": "Thanks."},
            ],
        },
    ],
}

CONVERSE = {
    "modelId": "m-1",
    "stream": False,
    "system": [{"text": "Be brief."}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Where is order 7?"},
                {"image": {"format": "png", "source": {"bytes": b"i"}}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"text": "One moment."},
                {"toolUse": {"toolUseId": "t1", "name": "find", "input": {"id": 7}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"text": "In Lyon."}]}},
                {"text": "Thanks."},
            ],
        },
    ],
}

INVOKE = {
    "modelId": "m-1",
    "stream": False,
    "body": json.dumps({"anthropic_version": "bedrock-2023-05-31", **ANTHROPIC}),
}

GOOGLE = {
    "model": "m-1",
    "config": {"system_instruction": "Be brief."},
    "contents": (
        {
            "role": "user",
            "parts": [
                {"text": "Where is order 7?"},
                {"inline_data": {"mime_type": "image/png", "data": base64.b64encode(b"i")}},
            ],
        },
        {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "One moment."}]},
        {
            "role": "model",
            "parts": [{"function_call": {"id": "t1", "name": "find", "args": {"id": 7}}}],
        },
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "t1",
                        "name": "find",
                        "response": {"result": "In Lyon."},
                    }
                },
                {"text": "Thanks."},
            ],
        },
    ),
}

RESPONSES = {
    "model": "m-1",
    "instructions": "Be brief.",
    "input": (
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Where is order 7?"},
                {"type": "input_image", "image_url": "u"},
            ],
        },
        {"type": "reasoning", "id": "r", "summary": []},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "One moment.", "annotations": []}],
        },
        {"type": "function_call", "call_id": "t1", "name": "find", "arguments": '{"id": 7}'},
        {"type": "function_call_output", "call_id": "t1", "output": "In Lyon."},
        {"role": "user", "content": "Thanks."},
    ),
}

COHERE = {
    "model": "m-1",
    "messages": (
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Where is order 7?"},
                {"type": "image_url", "image_url": {"url": "u"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "One moment."},
            ],
            "tool_calls": [
                {"id": "t1", "function": {"name": "find", "arguments": '{"id": 7}'}},
            ],
        },
        {
            "role": "tool",
            "tool_call_id": "t1",
            "content": [{"type": "document", "document": {"data": "In Lyon."}}],
        },
        {"role": "user", "content": "Thanks."},
    ),
}


def decoded(message):
    """The same message with the arguments of its tools as objects."""
    calls = tuple(
        ToolCall(
            call.name,
            json.loads(call.arguments) if isinstance(call.arguments, str) else call.arguments,
            call.id,
        )
        for call in message.tool_calls
    )
    fields = (message.tool_call_id, message.other_parts)
    return Message(message.role, message.text, calls, *fields)


@pytest.mark.parametrize(
    ("reader", "arguments"),
    [
        pytest.param(anthropic_messages, ANTHROPIC, id="anthropic"),
        pytest.param(bedrock, CONVERSE, id="converse"),
        pytest.param(bedrock, INVOKE, id="invoke-anthropic"),
        pytest.param(google_genai, GOOGLE, id="google"),
        pytest.param(openai_responses, RESPONSES, id="responses"),
        pytest.param(cohere_chat, COHERE, id="cohere"),
    ],
)
def test_the_same_conversation_reads_the_same(reader, arguments):
    """Whatever a client calls its parts, roles, texts, tools and results are the same."""
    request = reader.read_request(arguments)
    assert [decoded(message) for message in request.messages] == EXPECTED
    assert request.model == "m-1"


def test_what_can_be_read_only_once_is_not_read():
    """A file as the body of a call stays the application's."""
    request = bedrock.read_request({"modelId": "m-1", "stream": False, "body": object()})
    assert request.messages is None


@pytest.mark.parametrize(
    ("given", "remembered", "previous"),
    [
        pytest.param({}, False, None, id="whole-history"),
        pytest.param({"previous_response_id": "r1"}, True, "r1", id="previous"),
        pytest.param({"conversation": "c1"}, True, None, id="conversation"),
        pytest.param({"conversation": {"id": "c1"}}, True, None, id="conversation-object"),
    ],
)
def test_a_history_that_the_provider_keeps_is_told(given, remembered, previous):
    """Such a request holds only what is new."""
    request = openai_responses.read_request({"model": "m-1", "input": "Hi!", **given})
    assert (request.remembered, request.previous_reply_id) == (remembered, previous)
    assert [*request.messages] == [Message("user", "Hi!")]


@pytest.mark.parametrize(
    "contents",
    ["Hi!", ("Hi!",), {"role": "user", "parts": [{"text": "Hi!"}]}, ({"text": "Hi!"},)],
    ids=["text", "texts", "content", "part"],
)
def test_contents_come_in_many_forms(contents):
    """Google's client takes texts, parts and contents, alone or in lists."""
    request = google_genai.read_request({"model": "m-1", "contents": contents})
    assert [*request.messages] == [Message("user", "Hi!")]
