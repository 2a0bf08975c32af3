"""Patch: all wrapping of clients, in one place and for every provider.

One wrapper serves synchronous, asynchronous and streamed calls: it calls, then looks at what came
back. The application gets that very object; errors go on unchanged. The span is current while the
client works, so that spans of its HTTP requests become children, and no longer.
Cost in the caller's thread: about 10 µs and what starting the span takes.
"""

import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from types import CoroutineType, ModuleType
from typing import Any

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import set_span_in_context
from wrapt import FunctionWrapper, ObjectProxy, register_post_import_hook

from otel_sessions import clocks
from otel_sessions.faults import contained
from otel_sessions.pipeline import Hooks
from otel_sessions.providers._provider import Provider, Target
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
    for module in dict.fromkeys(target.path.partition(":")[0] for target in provider.targets):
        register_post_import_hook(patched.place, module)
    return patched


def carry_call(work: Callable[..., Any]) -> Callable[..., Any]:
    """Let work that a client hands to a thread pool in the course of a call be part of that call.

    A router of LiteLLM does so where an event loop runs already.
    """
    if _INSIDE not in context.get_current():
        return work

    def run(*args: Any, **kwargs: Any) -> Any:
        token = context.attach(context.set_value(_INSIDE, True))  # noqa: FBT003 - the API's order
        try:
            return work(*args, **kwargs)
        finally:
            context.detach(token)

    return run


class Patch:
    """A provider's wrappers while they are in place."""

    def __init__(self, provider: Provider, hooks: Hooks) -> None:
        """Prepare; `place` puts the wrappers where they belong."""
        self.provider = provider
        self.active = True
        self._hooks = hooks
        self._placed: list[tuple[Any, str, FunctionWrapper[Any, Any]]] = []

    def place(self, module: ModuleType) -> None:
        """Wrap the targets that are in `module`."""
        for target in self.provider.targets:
            name, _, path = target.path.partition(":")
            if self.active and name == module.__name__:
                with contained("patching a client"):
                    self._wrap(module, path, target)

    def _wrap(self, module: ModuleType, path: str, target: Target) -> None:
        class_name, _, method = path.rpartition(".")
        owner: Any = getattr(module, class_name, None) if class_name else module
        original = getattr(owner, method, None)
        if owner is None or original is None or _is_patched(original):
            return
        wrapper = FunctionWrapper(vars(owner).get(method, original), _Wrapper(self, target))
        setattr(owner, method, wrapper)
        self._placed.append((owner, method, wrapper))

    def remove(self) -> None:
        """Switch off, then take away what can be; may be called twice.

        Clients keep bound methods, and other tools wrap ours: those wrappers stay and pass on.
        """
        self.active = False
        self.take_away()

    def take_away(self) -> None:
        """Take away what nobody has wrapped since, until `place_again`; clients may keep theirs."""
        while self._placed:
            owner, method, wrapper = self._placed.pop()
            outermost = vars(owner).get(method)
            # OpenTelemetry's `unwrap` puts back a bound form of the wrapper below its own.
            if outermost is wrapper or getattr(outermost, "_self_parent", None) is wrapper:
                setattr(owner, method, wrapper.__wrapped__)

    def place_again(self) -> None:
        """Wrap what is not wrapped, or no longer."""
        for name in dict.fromkeys(t.path.partition(":")[0] for t in self.provider.targets):
            if name in sys.modules:
                self.place(sys.modules[name])

    def start(
        self, target: Target, instance: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> "_Started | None":
        """Start recording a call; `None` if it is part of another or none of a model."""
        current = context.get_current()
        if _INSIDE in current or not is_instrumentation_enabled():
            return None
        hooks, provider = self._hooks, self.provider
        arguments = provider.bind(args, kwargs)
        if arguments is None:
            return None
        arguments[provider.messages] = _kept(arguments.get(provider.messages))
        if target.streams:
            arguments["stream"] = True
        opening = provider.read_opening(instance, arguments)
        ambient = hooks.ambient(opening.conversation_id)
        started_ns = clocks.now_ns()
        span = hooks.start_span(
            provider=opening.provider,
            operation=opening.operation,
            model=opening.model,
            stream=opening.stream,
            ambient=ambient,
            server_address=opening.server_address,
            server_port=opening.server_port,
            started_ns=started_ns,
        )
        inside = set_span_in_context(span, context.set_value(_INSIDE, True, current))  # noqa: FBT003 - the API's order
        recording = Recording(
            provider=provider,
            opening=opening,
            arguments=arguments,
            ambient=ambient,
            span=span,
            started_ns=started_ns,
            submit=hooks.submit,
        )
        return recording, inside


_Started = tuple[Recording, Context]


def _kept(messages: Any) -> Any:
    """Copy a list, since the application goes on with it; leave what can be read only once."""
    if isinstance(messages, list | tuple):
        return tuple(messages)
    return None if hasattr(type(messages), "__next__") else messages


class _Wrapper:
    """What stands in front of one target."""

    __slots__ = ("patch", "target")

    def __init__(self, patched: Patch, target: Target) -> None:
        self.patch = patched
        self.target = target

    def __call__(
        self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call `wrapped` and observe it, or only call it."""
        if self.target.request is not None:
            manager = wrapped(*args, **kwargs)
            with contained("preparing a stream"):
                self._postpone(manager, self.target.request, instance, args, kwargs)
            return manager
        started = None
        if self.patch.active:
            with contained("starting a call"):
                started = self.patch.start(self.target, instance, args, kwargs)
        return (
            wrapped(*args, **kwargs) if started is None else _call(wrapped, args, kwargs, started)
        )

    def _postpone(
        self, manager: Any, attribute: str, instance: Any, args: tuple[Any, ...], kwargs: Any
    ) -> None:
        """Have the recording start when the manager makes its request."""
        request = getattr(manager, attribute)
        start = partial(self.patch.start, self.target, instance, args, kwargs)
        if hasattr(type(request), "__await__"):
            waiting = _Waiting()
            later = _await_later(waiting, self.patch, start)
            waiting.awaitable = request
            setattr(manager, attribute, later)
        else:
            setattr(manager, attribute, partial(_call_later, request, self.patch, start))


def _call_later(
    request: Callable[[], Any], patched: Patch, start: Callable[[], _Started | None]
) -> Any:
    started = None
    if patched.active:
        with contained("starting a call"):
            started = start()
    return request() if started is None else _call(request, (), {}, started)


async def _await_later(
    waiting: "_Waiting", patched: Patch, start: Callable[[], _Started | None]
) -> Any:
    started = None
    if patched.active:
        with contained("starting a call"):
            started = start()
    if started is None:
        awaitable, waiting.awaitable = waiting.awaitable, None
        return await awaitable
    return await _follow(waiting, started)


def _call(call: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], started: _Started) -> Any:
    recording, inside = started
    token = context.attach(inside)
    try:
        result = call(*args, **kwargs)
    except BaseException as error:
        with contained("recording an error"):
            recording.fail(error)
        raise
    finally:
        context.detach(token)
    if hasattr(type(result), "__await__"):
        with contained("following a call"):
            return _following(result, started)
    else:
        with contained("observing a reply"):
            return _observe(result, started)
    return result


class _Waiting:
    """Holds a client's coroutine until ours starts; if it never does, only ours warns of it."""

    awaitable: Any = None

    def __del__(self) -> None:
        if isinstance(self.awaitable, CoroutineType):
            self.awaitable.close()


def _following(awaitable: Awaitable[Any], started: _Started) -> Coroutine[Any, Any, Any]:
    """Make the coroutine that the application awaits; it has the name of the client's."""
    waiting = _Waiting()
    following = _follow(waiting, started)
    if isinstance(following, CoroutineType) and isinstance(awaitable, CoroutineType):
        following.__name__ = awaitable.__name__
        following.__qualname__ = awaitable.__qualname__
    waiting.awaitable = awaitable
    return following


async def _follow(waiting: _Waiting, started: _Started) -> Any:
    recording, inside = started
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
        return _observe(result, started)
    return result


def _observe(result: Any, started: _Started) -> Any:
    """Follow what came back; return what the application gets."""
    recording, inside = started
    observing = contained("observing a reply")
    with observing:
        returned = recording.provider.read_returned(_within(result))
        instead = observe(returned, recording, inside)
        return result if instead is None else instead
    recording.end("completed")
    return result


def _within(result: Any) -> Any:
    """Give what the client itself returned; another instrumentation may have wrapped it."""
    while isinstance(result, ObjectProxy):
        result = result.__wrapped__
    return result


def _is_patched(function: Any) -> bool:
    while function is not None:
        outer = getattr(function, "_self_wrapper", None)
        if isinstance(outer, _Wrapper) and outer.patch.active:
            return True
        function = getattr(function, "__wrapped__", None)
    return False
