"""Stores: where the recent turns of sessions are kept.

Adding one: a file with a class that keeps the promises of `Store`, its URL scheme in `BACKENDS`,
its URL in the contract test `tests/stores/test_contract.py`.
"""

import re
from collections.abc import Sequence
from importlib import import_module
from typing import Literal, NamedTuple, Protocol

from otel_sessions.errors import ConfigError
from otel_sessions.turns import Turn

FIRST_TURNS = 8
"""Turns kept from the start of a session."""
LAST_TURNS = 56
"""Turns kept from its end, if they are no larger than `KEPT_BYTES` together with the first."""
KEPT_BYTES = 35 * 1024
"""Memory for the turns of one session, so that all of it takes 64 KiB at most: about 45 turns of
short texts, 29 of texts of 100 tokens. With 40 KiB, one session of 21,000 took 67 KiB
(`benchmarks.scale`, 190,000 turns, 2026-11-28)."""

LEASE_S = 300.0
"""How long who ends a session may take to tell it, before another process does so, in seconds. A
beat of `ends` (30 s at most) and an export with all of its time limits take less."""

_PASSWORD = re.compile("//[^@/]*@")

BACKENDS = {
    "memory": "otel_sessions.stores.memory:MemoryStore",
    "redis": "otel_sessions.stores.redis:open_redis",
    "rediss": "otel_sessions.stores.redis:open_redis",
    "redis+cluster": "otel_sessions.stores.redis:open_redis",
    "rediss+cluster": "otel_sessions.stores.redis:open_redis",
    "sqlite": "otel_sessions.stores.sqlite:open_sqlite",
}
"""URL scheme -> module:callable that opens it, imported when it is chosen."""


class StoreOptions(NamedTuple):
    """What every store is opened with; see `open_store`."""

    max_sessions: int
    key: bytes
    tenant: str
    ttl_s: float
    lease_s: float = LEASE_S


class News(NamedTuple):
    """What other processes did in a session."""

    recent: tuple[Turn, ...]
    note: bytes
    """What the last one left with its turn."""


class Appended(NamedTuple):
    """What an append gives back."""

    recent: tuple[Turn, ...]
    """The session's first `FIRST_TURNS` and last `LAST_TURNS` turns, or less of the last where they
    are large, oldest first; the last is the one appended, with its number, joined with earlier
    calls of the same turn. A turn that another release stored is left out."""
    opened: Literal["new", "reopened"] | None
    """Whether this turn started the session, or took it up after it had ended."""
    fault: str | None = None
    """Class of the error, if the store failed: the turn is known here only, and stored later."""
    refused: News | None = None
    """What others did in between, if the turn was to be appended alone; it is not appended."""


class Untold(NamedTuple):
    """An end that this process has to tell; the store keeps it until it is confirmed."""

    session_id: str
    why: str
    """As given to `Store.end`; empty if the session was silent, `evicted` if there was no room."""
    token: bytes
    """Tells this end, and who is to tell it, apart from all others."""


class Ended(NamedTuple):
    """A session that has ended."""

    session_id: str
    recent: tuple[Turn, ...]
    note: bytes = b""
    untold: Untold | None = None
    """What is to be confirmed when the end has been told; `None` if no other process would tell
    it, because none sees the session."""
    left: bool = False
    """Another process took it, and did not tell it; the session may run again since."""


class Store(Protocol):
    """Recent turns of sessions. Every method is one atomic step, also between processes.

    `append` never raises because a store cannot be reached; the others do.
    """

    shared: bool
    """Whether other processes, or this one after a restart, see the same sessions."""

    def append(
        self, turn: Turn, *, note: bytes = b"", places: Sequence[int] = (), alone: bool = False
    ) -> Appended:
        """Add a turn made from one call, and give the session's recent turns back.

        If the session's newest turn has the same key, the call is joined to it; otherwise the turn
        gets the next number.

        Args:
            turn: of one call.
            note: what the next process that takes the session up is to know.
            places: places in message lists that lead to the session from now on.
            alone: refuse if another process appended a turn that is not known here.

        """
        ...

    def catch_up(self, session_id: str) -> News | None:
        """Read what other processes did in a session; `None` if there is nothing new."""
        ...

    def find(self, places: Sequence[int]) -> Sequence[str]:
        """Name the sessions to which places lead, in the order of the places."""
        ...

    def take_idle(self, before_s: float) -> Sequence[Ended]:
        """End sessions whose newest call ended before a Unix time.

        Each ended session is given to exactly one caller. If that one does not confirm the end, nor
        hold it, within the time of a lease, because it was killed, another caller is given it.
        """
        ...

    def end(self, session_id: str, why: str = "") -> Ended | None:
        """End one session; `None` if it is unknown or has ended.

        Args:
            session_id: of the session.
            why: what another process is to know that tells the end in place of this one.

        """
        ...

    def hold(self, untold: Sequence[Untold]) -> Sequence[Untold]:
        """Begin the lease of some ends anew; give those that nobody else was given since."""
        ...

    def confirm(self, untold: Sequence[Untold]) -> None:
        """Say that ends have been told: nobody else is given them."""
        ...

    def after_fork(self) -> None:
        """Start afresh in a forked child: locks and connections are its own.

        Sessions that no other process can see have ended here, because they go on in the parent.
        """
        ...

    def close(self) -> None:
        """Let go of connections; may be called twice."""
        ...


def open_store(
    url: str,
    *,
    max_sessions: int,
    key: bytes = b"",
    tenant: str = "",
    ttl_s: float = 86_400.0,
    lease_s: float = LEASE_S,
) -> Store:
    """Open the store that a URL names; nothing is connected yet.

    Args:
        url: `scheme://...`, the scheme one of `BACKENDS`.
        max_sessions: sessions kept at a time; the least recent is let go when there are more. A
            store that many machines share keeps what is not older than `ttl_s`.
        key: what is stored with one key is skipped by processes with another; of a store in memory
            it does not matter.
        tenant: processes with different tenants do not see each other's sessions.
        ttl_s: how long a shared store keeps a session after its last turn, in seconds.
        lease_s: how long another process is given to tell an end, in seconds.

    Raises:
        ConfigError: the scheme is unknown, or the rest of the URL does not fit it.

    """
    scheme = url.partition("://")[0]
    if scheme not in BACKENDS:
        known = ", ".join(sorted(BACKENDS))
        shown = without_password(url)
        message = f"store={shown!r}: the scheme must be one of {known} (for example 'memory://')"
        raise ConfigError(message)
    module, _, name = BACKENDS[scheme].partition(":")
    options = StoreOptions(max_sessions, key, tenant, ttl_s, lease_s)
    store: Store = getattr(import_module(module), name)(url, options)
    return store


def without_password(url: str) -> str:
    """Hide what a URL has of users and passwords."""
    return _PASSWORD.sub("//***@", url)
