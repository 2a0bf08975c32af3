"""Tracks: what the tracker keeps of a session that has not ended, and what it tells of it.

About 1 KiB besides the recent turns, which the store keeps and this only refers to.
"""

import struct
from dataclasses import dataclass, field

from opentelemetry.trace import SpanContext, TraceFlags

from otel_sessions.calls import Call
from otel_sessions.comparisons import similarities
from otel_sessions.emit import EndReport, Labels, SignalReport, StartReport, TurnReport
from otel_sessions.health import SessionScore, healthy, turn_health
from otel_sessions.placements import Placement
from otel_sessions.sessions import EndReason, IdSource, Outcome, SessionHealth, stated
from otel_sessions.signals import SessionSignal, SeverityLabel, Signal
from otel_sessions.turns import Turn, turns_until_full

KEPT_SIGNALS = 16
KEPT_LINKS = 64
_LINK = struct.Struct(">QQQB")
"""Trace id, span id and flags: a seventh of what a span's context takes."""
_HALF = 2**64 - 1

_SUREST: tuple[IdSource, ...] = (
    "session",
    "baggage",
    "provider",
    "span",
    "framework",
    "lineage",
    "new",
)
_GRAVITY: dict[SeverityLabel, int] = {"info": 0, "warning": 1, "critical": 2}


@dataclass(slots=True)
class OpenTurn:
    """The newest turn of a session."""

    number: int = 0
    newest: Turn | None = None
    context: SpanContext | None = None
    """The span of its newest call."""
    signals: dict[str, Signal] = field(default_factory=dict)
    """By name, as judged after the newest call."""
    told: dict[str, int] = field(default_factory=dict)
    """By name, how grave the gravest label was that was told."""
    evaluated: bool = True

    def judge(self, signals: list[Signal]) -> list[Signal]:
        """Take the newest judgement in; give what is to be told of it.

        A later call may mend what an earlier one had, so the newest judgement counts; a signal is
        told when it is first seen and when its label gets graver.
        """
        self.signals = {signal.name: signal for signal in signals}
        graver = [s for s in signals if _GRAVITY[s.label] > self.told.get(s.name, -1)]
        self.told |= {signal.name: _GRAVITY[signal.label] for signal in graver}
        return graver

    @property
    def health(self) -> float:
        """Health of the turn so far: [0, 1]."""
        return turn_health(self.signals.values())

    @property
    def healthy(self) -> bool:
        """Whether the turn is healthy so far."""
        return healthy(self.health)


@dataclass(slots=True)
class Held:
    """A call set aside until what follows decides what it was; its texts are gone already."""

    turn: Turn
    context: SpanContext


@dataclass(slots=True)
class Track:
    """One session that has not ended."""

    session_id: str
    labels: Labels
    """Of its first call, so that what starts and what ends is counted alike."""
    source: IdSource
    user_id: str | None
    started_ns: int
    ended_ns: int
    previous_id: str | None = None
    calls: int = 0
    turns: int = 0
    score: SessionScore = field(default_factory=SessionScore)
    open: OpenTurn = field(default_factory=OpenTurn)
    signals: list[SessionSignal] = field(default_factory=list)
    """The newest `KEPT_SIGNALS`."""
    signal_count: int = 0
    packed_links: bytes = b""
    held: dict[int, Held] = field(default_factory=dict)
    """By turn key."""
    cost_usd: float | None = None
    recent: tuple[Turn, ...] = ()

    def see(self, placement: Placement, call: Call) -> None:
        """Count a call."""
        self.calls += 1
        self.ended_ns = max(self.ended_ns, call.ended_ns)
        self.source = min(self.source, placement.source, key=_SUREST.index)
        self.user_id = self.user_id or call.user_id

    def open_turn(self, number: int, context: SpanContext) -> None:
        """Go on to the next turn."""
        self.open = OpenTurn(number, evaluated=False)
        self.turns = number
        if len(self.packed_links) < KEPT_LINKS * _LINK.size:
            trace_id = context.trace_id
            self.packed_links += _LINK.pack(
                trace_id >> 64, trace_id & _HALF, context.span_id, context.trace_flags
            )

    @property
    def links(self) -> tuple[SpanContext, ...]:
        """Spans of the first `KEPT_LINKS` turns, oldest first."""
        return tuple(
            SpanContext(high << 64 | low, span_id, is_remote=False, trace_flags=TraceFlags(flags))
            for high, low, span_id, flags in _LINK.iter_unpack(self.packed_links)
        )

    def note(self, signal: Signal) -> SessionSignal:
        """Keep a signal of the newest turn."""
        found = SessionSignal(self.session_id, self.open.number, signal)
        self.signals.append(found)
        del self.signals[:-KEPT_SIGNALS]
        self.signal_count += 1
        return found

    def health(self) -> SessionHealth:
        """Say how the session is."""
        return SessionHealth(
            self.session_id,
            self.score.score,
            self.turns,
            self.calls,
            tuple(self.signals),
            turns_until_full(self.recent) if self.recent else None,
            self.source,
        )

    def start_report(self, context: SpanContext, *, reopened: bool) -> StartReport:
        """Report the session's start."""
        return StartReport(
            self.session_id, self.labels, self.source, reopened, self.previous_id, context
        )

    def signal_report(self, found: SessionSignal, context: SpanContext) -> SignalReport:
        """Report a signal that was seen in a call."""
        given = self.session_id if stated(self.source) else None
        return SignalReport(found, self.labels, context, given)

    def turn_report(self) -> TurnReport | None:
        """Report the newest turn, once; `None` after that."""
        opened, turn = self.open, self.open.newest
        if turn is None or opened.context is None or opened.evaluated:
            return None
        opened.evaluated = True
        drift = None
        if turn.request and turn.reply and turn.request.vector and turn.reply.vector:
            drift = max(0.0, 1 - similarities(turn.request, [turn.reply])[0])
        return TurnReport(
            self.session_id,
            opened.number,
            self.labels,
            opened.health,
            opened.healthy,
            turn.duration_s,
            turn.time_to_first_chunk_s,
            drift,
            opened.context,
        )

    def end_report(self, reason: EndReason, outcome: Outcome, chain_bytes: int) -> EndReport:
        """Report the session's end."""
        return EndReport(
            self.session_id,
            self.labels,
            self.source,
            self.user_id,
            reason,
            outcome,
            self.started_ns,
            self.ended_ns,
            self.turns,
            self.calls,
            self.signal_count,
            self.score.score,
            healthy(self.score.score),
            chain_bytes + sum(turn.size_bytes for turn in self.recent),
            self.cost_usd,
            self.previous_id,
            self.links,
        )
