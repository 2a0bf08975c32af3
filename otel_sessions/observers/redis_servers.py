"""Redis servers: how full the server of a client is, asked by a connection of our own.

One `INFO` of about 6 KB; connecting and waiting take 2 s each at most. The connection is made from
the client's own settings, also those of an asynchronous client.
Source: https://redis.io/docs/latest/commands/info/
"""

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from otel_sessions.capacities import Reading
from otel_sessions.faults import contained

_TIMEOUT_S = 2.0
_LONGEST_WAIT_S = 0.5
_SETTINGS = frozenset(
    {"host", "port", "path", "username", "password", "credential_provider", "protocol"}
)
"""Of a connection, those that both kinds of client have in common; also all that begin with
`ssl_`."""
_PACKAGES = ("redis", "valkey")
_NO_LIMIT = float("inf")


class Servers:
    """The server of one client, or the nodes of a cluster."""

    def __init__(self, client: Any) -> None:
        """Connect to nothing yet."""
        self._client = client
        self._connections: dict[tuple[object, object], Any] = {}
        self._pid = os.getpid()
        self._asking = threading.Lock()
        self._closed = False

    def read(self) -> Reading | None:
        """Ask; of a cluster, tell the fullest node with the evictions of all.

        `None` if it is not known how to reach the server, or nobody wants to know any more.
        """
        if self._pid != os.getpid():
            # The connections are the parent's.
            self._connections, self._pid, self._asking = {}, os.getpid(), threading.Lock()
        with self._asking:
            return None if self._closed else self._read()

    def _read(self) -> Reading | None:
        found = [self._ask(settings) for settings in self._settings()]
        if not found:
            return None
        fullest = max(found, key=lambda each: each.used_bytes / (each.limit_bytes or _NO_LIMIT))
        evictions = sum(each.evictions or 0 for each in found)
        runs = "+".join(sorted(each.run or "" for each in found))
        return Reading(fullest.at_s, fullest.used_bytes, fullest.limit_bytes, evictions, runs)

    def close(self) -> None:
        """Disconnect, once an answer has come that is waited for; may be called twice."""
        self._closed = True
        asking = self._asking.acquire(timeout=_LONGEST_WAIT_S)
        connections, self._connections = self._connections, {}
        for connection in connections.values():
            with contained("closing a connection to a store"):
                connection.disconnect()
        if asking:
            self._asking.release()

    def _settings(self) -> list[Mapping[str, Any]]:
        pool = getattr(self._client, "connection_pool", None)
        if pool is not None:
            settings = pool.connection_kwargs
            return [settings] if "host" in settings or "path" in settings else []
        shared = getattr(self._client, "connection_kwargs", None)
        if shared is None:
            shared = self._client.nodes_manager.connection_kwargs
        nodes = self._client.get_primaries()
        return [{**shared, "host": node.host, "port": node.port} for node in nodes]

    def _ask(self, settings: Mapping[str, Any]) -> Reading:
        at = settings.get("path") or settings.get("host"), settings.get("port")
        connection = self._connections.get(at)
        if connection is not None:
            # The server may have been started again since.
            with suppress(_connection_error(connection)):
                return _answer(connection)
        connection = self._connections[at] = _connection(self._client, settings)
        return _answer(connection)


def _answer(connection: Any) -> Reading:
    try:
        connection.send_command("INFO")
        answer = connection.read_response()
    except BaseException:
        # What comes late would be taken for the next answer.
        connection.disconnect()
        raise
    return _reading(answer.decode() if isinstance(answer, bytes) else str(answer))


def _connection_error(connection: Any) -> type[Exception]:
    error: type[Exception] = import_module(
        f"{_package(type(connection))}.exceptions"
    ).ConnectionError
    return error


def _connection(client: Any, settings: Mapping[str, Any]) -> Any:
    """Make a synchronous connection, whatever the client is; nothing is connected yet."""
    package = next(name for name in map(_package, type(client).__mro__) if name in _PACKAGES)
    pool = getattr(client, "connection_pool", None)
    secure = "SSLConnection" if settings.get("ssl") else "Connection"
    name = secure if pool is None else pool.connection_class.__name__
    kind = getattr(import_module(f"{package}.connection"), name)
    known = {k: v for k, v in settings.items() if k in _SETTINGS or k.startswith("ssl_")}
    return kind(**known, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _reading(answer: str) -> Reading:
    facts = dict(line.partition(":")[::2] for line in answer.splitlines() if ":" in line)
    return Reading(
        time.monotonic(),
        int(facts["used_memory"]),
        int(facts.get("maxmemory", 0)) or None,
        int(facts["evicted_keys"]) if "evicted_keys" in facts else None,
        facts.get("run_id"),
    )
