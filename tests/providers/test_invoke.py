"""Bodies of Bedrock's `invoke_model`: each vendor's own, whole and in chunks, read as one reply."""

import base64
import json
from types import SimpleNamespace

import pytest

from otel_sessions.calls import Message, ToolCall, Usage
from otel_sessions.providers import bedrock

COUNTED = {"x-amzn-bedrock-input-token-count": "7", "x-amzn-bedrock-output-token-count": "4"}
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 7, "outputTokenCount": 4}}
USAGE = {"usage": {"prompt_tokens": 7, "completion_tokens": 4}}


def whole(body, headers=COUNTED):
    """Headers and bytes, as they are noted of a reply that the application reads."""
    data = json.dumps(body).encode()
    return bedrock.read_chunks([headers, data[:9], data[9:]])


def streamed(*bodies):
    """Events as botocore gives them."""
    events = [
        SimpleNamespace(
            headers={":event-type": "chunk"},
            payload=json.dumps(
                {"bytes": base64.b64encode(json.dumps(body).encode()).decode()}
            ).encode(),
        )
        for body in bodies
    ]
    finals = [bedrock.is_final(event) for event in events]
    assert finals[0] is (len(events) == 1)
    assert any(finals)
    return bedrock.read_chunks(events)


WHOLE = {
    "titan": {
        "inputTextTokenCount": 7,
        "results": [{"tokenCount": 4, "outputText": "Rain, mostly.", "completionReason": "FINISH"}],
    },
    "llama": {
        "generation": "Rain, mostly.",
        "prompt_token_count": 7,
        "generation_token_count": 4,
        "stop_reason": "stop",
    },
    "claude-2": {"completion": "Rain, mostly.", "stop_reason": "stop_sequence", "stop": "Human:"},
    "command": {
        "generations": [
            {"text": "Rain, mostly.", "finish_reason": "COMPLETE"},
            {"text": "Sun.", "finish_reason": "COMPLETE"},
        ],
        "prompt": "How will it be?",
    },
    "command-r": {"text": "Rain, mostly.", "finish_reason": "COMPLETE", "chat_history": []},
    "mistral": {"outputs": [{"text": "Rain, mostly.", "stop_reason": "stop"}]},
    "mistral-chat": {
        "choices": [{"message": {"content": "Rain, mostly."}, "index": 0, "stop_reason": "stop"}]
    },
    "jurassic": {
        "id": 12,
        "prompt": {"text": "How will it be?"},
        "completions": [
            {"data": {"text": "Rain, mostly."}, "finishReason": {"reason": "endoftext"}}
        ],
    },
    "openai": {
        "choices": [{"message": {"content": "Rain, mostly."}, "index": 0, "finish_reason": "stop"}],
        **USAGE,
    },
    "imported": {"choices": [{"text": "Rain, mostly.", "finish_reason": "stop"}], **USAGE},
}


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_body(body):
    """Text, reason and tokens are read by any name; headers tell what a body does not."""
    reply = whole(body)
    assert reply.message == Message("assistant", "Rain, mostly.")
    assert set(reply.finish_reasons) == {"stop"}
    assert reply.usage == Usage(input_tokens=7, output_tokens=4)


STREAMED = {
    "titan": [
        {"outputText": "Rain,", "index": 0},
        {
            "outputText": " mostly.",
            "index": 1,
            "completionReason": "FINISH",
            "inputTextTokenCount": 7,
            "totalOutputTextTokenCount": 4,
        },
    ],
    "claude-2": [{"completion": "Rain,"}, {"completion": " mostly.", "stop_reason": "stop"}],
    "command": [
        {"text": "Rain,", "is_finished": False, "index": 0},
        {"text": "Sun.", "is_finished": False, "index": 1},
        {"text": " mostly.", "is_finished": False, "index": 0},
        {"is_finished": True, "index": 0, "finish_reason": "COMPLETE"},
    ],
    "command-r": [
        {"event_type": "text-generation", "text": "Rain,", "is_finished": False},
        {"event_type": "text-generation", "text": " mostly.", "is_finished": False},
        {
            "event_type": "stream-end",
            "is_finished": True,
            "finish_reason": "COMPLETE",
            "response": {"text": "Rain, mostly."},
        },
    ],
    "mistral": [
        {"outputs": [{"text": "Rain,", "stop_reason": None}]},
        {"outputs": [{"text": " mostly.", "stop_reason": "stop"}]},
    ],
    "mistral-chat": [
        {"choices": [{"message": {"content": "Rain,"}, "index": 0, "stop_reason": None}]},
        {"choices": [{"message": {"content": " mostly."}, "index": 0, "stop_reason": "stop"}]},
    ],
    "openai": [
        {"choices": [{"delta": {"content": "Rain,"}, "index": 0}]},
        {"choices": [{"delta": {"content": " mostly."}, "index": 0}]},
        {"choices": [{"delta": {}, "index": 0, "finish_reason": "stop"}]},
        {"choices": [], **USAGE},
    ],
}


@pytest.mark.parametrize("bodies", STREAMED.values(), ids=STREAMED.keys())
def test_a_stream(bodies):
    """The same in chunks; Bedrock's figures in the last one count where the vendor gives none."""
    *others, last = bodies
    reply = streamed(*others, {**last, **METRICS})
    assert reply.message == Message("assistant", "Rain, mostly.")
    assert reply.finish_reasons == ("stop",)
    assert reply.usage == Usage(input_tokens=7, output_tokens=4)


@pytest.mark.parametrize("odd", [5, [], {"choices": [None]}, {"choices": 3, "results": [2]}])
def test_odd_bodies_are_no_fault(odd):
    """What is of no vendor's shape says nothing."""
    assert whole(odd, None).message is None
    assert streamed({"completion": "Hm."}, odd, {"stop_reason": "stop"}).message.text == "Hm."


def test_a_body_that_nobody_read():
    """What Bedrock counted is known, and nothing else."""
    reply = bedrock.read_chunks([COUNTED])
    assert (reply.message, reply.usage.output_tokens) == (None, 4)


def test_a_tool_of_command_r():
    """Its calls have parameters instead of arguments."""
    reply = whole({"text": "", "tool_calls": [{"name": "find", "parameters": {"at": "Rome"}}]})
    assert reply.message.tool_calls == (ToolCall("find", {"at": "Rome"}),)


def test_the_history_of_command_r():
    """It stands beside the message, in words of its own."""
    body = {
        "preamble": "Be brief.",
        "chat_history": [
            {"role": "USER", "message": "Hi!"},
            {"role": "CHATBOT", "message": "Hello."},
        ],
        "message": "How will it be?",
        "p": 0.5,
        "max_tokens": 20,
    }
    request = bedrock.read_request({"modelId": "c", "stream": False, "body": json.dumps(body)})
    assert list(request.messages) == [
        Message("system", "Be brief."),
        Message("user", "Hi!"),
        Message("assistant", "Hello."),
        Message("user", "How will it be?"),
    ]
    assert (request.top_p, request.max_tokens) == (0.5, 20)


def test_messages_of_openais_format():
    """Many vendors take them; those of Nova have parts without a type."""
    asked = {"messages": [{"role": "system", "content": "Be brief."}], "temperature": 0.5}
    chat = bedrock.read_request({"modelId": "o", "stream": False, "body": json.dumps(asked)})
    assert list(chat.messages) == [Message("system", "Be brief.")]
    assert chat.temperature == 0.5
    nova = {"messages": [{"role": "user", "content": [{"text": "Hi!"}]}]}
    request = bedrock.read_request({"modelId": "n", "stream": False, "body": json.dumps(nova)})
    assert list(request.messages) == [Message("user", "Hi!")]


@pytest.mark.parametrize(
    ("model", "counts"),
    [
        ("amazon.titan-embed-text-v2:0", False),
        ("cohere.rerank-v3-5:0", False),
        ("stability.sd3-5-large-v1:0", False),
        ("amazon.nova-canvas-v1:0", False),
        ("amazon.nova-lite-v1:0", True),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/x1", True),
    ],
)
def test_only_models_that_write_text_are_calls(model, counts):
    """An embedding or an image is no turn of a session."""
    bound = bedrock.bind(("InvokeModel", {"modelId": model}), {})
    assert (bound is not None) is counts
