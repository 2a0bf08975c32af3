"""Builders with dull values, and the rule that a logged fault of ours fails a test."""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from opentelemetry.trace import INVALID_SPAN

from otel_sessions import faults as fault_log
from otel_sessions.calls import Call, GivenId, Message, Reply, Request, ToolCall, Usage
from otel_sessions.conversations import Conversations
from otel_sessions.detectors import DETECTORS
from otel_sessions.emit import (
    CallReport,
    EndReport,
    FeedbackReport,
    SignalReport,
    StartReport,
    TurnReport,
)
from otel_sessions.readings import CallReader
from otel_sessions.stores import open_store
from otel_sessions.stores import redis as redis_store
from otel_sessions.stores import sqlite as sqlite_store
from otel_sessions.text.features import FeatureReader
from otel_sessions.tracker import Tracker
from otel_sessions.turns import Turn

# A busy machine is slow, and no test tells how fast we are.
settings.register_profile("unhurried", parent=settings.default, deadline=None)
settings.load_profile("unhurried")
PATIENCE_S = 120
"""How long is waited for what is sure to come."""
redis_store.TIMEOUT_S = sqlite_store.TIMEOUT_S = PATIENCE_S

KEY = b"a key of the tests"
CLUSTER_SLOTS = 16_384
START_S = 1_700_000_000.0
"""Unix time at which every test begins."""


@pytest.fixture(autouse=True)
def no_faults(request, caplog):
    """Fail a test in which a fault of ours was logged, unless it asks for `faults`."""
    fault_log._last_logged_s.clear()
    yield
    if "faults" not in request.fixturenames:
        assert _logged(caplog) == []


@pytest.fixture
def faults(caplog) -> Callable[[], list[str]]:
    """Let faults happen, and tell what was logged of them."""
    return lambda: _logged(caplog)


def _logged(caplog) -> list[str]:
    records = [r for when in ("setup", "call") for r in caplog.get_records(when)]
    texts = [r.getMessage() for r in records if r.name == "otel_sessions"]
    return [text for text in texts if text.startswith("otel_sessions failed")]


@pytest.fixture(scope="session")
def key() -> bytes:
    return KEY


@pytest.fixture(scope="session")
def start_s() -> float:
    return START_S


@pytest.fixture(scope="session")
def chat() -> Callable[..., list[Message]]:
    """Messages by turns of user and assistant, behind a system message if there is one."""

    def build(*texts: str, system: str | None = None) -> list[Message]:
        head = [Message("system", system)] if system is not None else []
        roles = itertools.cycle(("user", "assistant"))
        return head + [Message(role, text) for role, text in zip(roles, texts, strict=False)]

    return build


@pytest.fixture(scope="session")
def tool_use() -> Callable[..., list[Message]]:
    """An assistant's message that calls a tool, and the result."""

    def build(name: str, arguments: object, result: str, use_id: str) -> list[Message]:
        return [
            Message("assistant", "", (ToolCall(name, arguments, use_id),)),
            Message("tool", result, tool_call_id=use_id),
        ]

    return build


@pytest.fixture(scope="session")
def calling() -> Callable[..., Call]:
    """A finished call: what was sent, what came back, and fields that differ from the dull ones."""

    def build(
        messages: list[Message] | None,
        reply: str | Message | None = "A dull reply.",
        session_id: str | None = "s",
        *,
        at_s: float = START_S,
        took_s: float = 1.0,
        usage: Usage | None = None,
        finish_reasons: tuple[str, ...] = ("stop",),
        model: str | None = "gpt-test",
        **fields: object,
    ) -> Call:
        message = Message("assistant", reply) if isinstance(reply, str) else reply
        answered = message is not None
        started_ns = round(at_s * 1e9)
        return Call(
            **{
                "provider": "openai",
                "request": Request(model=model, messages=messages),
                "reply": Reply(
                    message,
                    model=model if answered else None,
                    finish_reasons=finish_reasons if answered else (),
                    usage=usage or Usage(),
                ),
                "outcome": "completed",
                "started_ns": started_ns,
                "ended_ns": started_ns + round(took_s * 1e9),
                "given_id": GivenId(session_id, "session") if session_id else None,
            }
            | fields
        )

    return build


@pytest.fixture(scope="session")
def asking() -> Callable[..., list[Turn]]:
    """Turns of one session, each a request of the user; not yet numbered."""
    read = FeatureReader(KEY, lambda _: b"").read

    def build(*texts: str, **fields: object) -> list[Turn]:
        return [
            Turn(
                **{
                    "session_id": "s",
                    "key": at,
                    "started_s": START_S + at,
                    "ended_s": START_S + at + 0.5,
                    "request": read(text),
                }
                | fields
            )
            for at, text in enumerate(texts, 1)
        ]

    return build


class Talk:
    """A conversation as an application leads it: the whole history goes out with each call."""

    def __init__(self, send: Callable[..., object], messages: list[Message]) -> None:
        self._send = send
        self.messages = messages

    def say(self, text: str, reply: str | Message | None = "A dull reply.", **fields: object):
        """Send the user's next message; the reply, if there is one, joins the history."""
        self.messages.append(Message("user", text))
        return self.send(reply, **fields)

    def send(self, reply: str | Message | None = "A dull reply.", **fields: object):
        """Send the history as it is."""
        sent = self._send(list(self.messages), reply, **fields)
        if reply is not None:
            answer = Message("assistant", reply) if isinstance(reply, str) else reply
            self.messages.append(answer)
        return sent


@pytest.fixture(scope="session")
def talking(chat) -> Callable[..., Talk]:
    """A conversation whose calls go to `send(messages, reply, session_id, **fields)`."""

    def build(send, session_id: str | None = "s", *, system: str | None = None) -> Talk:
        def go(messages, reply, **fields):
            return send(messages, reply, session_id, **fields)

        return Talk(go, chat(system=system))

    return build


class Heard:
    """An emitter that keeps what it is told."""

    def __init__(self) -> None:
        self.calls: list[CallReport] = []
        self.signals: list[SignalReport] = []
        self.turns: list[TurnReport] = []
        self.starts: list[StartReport] = []
        self.ends: list[EndReport] = []
        self.feedback: list[FeedbackReport] = []
        self.on_call = self.calls.append
        self.on_signal = self.signals.append
        self.on_turn = self.turns.append
        self.on_start = self.starts.append
        self.on_end = self.ends.append
        self.on_feedback = self.feedback.append

    @property
    def named(self) -> list[tuple[int, str, str]]:
        """Turn, name and label of each signal, in order."""
        found = [report.found for report in self.signals]
        return [(each.turn, each.signal.name, each.signal.label) for each in found]


class Tracked:
    """A tracker whose clock goes on with the calls that it is given."""

    def __init__(self, calling, *, emitters=(), store=None, max_sessions=100, **options) -> None:
        self.now_s = START_S
        self.heard = Heard()
        self.store = store or open_store("memory://", max_sessions=max_sessions)
        self.conversations = Conversations(KEY, max_sessions=max_sessions, instance="pod-1")
        self.store_faults: list[tuple[str, str | None]] = []
        self._calling = calling
        self._spans = options.pop("spans", None) or (lambda _: INVALID_SPAN)
        encode = options.pop("encode", lambda _: b"")
        self.tracker = Tracker(
            **{
                "store": self.store,
                "backend": "memory",
                "conversations": self.conversations,
                "reader": CallReader(KEY, encode, windows={"small": 1000}.get, instance="pod-1"),
                "detectors": DETECTORS,
                "emitters": (self.heard, *emitters),
                "on_store": lambda operation, _, __, error: self.store_faults.append(
                    (operation, error)
                ),
                "max_sessions": max_sessions,
                "clock": lambda: self.now_s,
            }
            | options
        )

    def track(self, messages, reply="A dull reply.", session_id="s", *, took_s=1.0, **fields):
        """Make a call and track it; gives the placement that the report tells."""
        call = self._calling(messages, reply, session_id, at_s=self.now_s, took_s=took_s, **fields)
        self.now_s += took_s
        span = self._spans(call)
        self.tracker.track(call, span)
        span.end(call.ended_ns)
        return self.heard.calls[-1] if self.heard.calls else None

    def sweep_after(self, silence_s: float) -> None:
        """Let time pass and sweep."""
        self.now_s += silence_s
        self.tracker.sweep()


@pytest.fixture(scope="session")
def tracking(calling) -> Callable[..., Tracked]:
    """A tracker with a memory store, all detectors, no encoder and a clock of its own."""

    def build(**options: object) -> Tracked:
        return Tracked(calling, **options)

    return build


class RedisServer:
    """A real Redis on a free port of loopback; without a file, so that a restart forgets."""

    def __init__(self, program: Path, folder: Path, *options: str, tls: bool = False) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        if tls:
            own, key = _certificate(folder)
            self.url = f"rediss://127.0.0.1:{self.port}/0?ssl_ca_certs={own}"
            options += ("--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no")
            options += ("--tls-cert-file", own, "--tls-key-file", key, "--tls-ca-cert-file", own)
        self._command = [
            program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
            "--dir", folder, *options,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end_s = time.monotonic() + PATIENCE_S
        while self._process.poll() is None and time.monotonic() < end_s:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        pytest.fail("redis-server does not listen")

    def freeze(self) -> None:
        """Let it listen and answer nothing, from now on."""
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Kill it; may be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _certificate(folder: Path) -> tuple[str, str]:
    """Make a key and a certificate for loopback, signed by itself."""
    own, key = folder / "own.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",  # noqa: S607 - where it is
         "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", own],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return str(own), str(key)


def free_port() -> int:
    """Choose a free port that the system gives to nobody, so that it is free when it is used.

    So is the one 10,000 above it, by which nodes of a cluster talk.
    """
    while True:
        port = random.randrange(10_000, 22_768)  # noqa: S311 - any will do
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10_000))
            return port


@pytest.fixture(scope="session")
def waiting_until() -> Callable[[Callable[[], object]], None]:
    """Wait until something is true."""

    def wait(check: Callable[[], object]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not check():
            if time.monotonic() > end_s:
                pytest.fail(f"not within {PATIENCE_S} s")
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="session")
def redis_program() -> Path:
    """Debian's Redis; its absence fails in CI and skips elsewhere."""
    root = str(Path(__file__).parents[1])
    if root not in sys.path:
        # Last, so that an installed otel_sessions comes before the one beside the tests.
        sys.path.append(root)
    return _provided("redis-server")


def _provided(name: str) -> Path:
    from collector.programs import MissingProgramError, provide  # noqa: PLC0415 - needs the path

    try:
        return provide(name)
    except MissingProgramError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def redis_servers(redis_program, tmp_path_factory):
    """Start Redis servers that are stopped when all tests are done."""
    started: list[RedisServer] = []

    def start(*options: str, program: Path = redis_program, tls: bool = False) -> RedisServer:
        folder = tmp_path_factory.mktemp("redis")
        started.append(RedisServer(program, folder, *options, tls=tls))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def redis_server(redis_servers) -> RedisServer:
    """One that tests share; each has a tenant or session ids of its own."""
    return redis_servers()


@pytest.fixture(scope="session")
def redis_server_with_tls(redis_servers) -> RedisServer:
    """One that speaks TLS only, with a certificate that it signed itself."""
    return redis_servers(tls=True)


@pytest.fixture(scope="session")
def valkey_server(redis_servers) -> RedisServer:
    """A real Valkey."""
    return redis_servers(program=_provided("valkey-server"))


@pytest.fixture(scope="session")
def redis_nodes(redis_servers, waiting_until):
    """A cluster: three nodes with a third of the slots each."""
    redis = pytest.importorskip("redis")
    options = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
    servers = [redis_servers(*options, "--cluster-node-timeout", "15000") for _ in range(3)]
    clients = [redis.Redis(port=server.port) for server in servers]
    bounds = [at * CLUSTER_SLOTS // 3 for at in range(4)]
    for client, start, end in zip(clients, bounds, bounds[1:], strict=False):
        client.execute_command("CLUSTER ADDSLOTSRANGE", start, end - 1)
    for server in servers[1:]:
        clients[0].execute_command("CLUSTER MEET", "127.0.0.1", server.port)

    def is_one():
        infos = [client.execute_command("CLUSTER INFO") for client in clients]
        return all(
            info["cluster_state"] == "ok" and info["cluster_slots_ok"] == str(CLUSTER_SLOTS)
            for info in infos
        )

    waiting_until(is_one)
    yield servers
    for client in clients:
        client.close()
