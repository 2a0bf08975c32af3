"""Scripts: conversations written down, with the places where they degrade.

A script says what the user, the model and the application do, and which signals that must give.
Turns are counted from the steps, so a script cannot name a wrong one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from otel_sessions.cli.replies import Failure, Reply

Style = Literal["plain", "streamed", "async", "async streamed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One call that the application makes."""

    user: str | None
    """What the user says before it; `None` if it only retries or reports from tools."""
    reply: Reply | Failure
    results: tuple[str, ...] = ()
    """Results of the tools that the reply before asked for, in their order."""
    forgets: slice | None = None
    """Messages after the system prompt that the application has lost, before the user speaks."""
    leaves_after: int | None = None
    """Chunks after which the application stops to read the stream."""
    shows: tuple[str, ...] = ()
    """Names of the signals that this step must give, as a warning or worse."""


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation of one user with one application."""

    name: str
    system: str
    steps: tuple[Step, ...]
    session_id: str | None = None
    """What the application tells the library; `None` leaves it to find the session by itself."""
    style: Style = "plain"

    @property
    def turns(self) -> int:
        """Number of turns; each begins with something that the user says."""
        return sum(step.user is not None for step in self.steps)

    def expected(self) -> Iterator[tuple[int, str]]:
        """Yield turn and name of each signal that must be found, oldest first."""
        turn = 0
        for step in self.steps:
            turn += step.user is not None
            yield from ((turn, name) for name in step.shows)


def dialogue(*lines: str) -> tuple[Step, ...]:
    """Make steps from what the user and the model say in turn."""
    return tuple(
        Step(user, Reply(model)) for user, model in zip(lines[::2], lines[1::2], strict=True)
    )
