"""What the tests of the command line share: the program itself, and a model to talk to."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from otel_sessions.cli.model_servers import ModelServer, Promises


@pytest.fixture(scope="session")
def otel_sessions_program():
    """Run `otel-sessions` with arguments in a process of its own, deaf to the user's settings."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}

    def run(*arguments, before="pass", **variables):
        program = f"import sys; {before}; from otel_sessions.cli import main; sys.exit(main())"
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
            env=environ | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def promises():
    return Promises()


@pytest.fixture
def base_url(promises):
    with ModelServer(promises) as server:
        yield server.base_url


@pytest.fixture
def client(base_url):
    players = pytest.importorskip("otel_sessions.cli.players")
    with players.sync_client(base_url) as client:
        yield client


@pytest.fixture
def recorded(tmp_path):
    """Write records into a file of the replay's format and return its path."""

    def write(*records, name="recorded.jsonl"):
        path = tmp_path / name
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        text = "".join(f"{line}\n" for line in lines).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return write
