"""TLS and tokens: who has neither, gets nothing in; the backend is sure who sends."""

import subprocess
from types import SimpleNamespace

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.fixture
def files(tmp_path):
    """Make a certificate of our own for this address, and tokens."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    certificate, key = folder / "tls.crt", folder / "tls.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", "/CN=collector", "-addext"),
            *("subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "tokens").write_text("old-token\nnew-token\n")
    (folder / "backend").write_text("token-of-the-backend")
    return SimpleNamespace(
        certificate=str(certificate),
        key=str(key),
        tokens=str(folder / "tokens"),
        backend=str(folder / "backend"),
    )


@pytest.fixture
def finished():
    """One finished span of the SDK, as an exporter takes it."""
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    provider.get_tracer("desk").start_span("chat").end()
    return memory.get_finished_spans()


def test_only_who_may_gets_in_and_the_backend_sees_a_token(
    collector, backend, files, finished, http, monkeypatch
):
    """The SDK's own exporter sends, as an application does."""
    # Requests would take these for its own, whatever the exporter was given.
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    tempo = backend(files.certificate, files.key)
    running = collector(
        *("otlp", "secure"),
        OTEL_SESSIONS_BACKEND=tempo.url,
        OTEL_SESSIONS_TLS_CERT=files.certificate,
        OTEL_SESSIONS_TLS_KEY=files.key,
        OTEL_SESSIONS_TOKENS=files.tokens,
        OTEL_SESSIONS_BACKEND_TOKEN=files.backend,
        OTEL_SESSIONS_BACKEND_CA=files.certificate,
    )

    def sent(**headers):
        exporter = OTLPSpanExporter(
            f"https://{running.otlp}/v1/traces",
            certificate_file=files.certificate,
            headers=headers,
            timeout=60,
        )
        result = exporter.export(finished)
        exporter.shutdown()
        return result is SpanExportResult.SUCCESS

    assert not sent()
    assert not sent(authorization="Bearer guessed")
    assert not tempo.requests
    assert sent(authorization="Bearer old-token")
    assert sent(authorization="Bearer new-token")
    http.until(lambda: tempo.spans, what="spans at the backend")
    assert {headers["Authorization"] for _, headers, _ in tempo.requests} == {
        "Bearer token-of-the-backend"
    }
    assert running.send() == 400, "without TLS there is no talking to it"
