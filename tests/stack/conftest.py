"""What the tests of the stack share: the real programs on free ports, and receivers that listen."""

import gzip
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# Last, so that an installed otel_sessions comes before the one beside these folders.
sys.path.append(str(ROOT))

from collector.programs import MissingProgramError, provide  # noqa: E402 - needs the path
from dashboards.build import HERE, build_files  # noqa: E402

PATIENCE_S = 120
"""How long is waited for what is sure to come, on a busy machine."""


def get(url):
    """Return the body of a page as text."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as reply:  # noqa: S310 - loopback only
        return reply.read().decode()


def wait_until(check, *, what, log=None):
    """Ask again until `check` returns something true, and return it."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            if found := check():
                return found
        except urllib.error.HTTPError as error:
            if error.code < 500:  # a wrong question, not a program that is not ready
                raise
        except OSError:
            pass  # not up yet
        if time.monotonic() > end:
            tail = f"\n{log.read_text()[-2000:]}" if log else ""
            pytest.fail(f"not within {PATIENCE_S} s: {what}{tail}")
        time.sleep(0.1)


class Receiver:
    """A server that keeps what is posted to it, by path."""

    def __init__(self):
        self.posts = []
        kept = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                kept.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Type", self.headers["Content-Type"])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def bodies(self, path):
        return [body for at, body in self.posts if at == path]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def program():
    """Get the path of a real program; its absence fails in CI and skips elsewhere."""

    def path(name):
        try:
            return provide(name)
        except MissingProgramError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))

    return path


@pytest.fixture(scope="session")
def http():
    """Read from loopback servers, and wait for them."""
    return SimpleNamespace(
        get=get, json=lambda url: json.loads(get(url)), free_port=free_port, until=wait_until
    )


def free_port():
    """Choose a port that no client is given, so that a program which restarts finds it free."""
    while True:
        port = random.randrange(10_000, 32_768)  # noqa: S311 - any will do
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="module")
def receiver():
    """Listen for what programs post."""
    server = Receiver()
    yield server
    server.close()


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    """Start programs that run until the tests of the module are done."""
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as running:

        def start(name, command, *, ready, env=None):
            log = logs / f"{name}.log"
            running.enter_context(_running(command, log, {**os.environ, **(env or {})}))
            wait_until(lambda: get(ready) is not None, what=ready, log=log)

        yield start


@contextmanager
def _running(command, log, env):
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def collector(launch, program, tmp_path_factory):
    """Start the collector of `collector/` with these overlays; returns its addresses."""

    def start(*overlays, backend="http://127.0.0.1:9"):
        grpc, otlp, health, own, page = (free_port() for _ in range(5))
        files = [ROOT / "collector" / f"{name}.yaml" for name in ("base", *overlays)]
        launch(
            "collector",
            [program("otelcol"), *(f"--config={path}" for path in files)],
            ready=f"http://127.0.0.1:{health}",
            env={
                "OTEL_SESSIONS_OTLP_GRPC": f"127.0.0.1:{grpc}",
                "OTEL_SESSIONS_OTLP_HTTP": f"127.0.0.1:{otlp}",
                "OTEL_SESSIONS_COLLECTOR_HEALTH": f"127.0.0.1:{health}",
                "OTEL_SESSIONS_COLLECTOR_METRICS_PORT": str(own),
                "OTEL_SESSIONS_PROMETHEUS": f"127.0.0.1:{page}",
                "OTEL_SESSIONS_BACKEND": backend,
                "OTEL_SESSIONS_QUEUE": str(tmp_path_factory.mktemp("queue")),
            },
        )
        return SimpleNamespace(
            otlp=f"http://127.0.0.1:{otlp}", own=f"127.0.0.1:{own}", page=f"127.0.0.1:{page}"
        )

    return start


@pytest.fixture(scope="module")
def prometheus_api(launch, program, tmp_path_factory):
    """Start Prometheus with the files that users get, in a hurry; returns the URL of its API.

    It scrapes a collector and evaluates every second, and the windows of the rules are `scale`
    times as long. Without an Alertmanager it tells nobody.
    """

    def start(collector, *, scale, alertmanager=None):
        folder = tmp_path_factory.mktemp("prometheus")
        address = f"127.0.0.1:{free_port()}"
        config = yaml.safe_load((HERE / "prometheus/prometheus.yaml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        if alertmanager is None:
            del config["alerting"]
        else:
            config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager]
        jobs = zip(config["scrape_configs"], (collector.page, collector.own), strict=True)
        for job, target in jobs:
            job["static_configs"][0]["targets"] = [target]
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        (folder / "rules.yaml").write_text(build_files(scale=scale)["prometheus/rules.yaml"])
        launch(
            "prometheus",
            [
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
                "--enable-feature=exemplar-storage",
            ],
            ready=f"http://{address}/-/ready",
        )
        return f"http://{address}/api/v1"

    return start
