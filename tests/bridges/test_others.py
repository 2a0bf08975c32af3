"""Beside the real packages of others: one span for each call, theirs, with what we know of it."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

APPLICATION = Path(__file__).with_name("application.py")
SCOPES = {
    "official": "opentelemetry.instrumentation.genai.openai",
    "openllmetry": "opentelemetry.instrumentation.openai.v1",
    "openinference": "openinference.instrumentation.openai",
}
CALLS = ["turns", "stream", "abandoned", "error", "raw", "within", "asynchronous"]
SESSIONS = {"turns": 2, "stream": 1, "abandoned": 1, "error": 1, "raw": 1, "within": 1, "async": 2}
LONG_S = 300
OPERATION = "gen_ai.client.operation.duration"

beside = pytest.mark.parametrize("other", SCOPES)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("httpx2") is None
    or importlib.util.find_spec("openinference") is None
    or importlib.util.find_spec("opentelemetry.instrumentation.genai") is None,
    reason="needs openai 3 and the instrumentations of others",
)


def run(*steps, **variables):
    """Run the application; give its spans, without those of sessions, and its metrics."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {"OTEL_LOGS_EXPORTER": "none"} | variables
    done = subprocess.run(
        [sys.executable, APPLICATION, *steps],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Failed to detach" not in done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    spans = [span for span in told["spans"] if span["name"] != "llm_session"]
    return spans, {(scope, name) for scope, name in told["metrics"]}


def sessions(spans):
    return Counter(span["attributes"].get("session.id") for span in spans)


@beside
@pytest.mark.parametrize("first", ["us", "they"])
def test_one_span_for_each_call(other, first):
    """It is theirs, whoever was there first, and says what we found out."""
    order = ["us", other] if first == "us" else [other, "us"]
    spans, metrics = run(*order, *CALLS)
    requests = [span for span in spans if span["scope"] == "application"]
    calls = [span for span in spans if span["scope"] != "application"]
    assert {span["scope"] for span in calls} == {SCOPES[other]}
    assert sessions(calls) == SESSIONS
    turns = [span for span in calls if span["attributes"]["session.id"] == "turns"]
    assert [span["attributes"]["llm_session.turn"] for span in turns] == [1, 2]
    outcomes = {
        s["attributes"]["session.id"]: s["attributes"]["llm_session.outcome"] for s in calls
    }
    assert (outcomes.pop("error"), outcomes.pop("abandoned")) == ("failed", "aborted")
    assert set(outcomes.values()) == {"completed"}
    (request,) = requests
    (within,) = (span for span in calls if span["attributes"]["session.id"] == "within")
    assert within["parent"] == request["id"]
    # Who counts the operation: its owner, or else we.
    counting = {scope for scope, name in metrics if name == OPERATION}
    assert (
        counting <= {SCOPES[other]} if other != "openinference" else counting == {"otel_sessions"}
    )
    assert ("otel_sessions", "llm_session.turn.health") in metrics


@beside
def test_clients_that_were_there_before(other):
    """They are observed like new ones."""
    spans, _ = run("us", "turns", other, "turns", "clients", "turns")
    assert [span["scope"] for span in spans] == ["otel_sessions"] * 2 + [SCOPES[other]] * 4
    assert sessions(spans) == {"turns": 6}


@beside
def test_twice(other):
    """Switching on again changes nothing."""
    spans, _ = run("us", other, "us", other, "turns")
    assert [span["scope"] for span in spans] == [SCOPES[other]] * 2


@beside
@pytest.mark.parametrize("first", ["us", "they"])
def test_we_leave_first(other, first):
    """Their spans go on without a word of ours, and come back when we do."""
    order = ["us", other] if first == "us" else [other, "us"]
    spans, _ = run(*order, "call", "-us", "call", "stream", "us", "call")
    assert [span["scope"] for span in spans] == [SCOPES[other]] * 4
    told = ["llm_session.turn" in span["attributes"] for span in spans]
    assert told == [True, False, False, True]


@beside
@pytest.mark.parametrize("first", ["us", "they"])
def test_they_leave_first(other, first):
    """The spans are ours then; and once we leave, too, there are none.

    OpenLLMetry leaves its wrapper behind, with or without us, so its spans go on.
    """
    order = ["us", other] if first == "us" else [other, "us"]
    spans, _ = run(*order, "call", f"-{other}", "call", "stream", "-us", "call")
    scopes = [span["scope"] for span in spans]
    left = SCOPES[other] if other == "openllmetry" else "otel_sessions"
    after = [left] if other == "openllmetry" else []
    assert scopes == [SCOPES[other], left, left, *after]
    assert sessions(spans[:3]) == {"sync": 2, "stream": 1}


def test_through_the_hook_alone():
    """A client that we do not wrap is seen through the official packages' hook."""
    hooked = {"OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK": "otel_sessions"}
    spans, _ = run("official", "hook", "turns", "stream", "error", "asynchronous", **hooked)
    assert {span["scope"] for span in spans} == {SCOPES["official"]}
    assert sessions(spans) == {"turns": 2, "stream": 1, "error": 1, "async": 2}
    assert [span["attributes"]["llm_session.turn"] for span in spans[:2]] == [1, 2]
    outcomes = Counter(span["attributes"]["llm_session.outcome"] for span in spans)
    assert outcomes == {"completed": 5, "failed": 1}


def test_the_hook_leaves_alone_what_we_wrap():
    """Each call is one call of its turn."""
    hooked = {"OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK": "otel_sessions"}
    spans, _ = run("us", "official", "turns", "stream", **hooked)
    assert [span["attributes"]["llm_session.call"] for span in spans] == [1, 1, 1]


def test_without_others():
    """All spans are ours."""
    spans, metrics = run("us", *CALLS)
    calls = [span for span in spans if span["scope"] != "application"]
    assert {span["scope"] for span in calls} == {"otel_sessions"}
    assert sessions(calls) == SESSIONS
    assert ("otel_sessions", OPERATION) in metrics


def test_zero_code():
    """Switched on together by `opentelemetry-instrument`, they make their spans and we none."""
    command = shutil.which("opentelemetry-instrument", path=Path(sys.executable).parent)
    if command is None:
        pytest.skip("opentelemetry-instrument is not installed")
    code = (
        "import application, opentelemetry.trace as trace\n"
        "made = application.Application()\n"
        "made.turns()\n"
        "made.stream()\n"
        "trace.get_tracer_provider().force_flush()\n"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {"PYTHONPATH": str(APPLICATION.parent), "OTEL_TRACES_EXPORTER": "console"}
    environ |= {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    done = subprocess.run(
        [command, sys.executable, "-c", code],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = [span for span in documents(done.stdout) if span["name"] != "llm_session"]
    ours = [span["attributes"].get("llm_session.turn") for span in calls]
    assert len(calls) == 3 * len(SCOPES)
    assert [turn for turn in ours if turn is not None] == [1, 2, 1]


def documents(printed):
    """Read the JSON documents that stand one after the other."""
    decoder, rest = json.JSONDecoder(), printed.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].strip()
