"""otel_sessions: observability of LLM sessions by OpenTelemetry.

    import otel_sessions

    otel_sessions.instrument()

From then on every LLM call of the application is understood as a turn of a session, and the
session's health is told by spans, events and metrics while it happens.
"""

from otel_sessions.errors import ConfigError, OtelSessionsError
from otel_sessions.identity import session
from otel_sessions.instrumentation import (
    end_session,
    feedback,
    flush,
    health,
    instrument,
    observe_store,
    on_signal,
    uninstrument,
)
from otel_sessions.sessions import SessionHealth
from otel_sessions.signals import SessionSignal, Signal

__all__ = [
    "ConfigError",
    "OtelSessionsError",
    "SessionHealth",
    "SessionSignal",
    "Signal",
    "end_session",
    "feedback",
    "flush",
    "health",
    "instrument",
    "observe_store",
    "on_signal",
    "session",
    "uninstrument",
]
