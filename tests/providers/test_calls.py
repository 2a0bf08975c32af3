"""The application's calls are unchanged, and what they were and gave is read."""

import asyncio
import json

import pytest
from opentelemetry import trace

from otel_sessions.calls import GivenId, Message
from otel_sessions.identity import session


def test_a_call_is_read(client, watch, asked):
    """A dull call: its request, reply, tokens, times and server."""
    client.chat.completions.create(**asked, temperature=0.5, max_tokens=50, stop="END")
    call = watch.call
    assert list(call.request.messages) == [Message("user", "Hi!")]
    assert call.reply.message == Message("assistant", "Hello there.")
    assert (call.request.model, call.reply.model) == ("gpt-5-mini", "gpt-5-mini-2026")
    assert (call.reply.usage.input_tokens, call.reply.usage.output_tokens) == (9, 3)
    assert (call.request.temperature, call.request.max_tokens) == (0.5, 50)
    assert call.request.stop_sequences == ("END",)
    assert (call.outcome, call.provider, call.server_address) == (
        "completed",
        "openai",
        "127.0.0.1",
    )
    assert call.server_port == client.base_url.port
    assert call.started_ns < call.ended_ns
    assert call.first_chunk_ns is None


async def test_an_async_call_is_read(async_client, watch, asked):
    """The same for asynchronous clients, several at once."""
    create = async_client.chat.completions.create
    await asyncio.gather(*(create(**asked) for _ in range(5)))
    assert [call.reply.message.text for call in watch.calls] == ["Hello there."] * 5


def test_the_result_is_the_clients_own(openai, client, asked):
    """Types are exact; a raw response is not parsed by us."""
    types = openai.types.chat
    assert type(client.chat.completions.create(**asked)) is types.ChatCompletion
    raw = client.chat.completions.with_raw_response.create(**asked)
    assert type(raw).__name__ == "LegacyAPIResponse"
    assert raw._parsed_by_type == {}
    assert type(raw.parse()) is types.ChatCompletion


def test_raw_responses_are_read(client, watch, asked):
    """The reply of a raw response is read from the body that is already there."""
    client.chat.completions.with_raw_response.create(**asked)
    assert watch.call.reply.message.text == "Hello there."


async def test_async_raw_responses_are_read(async_client, watch, asked):
    """The same for asynchronous clients."""
    await async_client.chat.completions.with_raw_response.create(**asked)
    assert watch.call.reply.message.text == "Hello there."


def test_the_request_is_unchanged(client, server, asked, patched):
    """What is sent is what an unobserved client sends, to the last header."""
    client.chat.completions.create(**asked, stream=True, user="u1").close()
    patched.remove()
    client.chat.completions.create(**asked, stream=True, user="u1").close()
    observed, plain = server.requests
    assert observed == plain


def test_a_generator_of_messages_is_not_consumed(client, watch, server, asked):
    """What can be read once belongs to the client; we then know no messages."""
    messages = (message for message in asked["messages"])
    try:
        client.chat.completions.create(model="m", messages=messages)
        assert server.requests[0][1]["messages"] == asked["messages"]
    except TypeError:  # Some versions refuse generators themselves.
        assert list(messages) == asked["messages"]
    assert watch.call.request.messages is None


def test_messages_are_those_of_the_start(client, watch, asked):
    """The usual `messages.append(reply)` after a call does not change what was sent."""
    reply = client.chat.completions.create(**asked)
    asked["messages"].append(reply.choices[0].message)
    asked["messages"].append({"role": "user", "content": "Thanks."})
    client.chat.completions.create(**asked)
    assert [len(call.request.messages) for call in watch.calls] == [1, 3]
    assert watch.calls[1].request.messages[1] == Message("assistant", "Hello there.")


def test_parse_counts_once(client, watch, asked, server, completion):
    """`parse` is one call, whichever methods of the client it uses."""
    parse = getattr(client.chat.completions, "parse", None) or getattr(
        getattr(client.beta, "chat", None) and client.beta.chat.completions, "parse", None
    )
    if parse is None:
        pytest.skip("this openai cannot parse")
    assert type(parse(**asked)).__name__.startswith("ParsedChatCompletion")
    cut = completion()
    cut["choices"][0]["finish_reason"] = "length"
    server.reply(cut)
    with pytest.raises(Exception, match="length limit"):
        parse(**asked)
    first, second = watch.calls
    assert first.reply.message == second.reply.message == Message("assistant", "Hello there.")
    assert (second.outcome, second.error_type) == ("failed", "LengthFinishReasonError")
    assert second.reply.finish_reasons == ("length",)


@pytest.mark.parametrize(
    ("status", "body", "overflow"),
    [
        pytest.param(429, {"error": {"message": "slow down"}}, False, id="rate-limit"),
        pytest.param(500, {"error": {"message": "maximum context length"}}, False, id="server"),
        pytest.param(400, {"error": {"message": "bad", "code": "invalid"}}, False, id="invalid"),
        pytest.param(
            400, {"error": {"message": "no", "code": "context_length_exceeded"}}, True, id="openai"
        ),
        pytest.param(
            400,
            {"object": "error", "message": "This model's maximum context length is 4096 tokens."},
            True,
            id="vllm",
        ),
        pytest.param(
            400,
            {"error": {"message": "the request exceeds the available context size"}},
            True,
            id="llama.cpp",
        ),
        pytest.param(
            422,
            {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096", "error_type": "val"},
            True,
            id="tgi",
        ),
        pytest.param(
            400, {"error": {"message": "prompt is too long: 9 > 8"}}, True, id="anthropic"
        ),
    ],
)
def test_errors_go_on_unchanged(*, client, watch, asked, server, openai, status, body, overflow):
    """The client's error reaches the application; its status and kind are kept, its text is not."""
    server.reply(body, status)
    with pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(**asked)
    assert raised.value.status_code == status
    assert raised.value.__context__ is None or "otel" not in repr(raised.value.__context__)
    call = watch.call
    assert (call.outcome, call.error_type, call.overflow) == ("failed", str(status), overflow)
    assert json.dumps(body) not in repr(call)


async def test_async_errors_go_on_unchanged(async_client, watch, asked, server, openai):
    """The same for asynchronous clients."""
    server.reply({"error": {"message": "no"}}, 401)
    with pytest.raises(openai.AuthenticationError):
        await async_client.chat.completions.create(**asked)
    assert (watch.call.outcome, watch.call.error_type) == ("failed", "401")


def test_a_lost_connection_is_named_by_its_class(client, watch, asked, server, openai):
    """Without a status the error's class is its type."""
    client.base_url = "http://127.0.0.1:9/v1"
    with pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(**asked)
    assert watch.call.error_type == "APIConnectionError"
    assert watch.call.server_port == 9


async def test_a_cancelled_call_is_aborted(async_client, watch, asked, server):
    """Cancelling a call that waits ends it, as the application's wish."""
    server.answers.append((200, "application/json", [], True))
    task = asyncio.create_task(async_client.chat.completions.create(**asked))
    await asyncio.to_thread(server.requested.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (watch.call.outcome, watch.call.error_type) == ("aborted", None)


async def test_a_coroutine_that_is_never_awaited_is_no_call(async_client, watch, asked):
    """Only a call that was made is seen, and the warning is the client's."""
    coroutine = async_client.chat.completions.create(**asked)
    with pytest.warns(RuntimeWarning, match=r"'AsyncCompletions.create' was never awaited") as told:
        del coroutine
    assert len(told) == 1
    assert watch.seen == []


async def test_a_coroutine_closed_elsewhere_detaches_nothing(async_client, watch, asked, server):
    """A call that the application closes by hand leaves no context behind."""
    before = trace.get_current_span()
    coroutine = async_client.chat.completions.create(**asked)
    coroutine.send(None)
    coroutine.close()
    assert trace.get_current_span() is before
    assert watch.call.outcome == "aborted"


def test_the_session_is_that_of_the_start(client, watch, asked):
    """A stream that is read after its `session()` belongs to it."""
    with session("s1", user_id="u1", agent="refunds"):
        stream = client.chat.completions.create(**asked, stream=True)
    list(stream)
    call = watch.call
    assert call.given_id == GivenId("s1", "session")
    assert (call.user_id, call.agent) == ("u1", "refunds")


async def test_a_coroutine_belongs_to_where_it_was_made(async_client, watch, asked):
    """A call that is awaited outside of its `session()` belongs to it."""
    with session("s1"):
        coroutine = async_client.chat.completions.create(**asked)
    await asyncio.create_task(coroutine)
    assert watch.call.given_id == GivenId("s1", "session")


@pytest.mark.parametrize("key", ["session_id", "conversation_id", "thread_id", "chat_id"])
def test_metadata_names_the_conversation(client, watch, asked, key):
    """Ids that the application sends to the provider are used."""
    metadata = {"other": "x", key: "c1"}
    client.chat.completions.create(**asked, extra_body={"metadata": metadata})
    assert watch.call.given_id == GivenId("c1", "provider")


def test_the_session_of_a_litellm_proxy_names_the_conversation(client, watch, asked):
    """A client of such a proxy says it beside the metadata."""
    body = {"litellm_session_id": "c1", "metadata": {"session_id": "c2"}}
    client.chat.completions.create(**asked, extra_body=body)
    assert watch.call.given_id == GivenId("c1", "provider")


def test_the_span_is_current_only_while_the_client_works(client, watch, asked, monkeypatch):
    """Spans of the HTTP request become children, and nothing leaks into the caller."""
    inner = []
    send = client._client.send
    monkeypatch.setattr(
        client._client,
        "send",
        lambda *args, **kwargs: (inner.append(trace.get_current_span()), send(*args, **kwargs))[1],
    )
    before = trace.get_current_span()
    stream = client.chat.completions.create(**asked, stream=True)
    assert trace.get_current_span() is before
    for _ in stream:
        assert trace.get_current_span() is before
    assert inner == [watch.seen[0].span]


async def test_the_span_is_current_only_while_the_async_client_works(
    async_client, watch, asked, monkeypatch
):
    """The same for asynchronous clients."""
    inner = []
    send = async_client._client.send

    async def sending(*args, **kwargs):
        inner.append(trace.get_current_span())
        return await send(*args, **kwargs)

    monkeypatch.setattr(async_client._client, "send", sending)
    before = trace.get_current_span()
    async for _ in await async_client.chat.completions.create(**asked, stream=True):
        assert trace.get_current_span() is before
    assert inner == [watch.seen[0].span]


@pytest.mark.parametrize(
    "changes",
    [
        {"choices": []},
        {"choices": None},
        {"choices": [{"index": 0, "message": None, "finish_reason": "x"}]},
        {"choices": [{"index": 0}]},
        {"choices": "none"},
        {"usage": None},
        {"usage": {"prompt_tokens": None, "completion_tokens_details": 3}},
        {"model": None, "id": 3},
    ],
)
def test_an_odd_reply_costs_only_what_it_hides(
    *, client, watch, asked, server, completion, changes
):
    """Whatever a server sends, the call is there, and no fault is logged."""
    server.reply(completion(**changes))
    client.chat.completions.with_raw_response.create(**asked)
    server.reply(completion(**changes))
    client.chat.completions.create(**asked)
    assert [call.outcome for call in watch.calls] == ["completed", "completed"]
    assert watch.calls[0].reply == watch.calls[1].reply


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null"])
def test_a_body_that_is_no_completion_is_no_fault(client, watch, asked, server, body):
    """A proxy's page instead of a reply costs the reply."""
    server.reply(body, content_type="text/html")
    client.chat.completions.with_raw_response.create(**asked)
    assert watch.call.reply.message is None
