"""What a replay sends to an OTLP receiver."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KINDS = {
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/traces": ExportTraceServiceRequest,
}
CANARY = "xylophone-4471"


@pytest.fixture
def receiver():
    """Give a base URL and the list of (path, body) that arrives there."""
    received = []

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


@pytest.fixture
def sent(receiver, otel_sessions_program, recorded):
    """Replay two sessions, five turns, with the canary in each kind of message."""
    url, received = receiver
    call = {"id": CANARY, "name": "find", "arguments": {"what": CANARY}}
    with_tools = [
        {"role": "system", "content": f"Mind the {CANARY}."},
        {"role": "user", "content": f"Where is my {CANARY}?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": CANARY, "content": f"{CANARY} is lost"},
        {"role": "assistant", "content": f"The {CANARY} is lost."},
    ]
    talk = [{"role": r, "content": CANARY} for _ in range(4) for r in ("user", "assistant")]
    file = recorded(
        {"session_id": "a", "messages": with_tools}, {"session_id": "b", "messages": talk}
    )
    ran = otel_sessions_program("replay", "--json", "--ids", "--otlp", url, file)
    assert (ran.returncode, ran.stderr) == (0, "")
    return received


def test_everything_arrives_and_no_text_does(sent):
    assert {path for path, _ in sent} == set(KINDS)
    assert not any(CANARY.encode() in body for _, body in sent)


def test_the_receiver_counts_as_many_turns_as_were_replayed(sent):
    bodies = [KINDS[path].FromString(body) for path, body in sent if path == "/v1/metrics"]
    points = [
        point
        for resource in bodies[-1].resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "llm_session.turn.evaluated"
        for point in metric.sum.data_points
    ]
    assert sum(point.as_int + point.as_double for point in points) == 5


def test_each_session_ends_in_a_span(sent):
    bodies = [KINDS[path].FromString(body) for path, body in sent if path == "/v1/traces"]
    spans = [
        span.name
        for body in bodies
        for resource in body.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert spans.count("llm_session") == 2
    assert spans.count("POST /chat") == 6
