"""Get and set: any object with a method that gets by key and one that sets by key.

The methods may have other names and may be asynchronous; a third one may delete. Of a `get` the
first argument counts, of a `set` the first two, by position or by name. The object is changed in
place; where that cannot be (a `dict`, slots, `__getitem__`), the application is to use the proxy
that it is given.
"""

import inspect
from collections.abc import Callable, Mapping, Sized
from contextlib import suppress
from functools import partial
from typing import Any

from wrapt import ObjectProxy

from otel_sessions.capacities import Reading
from otel_sessions.errors import ConfigError
from otel_sessions.observers.calls import Note, Outcome, Replaced, observed
from otel_sessions.observers.options import Options
from otel_sessions.observers.records import Recorder
from otel_sessions.observers.sizes import size_of
from otel_sessions.sightings import Access, Kind, Parts

_MISSING = object()
_TIMES_TO_LIVE = ("ttl", "ex", "expire", "timeout")
"""What libraries call it, all in seconds."""


class ObjectObserver:
    """Watches the methods of one object."""

    def __init__(self, client: Any, recorder: Recorder, options: Options) -> None:
        """Replace the methods, or make a proxy that has others.

        Raises:
            ConfigError: the object has no such method.

        """
        self._recorder = recorder
        self._size_of = options.size_of or size_of
        self._active = True
        wanted: dict[Kind, str | None] = {
            "get": options.get or "get",
            "set": options.set or "set",
            "delete": options.delete or ("delete" if hasattr(client, "delete") else None),
        }
        methods = {
            _checked(client, kind, name): _Method(self, kind, getattr(client, name))
            for kind, name in wanted.items()
            if name is not None
        }
        self._replaced: list[Replaced] = []
        if _changeable(client, methods):
            self.client = client
            self._replaced = [Replaced(client, name, each) for name, each in methods.items()]
        else:
            self.client = _proxy(client, methods)

    def read_capacity(self) -> Reading | None:
        """Say nothing: only the user knows, and can give `usage`."""
        return None

    def close(self) -> None:
        """Leave the object as it was; a proxy goes on without noting anything."""
        self._active = False
        for replaced in self._replaced:
            replaced.undo()

    def interested(self, key: object) -> bool:
        """Tell whether a key is of a session, and is to be noted."""
        return self._active and key is not _MISSING and self._recorder.session(key) is not None

    def note(self, access: Access, outcome: Outcome) -> None:
        """Note what was done."""
        self._recorder.note((access,), outcome.duration_s, outcome.error)

    def parts(self, value: object) -> Parts | None:
        """Measure a value."""
        size = self._size_of(value)
        return None if size is None else ((0, int(size)),)


class _Method:
    """What looks at the arguments and outcomes of one method."""

    def __init__(self, observer: ObjectObserver, kind: Kind, method: Callable[..., Any]) -> None:
        self._observer = observer
        self._note = {"get": self._note_get, "set": self._note_set, "delete": self._note_delete}[
            kind
        ]
        self._names: tuple[str, ...] = ()
        with suppress(TypeError, ValueError):
            self._names = tuple(inspect.signature(method).parameters)

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Note | None:
        """Look at the arguments; `None` if the key is of no session."""
        key = self._argument(0, args, kwargs)
        if not self._observer.interested(key):
            return None
        return partial(self._note, key, args, kwargs)

    def _argument(self, at: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if at < len(args):
            return args[at]
        return kwargs.get(self._names[at], _MISSING) if at < len(self._names) else _MISSING

    def _note_get(
        self,
        key: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        outcome: Outcome,
    ) -> None:
        if isinstance(outcome.error, LookupError):
            outcome = outcome._replace(error=None, result=None)
        value = outcome.result
        default = self._argument(1, args, kwargs)
        empty = isinstance(value, Sized) and not isinstance(value, str | bytes) and not len(value)
        found = not (value is None or value is default or empty)
        parts = self._observer.parts(value) if found else None
        self._observer.note(Access("get", key, parts, found=found), outcome)

    def _note_set(
        self,
        key: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        outcome: Outcome,
    ) -> None:
        parts = self._observer.parts(self._argument(1, args, kwargs))
        ttl_s = self._ttl_s(args, kwargs)
        self._observer.note(Access("set", key, parts, ttl_s=ttl_s), outcome)

    def _note_delete(
        self,
        key: Any,
        _: tuple[Any, ...],
        __: Mapping[str, Any],
        outcome: Outcome,
    ) -> None:
        if isinstance(outcome.error, LookupError):
            outcome = outcome._replace(error=None)
        self._observer.note(Access("delete", key), outcome)

    def _ttl_s(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> float | None:
        given = {**dict(zip(self._names, args, strict=False)), **kwargs}
        for name in _TIMES_TO_LIVE:
            if isinstance(given.get(name), int | float):
                return float(given[name])
        return None


def _checked(client: object, kind: str, name: str | None) -> str:
    if name is not None and callable(getattr(client, name, None)):
        return name
    public = [each for each in dir(client) if not each.startswith("_")]
    methods = [each for each in public if callable(getattr(client, each, None))]
    message = (
        f"observe_store({type(client).__name__}): it has no method {name!r}; name the one that"
        f" {kind}s by key with {kind}=..., one of {', '.join(methods) or 'none'}"
    )
    raise ConfigError(message)


def _changeable(client: object, methods: Mapping[str, object]) -> bool:
    """Tell whether methods can be replaced in the object, and are then found there."""
    plain = type(client).__setattr__ is object.__setattr__ and hasattr(client, "__dict__")
    return plain and not any(name.startswith("__") for name in methods)


def _proxy(client: Any, methods: Mapping[str, _Method]) -> Any:
    """Make a proxy for the object, whose methods of these names are observed."""

    def method(name: str, prepare: _Method) -> Callable[..., Any]:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            return observed(getattr(self.__wrapped__, name), args, kwargs, prepare)

        return call

    kind = type(client)
    made = {name: method(name, prepare) for name, prepare in methods.items()}
    return type(f"Observed{kind.__name__}", (ObjectProxy,), made)(client)
