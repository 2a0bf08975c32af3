"""A call of LiteLLM's router is one call, however many deployments it tries."""

import asyncio
import gc
import os

import pytest

from otel_sessions.executors import Carrier
from otel_sessions.providers import carry_call

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # Else the import asks the network.
litellm = pytest.importorskip("litellm", reason="LiteLLM has an environment of its own")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("no_collections")]
ASKED = [{"role": "user", "content": "Hi!"}]
BUSY = {"error": {"message": "Slow down."}}


@pytest.fixture
def router(server, patched, monkeypatch):
    """Two groups, the second in the place of the first when that fails; one retry, at once."""
    monkeypatch.setattr(litellm, "disable_streaming_logging", True)
    monkeypatch.setattr(litellm.Router, "_time_to_sleep_before_retry", lambda *_, **__: 0)

    def deployment(group, model):
        params = {"model": model, "api_base": server.base_url, "api_key": "none", "max_retries": 0}
        return {"model_name": group, "litellm_params": params}

    carrier = Carrier(carry_call)  # Where a loop runs, a router's synchronous calls use threads.
    abroad = deployment("abroad", "anthropic/claude-m")
    yield litellm.Router(
        [deployment("first", "openai/gpt-5-mini"), deployment("second", "openai/gpt-5"), abroad],
        fallbacks=[{"first": ["second"]}],
        num_retries=1,
        disable_cooldowns=True,
    )
    carrier.remove()


async def ask(router, kind, **options):
    """Ask in one of the two ways; give the reply, or the text of the drained stream."""
    if kind == "sync":
        result = router.completion("first", ASKED, **options)
        return [each for each in result] if options.get("stream") else result  # noqa: C416 - iterated
    result = await router.acompletion("first", ASKED, **options)
    return [each async for each in result] if options.get("stream") else result


def said(call):
    return call.reply.message and call.reply.message.text


kinds = pytest.mark.parametrize("kind", ["sync", "async"])
streamed = pytest.mark.parametrize("options", [{}, {"stream": True}], ids=["whole", "streamed"])


@kinds
@streamed
async def test_a_call_is_read_once(router, watch, kind, options):
    """It asks for a group, goes where the deployment is, and is answered by a model."""
    await ask(router, kind, **options)
    gc.collect()
    assert (said(watch.call), watch.call.outcome, len(watch.spans)) == (
        "Hello there.",
        "completed",
        1,
    )
    assert (watch.call.request.model, watch.call.provider) == ("first", "openai")
    assert watch.call.server_address == "127.0.0.1"
    assert watch.call.reply.model == "gpt-5-mini-2026"


@kinds
@streamed
@pytest.mark.parametrize("failures", [1, 2], ids=["retried", "fallen-back"])
async def test_tries_that_failed_are_part_of_the_call(
    router, server, watch, kind, options, failures
):
    """What answers in the end is the reply."""
    for _ in range(failures):
        server.reply(BUSY, 429)
    await ask(router, kind, **options)
    gc.collect()
    assert (watch.call.outcome, said(watch.call)) == ("completed", "Hello there.")
    assert len(server.requests) == failures + 1
    assert len(watch.spans) == 1


@kinds
async def test_a_call_that_nobody_answers_fails_once(router, server, watch, kind):
    """The error is the last deployment's."""
    for _ in range(4):
        server.reply(BUSY, 429)
    with pytest.raises(litellm.RateLimitError):
        await ask(router, kind)
    assert (watch.call.outcome, watch.call.error_type) == ("failed", "429")
    assert len(server.requests) == 4
    assert len(watch.spans) == 1


@kinds
async def test_a_stream_that_turns_to_another_deployment(router, server, watch, kind):
    """A stream that breaks before its first piece goes on with the other group's."""
    server.stream([BUSY], done=False)
    await ask(router, kind, stream=True)
    gc.collect()
    assert len(server.requests) > 1
    assert (watch.call.outcome, said(watch.call), len(watch.spans)) == (
        "completed",
        "Hello there.",
        1,
    )


async def test_a_stream_that_is_left_is_aborted(router, watch):
    """What had come counts."""
    stream = await router.acompletion("first", ASKED, stream=True)
    assert isinstance(stream, litellm.CustomStreamWrapper)
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    await stream.aclose()
    del stream
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()
    assert (watch.call.outcome, said(watch.call), len(watch.spans)) == ("aborted", "Hello", 1)


def test_the_reply_is_read_as_it_came(router, watch):
    """The proxy gives it the name that its client asked for."""
    router.completion("first", ASKED).model = "first"
    assert watch.call.reply.model == "gpt-5-mini-2026"


MESSAGE = {
    "id": "m-1",
    "type": "message",
    "role": "assistant",
    "model": "claude-m-1",
    "content": [{"type": "text", "text": "Hello there."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 9, "output_tokens": 3},
}


async def test_who_answers_is_the_provider(router, server, watch):
    """A fallback may be another's model."""
    for _ in range(2):
        server.reply(BUSY, 429)
    server.reply(MESSAGE)
    await ask(router, "async", fallbacks=[{"first": ["abroad"]}])
    assert (watch.call.outcome, watch.call.request.model) == ("completed", "first")
    assert (watch.call.provider, watch.call.reply.model) == ("anthropic", "claude-m-1")
