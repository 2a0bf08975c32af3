"""Instrumentation: one line switches everything on, and nothing is lost at the end."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import otel_sessions
from otel_sessions.instrumentation import SessionsInstrumentor

LONG_S = 300

APPLICATION = """
import importlib, os, sys
import openai, otel_sessions

httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")

def answer(request):
    message = {"role": "assistant", "content": "A dull reply."}
    return httpx.Response(200, json={"id": "c1", "object": "chat.completion", "created": 1,
        "model": "gpt-test", "usage": {"prompt_tokens": 9, "completion_tokens": 3,
        "total_tokens": 12}, "choices": [
            {"index": 0, "finish_reason": "stop", "message": message}]})

client = openai.OpenAI(api_key="k", max_retries=0,
    http_client=httpx.Client(transport=httpx.MockTransport(answer)))
history = []

def ask(times, session_id="s"):
    for i in range(times):
        history.append({"role": "user", "content": f"Question {len(history)}?"})
        with otel_sessions.session(session_id):
            client.chat.completions.create(model="gpt-test", messages=history)
        history.append({"role": "assistant", "content": "A dull reply."})
"""


@pytest.fixture(scope="session")
def run():
    """Run Python in a process of its own, deaf to the user's settings; give what it prints."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none"}
    environ |= {"OTEL_LOGS_EXPORTER": "none", "OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}

    def run(code, *, command=(sys.executable, "-W", "error", "-c"), **variables):
        done = subprocess.run(
            [*command, code],
            env=environ | variables,
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    return run


def spans(printed):
    """Count the spans that a console exporter printed, by name."""
    return Counter(span["name"] for span in documents(printed))


def documents(printed):
    """Read the JSON documents that stand one after the other."""
    decoder, rest = json.JSONDecoder(), printed.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


@pytest.fixture
def without_export(monkeypatch):
    """An SDK that exports nothing, and no monitor when the test ends."""
    for signal in ("TRACES", "METRICS", "LOGS"):
        monkeypatch.setenv(f"OTEL_{signal}_EXPORTER", "none")
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
    yield
    otel_sessions.uninstrument()


class TestHandle:
    """What `instrument()` gives back."""

    def test_a_second_call_changes_nothing(self, without_export):
        """It gives the same handle, whatever it is asked for."""
        handle = otel_sessions.instrument()
        assert otel_sessions.instrument(processing="inline") is handle
        assert handle.monitor.config.processing == "background"

    def test_it_ends_what_it_began(self, without_export):
        """As a context manager, and a second end does nothing."""
        with otel_sessions.instrument() as handle:
            assert handle.monitor is not None
        otel_sessions.uninstrument()
        assert otel_sessions.instrument() is not handle

    def test_an_old_handle_ends_nothing_new(self, without_export):
        """Its own monitor is gone already."""
        with otel_sessions.instrument():
            otel_sessions.uninstrument()
            newer = otel_sessions.instrument()
        assert otel_sessions.instrument() is newer

    def test_threads_that_begin_at_the_same_time_share_one(self, without_export):
        """One of them sets it up."""
        handles = []
        threads = [
            threading.Thread(target=lambda: handles.append(otel_sessions.instrument()))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG_S)
        assert len(set(map(id, handles))) == 1

    @pytest.mark.parametrize("value", ["true", " TRUE "])
    def test_a_disabled_sdk_disables_us(self, without_export, monkeypatch, value):
        """The handle can be used all the same."""
        monkeypatch.setenv("OTEL_SDK_DISABLED", value)
        with otel_sessions.instrument() as handle:
            assert handle.monitor is None
            assert otel_sessions.health("s") is None
            assert otel_sessions.flush()

    def test_nothing_happens_without_it(self):
        """Every function can be called before."""
        otel_sessions.uninstrument()
        otel_sessions.end_session("s", outcome="resolved")
        otel_sessions.feedback("s", 1.0)
        otel_sessions.on_signal(print)
        assert otel_sessions.health("s") is None
        assert otel_sessions.flush()


class TestMistakes:
    """Each raises one clear error at set-up, and leaves nothing behind."""

    @pytest.mark.parametrize(
        ("settings", "variables", "told"),
        [
            pytest.param({"providers": ["opanai"]}, {}, ["opanai", "openai"], id="provider"),
            pytest.param({}, {"PROVIDERS": "opanai"}, ["opanai", "openai"], id="by-variable"),
            pytest.param({"store": "etcd://here"}, {}, ["etcd://here", "memory"], id="store"),
            pytest.param({"store": "etcd://u:pw@here"}, {}, ["etcd://***@here"], id="password"),
            pytest.param({"store": "memory://["}, {}, ["memory://[", "memory://"], id="broken-url"),
            pytest.param({"queue_size": 0}, {}, ["queue_size=0", "1,000,000"], id="range"),
            pytest.param(
                {}, {"IDLE_TIMEOUT_S": "soon"}, ["IDLE_TIMEOUT_S='soon'", "number"], id="form"
            ),
            pytest.param({"procesing": "inline"}, {}, ["procesing", "processing"], id="unknown"),
        ],
    )
    def test_a_wrong_setting(self, without_export, monkeypatch, settings, variables, told):
        """It says what was given and what is allowed."""
        for name, value in variables.items():
            monkeypatch.setenv(f"OTEL_SESSIONS_{name}", value)
        with pytest.raises(otel_sessions.ConfigError) as raised:
            otel_sessions.instrument(**settings)
        assert all(each in str(raised.value) for each in told)
        for name in variables:
            monkeypatch.delenv(f"OTEL_SESSIONS_{name}")
        assert otel_sessions.instrument().monitor is not None

    def test_a_mistake_shows_where_the_sdk_is_disabled(self, without_export, monkeypatch):
        """Not only in production."""
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
        with pytest.raises(otel_sessions.ConfigError):
            otel_sessions.instrument(providers=["opanai"])

    def test_an_exporter_that_is_not_there(self, run):
        """Told with those that are."""
        printed = run(
            "import otel_sessions\n"
            "try: otel_sessions.instrument()\n"
            "except otel_sessions.ConfigError as error: print(error)",
            OTEL_METRICS_EXPORTER="carrier_pigeon",
        )
        assert "OTEL_METRICS_EXPORTER='carrier_pigeon'" in printed
        assert "console" in printed

    @pytest.mark.parametrize("outcome", ["solved", "", None])
    def test_a_wrong_outcome(self, outcome, without_export, caplog):
        """While the application runs, nothing is raised: it is logged, and the session ends."""
        otel_sessions.instrument()
        otel_sessions.end_session("s", outcome=outcome)
        assert f"end_session(outcome={outcome!r}): must be one of resolved" in caplog.text

    @pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), "5 stars"])
    def test_a_wrong_score(self, score, caplog):
        """A thumb is 0 or 1; anything else is logged and ignored."""
        otel_sessions.feedback("s", score)
        assert f"feedback(score={score!r}): must be between 0.0 and 1.0" in caplog.text


class TestProcess:
    """What a process does from its first line to its last."""

    def test_nothing_is_lost_at_the_end(self, run):
        """The script ends right after its last call, without a flush."""
        printed = run(APPLICATION + "otel_sessions.instrument()\nask(20)")
        assert spans(printed) == {"chat gpt-test": 20, "llm_session": 1}
        (session,) = (s for s in documents(printed) if s["name"] == "llm_session")
        assert session["attributes"]["llm_session.turns"] == 20
        assert session["attributes"]["llm_session.end.reason"] == "shutdown"

    def test_nothing_is_lost_when_it_fails(self, run):
        """An exception ends the script."""
        code = "otel_sessions.instrument()\ntry: ask(3); 1/0\nexcept ZeroDivisionError: sys.exit()"
        assert spans(run(APPLICATION + code)) == {"chat gpt-test": 3, "llm_session": 1}

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    @pytest.mark.parametrize("flushed", [True, False], ids=["flushed", "waiting"])
    @pytest.mark.parametrize(
        "leaves", ["sys.exit()", "assert otel_sessions.flush(60); os._exit(0)"]
    )
    def test_a_forked_child(self, run, flushed, leaves):
        """It is watched, too; what the parent saw is told once, by the parent."""
        code = f"""
otel_sessions.instrument()
ask(3, "parent")
{"assert otel_sessions.flush(60)" if flushed else ""}
child = os.fork()
if not child:
    history.clear()
    ask(2, "child")
    {leaves}
os.waitpid(child, 0)
ask(1, "parent")
"""
        printed = list(documents(run(APPLICATION + code)))
        calls = Counter(
            s["attributes"]["session.id"] for s in printed if s["kind"].endswith("CLIENT")
        )
        ended = Counter(
            s["attributes"]["session.id"] for s in printed if s["name"] == "llm_session"
        )
        assert calls == {"parent": 4, "child": 2}
        assert ended == {"parent": 1} | ({"child": 1} if leaves == "sys.exit()" else {})

    def test_a_callback_that_does_not_return(self, run):
        """The process still ends, in about the time that was given."""
        code = """
import threading, time
otel_sessions.instrument(flush_timeout_s=0.2)
otel_sessions.on_signal(lambda found: threading.Event().wait())
messages = [{"role": "user", "content": "Where is the order that I made last week?"},
    {"role": "assistant", "content": "A dull reply."}] * 3
for i in (1, 3, 5):
    with otel_sessions.session("s"):
        client.chat.completions.create(model="gpt-test", messages=messages[:i])
assert not otel_sessions.flush(0.2)
started = time.monotonic()
otel_sessions.health("s", timeout_s=0.1)
otel_sessions.uninstrument()
print(time.monotonic() - started < 5)
"""
        assert run(APPLICATION + code, OTEL_TRACES_EXPORTER="none") == "True\n"

    def test_without_a_receiver(self, run):
        """An application whose collector is down ends in time."""
        code = (
            "import time\notel_sessions.instrument(flush_timeout_s=0.5)\nask(2)\n"
            "started = time.monotonic()\notel_sessions.uninstrument()\n"
            "print(time.monotonic() - started < 10)"
        )
        printed = run(
            "import logging; logging.disable()\n" + APPLICATION + code,
            OTEL_TRACES_EXPORTER="otlp",
            OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
            OTEL_EXPORTER_OTLP_TIMEOUT="1",
        )
        assert printed == "True\n"

    def test_calls_that_wait_are_told_after_a_second_start_too(self, run):
        """A gauge that exists already keeps asking; it must not ask who is gone."""
        told = run(
            APPLICATION
            + """
import threading
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))

def waiting():
    for of in reader.get_metrics_data().resource_metrics[0].scope_metrics:
        for metric in of.metrics:
            if metric.name == "llm_session.pipeline.queue.size":
                return metric.data.data_points[0].value

for _ in range(2):
    otel_sessions.instrument()
    busy, free = threading.Event(), threading.Event()
    otel_sessions.on_signal(lambda _: (busy.set(), free.wait(120)))
    messages = [{"role": "user", "content": "Where is the order that I made last week?"},
        {"role": "assistant", "content": "A dull reply."}] * 2
    for i in (1, 3):
        with otel_sessions.session("s"):
            client.chat.completions.create(model="gpt-test", messages=messages[:i])
    assert busy.wait(120)
    ask(3, "other")
    print("waiting", waiting())
    free.set()
    otel_sessions.uninstrument()
"""
        )
        assert re.findall(r"waiting (\d+)", told) == ["3", "3"]

    def test_an_sdk_that_is_there_is_used(self, run):
        """Nothing is added to it."""
        code = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
otel_sessions.instrument()
assert trace.get_tracer_provider() is provider
ask(1)
"""
        assert spans(run(APPLICATION + code)) == {"chat gpt-test": 1, "llm_session": 1}

    def test_a_disabled_sdk(self, run):
        """The client is left as it is."""
        code = """
before = openai.resources.chat.completions.Completions.create
otel_sessions.instrument()
assert openai.resources.chat.completions.Completions.create is before
ask(1)
"""
        assert run(APPLICATION + code, OTEL_SDK_DISABLED="true") == ""

    def test_importing_is_cheap(self, run):
        """No client, no exporter, no SDK and no numpy before they are needed."""
        printed = run("import sys, otel_sessions; print(*sys.modules)")
        loaded = {name.partition(".")[0] for name in printed.split()}
        assert not loaded & {"openai", "numpy", "redis", "rich", "httpx", "httpx2", "requests"}
        assert not re.search(r"opentelemetry\.(exporter|sdk)\b", printed)


class TestInstrumentor:
    """The entry point of `opentelemetry-instrument`."""

    def test_it_is_found(self, without_export):
        """By the name that OTEL_PYTHON_DISABLED_INSTRUMENTATIONS takes."""
        (found,) = entry_points(group="opentelemetry_instrumentor", name="otel_sessions")
        instrumentor = found.load()()
        assert isinstance(instrumentor, SessionsInstrumentor)
        instrumentor.instrument(processing="inline", of_others=1)
        handle = otel_sessions.instrument()
        assert handle.monitor.config.processing == "inline"
        instrumentor.uninstrument()
        assert otel_sessions.instrument() is not handle

    def test_without_a_line_of_code(self, run):
        """The command that comes with OpenTelemetry switches us on."""
        command = shutil.which("opentelemetry-instrument", path=Path(sys.executable).parent)
        if command is None:
            pytest.skip("opentelemetry-instrument is not installed")
        printed = run(
            APPLICATION + "ask(2)",
            command=(command, sys.executable, "-c"),
            OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="openai,openai_v2,genai-openai",
        )
        assert spans(printed)["llm_session"] == 1
