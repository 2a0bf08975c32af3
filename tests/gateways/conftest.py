"""A real LiteLLM proxy on loopback, a model behind it, and what it tells by OTLP."""

import gzip
import importlib.util
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KEY = "sk-0123456789abcdef0123456789abcdef"
PIECE_S = 0.02
"""Between the pieces of a stream, so that a client can leave it."""
LONG_S = 300
WORDS = 50
"""In a streamed reply; twenty times as many if the request says `at length`."""
REPLIES = json.loads(Path(__file__).with_name("replies.json").read_text())
"""Last part of the path -> the whole reply, and the events of a streamed one."""


class Server:
    """An HTTP server on loopback.

    `answer(path, headers, body)` gives status, content type and body; a list is sent in pieces.
    """

    def __init__(self, answer):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status, kind, sent = answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                try:
                    for piece in sent if isinstance(sent, list) else [sent]:
                        if piece:
                            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                        time.sleep(PIECE_S if isinstance(sent, list) else 0)
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.handle_error = lambda *args: None  # Those that hang up are what is tested.
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


class Model:
    """Answers with what is recorded, or else in three shapes; the model `broken` is too busy."""

    def __init__(self):
        self.asked = []
        self.recorded = []
        self._server = Server(self._answer)
        self.url, self.close = self._server.url, self._server.close

    def _answer(self, path, headers, body):
        asked = json.loads(body)
        self.asked.append((path, headers, asked))
        if self.recorded:
            return self.recorded.pop(0)
        if asked["model"] == "broken":
            return 429, "application/json", b'{"error": {"message": "Slow down."}}'
        reply = REPLIES[path.rpartition("/")[2]]
        if not asked.get("stream"):
            return 200, "application/json", json.dumps(reply["whole"]).encode()
        events = [f"data: {json.dumps(event)}\n\n".encode() for event in reply["events"]]
        words = WORDS * (20 if b"at length" in body else 1)
        pieces = [event for each in events for event in [each] * (words if b"word" in each else 1)]
        return 200, "text/event-stream", pieces


class Receiver:
    """Keeps what it is sent by OTLP."""

    def __init__(self):
        self.posts = []
        self._server = Server(self._answer)
        self.url, self.close = self._server.url, self._server.close

    def _answer(self, path, headers, body):
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        self.posts.append((path, plain))
        return 200, headers["content-type"], b""

    def spans(self):
        """Give all spans so far, each with its attributes and those of its resource."""
        return [
            (span, _attributes([*resource.resource.attributes, *span.attributes]))
            for path, body in list(self.posts)
            if path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def known(self, name, *values):
        """Give the attributes of calls of which one has one of these values."""
        calls = [known for span, known in self.spans() if "llm_session.turn" in known]
        return [known for known in calls if known.get(name) in values]

    def calls(self, session_id):
        """Give the attributes of the calls of a session."""
        return self.known("session.id", session_id)


def _attributes(pairs):
    found = {}
    for pair in pairs:
        value = getattr(pair.value, pair.value.WhichOneof("value"))
        values = getattr(value, "values", None)
        found[pair.key] = value if values is None else [each.string_value for each in values]
    return found


class Proxy:
    """A running proxy."""

    def __init__(self, url, process):
        self.key, self.words = KEY, WORDS
        self.url = url
        self.process = process

    def ask(self, path, body, **headers):
        """Post with its key; give status and body."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        url, data = f"{self.url}/v1/{path}", json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=LONG_S) as reply:  # noqa: S310 - loopback
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    @contextmanager
    def streaming(self, path, body):
        """Ask for a stream; gives the reply, which is left at the end."""
        body = json.dumps(body)
        host, port = self.url.removeprefix("http://").split(":")
        head = f"POST /v1/{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {KEY}"
        head += f"\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=LONG_S) as client:
            client.sendall(f"{head}{body}".encode())
            yield client


def _configuration(model_url):
    def deployment(name, model, base):
        params = {"model": model, "api_base": base, "api_key": "none", "max_retries": 0}
        return {"model_name": name, "litellm_params": params}

    openai_url = f"{model_url}/v1"
    return {
        "model_list": [
            deployment("assistant", "openai/gpt-5-mini", openai_url),
            deployment("claude", "anthropic/claude", model_url),
            # Two of a name, so that a retry does not wait.
            deployment("flaky", "openai/broken", openai_url),
            deployment("flaky", "openai/broken", f"{openai_url}/"),
            deployment("broken", "openai/broken", openai_url),
            deployment("broken", "openai/broken", f"{openai_url}/"),
        ],
        "router_settings": {"num_retries": 1, "fallbacks": [{"flaky": ["assistant"]}]},
        "litellm_settings": {
            "callbacks": ["otel_sessions.litellm_callback.watch"],
            "drop_params": True,
        },
    }


@contextmanager
def running(folder, model, receiver, *before):
    """Run a proxy; `before` stands before its command."""
    program = shutil.which("litellm", path=Path(sys.executable).parent)
    configuration = folder / "config.yaml"
    configuration.write_text(yaml.safe_dump(_configuration(model.url)))
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "LITELLM_"))}
    environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY}
    environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_SERVICE_NAME": "gateway"}
    environ |= {"OTEL_BSP_SCHEDULE_DELAY": "100"}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "100"}
    port = _free_port()
    command = [*before, program, "-c", configuration, "--host", "127.0.0.1"]
    log = folder / "log.txt"
    with log.open("w") as written:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--telemetry", "False"],
            env=environ,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process, log)
        yield Proxy(url, process)
    finally:
        process.kill()
        process.wait()


def _free_port():
    """Choose a free port that the system gives to nobody, because the proxy takes long to listen.

    Until then a server of other tests that was given it would be taken for the proxy.
    """
    while True:
        port = random.randrange(10_000, 32_768)  # noqa: S311 - any will do
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


def _wait_for(url, process, log):
    """Wait until the proxy answers; it takes about ten seconds of computing."""
    end_s = time.monotonic() + LONG_S
    while time.monotonic() < end_s and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0:
                return
        time.sleep(0.1)
    pytest.fail(log.read_text())


@pytest.fixture(scope="module")
def model():
    model = Model()
    yield model
    model.close()


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def proxies(tmp_path_factory, model, receiver):
    """Start proxies; they need a package that development does not have."""
    if importlib.util.find_spec("litellm") is None:
        pytest.skip("needs LiteLLM's proxy; .ci/gateways has it")
    return lambda *before: running(tmp_path_factory.mktemp("proxy"), model, receiver, *before)


@pytest.fixture(scope="module")
def proxy(proxies):
    """The one that tests share."""
    with proxies() as proxy:
        yield proxy
