"""Steps: put in front of methods of single objects, to see when the application closes them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from otel_sessions.faults import contained

CLOSERS = ("close", "aclose")
"""Methods that end a stream or a response."""


class Steps:
    """Steps put in front of methods of single objects, and taken away again.

    Object and step refer to each other. That is no new burden on the garbage collector: a client's
    open stream and its HTTP response are in cycles of their own (checked with openai 1, 2 and 3).
    A weak reference would break `ExitStack().callback(stream.close)`, which must keep the stream.
    """

    __slots__ = ("_placed",)

    def __init__(self) -> None:
        self._placed: list[tuple[dict[str, Any], str, Any, Any]] = []

    def put(self, owner: Any, name: str, step: Callable[[], None]) -> None:
        """Do `step` before each `owner.name()`; nothing happens if there is no such method."""

        def stepping(original: Any, *args: Any, **kwargs: Any) -> Any:
            with contained("closing a stream"):
                step()
            return original(*args, **kwargs)

        self.put_around(owner, name, stepping)

    def put_around(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        """Call `around(method, ...)` instead of each `owner.name(...)`, if there is that method."""
        original = getattr(owner, name, None)
        if original is None:
            return
        attributes = vars(owner)
        placed = partial(around, original)
        self._placed.append((attributes, name, placed, attributes.get(name)))
        attributes[name] = placed

    def remove(self) -> None:
        """Restore every method over which nobody else has put something since."""
        while self._placed:
            attributes, name, placed, before = self._placed.pop()
            if attributes.get(name) is not placed:
                continue
            if before is None:
                del attributes[name]
            else:
                attributes[name] = before
