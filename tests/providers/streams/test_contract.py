"""What every stream of every client does: it ends once, however it is left, with what had come."""

import asyncio
import contextlib
import gc
import threading
import weakref

import pytest

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",  # Clients that are never closed leave their sockets open.
    "ignore::DeprecationWarning",  # Old clients beside new libraries.
)


class OurError(Exception):
    """Raised by the application inside its loop."""


def drained(stage, stream):
    assert "".join(map(stage.text, stream)) == "Hello there."


def broken_off(stage, stream):
    for chunk in stream:
        if stage.text(chunk):
            break


def closed(stage, stream):
    broken_off(stage, stream)
    stream.close()


def left_early(stage, stream):
    with stage.leaving(stream):
        broken_off(stage, stream)


def error_in_the_loop(stage, stream):
    with contextlib.suppress(OurError):
        for chunk in stream:
            if stage.text(chunk):
                raise OurError


def never_iterated(stage, stream):
    del stream


def closed_by_another_thread(stage, stream):
    broken_off(stage, stream)
    thread = threading.Thread(target=stream.close)
    thread.start()
    thread.join()


ENDS = [
    pytest.param(drained, "completed", "Hello there.", id="drained"),
    pytest.param(broken_off, "aborted", "Hello", id="broken-off"),
    pytest.param(closed, "aborted", "Hello", id="closed"),
    pytest.param(left_early, "aborted", "Hello", id="left-early"),
    pytest.param(error_in_the_loop, "aborted", "Hello", id="error-in-the-loop"),
    pytest.param(never_iterated, "aborted", None, id="never-iterated"),
    pytest.param(closed_by_another_thread, "aborted", "Hello", id="closed-by-another-thread"),
]


def said(call):
    return call.reply.message and call.reply.message.text


def seen(watch):
    """Return outcome, text and tokens of the only call, which has one span."""
    gc.collect()
    assert len(watch.spans) == 1
    usage = watch.call.reply.usage
    return watch.call.outcome, said(watch.call), (usage.input_tokens, usage.output_tokens)


@pytest.mark.parametrize(("use", "outcome", "text"), ENDS)
def test_a_stream_ends_once(stage, watch, use, outcome, text):
    """However a stream is left, there is one call, one span, and the text so far."""
    stage.answer()
    use(stage, stage.stream())
    assert seen(watch)[:2] == (outcome, text)


@pytest.mark.parametrize("usage", [True, False], ids=["usage", "no-usage"])
def test_tokens_are_known_only_if_told(stage, watch, usage):
    """A reply without usage has no tokens; that is not zero."""
    if stage.needs_usage and not usage:
        pytest.skip("the client itself cannot do without")
    stage.answer(usage=usage)
    drained(stage, stage.stream())
    expected = (9, 3) if usage else (None, None)
    assert seen(watch) == ("completed", "Hello there.", expected)
    assert watch.call.reply.finish_reasons == ("stop",)
    assert watch.call.request.stream


@pytest.mark.parametrize(("use", "outcome", "text"), ENDS)
def test_a_stream_of_a_raw_response_ends_once(raw_stage, watch, use, outcome, text):
    """A stream that is parsed from a raw response is one like any other."""
    raw_stage.answer()
    use(raw_stage, raw_stage.raw())
    assert seen(watch)[:2] == (outcome, text)


def test_a_stream_is_the_clients_own(stage, plainly, patched, watch):
    """Type, name and attributes are as without us, and nothing keeps it alive."""
    stage.answer()
    with_us = stage.stream()
    for each in watch.patches:
        each.remove()
    without = plainly(stage)
    without.stage.answer()
    without_us = without.stage.stream()
    assert type(with_us) is type(without_us)
    assert getattr(with_us, "__name__", None) == getattr(without_us, "__name__", None)
    assert set(dir(with_us)) == set(dir(without_us))
    alive = weakref.ref(with_us)
    broken_off(stage, with_us)
    broken_off(stage, without_us)
    del with_us, without_us
    gc.collect()
    assert alive() is None


async def adrained(stage, stream):
    assert "".join([stage.text(chunk) async for chunk in stream]) == "Hello there."


async def abroken_off(stage, stream):
    async for chunk in stream:
        if stage.text(chunk):
            break


async def aclosed(stage, stream):
    await abroken_off(stage, stream)
    await stage.aclose(stream)


async def aleft_early(stage, stream):
    async with stage.aleaving(stream):
        await abroken_off(stage, stream)


async def aerror_in_the_loop(stage, stream):
    with contextlib.suppress(OurError):
        async for chunk in stream:
            if stage.text(chunk):
                raise OurError


async def anever_iterated(stage, stream):
    del stream


async def aclosed_by_another_task(stage, stream):
    await abroken_off(stage, stream)
    await asyncio.create_task(stage.aclose(stream))


AENDS = [
    pytest.param(adrained, "completed", "Hello there.", id="drained"),
    pytest.param(abroken_off, "aborted", "Hello", id="broken-off"),
    pytest.param(aclosed, "aborted", "Hello", id="closed"),
    pytest.param(aleft_early, "aborted", "Hello", id="left-early"),
    pytest.param(aerror_in_the_loop, "aborted", "Hello", id="error-in-the-loop"),
    pytest.param(anever_iterated, "aborted", None, id="never-iterated"),
    pytest.param(aclosed_by_another_task, "aborted", "Hello", id="closed-by-another-task"),
]


async def collected():
    """Let the loop close the generators that were left, and collect what they held."""
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()


@pytest.mark.parametrize(("use", "outcome", "text"), AENDS)
async def test_an_async_stream_ends_once(astage, watch, use, outcome, text):
    """The same for asynchronous clients."""
    astage.answer()
    await use(astage, await astage.astream())
    await collected()
    assert seen(watch)[:2] == (outcome, text)


async def test_a_cancelled_task_aborts(astage, watch):
    """A task that is cancelled while it waits for a chunk has what came before."""
    if astage.blocks:
        pytest.skip("the client itself blocks the loop")
    astage.answer(held=True)
    waiting = asyncio.Event()

    async def reading():
        stream = await astage.astream()
        async for chunk in stream:
            if astage.text(chunk):
                waiting.set()

    task = asyncio.create_task(reading())
    first = asyncio.create_task(waiting.wait())
    await asyncio.wait({task, first}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    await collected()
    assert seen(watch)[:2] == ("aborted", "Hello")
