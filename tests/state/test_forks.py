"""Processes that are forked from one: each counts what it did itself, and nothing twice."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest

if not hasattr(os, "fork"):
    pytest.skip("this system does not fork", allow_module_level=True)

SHARED = """
import importlib, json, os, sys
import openai, otel_sessions
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")
reader = InMemoryMetricReader()

def answer(request):
    return httpx.Response(200, json={"id": "c1", "object": "chat.completion", "created": 1,
        "model": "gpt-test", "usage": {"prompt_tokens": 9, "completion_tokens": 3,
        "total_tokens": 12}, "choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "A dull reply."}}]})

client = openai.OpenAI(api_key="k", max_retries=0,
    http_client=httpx.Client(transport=httpx.MockTransport(answer)))

def ask(session_id):
    with otel_sessions.session(session_id):
        client.chat.completions.create(model="gpt-test",
            messages=[{"role": "user", "content": f"Where is parcel {session_id}?"}])

def counted():
    assert otel_sessions.flush(60)
    data = reader.get_metrics_data()
    found = {}
    for scope in data.resource_metrics[0].scope_metrics if data else ():
        for metric in scope.metrics:
            points = metric.data.data_points
            found[metric.name] = sum(getattr(each, "count", None) or getattr(each, "value", 0)
                                     for each in points)
    return found

metrics.set_meter_provider(MeterProvider([reader]))
application = metrics.get_meter("application").create_counter("application.asked")
otel_sessions.instrument(providers=["openai"])
"""
FORKED = """
for i in range(3):
    ask(f"parent-{i}")
application.add(3)
print(json.dumps(counted()), flush=True)
child = os.fork()
if child == 0:
    print(json.dumps(counted()), flush=True)
    ask("child")
    print(json.dumps(counted()), flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
ask("parent-0")
print(json.dumps(counted()), flush=True)
"""
POOLED = """
import multiprocessing

def work(number):
    ask(f"child-{number}")
    return counted()

ask("parent")
with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
    for each in pool.map(work, range(4), chunksize=1):
        print(json.dumps(each), flush=True)
print(json.dumps(counted()), flush=True)
"""
ENDED_AT_ONCE = """
ask("parent")
child = os.fork()
print(json.dumps(os.waitpid(child, 0)[1]), flush=True)
"""
SERVICE = (
    SHARED
    + """
def application_of(environ, start_response):
    if environ["PATH_INFO"] != "/counted":
        ask(f"{os.getpid()}-{environ['PATH_INFO']}")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([os.getpid(), counted()]).encode()]

ask("before the fork")
"""
)


@pytest.fixture
def environ():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_"))}
    kept |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    return kept | {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}


@pytest.fixture
def run(environ):
    def start(code, before=""):
        done = subprocess.run(
            [sys.executable, "-c", before + SHARED + code],
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return [json.loads(line) for line in done.stdout.splitlines()]

    return start


def of_sessions(counts):
    names = ("llm_session.started", "llm_session.active", "llm_session.pipeline.calls")
    return [counts.get(name, 0) for name in names]


def test_a_child_counts_from_nothing(run):
    """What the parent counted is the parent's; the application's own counters are left alone."""
    before, fresh, child, after = run(FORKED)
    assert of_sessions(before) == [3, 3, 3]
    assert of_sessions(fresh) == [0, 0, 0]
    assert of_sessions(child) == [1, 1, 1]
    assert child["llm_session.turn.health"] == 1
    assert child["gen_ai.client.operation.duration"] == 1
    assert child["application.asked"] == 3
    assert of_sessions(after) == [3, 3, 4]


def test_a_pool_of_processes(run):
    """Each task in a process of its own; all together they count each call once."""
    *children, parent = run(POOLED)
    assert [of_sessions(each) for each in children] == [[1, 1, 1]] * 4
    assert of_sessions(parent) == [1, 1, 1]


def test_a_child_that_is_ended_at_once(run):
    """The signal finds it before it has a worker of its own; it says nothing and ends by it."""
    before = """
import logging, os, signal, threading  # they put themselves in order first, as in any process
os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
"""
    assert run(ENDED_AT_ONCE, before) == [signal.SIGTERM]


def test_gunicorn_with_preload(environ, tmp_path, waiting_until):
    """The application is loaded once and forked; workers count their own calls only."""
    pytest.importorskip("gunicorn")
    (tmp_path / "service.py").write_text(SERVICE)
    port_file, log = tmp_path / "port", tmp_path / "log"
    config = tmp_path / "config.py"
    config.write_text(
        "bind, workers, preload_app, threads = '127.0.0.1:0', 3, True, 2\n"
        "timeout = graceful_timeout = 300\n"
        "def when_ready(server):\n"
        f"    open({str(port_file)!r}, 'w').write(str(server.LISTENERS[0].getsockname()[1]))\n"
    )
    command = [sys.executable, "-m", "gunicorn", "-c", config, "service:application_of"]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=output, stderr=output)
    try:
        waiting_until(lambda: (port_file.exists() and port_file.read_text()) or server.poll())
        assert server.poll() is None, log.read_text()
        newest = {}
        for number in range(24):
            url = f"http://127.0.0.1:{port_file.read_text()}/{number}"
            with urllib.request.urlopen(url, timeout=120) as reply:
                pid, counts = json.load(reply)
            newest[pid] = of_sessions(counts)

        assert server.pid not in newest
        calls = [calls for _, _, calls in newest.values()]
        assert (sum(calls), sum(started for started, _, _ in newest.values())) == (24, 24)
    finally:
        server.terminate()
        assert server.wait(120) == 0, log.read_text()
    assert "otel_sessions" not in log.read_text()
