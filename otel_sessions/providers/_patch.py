"""Patch: all wrapping of clients, in one place and for every provider.

One wrapper serves synchronous, asynchronous and streamed calls: it calls, then looks at what came
back. The application gets that very object; errors go on unchanged. The span is current while the
client works, so that spans of its HTTP requests become children, and no longer.
Cost in the caller's thread: about 10 µs and what starting the span takes.
"""

import time
from collections.abc import Awaitable, Coroutine
from types import CoroutineType, ModuleType
from typing import Any

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import set_span_in_context
from wrapt import FunctionWrapper, register_post_import_hook

from otel_sessions.faults import contained
from otel_sessions.pipeline import Hooks
from otel_sessions.providers._provider import Provider
from otel_sessions.providers._recording import Recording
from otel_sessions.providers._streams import observe

_INSIDE = context.create_key("otel_sessions-call")
"""Set in the context of a call: `parse` uses `create`, and that is one call."""


def patch(provider: Provider, hooks: Hooks) -> "Patch":
    """Observe every call of a client; clients made before and after are both seen.

    A client that is not imported yet is patched when it is, and one that is not installed never.
    Patching what is already patched does nothing.
    """
    patched = Patch(provider, hooks)
    for module in dict.fromkeys(target.partition(":")[0] for target in provider.targets):
        register_post_import_hook(patched.place, module)
    return patched


class Patch:
    """A provider's wrappers while they are in place."""

    def __init__(self, provider: Provider, hooks: Hooks) -> None:
        """Prepare; `place` puts the wrappers where they belong."""
        self.provider = provider
        self.active = True
        self._hooks = hooks
        self._placed: list[tuple[type, str, FunctionWrapper[Any, Any]]] = []

    def place(self, module: ModuleType) -> None:
        """Wrap the targets that are in `module`."""
        for target in self.provider.targets:
            name, _, path = target.partition(":")
            if self.active and name == module.__name__:
                with contained("patching a client"):
                    self._wrap(module, *path.split("."))

    def _wrap(self, module: ModuleType, class_name: str, method: str) -> None:
        owner = getattr(module, class_name, None)
        original = getattr(owner, method, None)
        if owner is None or original is None or _is_patched(original):
            return
        wrapper = FunctionWrapper(vars(owner).get(method, original), self)
        setattr(owner, method, wrapper)
        self._placed.append((owner, method, wrapper))

    def remove(self) -> None:
        """Switch off, then take away what nobody has wrapped since; may be called twice.

        Clients keep bound methods, and other tools wrap ours: those wrappers stay and pass on.
        """
        self.active = False
        while self._placed:
            owner, method, wrapper = self._placed.pop()
            outermost = vars(owner).get(method)
            # OpenTelemetry's `unwrap` puts back a bound form of the wrapper below its own.
            if outermost is wrapper or getattr(outermost, "_self_parent", None) is wrapper:
                setattr(owner, method, wrapper.__wrapped__)

    def __call__(
        self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call `wrapped` and observe it, or only call it."""
        started = None
        if self.active:
            with contained("starting a call"):
                started = self._start(instance, kwargs)
        if started is None:
            return wrapped(*args, **kwargs)
        recording, inside = started
        token = context.attach(inside)
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as error:
            with contained("recording an error"):
                recording.fail(error)
            raise
        finally:
            context.detach(token)
        if hasattr(type(result), "__await__"):
            with contained("following a call"):
                return _following(result, recording, inside)
        else:
            with contained("observing a reply"):
                _observe(result, recording)
        return result

    def _start(self, instance: Any, kwargs: dict[str, Any]) -> tuple[Recording, Context] | None:
        current = context.get_current()
        if _INSIDE in current or not is_instrumentation_enabled():
            return None
        hooks, provider = self._hooks, self.provider
        opening = provider.read_opening(instance, kwargs)
        messages = kwargs.get(provider.messages)
        kept = tuple(messages) if isinstance(messages, list | tuple) else None
        ambient = hooks.ambient(opening.conversation_id)
        started_ns = time.time_ns()
        span = hooks.start_span(
            provider=opening.provider,
            operation=opening.operation,
            model=opening.model,
            stream=opening.stream,
            ambient=ambient,
            server_address=opening.server_address,
            server_port=opening.server_port,
        )
        inside = set_span_in_context(span, context.set_value(_INSIDE, True, current))  # noqa: FBT003 - the API's order
        recording = Recording(
            provider=provider,
            opening=opening,
            arguments={**kwargs, provider.messages: kept},
            ambient=ambient,
            span=span,
            started_ns=started_ns,
            submit=hooks.submit,
        )
        return recording, inside


class _Waiting:
    """Holds a client's coroutine until ours starts; if it never does, only ours warns of it."""

    awaitable: Any = None

    def __del__(self) -> None:
        if isinstance(self.awaitable, CoroutineType):
            self.awaitable.close()


def _following(
    awaitable: Awaitable[Any], recording: Recording, inside: Context
) -> Coroutine[Any, Any, Any]:
    """Make the coroutine that the application awaits; it has the name of the client's."""
    waiting = _Waiting()
    following = _follow(waiting, recording, inside)
    if isinstance(following, CoroutineType) and isinstance(awaitable, CoroutineType):
        following.__name__ = awaitable.__name__
        following.__qualname__ = awaitable.__qualname__
    waiting.awaitable = awaitable
    return following


async def _follow(waiting: _Waiting, recording: Recording, inside: Context) -> Any:
    awaitable, waiting.awaitable = waiting.awaitable, None
    token = context.attach(inside)
    try:
        result = await awaitable
    except BaseException as error:
        # The collector closes a forgotten coroutine, and it does so in any context.
        if not isinstance(error, GeneratorExit) or context.get_current() is inside:
            context.detach(token)
        with contained("recording an error"):
            recording.fail(error)
        raise
    context.detach(token)
    with contained("observing a reply"):
        _observe(result, recording)
    return result


def _observe(result: Any, recording: Recording) -> None:
    observing = contained("observing a reply")
    with observing:
        observe(recording.provider.read_returned(result), recording)
    if observing.failed:
        recording.end("completed")


def _is_patched(function: Any) -> bool:
    while function is not None:
        outer = getattr(function, "_self_wrapper", None)
        if isinstance(outer, Patch) and outer.active:
            return True
        function = getattr(function, "__wrapped__", None)
    return False
