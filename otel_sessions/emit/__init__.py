"""Emitters: how what was found is told to OpenTelemetry.

Each emitter gets the same reports and tells them in its own way: `spans`, `events`, `metrics`.
Adding one: a class that keeps the promises of `Emitter`, its place in `instrumentation.py`, its
line in `tests/emit/test_contract.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from opentelemetry.trace import Span, SpanContext

from otel_sessions.calls import Call
from otel_sessions.sessions import EndReason, IdSource, Outcome
from otel_sessions.signals import SessionSignal


@dataclass(frozen=True, slots=True)
class Labels:
    """What every metric of a session is split by; each has few values."""

    provider: str
    model: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class CallReport:
    """One analysed call."""

    call: Call
    span: Span
    """The call's own span, still open."""
    session_id: str
    source: IdSource
    labels: Labels
    turn: int | None = None
    """1-based; `None` if the call belongs to no turn, or to none yet."""
    number: int | None = None
    """1-based number of the call in its turn."""
    health: float | None = None
    signals: tuple[str, ...] = ()
    """Names, of the turn so far."""
    window: int | None = None
    """Tokens; `None` if nobody knows the model."""
    dropped_messages: int = 0
    shown_tokens: tuple[tuple[str, int], ...] = ()
    """Role and estimated tokens of what the model was shown; empty if unknown."""
    compacted: bool = False
    previous_id: str | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class SignalReport:
    """A signal, when it is first seen in a turn or gets a graver label."""

    found: SessionSignal
    labels: Labels
    context: SpanContext
    """The span of the call in which it was seen."""
    conversation_id: str | None
    """The session's id, if it was stated and not made by us."""


@dataclass(frozen=True, slots=True)
class TurnReport:
    """One turn that is over."""

    session_id: str
    number: int
    labels: Labels
    health: float
    healthy: bool
    duration_s: float
    time_to_first_chunk_s: float | None
    drift: float | None
    """Distance in meaning between request and reply: [0, 2]; `None` if one has no text."""
    context: SpanContext
    """The span of the turn's newest call."""


@dataclass(frozen=True, slots=True)
class StartReport:
    """A session that starts, or goes on after it had ended."""

    session_id: str
    labels: Labels
    source: IdSource
    reopened: bool
    previous_id: str | None
    context: SpanContext


@dataclass(frozen=True, slots=True)
class EndReport:
    """A session that has ended."""

    session_id: str
    labels: Labels
    source: IdSource
    user_id: str | None
    reason: EndReason
    outcome: Outcome
    started_ns: int
    ended_ns: int
    turns: int
    calls: int
    signals: int
    health: float
    healthy: bool
    state_bytes: int
    cost_usd: float | None
    previous_id: str | None
    links: tuple[SpanContext, ...]
    """Spans of its turns, oldest first, at most 64."""


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """What a user thought of a session: 0 is bad, 1 is good."""

    session_id: str
    score: float
    context: SpanContext | None


@dataclass(frozen=True, slots=True)
class JudgementReport:
    """What a judge said of a turn; told by `events` alone, and part of nothing else."""

    session_id: str
    turn: int
    scores: Mapping[str, float]
    """By what was asked: 0 is certainly not, 1 certainly so."""
    model: str
    conversation_id: str | None
    """The session's id, if it was stated and not made by us."""
    context: SpanContext
    """The span of the call whose reply was judged."""


class Emitter(Protocol):
    """Tells reports to OpenTelemetry. What it raises is contained by the caller."""

    def on_call(self, report: CallReport) -> None:
        """Tell of an analysed call; its span ends right after."""
        ...

    def on_signal(self, report: SignalReport) -> None:
        """Tell of a signal."""
        ...

    def on_turn(self, report: TurnReport) -> None:
        """Tell of a turn that is over."""
        ...

    def on_start(self, report: StartReport) -> None:
        """Tell of a session's start."""
        ...

    def on_end(self, report: EndReport) -> None:
        """Tell of a session's end."""
        ...

    def on_feedback(self, report: FeedbackReport) -> None:
        """Tell of a user's verdict."""
        ...


class Silent:
    """An emitter that tells nothing: the base of those that tell only some reports."""

    def on_call(self, report: CallReport) -> None:
        """Tell nothing."""

    def on_signal(self, report: SignalReport) -> None:
        """Tell nothing."""

    def on_turn(self, report: TurnReport) -> None:
        """Tell nothing."""

    def on_start(self, report: StartReport) -> None:
        """Tell nothing."""

    def on_end(self, report: EndReport) -> None:
        """Tell nothing."""

    def on_feedback(self, report: FeedbackReport) -> None:
        """Tell nothing."""
