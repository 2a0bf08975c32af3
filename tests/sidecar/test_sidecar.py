"""The sidecar beside applications that know nothing of us, and beside a next hop that fails."""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

APPLICATION = Path(__file__).with_name("application.py")
LONG_S = 120
SECRET = b"LX-20417"
INSTRUMENTATIONS = {
    "official": "opentelemetry.instrumentation.genai.openai",
    "openllmetry": "opentelemetry.instrumentation.openai",
    "openinference": "openinference.instrumentation.openai",
}
CAPTURE = {
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
}

pytest.importorskip("starlette", reason="needs the extra sidecar")
pytest.importorskip("uvicorn", reason="needs the extra sidecar")
others = pytest.mark.skipif(
    importlib.util.find_spec("httpx2") is None
    or importlib.util.find_spec("openinference") is None
    or importlib.util.find_spec("opentelemetry.instrumentation.genai") is None,
    reason="needs openai 3 and the instrumentations of others",
)


def talk(sidecar, instrumentation):
    """Run the application; it exports to the sidecar."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= CAPTURE | {"OTEL_EXPORTER_OTLP_ENDPOINT": sidecar.url}
    environ |= {"OTEL_EXPORTER_OTLP_TIMEOUT": str(LONG_S)}
    done = subprocess.run(
        [sys.executable, APPLICATION, instrumentation],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Failed to export" not in done.stderr


def post(url, body, **headers):
    """Post; give status and body."""
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=LONG_S) as reply:  # noqa: S310 - loopback
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def attributes(span):
    found = {}
    for pair in span.attributes:
        value = getattr(pair.value, pair.value.WhichOneof("value"))
        values = getattr(value, "values", None)
        found[pair.key] = value if values is None else [each.string_value for each in values]
    return found


@others
@pytest.mark.parametrize("other", INSTRUMENTATIONS)
def test_spans_of_others_become_turns(sidecars, next_hop, other):
    """Three calls are three turns of one session, with its signal; no text goes on."""
    sidecar = sidecars(next_hop)
    talk(sidecar, INSTRUMENTATIONS[other])
    assert sidecar.stop() == (0, "")
    *calls, around = next_hop.spans()
    told = [attributes(call) for call in calls]
    assert [each["llm_session.turn"] for each in told] == [1, 2, 3]
    assert len({each["session.id"] for each in told}) == 1
    assert [each.get("llm_session.signals", []) for each in told] == [[], [], ["repeated_question"]]
    assert told[2]["llm_session.health"] < told[0]["llm_session.health"] == 1.0
    assert {each["gen_ai.usage.input_tokens"] for each in told} == {9}
    assert around.name == "request"
    assert not around.attributes
    assert not [path for path, body in next_hop.posts if SECRET in body]
    figures = b"".join(body for path, body in next_hop.posts if path == "/v1/metrics")
    for name in (b"llm_session.turn.evaluated", b"llm_session.signals", b"repeated_question"):
        assert name in figures
    assert b"shop" in figures


@others
def test_texts_go_on_if_the_operator_says_so(sidecars, next_hop):
    sidecar = sidecars(next_hop, "--keep-content")
    talk(sidecar, INSTRUMENTATIONS["openinference"])
    assert [path for path, body in next_hop.posts if SECRET in body] == ["/v1/traces"]


def chat_span(turn):
    """Give one inference as another language's exporter writes it in JSON."""
    said = [{"role": "user", "parts": [{"type": "text", "content": f"Question {turn}, please?"}]}]
    texts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.conversation.id": f"c-{turn}",
        "gen_ai.input.messages": json.dumps(said),
    }
    span = {
        "traceId": f"{turn:032x}",
        "spanId": f"{turn:016x}",
        "name": "chat",
        "startTimeUnixNano": str(turn * 10**9),
        "endTimeUnixNano": str(turn * 10**9 + 1),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in texts.items()],
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "js"}, "spans": [span]}]}]}


def test_json_and_gzip_are_read(sidecar, hop):
    """Ids in OTLP's JSON are hexadecimal; the answer is in JSON, too."""
    body = gzip.compress(json.dumps(chat_span(1)).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert post(f"{sidecar.url}/v1/traces", body, **headers) == (200, b"{}")
    (span,) = hop.spans()
    assert span.trace_id.hex() == f"{1:032x}"
    assert attributes(span)["session.id"] == "c-1"


def test_what_is_sent_again_is_analysed_once(sidecar, hop):
    """A sender tries again when the next hop fails; the turn counts once, and arrives."""
    body = json.dumps(chat_span(2)).encode()
    headers = {"Content-Type": "application/json"}
    hop.status = 503
    assert post(f"{sidecar.url}/v1/traces", body, **headers)[0] == 503
    hop.status = 200
    assert post(f"{sidecar.url}/v1/traces", body, **headers)[0] == 200
    first, again = hop.spans()
    assert attributes(first)["llm_session.turn"] == attributes(again)["llm_session.turn"] == 1
    assert attributes(again)["llm_session.call"] == 1


def test_a_next_hop_that_is_down_is_told_to_the_sender(sidecars, next_hop):
    """The sender keeps what is not passed on: 503 is what OTLP tries again."""
    sidecar = sidecars(next_hop)
    next_hop.close()
    status, said = post(f"{sidecar.url}/v1/metrics", b"", **{"Content-Type": "x"})
    assert status == 503
    assert b"next hop" in said


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"\xff\xff", {}, id="protobuf"),
        pytest.param(b"[", {"Content-Type": "application/json"}, id="json"),
        pytest.param(b"no", {"Content-Encoding": "gzip"}, id="gzip"),
        pytest.param(
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xx"}]}]}]}',
            {"Content-Type": "application/json"},
            id="id",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(sidecar, hop, body, headers):
    """The sender must not try again what is malformed: 400, with the reason."""
    headers = {"Content-Type": "application/x-protobuf"} | headers
    status, said = post(f"{sidecar.url}/v1/traces", body, **headers)
    assert status == 400
    assert json.loads(said)["message"]
    assert hop.posts == []


def test_no_text_of_a_log_goes_on(sidecar, hop):
    """Instrumentations may put messages into events, as attributes or as the body."""
    said, named = {"stringValue": "My card is LX-20417."}, {"stringValue": "gen_ai.choice"}
    records = [
        {"eventName": "gen_ai.user.message", "body": said},
        {"attributes": [{"key": "event.name", "value": named}], "body": said},
        {"attributes": [{"key": "gen_ai.input.messages", "value": said}], "severityText": "INFO"},
        {"body": {"stringValue": "an application's own line"}},
    ]
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    headers = {"Content-Type": "application/json"}
    answer = post(f"{sidecar.url}/v1/logs", json.dumps(body).encode(), **headers)
    assert answer == (200, b"{}")
    ((path, passed),) = hop.posts
    assert path == "/v1/logs"
    assert SECRET not in passed
    for kept in (b"gen_ai.user.message", b"gen_ai.choice", b"INFO", b"an application's own line"):
        assert kept in passed


def test_other_signals_are_passed_on_as_they_are(sidecar, hop):
    empty = ExportTraceServiceRequest().SerializeToString()
    post(f"{sidecar.url}/v1/metrics", b"any bytes", **{"Content-Type": "application/x-protobuf"})
    post(f"{sidecar.url}/v1/traces", empty, **{"Content-Type": "application/x-protobuf"})
    assert hop.posts == [("/v1/metrics", b"any bytes"), ("/v1/traces", empty)]
    with urllib.request.urlopen(f"{sidecar.url}/healthz", timeout=LONG_S) as reply:  # noqa: S310
        assert json.load(reply) == {"status": "ok", "waiting": 0}
