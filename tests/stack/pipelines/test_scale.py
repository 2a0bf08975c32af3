"""Load balancing: a session's spans come to one sidecar, and back to be cleaned and stored."""

import json
import subprocess
import sys

import pytest

from otel_sessions import names

SIDECARS = 3
LONG_S = 120
CANARY = "my card number is 4111"


@pytest.fixture
def sidecars(collector, backend, overlay, http):
    """Stand for sidecars: a collector with a receiver for each, which notes and gives back."""
    ports = [http.free_port() for _ in range(SIDECARS)]
    noted = [backend() for _ in range(SIDECARS)]
    back = http.free_port()
    receivers, exporters, pipelines = {}, {}, {}
    for number, (port, at) in enumerate(zip(ports, noted, strict=True)):
        receivers[f"otlp/{number}"] = {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}
        plain = {"compression": "none", "sending_queue": {"enabled": False}}
        exporters[f"otlp_http/{number}"] = {"endpoint": at.url, **plain}
        pipelines[f"traces/{number}"] = {
            "receivers": [f"otlp/{number}"],
            "exporters": [f"otlp_http/{number}", "otlp_http/back"],
        }
    exporters["otlp_http/back"] = {"endpoint": f"http://127.0.0.1:{back}"}
    text = {
        "receivers": receivers,
        "exporters": exporters,
        "service": {"pipelines": pipelines},
    }
    collector(overlay("sidecars", text))
    return ports, noted, f"127.0.0.1:{back}"


def test_a_session_comes_to_one_sidecar_and_back(collector, backend, sidecars, span, http):
    """Also where the first span of a trace names no session; the texts go no further."""
    ports, noted, back = sidecars
    stored = backend()
    balancer = collector(
        *("otlp", "scale"),
        OTEL_SESSIONS_BACKEND=stored.url,
        OTEL_SESSIONS_SIDECARS=str([f"127.0.0.1:{port}" for port in ports]),
        OTEL_SESSIONS_SIDECARS_BACK=back,
    )
    sessions = [f"support-{number}" for number in range(40)]
    sent = []
    for turn in range(4):
        spans = []
        for session in sessions:
            trace = f"{session} {turn}"
            spans.append(span(trace, "request"))
            call = {names.SESSION_ID: session, "gen_ai.input.messages": CANARY}
            spans.append(span(trace, "call", attributes=call))
            spans.append(span(trace, "another call", attributes=call))
        assert balancer.send(*spans) == 200
        sent += spans
    http.until(lambda: len(stored.spans) == len(sent), what="all spans to come back")
    seen = [
        {each.attributes.get(names.SESSION_ID) for each in at.spans.values()} - {None}
        for at in noted
    ]
    assert all(seen)
    assert sum(map(len, seen)) == len(sessions)
    assert sum(len(at.spans) for at in noted) == len(sent)
    assert all(
        each.attributes.get("gen_ai.input.messages") == CANARY
        for at in noted
        for each in at.spans.values()
        if each.name != "request"
    )
    assert set(stored.spans) == {each.id for each in sent}
    assert all(each.attributes.keys() <= {names.SESSION_ID} for each in stored.spans.values())
    assert not [body for _, _, body in stored.requests if b"otel_sessions.route" in body]


def test_a_sender_is_told_when_no_sidecar_is_there(collector, span, http):
    """What nobody analyses is not accepted, so the sender keeps it and tries again."""
    balancer = collector(
        "scale",
        OTEL_SESSIONS_SIDECARS=f"[127.0.0.1:{http.free_port()}]",
        OTEL_SESSIONS_SIDECARS_BACK=f"127.0.0.1:{http.free_port()}",
    )
    assert balancer.send(span("lonely")) == 503


@pytest.fixture
def sidecar(http, tmp_path):
    """Run `otel-sessions sidecar` that passes on to an address; returns where it listens."""
    address = f"127.0.0.1:{http.free_port()}"
    program = """
import sys
from otel_sessions.cli import main
from otel_sessions.sidecar import server

server._ANALYSIS_S = server._FORWARD_S = 60.0  # a busy machine is slow
sys.exit(main())
"""
    started = []

    def start(forward):
        with (tmp_path / "sidecar.log").open("w") as log:
            options = ["--listen", address, "--forward", forward]
            started.append(
                subprocess.Popen(
                    [sys.executable, "-c", program, "sidecar", *options],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        return f"http://{address}"

    yield start
    for process in started:
        process.terminate()
        process.wait(LONG_S)


def test_a_real_sidecar_reads_what_the_balancer_sends(collector, backend, sidecar, span, http):
    """It adds turn and health to a call of others, whose texts end with it."""
    stored = backend()
    front, back = http.free_port(), http.free_port()
    balancer = collector(
        *("otlp", "scale"),
        OTEL_SESSIONS_BACKEND=stored.url,
        OTEL_SESSIONS_SIDECARS=f"[127.0.0.1:{front}]",
        OTEL_SESSIONS_SIDECARS_BACK=f"127.0.0.1:{back}",
    )
    collector(
        "front",
        base=(),
        OTEL_SESSIONS_OTLP_GRPC=f"127.0.0.1:{front}",
        OTEL_SESSIONS_SIDECAR=sidecar(f"http://127.0.0.1:{back}"),
    )

    def message(role, text):
        return {"role": role, "parts": [{"type": "text", "content": text}]}

    call = span(
        "t",
        "chat",
        scope="opentelemetry.instrumentation.genai.openai",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            names.CONVERSATION_ID: "support-4711",
            "gen_ai.input.messages": json.dumps([message("user", CANARY)]),
            "gen_ai.output.messages": json.dumps([message("assistant", "It is blocked now.")]),
        },
    )
    http.until(lambda: balancer.send(call) == 200, what="a sidecar that is up")
    found = http.until(lambda: stored.spans.get(call.id), what="the call to come back")
    assert found.attributes[names.SESSION_ID] == "support-4711"
    assert found.attributes[names.TURN] == 1
    assert names.HEALTH in found.attributes
    assert not [body for _, _, body in stored.requests if CANARY.encode() in body]
