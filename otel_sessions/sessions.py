"""Sessions: what can be said of a conversation as a whole."""

from dataclasses import dataclass
from typing import Literal

from otel_sessions.signals import SessionSignal

Outcome = Literal["resolved", "unresolved", "escalated", "abandoned", "unknown"]
EndReason = Literal["explicit", "idle", "evicted", "shutdown"]
IdSource = Literal["session", "baggage", "provider", "span", "framework", "lineage", "new"]

END_REASONS: tuple[EndReason, ...] = ("explicit", "idle", "evicted", "shutdown")
OUTCOMES: tuple[Outcome, ...] = ("resolved", "unresolved", "escalated", "abandoned", "unknown")


def stated(source: IdSource) -> bool:
    """Tell whether the application or the provider gave the id, rather than this package."""
    return source not in ("lineage", "new")


@dataclass(frozen=True, slots=True)
class SessionHealth:
    """The state of a session so far."""

    session_id: str
    score: float
    """[0, 1]; 1 is healthy."""
    turns: int
    calls: int
    signals: tuple[SessionSignal, ...] = ()
    """Oldest first; the newest 16 of a session are kept."""
    turns_until_full: float | None = None
    """Forecast of turns until the model's window is full; `None` if it cannot be told."""
    id_source: IdSource = "new"
    """Where the id came from: of all the session's calls the surest."""
