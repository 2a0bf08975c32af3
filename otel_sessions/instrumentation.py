"""Instrumentation: `instrument()`, `uninstrument()` and what else is public of a running monitor.

The only module with state: the one monitor of the process.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from types import TracebackType
from typing import Any, Self

from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]
    BaseInstrumentor,
)

from otel_sessions.app_stores import AppStores, ObservedStore, wish
from otel_sessions.config import Config, misspelt
from otel_sessions.emit.metrics import Waiting
from otel_sessions.faults import contained
from otel_sessions.identity import bounded
from otel_sessions.monitors import Monitor, check
from otel_sessions.observers.options import Options
from otel_sessions.polls import Usage
from otel_sessions.sessions import OUTCOMES, Outcome, SessionHealth
from otel_sessions.signals import SessionSignal
from otel_sessions.terminations import Termination

_LOG = logging.getLogger("otel_sessions")

_lock = threading.RLock()


class Handle:
    """What `instrument()` gives: as a context manager it calls `uninstrument()` at its end."""

    def __init__(self, monitor: Monitor | None, termination: Termination | None = None) -> None:
        """Stand for a monitor, or for none where the SDK is switched off."""
        self.monitor = monitor
        self.termination = termination

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        # Another may have been started since.
        if self is _active:
            uninstrument()


_active: Handle | None = None
_app_stores = AppStores()
_waiting = Waiting()


def instrument(**settings: Any) -> Handle:  # noqa: ANN401 - Config checks each
    """Watch the LLM sessions of this process from now on.

    All installed clients that are known are patched; a second call changes nothing and returns the
    same handle. If no OpenTelemetry SDK is configured, one is, with OTLP exporters and `OTEL_*`.
    `OTEL_SDK_DISABLED=true` makes this a no-op. Takes about 0.1 s.

    Args:
        settings: see `Config`; each can also be set as `OTEL_SESSIONS_<NAME>`.

    Returns:
        A handle; as a context manager it calls `uninstrument()` at its end.

    Raises:
        ConfigError: a setting is unknown, malformed or out of range.

    """
    global _active  # noqa: PLW0603 - one monitor for the process; the only state of its kind
    with _lock:
        if _active is not None:
            return _active
        config = Config.load(os.environ, **settings)
        for variable, meant in misspelt(os.environ).items():
            _LOG.warning("%s is no setting and does nothing: did you mean %s?", variable, meant)
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            check(config)
            return Handle(None)
        monitor = Monitor(config, _app_stores, _waiting)
        _active = Handle(monitor, Termination(_at_exit, config.flush_timeout_s + 1.0))
        # Registered after the SDK's own, so that it runs before the SDK shuts down.
        atexit.register(_at_exit)
        return _active


def uninstrument() -> None:
    """Stop watching: undo the patches, finish what was accepted, end the sessions, export.

    Stores that `observe_store` watches are left alone, too. Waits at most about `flush_timeout_s`.
    Without `instrument()` before it does nothing else.
    """
    global _active
    termination = None if _active is None else _active.termination
    # Before anything is taken away, because a signal may come at any line.
    with nullcontext() if termination is None else termination.leaving():
        with _lock:
            monitor, _active = _running(), None
        if monitor is not None:
            atexit.unregister(_at_exit)
            monitor.close()
        _app_stores.close()


def flush(timeout_s: float = 5.0) -> bool:
    """Wait until what was accepted so far is analysed and exported.

    Args:
        timeout_s: the longest to wait, in seconds.

    Returns:
        Whether all of it was in time; true if nothing is instrumented.

    """
    monitor = _running()
    return True if monitor is None else monitor.flush(timeout_s)


def end_session(session_id: str, outcome: Outcome = "unknown") -> None:
    """Say that a session is over, after all its calls so far.

    Args:
        session_id: as given to `session()`; one that is not known is ignored.
        outcome: `resolved`, `unresolved`, `escalated`, `abandoned` or `unknown`; anything else is
            logged and counts as `unknown`.

    """
    if outcome not in OUTCOMES:
        _LOG.warning("end_session(outcome=%r): must be one of %s", outcome, ", ".join(OUTCOMES))
        outcome = "unknown"
    _post(lambda monitor: monitor.tracker.end(bounded(str(session_id)), outcome))


def feedback(session_id: str, score: float) -> None:
    """Record what a user thought of a session.

    Args:
        session_id: as given to `session()`.
        score: 0.0 (bad) to 1.0 (good); anything else is logged and ignored.

    """
    if not isinstance(score, int | float) or not 0.0 <= score <= 1.0:
        _LOG.warning("feedback(score=%r): must be between 0.0 and 1.0; ignored", score)
        return
    _post(lambda monitor: monitor.tracker.feedback(bounded(str(session_id)), float(score)))


def health(session_id: str, *, timeout_s: float = 1.0) -> SessionHealth | None:
    """Tell the state of a session, after all its calls so far.

    Args:
        session_id: as given to `session()`.
        timeout_s: the longest to wait for the analysis of calls that have ended, in seconds.

    Returns:
        The state so far; `None` if the session is not known, has ended, or could not be asked
        in time.

    """
    monitor = _running()
    return None if monitor is None else monitor.health(bounded(str(session_id)), timeout_s)


def on_signal(callback: Callable[[SessionSignal], None]) -> None:
    """Call back for each signal from now on, in the worker thread.

    Args:
        callback: summarise, reset or escalate there; what it raises is logged and costs nothing.

    """
    _post(lambda monitor: monitor.tracker.on_signal(callback))


def observe_store(
    client: object,
    *,
    name: str | None = None,
    key_pattern: str | None = None,
    session_of: Callable[[str], str | None] | None = None,
    table: str | None = None,
    id_column: str | None = None,
    data_columns: str | Sequence[str] | None = None,
    get: str | None = None,
    set: str | None = None,  # noqa: A002 - the word users know
    delete: str | None = None,
    size_of: Callable[[object], int | None] | None = None,
    usage: Usage | None = None,
    limit_bytes: int | None = None,
    poll_s: float = 10.0,
) -> ObservedStore:
    """Watch the store in which the application keeps its own conversations.

    What its operations give, and what they raise, is unchanged; they take a few microseconds more.
    Of what is stored only sizes are looked at. Told are size and growth of sessions, lookups,
    durations, evictions, how full the store is and when it will be, and `session_lost`, when a
    session that had turns was not found. May be called before or after `instrument()`; a client
    that is watched already stays as it is. `uninstrument()` ends it.

    Args:
        client: of Redis or Valkey (also asynchronous, or of a cluster), an SQLAlchemy engine, or
            any object with a method that gets by key and one that sets by key.
        name: the label `store`; use few different names. Clients of one store share a name.
        key_pattern: where a key has the session's id: `chat:{session_id}`; any other name in braces
            stands for text without a colon. It must be the id that `session()` is given.
        session_of: says instead which session a key belongs to, `None` for none. Without either it
            is the session in whose context the store is used.
        table: of an engine: where sessions are.
        id_column: of an engine: the table's column that has the session's id.
        data_columns: of an engine: its columns that count as the session's size.
        get: of an object: the method that gets, if it is not `get`.
        set: of an object: the method that sets, if it is not `set`.
        delete: of an object: the method that deletes, if it is not `delete`.
        size_of: of an object: gives a value's size in bytes; by default texts and bytes are
            measured, and containers of them estimated.
        usage: gives the bytes that the store uses and may use (`None`: no limit), where it does not
            say so itself; called in a thread of ours.
        limit_bytes: the store's memory limit, if it is another than the store says.
        poll_s: how often the store is asked how full it is, 0.1 to 3600 seconds.

    Returns:
        A handle: `client` is what to use from now on (the same object, except where it can't be
        changed in place), `capacity` says how full the store is, `close()` ends it.

    Raises:
        ConfigError: an argument cannot be used.

    """
    wanted = wish(
        name=name,
        key_pattern=key_pattern,
        session_of=session_of,
        options=Options(table, id_column, data_columns, get, set, delete, size_of),
        usage=usage,
        limit_bytes=limit_bytes,
        poll_s=poll_s,
    )
    return _app_stores.observe(client, wanted)


def running() -> bool:
    """Tell whether `instrument()` is in effect."""
    return _active is not None


def _running() -> Monitor | None:
    return None if _active is None else _active.monitor


def _post(action: Callable[[Monitor], None]) -> None:
    monitor = _running()
    if monitor is None:
        _LOG.debug("otel_sessions is not instrumented; ignored")
        return
    monitor.pipeline.post(lambda: action(monitor))


class SessionsInstrumentor(BaseInstrumentor):  # type: ignore[misc] # the base has no types
    """The entry point for `opentelemetry-instrument`."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Name what must be installed: nothing, since every client is optional."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's signature
        known = {name: value for name, value in kwargs.items() if name in _SETTINGS}
        instrument(**known)

    def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - the base class's
        uninstrument()


_SETTINGS = frozenset(Config.__dataclass_fields__)


def _before_fork() -> None:
    with contained("getting ready for a fork"):
        monitor = _running()
        if monitor is not None:
            monitor.before_fork()


def _after_fork_in_parent() -> None:
    with contained("going on after a fork"):
        monitor = _running()
        if monitor is not None:
            monitor.after_fork_in_parent()


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - a lock held by another thread of the parent stays locked here
    _lock = threading.RLock()
    with contained("starting afresh after a fork"):
        monitor = _running()
        if monitor is not None:
            monitor.after_fork()
    # Last, because until then there is nothing here to finish.
    if _active is not None and _active.termination is not None:
        _active.termination.after_fork()


def _at_exit() -> None:
    with contained("finishing at exit"):
        uninstrument()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork
    )
