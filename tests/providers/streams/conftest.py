"""Stages: each client, its streamed calls, and the bytes with which a server answers them.

Every stage says "Hello" and " there.", and counts 9 tokens in and 3 out if usage is asked for.
"""

import contextlib
import gc
import importlib
import json
import ssl
import struct
import warnings
import zlib
from types import SimpleNamespace

import pytest

ASKED = [{"role": "user", "content": "Hi!"}]


def sse(events, *, names=False):
    """Write events as a server sends them, some with their names."""
    for event in events:
        name = f"event: {event['type']}\n" if names else ""
        yield f"{name}data: {json.dumps(event)}\n\n".encode()


def aws(name, body):
    """Write one event of Amazon's binary format."""
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for key, value in ((":event-type", name), (":message-type", "event"))
    )
    payload = json.dumps(body).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


class Stage:
    """One client of a server."""

    package: str
    path = ()
    model = "m-1"
    content_type = "text/event-stream"
    has_raw = False
    needs_usage = False
    blocks = False

    def __init__(self, server):
        self.package_module = pytest.importorskip(self.package)
        self.server = server
        self.root = server.base_url.removesuffix("/v1")

    def answer(self, *, usage=True, held=False):
        """Have the server answer the next request; `held` after "Hello"."""
        parts = [*self.parts(usage)]
        self.server.answers.append(
            (200, self.content_type, parts[: self.hello] if held else parts, held)
        )

    @contextlib.contextmanager
    def leaving(self, stream):
        """Enter a stream as the client wants it, to leave it early."""
        with stream if hasattr(stream, "__exit__") else contextlib.closing(stream):
            yield stream

    @contextlib.asynccontextmanager
    async def aleaving(self, stream):
        """Enter an asynchronous stream."""
        if hasattr(stream, "__aexit__"):
            async with stream:
                yield stream
        else:
            try:
                yield stream
            finally:
                await self.aclose(stream)

    async def finish(self):
        """Close what does not close itself."""

    async def aclose(self, stream):
        """Close an asynchronous stream."""
        closing = getattr(stream, "aclose", None) or stream.close
        result = closing()
        if result is not None:
            await result


class OpenAi(Stage):
    package = "openai"
    has_raw = True
    hello = 2

    def parts(self, usage):
        known = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}
        deltas = [({"role": "assistant", "content": ""}, None), ({"content": "Hello"}, None)]
        deltas += [({"content": " there."}, None), ({}, "stop")]
        yield from sse(
            known | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            for delta, reason in deltas
        )
        if usage:
            counted = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
            yield from sse([known | {"choices": [], "usage": counted}])
        yield b"data: [DONE]\n\n"

    def client(self, *, asynchronous=False):
        name = "AsyncOpenAI" if asynchronous else "OpenAI"
        make = getattr(self.package_module, name)
        return make(api_key="none", base_url=self.server.base_url, max_retries=0)

    def resource(self, client):
        return client.chat.completions

    def arguments(self):
        return {"model": self.model, "messages": ASKED, "stream": True}

    def stream(self):
        return self.resource(self.client()).create(**self.arguments())

    async def astream(self):
        return await self.resource(self.client(asynchronous=True)).create(**self.arguments())

    def raw(self):
        return self.resource(self.client()).with_raw_response.create(**self.arguments()).parse()

    def text(self, chunk):
        return (chunk.choices[0].delta.content or "") if chunk.choices else ""


class Responses(OpenAi):
    hello = 4

    def __init__(self, server):
        super().__init__(server)
        pytest.importorskip("openai.resources.responses")

    def parts(self, usage):
        counted = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}
        known = {"id": "r-1", "object": "response", "created_at": 1, "model": "m-1"}
        known |= {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
        part = {"type": "output_text", "text": "", "annotations": []}
        item = {"type": "message", "id": "i-1", "role": "assistant", "status": "in_progress"}
        at = {"item_id": "i-1", "output_index": 0, "content_index": 0}
        done = item | {"status": "completed", "content": [part | {"text": "Hello there."}]}
        events = [
            {"type": "response.created", "response": known | {"status": "queued", "output": []}},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.content_part.added", "part": part} | at,
            {"type": "response.output_text.delta", "delta": "Hello"} | at,
            {"type": "response.output_text.delta", "delta": " there."} | at,
            {
                "type": "response.completed",
                "response": known
                | {"status": "completed", "output": [done]}
                | ({"usage": counted} if usage else {}),
            },
        ]
        yield from sse((e | {"sequence_number": i} for i, e in enumerate(events)), names=True)

    def resource(self, client):
        return client.responses

    def arguments(self):
        return {"model": self.model, "input": "Hi!", "stream": True}

    def text(self, chunk):
        return chunk.delta if chunk.type == "response.output_text.delta" else ""


class Groq(OpenAi):
    package = "groq"

    def client(self, *, asynchronous=False):
        name = "AsyncGroq" if asynchronous else "Groq"
        make = getattr(self.package_module, name)
        return make(api_key="none", base_url=self.root, max_retries=0)


class Anthropic(OpenAi):
    package = "anthropic"
    hello = 3

    def parts(self, usage):
        message = {"id": "c-1", "type": "message", "role": "assistant", "model": "m-1"}
        message |= {"content": [], "stop_reason": None, "stop_sequence": None}
        counted = [
            {"usage": {"input_tokens": 9, "output_tokens": 1}},
            {"usage": {"output_tokens": 3}},
        ]
        first, last = counted if usage else ({}, {})
        text = {"type": "text", "text": ""}
        delta = {"type": "content_block_delta", "index": 0}
        yield from sse(
            [
                {"type": "message_start", "message": message | first},
                {"type": "content_block_start", "index": 0, "content_block": text},
                delta | {"delta": {"type": "text_delta", "text": "Hello"}},
                delta | {"delta": {"type": "text_delta", "text": " there."}},
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}} | last,
                {"type": "message_stop"},
            ],
            names=True,
        )

    def client(self, *, asynchronous=False):
        name = "AsyncAnthropic" if asynchronous else "Anthropic"
        make = getattr(self.package_module, name)
        return make(api_key="none", base_url=self.root, max_retries=0)

    def resource(self, client):
        return client.messages

    def arguments(self):
        return {"model": self.model, "messages": ASKED, "max_tokens": 9, "stream": True}

    def text(self, chunk):
        return chunk.delta.text if chunk.type == "content_block_delta" else ""

    async def araw(self):
        resource = self.resource(self.client(asynchronous=True))
        response = await resource.with_raw_response.create(**self.arguments())
        parsed = response.parse()
        return await parsed if hasattr(parsed, "__await__") else parsed


class AnthropicHelper(Anthropic):
    """`messages.stream()`, which gives a manager; what it enters is the stream."""

    has_raw = False
    needs_usage = True

    def arguments(self):
        return {"model": self.model, "messages": ASKED, "max_tokens": 9}

    def stream(self):
        return self.resource(self.client()).stream(**self.arguments()).__enter__()

    async def astream(self):
        manager = self.resource(self.client(asynchronous=True)).stream(**self.arguments())
        return await manager.__aenter__()


class Google(Stage):
    package = "google.genai"
    hello = 1

    def __init__(self, server):
        super().__init__(server)
        self.blocks = self.package_module.__version__ < "1.5"

    def parts(self, usage):
        def chunk(text, **more):
            content = {"parts": [{"text": text}], "role": "model"}
            return {"candidates": [{"content": content, **more}], "modelVersion": "m-1"}

        counted = {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12}
        last = chunk(" there.", finishReason="STOP") | ({"usageMetadata": counted} if usage else {})
        yield from sse([chunk("Hello"), last])

    def models(self):
        return self.package_module.Client(
            api_key="none", vertexai=False, http_options={"base_url": self.root}
        )

    def stream(self):
        self.kept = self.models()
        return self.kept.models.generate_content_stream(model=self.model, contents="Hi!")

    async def astream(self):
        self.kept = self.models()
        models = self.kept.aio.models
        return await models.generate_content_stream(model=self.model, contents="Hi!")

    def text(self, chunk):
        return chunk.text or ""


class Bedrock(Stage):
    package = "boto3"
    content_type = "application/vnd.amazon.eventstream"
    hello = 2

    def parts(self, usage):
        yield aws("messageStart", {"role": "assistant"})
        for text in ("Hello", " there."):
            yield aws("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})
        yield aws("messageStop", {"stopReason": "end_turn"})
        counted = {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}
        yield aws("metadata", {"usage": counted} if usage else {"metrics": {"latencyMs": 1}})

    def options(self):
        config = importlib.import_module("botocore.config").Config(
            retries={"total_max_attempts": 1}
        )
        return {
            "service_name": "bedrock-runtime",
            "endpoint_url": self.root,
            "region_name": "us-east-1",
            "aws_access_key_id": "none",
            "aws_secret_access_key": "none",
            "config": config,
        }

    def stream(self):
        client = self.package_module.Session().client(**self.options())
        messages = [{"role": "user", "content": [{"text": "Hi!"}]}]
        return client.converse_stream(modelId=self.model, messages=messages)["stream"]

    def text(self, chunk):
        return chunk.get("contentBlockDelta", {}).get("delta", {}).get("text", "")


class BedrockBody(Bedrock):
    """`invoke_model_with_response_stream` for a model of Anthropic."""

    hello = 3

    def parts(self, usage):
        encoded = importlib.import_module("base64").b64encode
        for part in Anthropic.parts(self, usage):
            data = part.partition(b"data: ")[2].strip()
            yield aws("chunk", {"bytes": encoded(data).decode()})

    def stream(self):
        client = self.package_module.Session().client(**self.options())
        body = json.dumps({"anthropic_version": "x", "messages": ASKED, "max_tokens": 9})
        return client.invoke_model_with_response_stream(modelId=self.model, body=body)["body"]

    def text(self, chunk):
        piece = json.loads(chunk["chunk"]["bytes"])
        return piece["delta"]["text"] if piece["type"] == "content_block_delta" else ""


class AioBedrock(Bedrock):
    """The asynchronous twin, a library of its own."""

    package = "aiobotocore.session"

    async def astream(self):
        client = self.package_module.get_session().create_client(**self.options())
        self.kept = await client.__aenter__()
        messages = [{"role": "user", "content": [{"text": "Hi!"}]}]
        return (await self.kept.converse_stream(modelId=self.model, messages=messages))["stream"]

    async def finish(self):
        await self.kept.__aexit__(None, None, None)


class Mistral(OpenAi):
    package = "mistralai"
    has_raw = False

    def client(self, *, asynchronous=False):
        del asynchronous
        module = importlib.import_module("mistralai")
        make = (
            getattr(module, "Mistral", None) or importlib.import_module("mistralai.client").Mistral
        )
        return make(api_key="none", server_url=self.root)

    def stream(self):
        self.kept = self.client()
        return self.kept.chat.stream(model=self.model, messages=ASKED)

    async def astream(self):
        self.kept = self.client()
        return await self.kept.chat.stream_async(model=self.model, messages=ASKED)

    def text(self, chunk):
        return super().text(chunk.data)


class Cohere(Stage):
    package = "cohere"
    hello = 3

    def parts(self, usage):
        counted = {"usage": {"tokens": {"input_tokens": 9, "output_tokens": 3}}} if usage else {}
        text = {"message": {"content": {"type": "text", "text": ""}}}
        end = {"finish_reason": "COMPLETE"} | counted
        yield from sse(
            [
                {"type": "message-start", "id": "c-1", "delta": {"message": {"role": "assistant"}}},
                {"type": "content-start", "index": 0, "delta": text},
                self.piece("Hello"),
                self.piece(" there."),
                {"type": "content-end", "index": 0},
                {"type": "message-end", "delta": end},
            ]
        )

    def piece(self, text):
        delta = {"message": {"content": {"text": text}}}
        return {"type": "content-delta", "index": 0, "delta": delta}

    def stream(self):
        client = self.package_module.ClientV2(api_key="none", base_url=self.root)
        return client.chat_stream(model=self.model, messages=ASKED)

    async def astream(self):
        client = self.package_module.AsyncClientV2(api_key="none", base_url=self.root)
        return client.chat_stream(model=self.model, messages=ASKED)

    def text(self, chunk):
        return chunk.delta.message.content.text if chunk.type == "content-delta" else ""


class Ollama(Stage):
    package = "ollama"
    content_type = "application/x-ndjson"
    hello = 1

    def parts(self, usage):
        counted = {"prompt_eval_count": 9, "eval_count": 3} if usage else {}
        for text, last in (("Hello", {}), (" there.", {}), ("", {"done_reason": "stop"} | counted)):
            message = {"role": "assistant", "content": text}
            chunk = {"model": "m-1", "message": message, "done": bool(last)} | last
            yield json.dumps(chunk).encode() + b"\n"

    def stream(self):
        client = self.package_module.Client(self.root)
        return client.chat(self.model, ASKED, stream=True)

    async def astream(self):
        client = self.package_module.AsyncClient(self.root)
        return await client.chat(self.model, ASKED, stream=True)

    def text(self, chunk):
        return chunk["message"]["content"]


class HuggingFace(OpenAi):
    package = "huggingface_hub"
    has_raw = False

    def stream(self):
        make = self.package_module.InferenceClient
        self.kept = make(self.server.base_url, token="none")  # noqa: S106 - nobody's
        return self.kept.chat_completion(ASKED, stream=True)

    async def astream(self):
        make = self.package_module.AsyncInferenceClient
        self.kept = make(self.server.base_url, token="none")  # noqa: S106 - nobody's
        try:
            return await self.kept.chat_completion(ASKED, stream=True)
        except ImportError:
            pytest.skip("before 1.0 it needs a library of its own")


STAGES = (
    OpenAi,
    Responses,
    Anthropic,
    AnthropicHelper,
    Google,
    Bedrock,
    BedrockBody,
    Groq,
    Mistral,
    Cohere,
    Ollama,
    HuggingFace,
)


@pytest.fixture(scope="module", autouse=True)
def no_certificates():
    """Loading them takes most of the time of making a client, and the server has none."""
    with pytest.MonkeyPatch.context() as patching:
        for name in ("load_verify_locations", "load_default_certs"):
            patching.setattr(ssl.SSLContext, name, lambda *args, **kwargs: None)
        yield


@pytest.fixture(scope="module", autouse=True)
def small_heap(no_collections):
    """Collections look at what a test made, not at all modules: 1 ms each instead of 400."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of old clients beside new libraries.
        for each in STAGES:
            with contextlib.suppress(ImportError):
                importlib.import_module(each.package)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def named(stages):
    return [pytest.param(stage, id=stage.__name__) for stage in stages]


@pytest.fixture(params=named(STAGES))
def stage(request, server, patched):
    """A client that is patched."""
    return request.param(server)


ASYNC_STAGES = (*(stage for stage in STAGES if hasattr(stage, "astream")), AioBedrock)


@pytest.fixture(params=named(ASYNC_STAGES))
async def astage(request, server, patched):
    """A client that has asynchronous calls."""
    stage = request.param(server)
    yield stage
    await stage.finish()


@pytest.fixture(params=named(stage for stage in STAGES if stage.has_raw))
def raw_stage(request, server, patched):
    """A client that gives raw responses."""
    return request.param(server)


@pytest.fixture
def plainly(server):
    """Make a stage again without us."""
    return lambda stage: SimpleNamespace(stage=type(stage)(server))
