"""A stream ends exactly once, whichever way it ends, with what had arrived."""

import asyncio
import contextlib
import gc
import threading
import time
from contextlib import ExitStack

import pytest


@pytest.fixture(scope="module", autouse=True)
def small_heap(no_collections):
    """Collections look at what a test made, not at all modules: 1 ms each instead of 100."""
    pytest.importorskip("openai").OpenAI(api_key="none").chat.completions.with_raw_response  # noqa: B018 - imports
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class OurError(Exception):
    """Raised by the application inside its loop."""


def drained(stream):
    list(stream)


def drained_by_next(stream):
    while next(stream, None) is not None:
        pass


def drained_then_closed(stream):
    list(stream)
    stream.close()


def drained_in_two_loops(stream):
    for _ in stream:
        break
    list(stream)


def broken_off(stream):
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break


def broken_off_then_closed(stream):
    broken_off(stream)
    stream.close()
    stream.close()


def left_early(stream):
    with stream:
        broken_off(stream)


def response_closed(stream):
    broken_off(stream)
    stream.response.close()


def closed_by_a_callback(stream):
    with ExitStack() as stack:
        stack.callback(stream.close)
        broken_off(stream)
        del stream
        gc.collect()


def error_in_the_loop(stream):
    with contextlib.suppress(OurError):
        for chunk in stream:
            if chunk.choices[0].delta.content:
                raise OurError


def error_in_the_block(stream):
    with contextlib.suppress(OurError), stream:
        error_in_the_loop(stream)
        raise OurError


def never_iterated(stream):
    del stream


def left_after_the_finish_reason(stream):
    with stream:
        for chunk in stream:
            if chunk.choices[0].finish_reason:
                break


ENDS = [
    pytest.param(drained, "completed", "Hello there.", id="drained"),
    pytest.param(drained_by_next, "completed", "Hello there.", id="next"),
    pytest.param(drained_then_closed, "completed", "Hello there.", id="drained-closed"),
    pytest.param(drained_in_two_loops, "completed", "Hello there.", id="two-loops"),
    pytest.param(broken_off, "aborted", "Hello", id="broken-off"),
    pytest.param(broken_off_then_closed, "aborted", "Hello", id="broken-off-closed"),
    pytest.param(left_early, "aborted", "Hello", id="left-early"),
    pytest.param(response_closed, "aborted", "Hello", id="response-closed"),
    pytest.param(closed_by_a_callback, "aborted", "Hello", id="closed-by-a-callback"),
    pytest.param(error_in_the_loop, "aborted", "Hello", id="error-in-the-loop"),
    pytest.param(error_in_the_block, "aborted", "Hello", id="error-in-the-block"),
    pytest.param(never_iterated, "aborted", None, id="never-iterated"),
    pytest.param(left_after_the_finish_reason, "completed", "Hello there.", id="left-when-done"),
]


async def collected():
    """Let the loop close the generators that were left, and collect what they held."""
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()


def text(call):
    return call.reply.message and call.reply.message.text


@pytest.mark.parametrize("raw", [False, True], ids=["plain", "raw"])
@pytest.mark.parametrize(("use", "outcome", "said"), ENDS)
def test_a_stream_ends_once(*, client, watch, asked, use, outcome, said, raw):
    """However a stream is left, there is one call, one span, and the text so far."""
    if raw:
        use(client.chat.completions.with_raw_response.create(**asked, stream=True).parse())
    else:
        use(client.chat.completions.create(**asked, stream=True))
    gc.collect()
    assert (watch.call.outcome, text(watch.call)) == (outcome, said)
    assert len(watch.spans) == 1


async def async_drained(stream):
    async for _ in stream:
        pass


async def async_drained_by_anext(stream):
    with contextlib.suppress(StopAsyncIteration):
        while True:
            await stream.__anext__()


async def async_drained_then_closed(stream):
    await async_drained(stream)
    await stream.close()


async def async_broken_off(stream):
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break


async def async_broken_off_then_closed(stream):
    await async_broken_off(stream)
    await stream.close()
    await stream.close()


async def async_left_early(stream):
    async with stream:
        await async_broken_off(stream)


async def async_response_closed(stream):
    await async_broken_off(stream)
    await stream.response.aclose()


async def async_error_in_the_loop(stream):
    with contextlib.suppress(OurError):
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                raise OurError


async def async_never_iterated(stream):
    del stream


ASYNC_ENDS = [
    pytest.param(async_drained, "completed", "Hello there.", id="drained"),
    pytest.param(async_drained_by_anext, "completed", "Hello there.", id="anext"),
    pytest.param(async_drained_then_closed, "completed", "Hello there.", id="drained-closed"),
    pytest.param(async_broken_off, "aborted", "Hello", id="broken-off"),
    pytest.param(async_broken_off_then_closed, "aborted", "Hello", id="broken-off-closed"),
    pytest.param(async_left_early, "aborted", "Hello", id="left-early"),
    pytest.param(async_response_closed, "aborted", "Hello", id="response-closed"),
    pytest.param(async_error_in_the_loop, "aborted", "Hello", id="error-in-the-loop"),
    pytest.param(async_never_iterated, "aborted", None, id="never-iterated"),
]


@pytest.mark.parametrize("raw", [False, True], ids=["plain", "raw"])
@pytest.mark.parametrize(("use", "outcome", "said"), ASYNC_ENDS)
async def test_an_async_stream_ends_once(*, async_client, watch, asked, use, outcome, said, raw):
    """The same for asynchronous streams."""
    completions = async_client.chat.completions
    if raw:
        await use((await completions.with_raw_response.create(**asked, stream=True)).parse())
    else:
        await use(await completions.create(**asked, stream=True))
    await collected()
    assert (watch.call.outcome, text(watch.call)) == (outcome, said)
    assert len(watch.spans) == 1


@pytest.fixture
def held(server, chunk):
    """A stream that says "Hello" and then nothing more."""
    server.stream([chunk({"role": "assistant", "content": "Hello"})], held=True)


async def test_a_cancelled_task_aborts_its_stream(async_client, watch, asked, held):
    """Cancellation while waiting for a chunk is the application's wish, not an error."""
    started = asyncio.Event()

    async def read():
        async for _ in await async_client.chat.completions.create(**asked, stream=True):
            started.set()

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (watch.call.outcome, text(watch.call)) == ("aborted", "Hello")
    assert watch.call.error_type is None


async def test_another_task_may_close_the_stream(async_client, watch, asked, held):
    """The stream ends when `close()` is called, not when the reader notices."""
    stream = await async_client.chat.completions.create(**asked, stream=True)
    await stream.__anext__()
    reader = asyncio.create_task(stream.__anext__())
    await asyncio.sleep(0)
    await asyncio.create_task(stream.close())
    assert (watch.call.outcome, text(watch.call)) == ("aborted", "Hello")
    reader.cancel()
    await asyncio.wait([reader])
    assert reader.cancelled() or reader.exception()
    assert len(watch.calls) == 1


def test_another_thread_may_close_the_stream(client, watch, asked):
    """Closing in a thread other than the reader's ends the stream once."""
    stream = client.chat.completions.create(**asked, stream=True)
    next(stream)
    closing = threading.Thread(target=stream.close)
    closing.start()
    closing.join()
    assert watch.call.outcome == "aborted"


def test_a_broken_connection_fails_the_stream(*, openai, client, watch, asked, server, chunk):
    """What the client raises while streaming reaches the application and is the error's type."""
    server.stream([chunk({"content": "Hello"}), {"error": {"message": "no", "code": "x"}}])
    stream = client.chat.completions.create(**asked, stream=True)
    with pytest.raises(openai.APIError):
        list(stream)
    assert (watch.call.outcome, watch.call.error_type) == ("failed", "APIError")
    assert text(watch.call) == "Hello"


def test_usage_is_read_when_there_is_one(client, watch, asked, server, chunk):
    """Usage comes in the last chunk, if the caller asked for it."""
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    server.stream([chunk({"content": "Hi"}, "stop"), chunk({}, choices=[], usage=usage)])
    list(client.chat.completions.create(**asked, stream=True))
    list(client.chat.completions.create(**asked, stream=True))
    tokens = [(c.reply.usage.input_tokens, c.reply.usage.output_tokens) for c in watch.calls]
    assert tokens == [(9, 3), (None, None)]


def test_the_stream_is_the_clients_own(openai, client, asked):
    """Type, and after the end every attribute, are what the client made."""
    stream = client.chat.completions.create(**asked, stream=True)
    assert type(stream) is openai.Stream
    with stream as entered:
        assert entered is stream
        list(stream)
    assert not {"close", "aclose"} & (vars(stream).keys() | vars(stream.response).keys())


def test_the_first_chunk_with_content_is_timed(client, watch, asked):
    """A chunk that only names the role does not count."""
    stream = client.chat.completions.create(**asked, stream=True)
    next(stream)
    named_ns = time.time_ns()
    next(stream)
    spoken_ns = time.time_ns()
    assert watch.seen == []
    list(stream)
    assert named_ns <= watch.call.first_chunk_ns <= spoken_ns <= watch.call.ended_ns


def test_a_forgotten_stream_ended_with_its_last_chunk(client, watch, asked):
    """When the collector happens to run is no part of the call."""
    stream = client.chat.completions.create(**asked, stream=True)
    next(stream)
    left_ns = time.time_ns()
    del stream
    gc.collect()
    assert watch.call.started_ns < watch.call.ended_ns <= left_ns


def test_an_ended_stream_keeps_no_chunks(client, watch, asked):
    """A drained stream that the application keeps does not keep the reply twice."""
    stream = client.chat.completions.create(**asked, stream=True)
    chunks = list(stream)
    watch.seen.clear()
    gc.collect()
    kept = [r for r in gc.get_referrers(chunks[0]) if isinstance(r, list) and r is not chunks]
    assert kept == []


def test_the_body_of_a_streaming_response_is_the_applications(client, watch, asked):
    """What the application read is known afterwards; what it left is not."""
    streaming = client.chat.completions.with_streaming_response
    with streaming.create(**asked) as response:
        response.read()
    with streaming.create(**asked) as response:
        assert watch.seen[1:] == []
    with streaming.create(**asked, stream=True) as response:
        list(response.iter_lines())
    assert [(call.outcome, text(call)) for call in watch.calls] == [
        ("completed", "Hello there."),
        ("aborted", None),
        ("completed", None),
    ]


async def test_the_body_of_an_async_streaming_response_is_the_applications(
    async_client, watch, asked
):
    """The same for asynchronous clients."""
    streaming = async_client.chat.completions.with_streaming_response
    async with streaming.create(**asked) as response:
        await response.read()
    async with streaming.create(**asked):
        pass
    assert [(call.outcome, text(call)) for call in watch.calls] == [
        ("completed", "Hello there."),
        ("aborted", None),
    ]


def test_a_raw_stream_may_be_read_without_the_client(client, watch, asked):
    """A raw response whose bytes the application reads itself ends with them."""
    raw = client.chat.completions.with_raw_response.create(**asked, stream=True)
    list(raw.http_response.iter_bytes())
    assert len(watch.calls) == 1


def helper(client):
    found = getattr(client.chat.completions, "stream", None) or getattr(
        getattr(client.beta, "chat", None) and client.beta.chat.completions, "stream", None
    )
    return found or pytest.skip("this openai has no stream helper")


def test_the_stream_helper(client, watch, asked):
    """`.stream()` counts once, drained or left early, and ends when its block does."""
    with helper(client)(**asked) as stream:
        assert stream.get_final_completion().choices[0].message.content == "Hello there."
    with helper(client)(**asked) as stream:
        for event in stream:
            if event.type == "content.delta" and event.delta:
                break
        assert len(watch.calls) == 1
    assert [(call.outcome, text(call)) for call in watch.calls] == [
        ("completed", "Hello there."),
        ("aborted", "Hello"),
    ]


async def test_the_async_stream_helper(async_client, watch, asked):
    """The same for asynchronous clients."""
    async with helper(async_client)(**asked) as stream:
        await stream.get_final_completion()
    async with helper(async_client)(**asked) as stream:
        async for event in stream:
            if event.type == "content.delta" and event.delta:
                break
    assert [(call.outcome, text(call)) for call in watch.calls] == [
        ("completed", "Hello there."),
        ("aborted", "Hello"),
    ]
