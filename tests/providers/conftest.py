"""A loopback server that speaks OpenAI's protocol, real clients, and what we saw of their calls."""

import gc
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_sessions import faults
from otel_sessions.identity import ambient
from otel_sessions.pipeline import Hooks
from otel_sessions.providers import PROVIDERS, patch

HELD_S = 300


class ModelServer:
    """Answers each request with the next of `answers`, or else with a dull completion."""

    def __init__(self):
        self.answers = deque()
        self.requests = []
        self.requested = threading.Event()
        self.release = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._http.handle_error = lambda *args: None  # Clients that hang up are what is tested.
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def reply(self, body, status=200, content_type="application/json"):
        """Answer with one body, a dict or bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, content_type, [data], False))

    def stream(self, chunks, *, held=False, done=True):
        """Answer with chunks; `held` keeps the stream open after them until the test ends."""
        events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
        if done and not held:
            events.append(b"data: [DONE]\n\n")
        self.answers.append((200, "text/event-stream", events, held))

    def close(self):
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(server):  # noqa: N805 - the handler has a `self` of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.requests.append((dict(self.headers), request))
                server.requested.set()
                if not server.answers:
                    (server.stream if request.get("stream") else server.reply)(
                        dull_chunks() if request.get("stream") else dull_completion()
                    )
                status, content_type, parts, held = server.answers.popleft()
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                try:
                    for part in parts:
                        self._write(part)
                    if held:
                        server.release.wait(HELD_S)
                    self._write(b"")
                except OSError:
                    self.close_connection = True

            def _write(self, data):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def log_message(self, *args):
                pass

        return Handler


@pytest.fixture(scope="module")
def no_collections():
    """Collect when a test asks for it only.

    A collection that is under way in another thread, such as the server's, would keep the one that
    a test asks for from being done, and end streams a moment later than the test looks.
    """
    gc.disable()
    yield
    gc.enable()


def dull_completion(**changes):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5-mini-2026",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello there."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    } | changes


def dull_chunk(delta, finish_reason=None, **changes):
    return {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5-mini-2026",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    } | changes


def dull_chunks():
    return [
        dull_chunk({"role": "assistant", "content": ""}),
        dull_chunk({"content": "Hello"}),
        dull_chunk({"content": " there."}),
        dull_chunk({}, "stop"),
    ]


class Watch:
    """What the rest of the package gets to see."""

    def __init__(self):
        self.seen = []
        self.exporter = InMemorySpanExporter()
        self.tracing = TracerProvider()
        self.tracing.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.tracing.get_tracer("test")
        self.hooks = Hooks(ambient, self._start_span, self._submit)
        self.patches = []

    def _start_span(self, *, provider, operation, model, stream, **rest):
        return self.tracer.start_span(f"{operation} {model}")

    def _submit(self, observation):
        self.seen.append(observation)
        observation.span.end(observation.ended_ns)

    @property
    def calls(self):
        """Every call that ended, read."""
        return [observation.read() for observation in self.seen]

    @property
    def call(self):
        """The only call that ended."""
        (call,) = self.calls
        return call

    @property
    def spans(self):
        return self.exporter.get_finished_spans()


@pytest.fixture(autouse=True)
def no_faults(caplog):
    """No fault of ours is logged, and no context token is detached in the wrong place."""
    faults._last_logged_s.clear()
    yield
    logged = [record for when in ("setup", "call") for record in caplog.get_records(when)]
    assert [
        r.getMessage() for r in logged if r.name.startswith(("otel_sessions", "opentele"))
    ] == []


@pytest.fixture
def server():
    server = ModelServer()
    yield server
    server.close()


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def patched(watch):
    """The installed client, patched until the test ends."""
    watch.patches = [patch(provider, watch.hooks) for provider in PROVIDERS]
    yield watch.patches[0]
    for each in watch.patches:
        each.remove()


@pytest.fixture
def openai():
    return pytest.importorskip("openai")


@pytest.fixture
def connected(openai, server):
    """Settings of a client of the server; `verify` spares the loading of certificates."""
    return {"api_key": "none", "base_url": server.base_url, "max_retries": 0}


@pytest.fixture
def client(openai, connected, patched):
    http_client = openai.DefaultHttpxClient(verify=False)
    with openai.OpenAI(**connected, http_client=http_client) as client:
        yield client


@pytest.fixture
async def async_client(openai, connected, patched):
    http_client = openai.DefaultAsyncHttpxClient(verify=False)
    async with openai.AsyncOpenAI(**connected, http_client=http_client) as client:
        yield client


@pytest.fixture
def asked():
    """Arguments of a dull call."""
    return {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hi!"}]}


@pytest.fixture
def completion():
    return dull_completion


@pytest.fixture
def chunk():
    return dull_chunk
