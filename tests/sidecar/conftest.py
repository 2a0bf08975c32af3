"""What the tests of the sidecar share: its process, and a next hop that listens."""

import gzip
import os
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROGRAM = """
import sys
from otel_sessions.cli import main
from otel_sessions.sidecar import server

server._ANALYSIS_S = server._FORWARD_S = 100.0  # a busy machine is slow
sys.exit(main())
"""
LONG_S = 300


class NextHop:
    """A server that keeps what it is sent, and answers with `status`."""

    def __init__(self):
        self.posts = []
        self.status = 200
        hop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                hop.posts.append((self.path, body))
                self.send_response(hop.status)
                self.send_header("Content-Type", self.headers["Content-Type"])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self):
        """Give the spans of others that arrived, by the order of their ends."""
        found = []
        for path, body in self.posts:
            if path != "/v1/traces":
                continue
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    if scope.scope.name != "otel_sessions":
                        found += scope.spans
        return sorted(found, key=lambda span: span.end_time_unix_nano)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def next_hop():
    hop = NextHop()
    yield hop
    hop.close()


class Sidecar:
    """The running program."""

    def __init__(self, forward, *options, **variables):
        environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
        environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "100"}
        environ |= {"OTEL_SERVICE_NAME": "shop"} | variables
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM,
                "sidecar",
                "--listen",
                "127.0.0.1:0",
                "--forward",
                forward,
                *options,
            ],
            env=environ,
            stderr=subprocess.PIPE,
            text=True,
        )
        first = self.process.stderr.readline()
        assert first.startswith("listening on "), first + self.process.stderr.read()
        self.url = first.removeprefix("listening on ").partition(",")[0]

    def stop(self):
        """Ask it to end; give its exit status and what it said."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=LONG_S)
        return self.process.returncode, said


@pytest.fixture
def sidecars():
    """Start sidecars."""
    with ExitStack() as stack:
        yield lambda hop, *options: stack.enter_context(running(hop, *options))


@contextmanager
def running(hop, *options):
    sidecar = Sidecar(hop.url, *options)
    try:
        yield sidecar
    finally:
        if sidecar.process.poll() is None:
            sidecar.process.kill()
        sidecar.process.communicate()


@pytest.fixture(scope="module")
def shared():
    """Share one sidecar, with its next hop, among tests that leave it as it was."""
    hop = NextHop()
    with running(hop) as sidecar:
        yield sidecar, hop
    hop.close()


@pytest.fixture
def sidecar(shared):
    return shared[0]


@pytest.fixture
def hop(shared):
    shared[1].posts.clear()
    shared[1].status = 200
    return shared[1]
