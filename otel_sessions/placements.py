"""Placements: what a call is in its session, once that is worked out."""

from dataclasses import dataclass, field
from typing import Literal

from otel_sessions.sessions import IdSource
from otel_sessions.turns import ContextChange

Part = Literal["turn", "same_turn", "aside", "outside"]
"""What a call is in its session: `turn` opens a turn, `same_turn` goes on with the newest,
`aside` is undecided, `outside` belongs to no turn."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a call belongs."""

    session_id: str
    source: IdSource
    part: Part
    turn_key: int
    change: ContextChange = field(default_factory=ContextChange)
    new_from: int = 0
    """Index of the first message that the session had not yet."""
    request_at: int | None = None
    """Index of the user's newest new message; `None` if there is none."""
    repeated: bool = False
    """The call only sent again what had been sent."""
    previous_id: str | None = None
    """The session from which this one was forked."""
    lost: tuple[int, ...] = ()
    """Turn keys set aside before that turn out to be turns after a lost history."""
    lost_cause: str | None = None
    joined: tuple[int, ...] = ()
    """Turn keys set aside before that turn out to be ordinary turns."""
