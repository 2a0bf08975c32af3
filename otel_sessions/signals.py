"""Signals: one kind of degradation that a detector saw in a turn.

Severity is in [0, 1]: below 0.5 it informs, from 0.5 it is a warning, from 0.8 critical.
"""

from dataclasses import dataclass
from typing import Literal

WARNING = 0.5
CRITICAL = 0.8

SeverityLabel = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Signal:
    """What a detector says of the newest turn."""

    name: str
    """The detector's name, and the value of the label `signal`."""
    severity: float
    """[0, 1]."""
    explanation: str = ""
    """One short phrase with the figures that decided ("82 % of 128000 tokens"); never user text."""
    cause: str | None = None
    """A value from a small fixed set, where the signal knows its cause."""

    @property
    def label(self) -> SeverityLabel:
        """The severity in words."""
        if self.severity >= CRITICAL:
            return "critical"
        return "warning" if self.severity >= WARNING else "info"


@dataclass(frozen=True, slots=True)
class SessionSignal:
    """A signal with the place where it was seen; what `on_signal` callbacks receive."""

    session_id: str
    turn: int
    """1-based."""
    signal: Signal
