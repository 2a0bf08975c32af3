"""Observers: who watch the stores in which the application keeps its own conversations.

One file for each kind of client: `redis_client`, `sqlalchemy_engine`, `get_and_set`. Each notes
what is done with a session, and may know how to ask how full the store is. Nothing here waits, and
the application's operation gives what it gives without us.
Adding one: a file with a class that keeps the promises of `Observer`, its line in `_KINDS`, its
options in `_OPTIONS`, a test in `tests/observers`.
"""

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any, Protocol

from otel_sessions.capacities import Reading
from otel_sessions.errors import ConfigError
from otel_sessions.observers.options import Options
from otel_sessions.observers.records import Recorder


class Observer(Protocol):
    """Watches one client until it is closed."""

    client: Any
    """What the application is to use: what it gave, if that could be changed in place."""

    def read_capacity(self) -> Reading | None:
        """Ask the store how full it is; waits for seconds at most, and may raise.

        `None` if this store does not tell.
        """
        ...

    def close(self) -> None:
        """Leave the client as it was; may be called twice."""
        ...


_KINDS: Mapping[str, str] = {
    "redis": "otel_sessions.observers.redis_client:RedisObserver",
    "sqlalchemy": "otel_sessions.observers.sqlalchemy_engine:EngineObserver",
    "object": "otel_sessions.observers.get_and_set:ObjectObserver",
}
"""Backend -> module:class, imported when such a client is given."""

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "redis": (),
    "sqlalchemy": ("table", "id_column", "data_columns"),
    "object": ("get", "set", "delete", "size_of"),
}


def backend_of(client: object) -> str:
    """Name the kind of a client.

    Raises:
        ConfigError: it is none that can be observed.

    """
    kinds = type(client).__mro__
    classes = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in kinds}
    if hasattr(client, "execute_command") and classes & _REDIS_CLASSES:
        return "redis"
    if classes & {"sqlalchemy.Engine", "sqlalchemy.AsyncEngine"}:
        return "sqlalchemy"
    if classes & {"sqlalchemy.Session", "sqlalchemy.AsyncSession", "sqlalchemy.sessionmaker"}:
        message = f"observe_store({type(client).__name__}): give the engine that it is bound to"
        raise ConfigError(message)
    return "object"


_REDIS_CLASSES = frozenset(
    f"{package}.{name}"
    for package, names in {
        "redis": ("Redis", "RedisCluster"),
        "valkey": ("Valkey", "ValkeyCluster"),
    }.items()
    for name in names
)


def open_observer(backend: str, client: object, recorder: Recorder, options: Options) -> Observer:
    """Watch a client from now on.

    Raises:
        ConfigError: an option does not fit the kind of client, or the client cannot be watched.

    """
    given = [field.name for field in fields(options) if getattr(options, field.name) is not None]
    for name in given:
        if name not in _OPTIONS[backend]:
            kinds = " or ".join(kind for kind, names in _OPTIONS.items() if name in names)
            message = f"observe_store: {name} is for a store of kind {kinds}, and this is {backend}"
            raise ConfigError(message)
    module, _, name = _KINDS[backend].partition(":")
    observer: Observer = getattr(import_module(module), name)(client, recorder, options)
    return observer
