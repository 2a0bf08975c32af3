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
"""Turns kept from its end."""

_PASSWORD = re.compile("//[^@/]*@")

BACKENDS = {
    "memory": "otel_sessions.stores.memory:MemoryStore",
}
"""URL scheme -> module:class, imported when it is chosen."""


class Appended(NamedTuple):
    """What an append gives back."""

    recent: tuple[Turn, ...]
    """The session's first `FIRST_TURNS` and last `LAST_TURNS` turns, oldest first; the last is the
    one appended, with its number, joined with earlier calls of the same turn."""
    opened: Literal["new", "reopened"] | None
    """Whether this turn started the session, or took it up after it had ended."""


class Store(Protocol):
    """Recent turns of sessions. Every method is one atomic step, also between processes."""

    def append(self, turn: Turn) -> Appended:
        """Add a turn made from one call, and give the session's recent turns back.

        If the session's newest turn has the same key, the call is joined to it; otherwise the turn
        gets the next number.
        """
        ...

    def take_idle(self, before_s: float) -> Sequence[tuple[str, tuple[Turn, ...]]]:
        """End the sessions whose newest call ended before a Unix time; give id and recent turns.

        Each ended session is given to exactly one caller.
        """
        ...

    def end(self, session_id: str) -> tuple[Turn, ...]:
        """End one session and give its recent turns; empty if it is unknown or has ended."""
        ...

    def after_fork(self) -> None:
        """Start afresh in a forked child: locks and connections are its own.

        Sessions that no other process can see have ended here, because they go on in the parent.
        """
        ...

    def close(self) -> None:
        """Let go of connections; may be called twice."""
        ...


def open_store(url: str, *, max_sessions: int) -> Store:
    """Open the store that a URL names.

    Args:
        url: `scheme://...`, the scheme one of `BACKENDS`.
        max_sessions: sessions kept at a time; the least recent is let go when there are more.

    Raises:
        ConfigError: the scheme is unknown, or the rest of the URL does not fit it.

    """
    scheme = url.partition("://")[0]
    if scheme not in BACKENDS:
        known = ", ".join(sorted(BACKENDS))
        shown = _PASSWORD.sub("//***@", url)
        message = f"store={shown!r}: the scheme must be one of {known} (for example 'memory://')"
        raise ConfigError(message)
    module, _, name = BACKENDS[scheme].partition(":")
    store: Store = getattr(import_module(module), name)(url, max_sessions=max_sessions)
    return store
