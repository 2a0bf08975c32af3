"""What the tests of pipelines share: collectors that can be killed, backends that can be away."""

import gzip
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

FOLDER = Path(__file__).parents[3] / "collector"
ERROR = 2
"""Code of a failed span's status."""


@dataclass(frozen=True)
class Span:
    """A span as it is sent and received; ids are hex."""

    trace: str
    id: str
    attributes: dict = field(default_factory=dict)
    name: str = "span"
    service: str = "desk"
    scope: str = "otel_sessions"
    failed: bool = False
    parent: str = ""


def encode(spans):
    """Make one request; spans in a row that have them share a resource and a scope."""
    request = ExportTraceServiceRequest()
    last = None
    for span in spans:
        if last != (span.service, span.scope):
            last = span.service, span.scope
            resource = request.resource_spans.add()
            resource.resource.attributes.append(attribute("service.name", span.service))
            scope = resource.scope_spans.add()
            scope.scope.name = span.scope
        wire = WireSpan(
            trace_id=bytes.fromhex(span.trace),
            span_id=bytes.fromhex(span.id),
            parent_span_id=bytes.fromhex(span.parent),
            name=span.name,
            start_time_unix_nano=1,
            end_time_unix_nano=2,
            attributes=[attribute(key, value) for key, value in span.attributes.items()],
        )
        if span.failed:
            wire.status.code = ERROR
        scope.spans.append(wire)
    return request.SerializeToString()


def attribute(key, value):
    """Make an attribute of the wire."""
    return KeyValue(key=key, value=any_value(value))


def any_value(value):
    """Make a value of the wire, of the same type."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
    return AnyValue(array_value=ArrayValue(values=[any_value(each) for each in value]))


def plain(value):
    """Read a value of the wire."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def decode(body):
    """Read the spans of one request."""
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        known = {each.key: plain(each.value) for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    {each.key: plain(each.value) for each in span.attributes},
                    span.name,
                    known.get("service.name", ""),
                    scope.scope.name,
                    span.status.code == ERROR,
                    span.parent_span_id.hex(),
                )


class Backend:
    """Takes spans by OTLP over HTTP. While it is away its port answers nothing."""

    def __init__(self, port, *secret):
        self.port = port
        self._secret = secret
        self.url = f"{'https' if secret else 'http'}://127.0.0.1:{port}"
        self.requests = []
        """Path, headers and body of each."""
        self._server, self._here = None, False
        self._taking = threading.Lock()

    @property
    def spans(self):
        """All spans so far, by id; one that came twice is there once."""
        bodies = [body for path, _, body in list(self.requests) if path.endswith("/v1/traces")]
        return {span.id: span for body in bodies for span in decode(body)}

    def come(self):
        """Listen."""
        self._here, backend = True, self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                with backend._taking:
                    if not backend._here:  # on a connection that was open before
                        self.close_connection = True
                        return
                    backend.requests.append((self.path, dict(self.headers), body))
                self.send_response(200)
                self.send_header("Content-Type", self.headers["Content-Type"])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        if self._secret:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self._secret)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def go(self):
        """Be away: from now on nothing is taken."""
        with self._taking:
            self._here = False
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Collector:
    """A collector of `collector/` with some overlays, as a process."""

    def __init__(self, command, environ, ports, log, http):
        self.otlp = f"127.0.0.1:{ports['OTEL_SESSIONS_OTLP_HTTP']}"
        self.page = f"127.0.0.1:{ports['OTEL_SESSIONS_PROMETHEUS']}"
        self.own = f"http://127.0.0.1:{ports['OTEL_SESSIONS_COLLECTOR_METRICS_PORT']}/metrics"
        self._health = f"http://127.0.0.1:{ports['OTEL_SESSIONS_COLLECTOR_HEALTH']}"
        self._command, self._environ, self._log, self._http = command, environ, log, http
        self.process = None

    def start(self):
        """Start it, and wait until it answers."""
        with self._log.open("a") as out:
            self.process = subprocess.Popen(
                self._command, stdout=out, stderr=subprocess.STDOUT, env=self._environ
            )
        self._http.until(lambda: self._http.get(self._health), what=self._health, log=self._log)
        return self

    def kill(self):
        """End it as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """End it in order: what it holds is told first."""
        self.process.terminate()
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def log(self):
        return self._log.read_text()

    def send(self, *spans):
        """Post spans; returns the status, or `None` if nobody answered."""
        return self.post(encode(spans))

    def post(self, body):
        """Post a request that is made already; returns the status, or `None`."""
        connection = http.client.HTTPConnection(self.otlp, timeout=120)
        try:
            connection.request(
                "POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"}
            )
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def measured(self, name, **labels):
        """Sum the collector's own metric over the series that have these labels."""
        total = 0.0
        for line in self._http.get(self.own).splitlines():
            series, _, value = line.rpartition(" ")
            wanted = [f'{key}="{label}"' for key, label in labels.items()]
            if series.partition("{")[0] == name and all(each in series for each in wanted):
                total += float(value)
        return total


@pytest.fixture
def collector(program, http, tmp_path):
    """Start collectors with overlays, by name or path, and variables; all end with the test."""
    with ExitStack() as running:

        def start(*overlays, base=("base",), **variables):
            number = len(list(tmp_path.glob("collector-*")))
            folder = tmp_path / f"collector-{number}"
            folder.mkdir()
            ports = {
                "OTEL_SESSIONS_OTLP_GRPC": http.free_port(),
                "OTEL_SESSIONS_OTLP_HTTP": http.free_port(),
                "OTEL_SESSIONS_COLLECTOR_HEALTH": http.free_port(),
                "OTEL_SESSIONS_PROMETHEUS": http.free_port(),
                "OTEL_SESSIONS_COLLECTOR_METRICS_PORT": http.free_port(),
            }
            addresses = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
            addresses["OTEL_SESSIONS_COLLECTOR_METRICS_PORT"] = str(
                ports["OTEL_SESSIONS_COLLECTOR_METRICS_PORT"]
            )
            files = [
                each if isinstance(each, Path) else FOLDER / f"{each}.yaml"
                for each in (*base, *overlays)
            ]
            made = Collector(
                [str(program("otelcol")), *(f"--config={path}" for path in files)],
                os.environ
                | addresses
                | {"OTEL_SESSIONS_QUEUE": str(folder / "queue")}
                | {name: str(value) for name, value in variables.items()},
                ports,
                folder / "log",
                http,
            )
            running.callback(lambda: made.process.poll() is None and made.stop())
            return made.start()

        yield start


@pytest.fixture
def backend(http):
    """Make backends that listen, with the files of a certificate by TLS; all end with the test."""
    with ExitStack() as running:

        def make(*secret):
            made = Backend(http.free_port(), *secret)
            made.come()
            running.callback(made.go)
            return made

        yield make


@pytest.fixture
def span():
    """Make a span; its ids follow from words, so that a test can name them."""

    def make(trace, name="span", **given):
        ids = [hashlib.sha256(word.encode()).hexdigest() for word in (trace, f"{trace} {name}")]
        return Span(ids[0][:32], ids[1][:16], given.pop("attributes", {}), name, **given)

    return make


@pytest.fixture
def body():
    """Make one request of spans."""
    return encode


@pytest.fixture
def overlay(tmp_path):
    """Write an overlay of a test's own; returns its path."""

    def write(name, text):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return path

    return write
