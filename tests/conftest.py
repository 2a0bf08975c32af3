"""Builders with dull values, and the rule that a logged fault of ours fails a test."""

import itertools
from collections.abc import Callable

import pytest

from otel_sessions import faults as fault_log
from otel_sessions.calls import Call, GivenId, Message, Reply, Request, ToolCall, Usage
from otel_sessions.text.features import FeatureReader
from otel_sessions.turns import Turn

KEY = b"a key of the tests"
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
