"""Backends: what a store that processes share must be able to do, in bytes.

A backend keeps, of each session, a version that changes with each append, the number and key of the
newest turn, the turns that `kept` names, and a note. It knows nothing of what the bytes say. Every
method is one atomic step; it may raise anything and take as long as its time limit.
"""

from typing import Literal, NamedTuple, Protocol

from otel_sessions.stores import FIRST_TURNS, LAST_TURNS

TOKEN_BYTES = 8
EVICTED = b"evicted"
"""Why a session has ended that there is no room for."""


class Addition(NamedTuple):
    """What is to be appended to a session."""

    session_id: bytes
    key: bytes
    """Tells turns apart; what has the key of the newest turn takes its place."""
    token: bytes
    """8 random bytes that tell this append apart from all others."""
    fresh: bytes
    """The turn, if it is a new one."""
    joined: bytes | None
    """The turn, if it takes the place of the newest, as of version `version`."""
    version: int
    """The version that the writer knows; 0 if none."""
    number: int
    """Number of the newest turn that the writer knows; 0 if none."""
    note: bytes
    ended_s: float
    """Unix time at which the turn's last call ended."""
    alone: bool = False
    """Only if nobody else appended since `version`."""
    again: bool = False
    """It may have been done already, without the writer having heard of it."""


class State(NamedTuple):
    """What a backend says of a session."""

    done: bool
    """Whether what was asked for was done."""
    version: int
    """After it."""
    number: int
    """Of the newest turn, after it."""
    opened: Literal["new", "reopened"] | None
    """Whether the session was not there, or had ended."""
    turns: tuple[tuple[int, bytes], ...]
    """Number and bytes of the turns that the asker does not know yet, oldest first, without the one
    appended; nothing if it knew the version before."""
    note: bytes
    """As it was before; empty if the asker knew that version."""


class Claim(NamedTuple):
    """An end that somebody is about to tell."""

    session_id: bytes
    why: bytes
    token: bytes
    """`TOKEN_BYTES` random bytes that tell this end, and who tells it, apart from all others."""


class Backend(Protocol):
    """Keeps bytes of sessions for many processes, and claims until they are settled."""

    def append(self, addition: Addition) -> State:
        """Append a turn; see `Addition`.

        It is not done, and the news are given, if the version is not the writer's and either the
        turn takes the newest's place or it was to be `alone`. A session that is not there, though
        the writer knows it, goes on with the next number.
        """
        ...

    def look(self, session_id: bytes, version: int, number: int) -> State | None:
        """Tell what is new of a session since a version; `None` if there is nothing."""
        ...

    def idle(self, before_s: float) -> list[bytes]:
        """Name some sessions whose newest call ended before a Unix time, oldest first."""
        ...

    def end(
        self,
        session_id: bytes,
        version: int,
        number: int,
        before_s: float | None,
        claim: Claim | None,
    ) -> State | None:
        """End a session, and give its note and what is new since a version.

        `None` if it has ended, is not known, or was not silent since `before_s`. What is done with
        the session later leaves the claim alone; without one, the end has been told already.
        """
        ...

    def left(self, before_s: float) -> list[Claim]:
        """Name some claims that were made, or held, before a Unix time, oldest first."""
        ...

    def take_over(self, left: Claim, claim: Claim, version: int, number: int) -> State | None:
        """Put a claim in the place of one that was left, and give the session as `end` does.

        `None`, and no claim any more, if the one that was left is gone or the session is.
        """
        ...

    def hold(self, claims: list[Claim]) -> list[Claim]:
        """Let claims count as made now; give those that are there."""
        ...

    def settle(self, claims: list[Claim]) -> None:
        """Forget claims, because the ends have been told."""
        ...

    def point(self, places: list[bytes], session_id: bytes) -> None:
        """Say that these places in message lists lead to a session."""
        ...

    def find(self, places: list[bytes]) -> list[bytes]:
        """Name the sessions to which places lead, in the order of the places."""
        ...

    def after_fork(self) -> None:
        """Leave connections to the parent."""
        ...

    def close(self) -> None:
        """Close connections; may be called twice, and others are opened if it goes on."""
        ...


def kept(number: int, newest: int) -> bool:
    """Tell whether a turn is kept when the newest has a number."""
    return number <= FIRST_TURNS or number > newest - LAST_TURNS
