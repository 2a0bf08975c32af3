"""Executors: the session of work that is handed to a thread pool is that of who hands it over.

A thread pool does not inherit context, and `loop.run_in_executor` uses one, so a web framework's
synchronous calls would lose their session. Each piece of work gets its own; costs 1 µs a piece.

A plain thread does not: it may outlive the session by years, as a worker does that is started by
the first request, and would take the calls of all others with it. Enter `session()` in it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from wrapt import FunctionWrapper

from otel_sessions.faults import contained
from otel_sessions.identity import carry

Carry = Callable[[Callable[..., Any]], Callable[..., Any]]


class Carrier:
    """Lets thread pools carry sessions until `remove`."""

    def __init__(self, *carries: Carry) -> None:
        """Wrap `ThreadPoolExecutor.submit`.

        Args:
            carries: what else binds work to its submitter, as `identity.carry` does.

        """
        self._active = True
        self._carries = (carry, *carries)
        self._wrapper = FunctionWrapper(ThreadPoolExecutor.submit, self)
        setattr(ThreadPoolExecutor, "submit", self._wrapper)  # noqa: B010 - mypy sees a method

    def remove(self) -> None:
        """Switch off, and unwrap unless somebody has wrapped it since; may be called twice."""
        self._active = False
        if vars(ThreadPoolExecutor).get("submit") is self._wrapper:
            setattr(ThreadPoolExecutor, "submit", self._wrapper.__wrapped__)  # noqa: B010

    def __call__(
        self,
        wrapped: Callable[..., Future[Any]],
        _: object,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Future[Any]:
        """Submit, with the caller's session."""
        if self._active and args:
            with contained("carrying a session into a thread"):
                work = args[0]
                for each in self._carries:
                    work = each(work)
                args = (work, *args[1:])
        return wrapped(*args, **kwargs)
