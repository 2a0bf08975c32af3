"""Observations: what an operator sees of sessions, read from nothing but the telemetry.

The commands judge the library by the spans and events that leave it, not by its insides. Spans
and events are folded as they come, so memory grows with sessions and signals, not with calls.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_sessions import names


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from: which script or recording, and which call of it."""

    name: str
    index: int
    """0-based."""


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A call whose span has ended."""

    origin: Origin
    session_id: str
    turn: int | None
    """1-based; `None` on side calls."""


@dataclass(slots=True)
class SessionSeen:
    """What the telemetry says of one session."""

    session_id: str
    origins: Counter[str] = field(default_factory=Counter)
    """Number of calls by the name of their origin."""
    calls: int = 0
    turns: int = 0
    health: float | None = None
    """[0, 1]; `None` until a span tells it."""
    id_source: str | None = None
    signals: dict[tuple[int, str], float] = field(default_factory=dict)
    """Highest severity by turn and signal."""
    ended: bool = False
    """Its own span has come; its figures stand from then on."""

    @property
    def origin(self) -> str:
        """Name of the origin that most of its calls come from; empty if none is known."""
        return next((name for name, _ in self.origins.most_common(1)), "")

    def signal_list(self) -> list[dict[str, object]]:
        """Return the signals in order of turns, as the commands print them."""
        return [
            {"turn": turn, "signal": signal, "severity": round(severity, 3)}
            for (turn, signal), severity in sorted(self.signals.items())
        ]


class Observer(SpanProcessor, LogRecordProcessor):
    """Folds spans and events into sessions; safe with many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._origins: dict[int, Origin] = {}
        self._sessions: dict[str, SessionSeen] = {}
        self._calls: list[CallSeen] = []

    def expect(self, trace_id: int, origin: Origin) -> None:
        """Remember where the call in this trace comes from."""
        with self._lock:
            self._origins[trace_id] = origin

    def sessions(self) -> list[SessionSeen]:
        """Return copies of all sessions, in the order in which they were first seen."""
        with self._lock:
            return [
                replace(seen, origins=Counter(seen.origins), signals=dict(seen.signals))
                for seen in self._sessions.values()
            ]

    def calls(self) -> list[CallSeen]:
        """Return all calls, in the order in which their spans ended."""
        with self._lock:
            return list(self._calls)

    def on_end(self, span: ReadableSpan) -> None:
        """Read a span of a call or of a session; others say nothing of sessions."""
        scope, attributes = span.instrumentation_scope, span.attributes or {}
        session_id = attributes.get(names.SESSION_ID)
        if not isinstance(session_id, str) or scope is None or scope.name != names.SCOPE:
            return
        with self._lock:
            seen = self._session(session_id)
            if span.name == names.SESSION_SPAN:
                _read_session_span(seen, attributes)
            else:
                origin = self._origins.pop(span.context.trace_id if span.context else 0, None)
                self._read_call_span(seen, origin, attributes)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Read the event of a signal."""
        record = log_record.log_record
        attributes: Mapping[str, object] = record.attributes or {}
        session_id, turn, name, severity = (
            attributes.get(key)
            for key in (names.SESSION_ID, names.TURN, names.EVALUATION_NAME, names.EVALUATION_SCORE)
        )
        if record.event_name != names.EVENT_EVALUATION or name == names.FEEDBACK:
            return
        if isinstance(session_id, str) and isinstance(turn, int) and isinstance(severity, float):
            with self._lock:
                signals = self._session(session_id).signals
                place = turn, str(name)
                signals[place] = max(severity, signals.get(place, 0.0))

    def shutdown(self) -> None:
        """Have nothing to close."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the base's name
        """Have nothing that waits."""
        return True

    def _session(self, session_id: str) -> SessionSeen:
        return self._sessions.setdefault(session_id, SessionSeen(session_id))

    def _read_call_span(
        self, seen: SessionSeen, origin: Origin | None, attributes: Mapping[str, object]
    ) -> None:
        turn = attributes.get(names.TURN)
        turn = turn if isinstance(turn, int) else None
        if origin:
            seen.origins[origin.name] += 1
            self._calls.append(CallSeen(origin, seen.session_id, turn))
        if not seen.ended:
            seen.calls += 1
            seen.turns = max(seen.turns, turn or 0)
            _read_verdict(seen, attributes)


def _read_session_span(seen: SessionSeen, attributes: Mapping[str, object]) -> None:
    seen.ended = True
    _read_verdict(seen, attributes)
    turns, calls = attributes.get(names.TURNS), attributes.get(names.CALLS)
    seen.turns = turns if isinstance(turns, int) else seen.turns
    seen.calls = calls if isinstance(calls, int) else seen.calls


def _read_verdict(seen: SessionSeen, attributes: Mapping[str, object]) -> None:
    health, source = attributes.get(names.HEALTH), attributes.get(names.ID_SOURCE)
    seen.health = float(health) if isinstance(health, float | int) else seen.health
    # The first call of a session without an id says `new`; the calls that follow know better.
    seen.id_source = source if isinstance(source, str) else seen.id_source


def joined(sessions: list[SessionSeen]) -> list[SessionSeen]:
    """Return the sessions that hold calls of more than one origin."""
    return [seen for seen in sessions if len(seen.origins) > 1]


def by_origin(sessions: list[SessionSeen]) -> dict[str, list[SessionSeen]]:
    """Group sessions by their origin, the one with most calls first."""
    ordered = sorted(sessions, key=lambda seen: (seen.origin, -sum(seen.origins.values())))
    return {name: list(group) for name, group in itertools.groupby(ordered, lambda s: s.origin)}
