"""The README is true: its commands are CI's, its code runs, its tables are current."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from otel_sessions import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def model_server():
    """A loopback server that answers every chat completion alike."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            message = {"role": "assistant", "content": "Here you are."}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            body = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o"}
            data = json.dumps({**body, "choices": [choice]}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def environ(model_server):
    """The environment of a user whose telemetry goes to the console."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return kept | {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": model_server,
        "OTEL_TRACES_EXPORTER": "console",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60",
    }


def run(arguments, environ, text=""):
    return subprocess.run(
        [sys.executable, *arguments],
        env=environ,
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )


def test_the_code_runs(environ):
    """The Python of the README, in its order, is a program, and its session is seen."""
    before = (
        'import openai\nclient = openai.OpenAI()\nmessages = [{"role": "user", "content": "Hi"}]\n'
    )
    # In the call, so that a busy machine has its health in time.
    inline = {"OTEL_SESSIONS_PROCESSING": "inline"}
    done = run(["-c", before + "\n".join(blocks("python"))], environ | inline)
    assert "SessionHealth(session_id='support-4711', score=1.0, turns=1" in done.stdout
    assert '"llm_session.outcome": "resolved"' in done.stdout


def test_the_example_runs(environ):
    """A conversation by the example is one session of two turns."""
    done = run([str(ROOT / "examples" / "chat.py"), "terminal-1"], environ, "Hello\nAnd now?\n")
    assert done.stdout.count("Here you are.") >= 2
    assert '"llm_session.turns": 2' in done.stdout


def test_ci_runs_the_test_command_as_it_is_written():
    """What a contributor is told to run is what CI runs."""
    command = next(block for block in blocks("bash") if "[dev]" in block).strip()
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert f"\n{command}\n" in script


def test_every_command_is_named():
    """Each subcommand of the command line stands in the README."""
    for command in cli.COMMANDS:
        assert f"otel-sessions {command.NAME}" in README


def test_tables_are_current():
    """The families of signals and the settings are those that there are."""
    run([str(ROOT / "scripts" / "make_tables.py"), "--check"], dict(os.environ))
