"""GenAI hook: calls of clients that only OpenTelemetry's official packages know.

They give what was said to a completion hook, with their span. Set
`OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK=otel_sessions` and every such call is analysed as if we
had wrapped the client; a call that we see ourselves is left alone. Texts come through the hook
only, are read in the worker and let go.

Messages and parts are read by attribute, so that this module imports without the packages.
Source: opentelemetry-util-genai 1.3b0, `CompletionHook`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from typing import Any, Protocol

from opentelemetry.trace import Span

from otel_sessions import clocks, names
from otel_sessions.adoptions import CallSpan, adopted, is_inference
from otel_sessions.bridges.conventions import gen_ai
from otel_sessions.bridges.conventions.exchanges import message_of
from otel_sessions.calls import (
    Call,
    GivenId,
    Message,
    Outcome,
    ToolCall,
)
from otel_sessions.errors import ConfigError
from otel_sessions.faults import contained
from otel_sessions.identity import Ambient, ambient
from otel_sessions.pipeline import Observation

GROUP = "opentelemetry_genai_completion_hook"


class _Hook(Protocol):
    def on_completion(self, **given: Any) -> None: ...  # noqa: ANN401 - theirs


class CompletionHook:
    """The one hook of the process; all instrumentors share it."""

    def __init__(self) -> None:
        """Stand ready; nothing is read before `connect`."""
        self._submit: Callable[[Observation], None] | None = None
        self._next: _Hook | None = None

    def connect(self, submit: Callable[[Observation], None], next_hook: str | None) -> None:
        """Hand calls over from now on.

        Args:
            submit: takes a finished call.
            next_hook: name of another hook that is called after ours.

        """
        self._submit = submit
        self._next = None if next_hook is None else _load(next_hook)

    def disconnect(self) -> None:
        """Hand nothing over any more; the other hook is still called."""
        self._submit = None

    def on_completion(
        self,
        *,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        system_instruction: Sequence[Any] = (),
        span: Span | None = None,
        **rest: Any,  # noqa: ANN401 - passed on as it is
    ) -> None:
        """Take a finished call of an official package, before its span ends."""
        with contained("taking a call from a completion hook"):
            submit = self._submit
            if submit and span is not None and is_inference(span) and not adopted(span):
                submit(_observe(span, inputs, outputs, system_instruction))
        if self._next is not None:
            self._next.on_completion(
                inputs=inputs,
                outputs=outputs,
                system_instruction=system_instruction,
                span=span,
                **rest,
            )


HOOK = CompletionHook()


def completion_hook() -> CompletionHook:
    """Give the one hook; what the entry point names, called by each instrumentor."""
    return HOOK


@dataclass(slots=True)
class _Completion:
    """A finished call as a hook was told of it; keeps the promises of `Observation`."""

    span: Span
    outcome: Outcome
    error_type: str | None
    ended_ns: int
    started_ns: int
    known: Mapping[str, Any]
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    system: Sequence[Any]
    ambient: Ambient

    def read(self) -> Call:
        """Read what was given and what came back."""
        known = self.known
        messages = [message for each in self.inputs for message in _messages(each)]
        if system := _text(self.system):
            messages.insert(0, Message("system", system))
        reply = next((m for each in self.outputs[:1] for m in _messages(each)), None)
        said = gen_ai.exchange(known, messages, reply)
        first_s = known.get(names.RESPONSE_TIME_TO_FIRST_CHUNK)
        return Call(
            provider=said.provider,
            request=said.request,
            reply=said.reply,
            outcome=self.outcome,
            started_ns=self.started_ns,
            ended_ns=self.ended_ns,
            first_chunk_ns=None if first_s is None else self.started_ns + round(first_s * 1e9),
            error_type=self.error_type,
            server_address=known.get(names.SERVER_ADDRESS),
            server_port=known.get(names.SERVER_PORT),
            given_id=self.ambient.given,
            lane=self.ambient.lane,
            user_id=self.ambient.user_id,
            agent=self.ambient.agent or said.agent,
        )


def _observe(
    span: Span, inputs: Sequence[Any], outputs: Sequence[Any], system: Sequence[Any]
) -> _Completion:
    known = dict(getattr(span, "attributes", None) or {})
    around = ambient()
    # A stream may end outside the block that names its session, and its span has the name.
    given = known.get(names.SESSION_ID) or known.get(names.CONVERSATION_ID)
    if given:
        around = replace(around, given=GivenId(str(given), "span"))
    ended_ns = clocks.now_ns()
    error = known.get(names.ERROR_TYPE)
    taken = CallSpan(span, {}, lambda: span)
    taken.adopt(span)
    return _Completion(
        span=taken,
        outcome="failed" if error else "completed",
        error_type=error,
        ended_ns=ended_ns,
        started_ns=getattr(span, "start_time", None) or ended_ns,
        known=known,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        system=tuple(system),
        ambient=around,
    )


def _messages(message: Any) -> list[Message]:  # noqa: ANN401 - theirs
    """Read one message; each tool result in it is a message of its own."""
    parts = getattr(message, "parts", None) or ()
    results = [
        Message("tool", _result(part), tool_call_id=getattr(part, "id", None))
        for part in parts
        if getattr(part, "type", None) == "tool_call_response"
    ]
    if results:
        return results
    tool_calls = tuple(
        ToolCall(part.name, part.arguments or "", getattr(part, "id", None))
        for part in parts
        if getattr(part, "type", None) == "tool_call"
    )
    return [message_of(getattr(message, "role", ""), _text(parts), tool_calls)]


def _text(parts: Sequence[Any]) -> str:
    texts = (getattr(part, "content", "") for part in parts if getattr(part, "type", "") == "text")
    return "\n".join(text for text in texts if isinstance(text, str))


def _result(part: Any) -> str:  # noqa: ANN401 - theirs
    found = getattr(part, "response", None)
    return found if isinstance(found, str) else str(found or "")


def check_next(name: str | None) -> None:
    """Check the name of another hook.

    Raises:
        ConfigError: no such hook is installed, or it is ours, which would call itself.

    """
    if name is None:
        return
    ours = f"{__name__}:{completion_hook.__name__}"
    known = sorted(point.name for point in entry_points(group=GROUP) if point.value != ours)
    if name not in known:
        allowed = f"one of {', '.join(known)}" if known else "left out: no other is installed"
        message = f"completion_hook={name!r}: must be {allowed}"
        raise ConfigError(message)


def _load(name: str) -> _Hook | None:
    """Load another hook by its entry point; what is wrong with it is logged once and costs it."""
    with contained(f"loading the completion hook {name!r}"):
        for entry_point in entry_points(group=GROUP, name=name):
            hook: _Hook = entry_point.load()()
            return hook
    return None
