"""Load balancing: a session's spans come to one sidecar, and back to be cleaned and stored."""

import pytest

from otel_sessions import names

SIDECARS = 3
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
            spans.append(span(trace, "request", scope="web framework"))
            call = {names.SESSION_ID: session, "gen_ai.input.messages": CANARY}
            spans.append(span(trace, "call", attributes=call))
            spans.append(span(trace, "another call", attributes=call))
        assert balancer.send(*spans) == 200
        sent += spans
    http.until(lambda: len(stored.spans) == len(sent), seconds=20, what="all spans to come back")
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
