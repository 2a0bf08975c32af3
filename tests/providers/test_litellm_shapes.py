"""LiteLLM's responses and Anthropic's messages are read like its chat, in functions and routers."""

import asyncio
import gc
import os

import pytest

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # Else the import asks the network.
litellm = pytest.importorskip("litellm", reason="LiteLLM has an environment of its own")
pytest.importorskip("mcp", reason="LiteLLM's responses need what its proxy needs")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("no_collections")]
ASKED = [{"role": "user", "content": "Hi!"}]
BUSY = {"error": {"message": "Slow down."}}

SAID = {"type": "output_text", "text": "Hello there.", "annotations": []}
ITEM = {"type": "message", "id": "i", "status": "completed", "role": "assistant", "content": [SAID]}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "m-1",
    "output": [ITEM],
    "usage": {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
PIECE = {"type": "response.output_text.delta", "item_id": "i", "output_index": 0}
PIECE |= {"content_index": 0, "sequence_number": 2}
RESPONSE_EVENTS = [
    {"type": "response.created", "sequence_number": 1, "response": RESPONSE | {"output": []}},
    PIECE | {"delta": "Hello"},
    PIECE | {"delta": " there."},
    {"type": "response.completed", "sequence_number": 4, "response": RESPONSE},
]

MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m-1",
    "content": [{"type": "text", "text": "Hello there."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 9, "output_tokens": 3},
}
START = MESSAGE | {"content": [], "stop_reason": None}
DELTA = {"type": "content_block_delta", "index": 0}
MESSAGE_EVENTS = [
    {"type": "message_start", "message": START},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    DELTA | {"delta": {"type": "text_delta", "text": "Hello"}},
    DELTA | {"delta": {"type": "text_delta", "text": " there."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]

SHAPES = {
    "responses": ("openai", {"input": "Hi!"}, RESPONSE, RESPONSE_EVENTS),
    "messages": ("anthropic", {"messages": ASKED, "max_tokens": 9}, MESSAGE, MESSAGE_EVENTS),
}
METHODS = {"responses": "aresponses", "messages": "anthropic_messages"}
ways = pytest.mark.parametrize("way", ["function", "router"])
shapes = pytest.mark.parametrize("shape", SHAPES)


class Caller:
    """Makes calls of one shape in one way."""

    def __init__(self, server, shape, way):
        self.provider, self.asked, self.whole, self.events = SHAPES[shape]
        self._server = server
        params = {"model": f"{self.provider}/m", "api_key": "none", "max_retries": 0}
        params |= {"api_base": server.base_url}
        if way == "function":
            self._call, self._given = getattr(litellm, METHODS[shape]), params
            return
        deployment = {"model_name": "ours", "litellm_params": params}
        router = litellm.Router([deployment], num_retries=1, disable_cooldowns=True)
        self._call, self._given = getattr(router, METHODS[shape]), {"model": "ours"}

    async def __call__(self, *, stream=False, **options):
        self._server.stream(self.events, done=False) if stream else self._server.reply(self.whole)
        if stream:
            options["stream"] = True
        return await self._call(**self._given, **self.asked, **options)


@pytest.fixture
def calling(server, patched, monkeypatch):
    """Make callers; retries come at once."""
    monkeypatch.setattr(litellm, "disable_streaming_logging", True)
    monkeypatch.setattr(litellm.Router, "_time_to_sleep_before_retry", lambda *_, **__: 0)
    return lambda shape, way: Caller(server, shape, way)


def said(call):
    return call.reply.message and call.reply.message.text


@ways
@shapes
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_call_is_read_once(calling, watch, shape, way, stream):
    """Whole and streamed replies say the same."""
    caller = calling(shape, way)
    result = await caller(stream=stream)
    if stream:
        assert [chunk async for chunk in result]
    del result
    gc.collect()
    call = watch.call
    assert [(message.role, message.text) for message in call.request.messages] == [("user", "Hi!")]
    assert (said(call), call.outcome, call.request.stream) == ("Hello there.", "completed", stream)
    assert (call.reply.usage.input_tokens, call.reply.usage.output_tokens) == (9, 3)
    assert (call.reply.model, call.reply.finish_reasons) == ("m-1", ("stop",))
    assert (call.provider, call.server_address) == (caller.provider, "127.0.0.1")
    assert call.request.model == ("ours" if way == "router" else f"{caller.provider}/m")
    assert (call.first_chunk_ns is not None) == stream
    assert len(watch.spans) == 1


@pytest.mark.parametrize(
    ("shape", "way"),
    # A router gives a piece of Anthropic's only when the next one has come.
    [("responses", "function"), ("responses", "router"), ("messages", "function")],
)
async def test_a_stream_that_is_left_is_aborted(calling, server, watch, shape, way):
    """What had come counts, and the call ends once."""
    caller = calling(shape, way)
    server.stream(caller.events[:3], held=True)
    stream = await caller._call(**caller._given, **caller.asked, stream=True)
    async for chunk in stream:
        if b"Hello" in (chunk if isinstance(chunk, bytes) else str(chunk).encode()):
            break
    server.release.set()  # Some read on before they close.
    if hasattr(stream, "aclose"):
        await stream.aclose()
    del stream, chunk
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()
    assert (watch.call.outcome, said(watch.call), len(watch.spans)) == ("aborted", "Hello", 1)


@shapes
async def test_a_routers_tries_are_one_call(calling, server, watch, shape):
    """The second answers."""
    server.reply(BUSY, 429)
    await calling(shape, "router")()
    assert (watch.call.outcome, len(server.requests), len(watch.spans)) == ("completed", 2, 1)


@ways
@shapes
async def test_errors_have_their_status(calling, server, watch, shape, way):
    for _ in range(2):
        server.reply(BUSY, 429)
    with pytest.raises(litellm.RateLimitError):
        await calling(shape, way)()
    assert (watch.call.outcome, watch.call.error_type) == ("failed", "429")
    assert len(watch.spans) == 1


def test_synchronous_responses(server, patched, watch):
    """Messages have no such function."""
    server.reply(RESPONSE)
    params = {"api_base": server.base_url, "api_key": "none"}
    litellm.responses("Hi!", "openai/m", **params)
    assert (said(watch.call), len(watch.spans)) == ("Hello there.", 1)
