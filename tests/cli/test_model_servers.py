"""The local model as the real client sees it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

openai = pytest.importorskip("openai")

from otel_sessions.cli.replies import OVERFLOW, Failure, Reply  # noqa: E402 - after the skip

TOOL_CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "find", "arguments": '{"what": "lamp"}'},
}
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def ask(client, promises):
    def ask(reply, **options):
        return client.chat.completions.create(
            model="m", messages=HELLO, extra_headers=promises.promise(reply), **options
        )

    return ask


def test_a_plain_reply_comes_with_text_reason_and_usage(ask):
    got = ask(Reply("Good morning", input_tokens=77))
    assert got.choices[0].message.content == "Good morning"
    assert got.choices[0].finish_reason == "stop"
    assert got.usage.prompt_tokens == 77
    assert got.usage.total_tokens == 77 + got.usage.completion_tokens


def test_tool_calls_arrive_plain_and_streamed(ask):
    reply = Reply(tool_calls=(TOOL_CALL,))
    plain = ask(reply).choices[0]
    assert plain.finish_reason == "tool_calls"
    assert plain.message.tool_calls[0].model_dump() == TOOL_CALL
    deltas = [chunk.choices[0].delta for chunk in ask(reply, stream=True)]
    (called,) = [call for delta in deltas for call in delta.tool_calls or ()]
    assert called.function.model_dump() == TOOL_CALL["function"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_stream_has_usage_only_if_asked_for(ask, asked):
    options = {"stream_options": {"include_usage": True}} if asked else {}
    text = "a reply that is long enough to come in several pieces"
    chunks = list(ask(Reply(text), stream=True, **options))
    pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(pieces) == text
    assert len([piece for piece in pieces if piece]) > 1
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [asked]


def test_an_overflow_has_the_code_that_applications_look_for(ask):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(OVERFLOW)
    assert caught.value.code == "context_length_exceeded"


def test_a_failure_has_its_status(ask):
    with pytest.raises(openai.InternalServerError) as caught:
        ask(Failure(503, "busy"))
    assert caught.value.status_code == 503


def test_a_stream_can_break_off(ask):
    pieces = []
    with pytest.raises(Exception, match=r"(?i)connection|incomplete|peer"):
        pieces += ask(Reply("word " * 100, breaks_after=3), stream=True)
    assert len(pieces) == 3
    assert ask(Reply("next")).choices[0].message.content == "next"


def test_calls_at_the_same_time_get_their_own_replies(ask):
    texts = [f"reply {i}" for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda text: ask(Reply(text)).choices[0].message.content, texts))
    assert got == texts
