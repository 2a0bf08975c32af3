"""Calls: a method of one object is replaced by one that calls it and notes what came of it.

The caller gets what the method gives, or what it raises, unchanged; of an asynchronous method a
coroutine of the same name. The method is looked up when it is called, so that what others put in
its place before or after us is called, too.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine
from types import CoroutineType
from typing import Any, NamedTuple

from wrapt import FunctionWrapper

from otel_sessions.faults import contained

_NOTHING = object()
_NOTING = "noting an operation of a store"


class Outcome(NamedTuple):
    """What came of a call."""

    result: Any
    error: BaseException | None
    duration_s: float


Note = Callable[[Outcome], None]
Prepare = Callable[[tuple[Any, ...], dict[str, Any]], Note | None]
"""Looks at the arguments before the call, and gives what is done with its outcome; `None` if the
call is of no interest."""


class Replaced:
    """A method of one object while it is replaced."""

    def __init__(self, owner: object, name: str, prepare: Prepare, *, awaits: bool = True) -> None:
        """Replace it.

        Args:
            owner: the object.
            name: of its method.
            prepare: see `Prepare`.
            awaits: what can be awaited is not yet the result; false of a method that is not
                asynchronous, and gives something that can be awaited.

        Raises:
            AttributeError, TypeError: the object cannot be changed, or has no such method.

        """
        self.active = True
        self._awaits = awaits
        self._owner, self._name, self._prepare = owner, name, prepare
        self._before = vars(owner).get(name, _NOTHING)
        self._wrapper = FunctionWrapper(getattr(owner, name), self._call)
        setattr(owner, name, self._wrapper)

    def undo(self) -> None:
        """Switch off, and put back what was there unless somebody has replaced it since."""
        self.active = False
        if vars(self._owner).get(self._name) is not self._wrapper:
            return
        if self._before is _NOTHING:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._before)

    def _call(
        self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self._before is _NOTHING:
            inherited = getattr(type(self._owner), self._name, None)
            wrapped = wrapped if inherited is None else inherited.__get__(self._owner)
        if not self.active:
            return wrapped(*args, **kwargs)
        return observed(wrapped, args, kwargs, self._prepare, awaits=self._awaits)


def observed(
    call: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    prepare: Prepare,
    *,
    awaits: bool = True,
) -> Any:
    """Call, and note what came of it; see `Replaced`."""
    note = None
    with contained("preparing to observe a store"):
        note = prepare(args, kwargs)
    if note is None:
        return call(*args, **kwargs)
    started_s = time.perf_counter()
    try:
        result = call(*args, **kwargs)
    except BaseException as error:
        with contained(_NOTING):
            _noted(note, None, error, started_s)
        raise
    if awaits and isinstance(result, CoroutineType):
        with contained("following an operation of a store"):
            return _following(result, note, started_s)
    # Of what else can be awaited nothing is known.
    elif not awaits or not hasattr(type(result), "__await__"):
        with contained(_NOTING):
            _noted(note, result, None, started_s)
    return result


def _following(
    result: Coroutine[Any, Any, Any], note: Note, started_s: float
) -> Coroutine[Any, Any, Any]:
    following = _follow(result, note, started_s)
    if isinstance(following, CoroutineType) and isinstance(result, CoroutineType):
        following.__name__, following.__qualname__ = result.__name__, result.__qualname__
    return following


async def _follow(result: Awaitable[Any], note: Note, started_s: float) -> Any:
    try:
        got = await result
    except BaseException as error:
        with contained(_NOTING):
            _noted(note, None, error, started_s)
        raise
    with contained(_NOTING):
        _noted(note, got, None, started_s)
    return got


def _noted(note: Note, result: object, error: BaseException | None, started_s: float) -> None:
    note(Outcome(result, error, time.perf_counter() - started_s))
