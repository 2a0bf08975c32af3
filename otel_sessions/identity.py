"""Identity: whose session a call belongs to.

Order: `session()` > baggage > the provider's own id > ids on the active span > a framework's >
lineage > new.
What is stated is read in the caller's thread when the call starts (about 2 µs). Lineage, the
comparison of message lists, is worked out later in the worker.
"""

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from hashlib import blake2b
from types import TracebackType
from typing import ParamSpec, Self, TypeVar, cast
from uuid import uuid4

from opentelemetry import baggage, context, trace
from opentelemetry.context import Context

from otel_sessions import names
from otel_sessions.calls import GivenId
from otel_sessions.faults import contained
from otel_sessions.frameworks import conversation_id

_P = ParamSpec("_P")
_R = TypeVar("_R")

MAX_ID_CHARS = 256
"""A longer id is replaced by its start and a digest of the whole."""

_KEPT_ID_CHARS = 200


@dataclass(frozen=True, slots=True)
class Ambient:
    """What surrounds a call when it starts."""

    given: GivenId | None = None
    user_id: str | None = None
    agent: str | None = None
    lane: int = 0
    """The thread or task that makes the call; told only where nobody stated an id."""


@dataclass(frozen=True, slots=True)
class _Scope:
    entered: "session"
    ambient: Ambient
    outer: "_Scope | None"
    baggage_token: "Token[Context] | None" = None


_scope: ContextVar[_Scope | None] = ContextVar("otel_sessions_scope", default=None)


class session:  # noqa: N801 - reads as a statement: `with otel_sessions.session("support-4711"):`
    """Say whose session the calls in a block belong to.

    Works as `with`, `async with` and as a decorator of functions and coroutine functions, in
    threads that inherit the context and across `await`. Blocks nest; the innermost counts.
    Nothing is sent anywhere by this alone. Costs about 1 µs.
    """

    __slots__ = ("_agent", "_baggage", "_given", "_user_id")

    def __init__(
        self,
        id: str | None = None,  # noqa: A002 - the word users know
        *,
        user_id: str | None = None,
        agent: str | None = None,
        propagate: bool = False,
    ) -> None:
        """Name the session, and optionally the user and the agent that serves it.

        Args:
            id: the application's own id of the conversation, any text; beyond 256 characters it
                is shortened to its start and a digest. `None` or empty leaves the id open.
            user_id: becomes `user.id` on spans; never a metric label.
            agent: becomes `gen_ai.agent.name` on spans and metrics; use few different names.
            propagate: put the id into W3C baggage, so that services called from the block know
                it. An instrumented HTTP client sends baggage to the model's vendor, too.

        """
        self._given: GivenId | None = None
        self._user_id: str | None = None
        self._agent: str | None = None
        self._baggage = propagate
        with contained("naming a session"):
            self._given = None if id in (None, "") else GivenId(bounded(str(id)), "session")
            self._user_id = None if user_id is None else str(user_id)
            self._agent = None if agent is None else str(agent)

    def __enter__(self) -> Self:
        with contained("entering a session"):
            outer = _scope.get()
            around = Ambient() if outer is None else outer.ambient
            given = self._given or around.given
            inner = Ambient(given, self._user_id or around.user_id, self._agent or around.agent)
            token = None
            if self._baggage and given is not None:
                token = context.attach(baggage.set_baggage(names.SESSION_ID, given.value))
            _scope.set(_Scope(self, inner, outer, token))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        # The outer scope is kept in the value, not in a token: a token may only be used in the
        # context that made it, and generators are closed in others.
        scope = _scope.get()
        # Entering may have failed; then there is nothing to leave.
        if scope is not None and scope.entered is self:
            if scope.baggage_token is not None:
                context.detach(scope.baggage_token)
            _scope.set(scope.outer)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace_)

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Decorate a function or a coroutine function.

        Raises:
            TypeError: `function` is a generator: its session would leak into its caller.

        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            message = (
                f"session() cannot decorate the generator {function.__qualname__}: "
                "put `with session(...)` around the calls inside it"
            )
            raise TypeError(message)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: _P.args, **kwargs: _P.kwargs) -> object:
                with self:
                    return await function(*args, **kwargs)

            return cast("Callable[_P, _R]", run_async)

        @functools.wraps(function)
        def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with self:
                return function(*args, **kwargs)

        return run


def ambient(provider_id: str | None = None) -> Ambient:
    """Collect what is stated about the call that starts now.

    Args:
        provider_id: the conversation id in the provider's own request, if it has one.

    """
    scope = _scope.get()
    around = scope.ambient if scope is not None else Ambient()
    if around.given is not None:
        return around
    given = _from_baggage()
    if given is None and provider_id:
        given = GivenId(bounded(provider_id), "provider")
    if given is None:
        given = _from_active_span() or _from_framework()
    lane = _lane() if given is None else 0
    return Ambient(given, around.user_id, around.agent, lane)


def carry(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Bind a function to the session of its caller now, wherever it will run."""
    scope = _scope.get()
    if scope is None:
        return function

    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        before = _scope.set(scope)
        try:
            return function(*args, **kwargs)
        finally:
            _scope.reset(before)

    return run


def new_id() -> str:
    """Make an id for a session that nobody has named: 32 hexadecimal digits."""
    return uuid4().hex


def _lane() -> int:
    try:
        return id(asyncio.current_task())
    except RuntimeError:
        return threading.get_ident()


def _from_baggage() -> GivenId | None:
    for name in (names.CONVERSATION_ID, names.SESSION_ID):
        value = baggage.get_baggage(name)
        if isinstance(value, str) and value:
            return GivenId(bounded(value), "baggage")
    return None


def _from_active_span() -> GivenId | None:
    attributes = getattr(trace.get_current_span(), "attributes", None)
    if not attributes:
        return None
    for name in (names.CONVERSATION_ID, names.SESSION_ID):
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return GivenId(bounded(value), "span")
    return None


def _from_framework() -> GivenId | None:
    value = conversation_id()
    return GivenId(bounded(value), "framework") if value else None


def bounded(value: str) -> str:
    """Shorten an id that is longer than `MAX_ID_CHARS`, so that others are still told apart."""
    if len(value) <= MAX_ID_CHARS:
        return value
    digest = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{value[:_KEPT_ID_CHARS]}...{digest}"
