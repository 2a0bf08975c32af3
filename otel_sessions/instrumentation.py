"""Instrumentation: `instrument()` and `uninstrument()`; the one part that knows all others."""

import atexit
import hashlib
import logging
import os
import secrets
import threading
import time
import time
import weakref
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Any, Self

from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger
from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]
    BaseInstrumentor,
)
from opentelemetry.trace import Span

from otel_sessions import names
from otel_sessions.config import Config
from otel_sessions.conversations import Conversations
from otel_sessions.detectors import DETECTORS
from otel_sessions.emit.events import EventEmitter
from otel_sessions.emit.metrics import MetricEmitter
from otel_sessions.emit.sdk import flush_sdk, join_flushes, set_up_sdk
from otel_sessions.emit.spans import SpanEmitter, start_call_span
from otel_sessions.errors import ConfigError
from otel_sessions.faults import contained
from otel_sessions.identity import ambient
from otel_sessions.pipeline import Hooks, Observation, Pipeline
from otel_sessions.providers import PROVIDERS, Patch, patch
from otel_sessions.readings import CallReader
from otel_sessions.sessions import OUTCOMES, Outcome, SessionHealth
from otel_sessions.signals import SessionSignal
from otel_sessions.stores import open_store
from otel_sessions.text.embedding import encode
from otel_sessions.tracker import Tracker

_LOG = logging.getLogger("otel_sessions")
_SWEEPS_PER_TIMEOUT = 10
_MAX_SWEEP_INTERVAL_S = 10.0


class Monitor:
    """Everything that runs between `instrument()` and `uninstrument()`; a context manager."""

    def __init__(self, config: Config) -> None:
        """Wire the parts together and patch the clients.

        Raises:
            ConfigError: a provider is unknown, or the store's URL cannot be used.

        """
        self.config = config
        chosen = _chosen(config.providers)
        store = open_store(config.store, max_sessions=config.max_sessions)
        set_up_sdk(os.environ)
        key = _key(config.key)
        instance = f"{os.getpid()}-{secrets.token_hex(4)}"
        version = _version()
        tracer = trace.get_tracer(names.SCOPE, version, schema_url=names.SCHEMA_URL)
        meter = metrics.get_meter(names.SCOPE, version, schema_url=names.SCHEMA_URL)
        logger = get_logger(names.SCOPE, version, schema_url=names.SCHEMA_URL)
        metric_emitter = MetricEmitter(meter, queue_length=lambda: len(self.pipeline))
        self.tracker = Tracker(
            store=store,
            backend=config.store.partition(":")[0],
            conversations=Conversations(key, max_sessions=config.max_sessions, instance=instance),
            reader=CallReader(key, encode, windows=config.windows.get, instance=instance),
            detectors=DETECTORS,
            emitters=(SpanEmitter(tracer), EventEmitter(logger), metric_emitter),
            on_store=metric_emitter.on_store,
            idle_timeout_s=config.idle_timeout_s,
            max_sessions=config.max_sessions,
        )
        self._store = store
        self.pipeline = Pipeline(
            self._analyse,
            count=metric_emitter.count_call,
            queue_size=config.queue_size,
            inline=config.processing == "inline",
            sweep=self.tracker.sweep,
            sweep_interval_s=min(
                _MAX_SWEEP_INTERVAL_S, config.idle_timeout_s / _SWEEPS_PER_TIMEOUT
            ),
        )

        def start_span(**known: Any) -> Span:  # noqa: ANN401 - passed on as it is
            return start_call_span(tracer, **known)

        hooks = Hooks(ambient=ambient, start_span=start_span, submit=self.pipeline.submit)
        self._patches: Sequence[Patch] = [
            patch(provider, hooks) for provider in PROVIDERS if provider.name in chosen
        ]
        self._flushing = join_flushes(self.pipeline.flush)
        _monitors.add(self)
        # Registered after the SDK's own, so that it runs before the SDK shuts down.
        atexit.register(_at_exit)

    def _analyse(self, observation: Observation) -> None:
        self.tracker.track(observation.read(), observation.span)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        # Another may have been started since.
        if _active is self:
            uninstrument()

    def flush(self, timeout_s: float) -> bool:
        """Analyse and export what was accepted; tell whether all of it was in time."""
        left_s = _countdown(timeout_s)
        analysed = self.pipeline.flush(left_s())
        return flush_sdk(left_s) and analysed

    def close(self) -> None:
        """Undo the patches, analyse what was accepted, end the sessions, export. Idempotent."""
        left_s = _countdown(self.config.flush_timeout_s)
        for patched in self._patches:
            with contained("removing a patch"):
                patched.remove()
        self._patches = ()
        self.pipeline.close(left_s())
        with contained("ending the sessions"):
            self.tracker.end_all(timeout_s=left_s())
            self._store.close()
        flush_sdk(left_s)
        if self._flushing is not None:
            self._flushing.leave()
        _monitors.discard(self)
        atexit.unregister(_at_exit)

    def after_fork(self) -> None:
        """Make locks and the worker anew in a forked child."""
        self.tracker.after_fork()
        self.pipeline.after_fork()


_lock = threading.RLock()
_active: Monitor | None = None
_monitors: "weakref.WeakSet[Monitor]" = weakref.WeakSet()


class Disabled:
    """The handle where the SDK is switched off: nothing runs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        """Do nothing."""


def instrument(**settings: Any) -> Monitor | Disabled:  # noqa: ANN401 - Config checks each
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
        _chosen(config.providers)
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            return Disabled()
        _active = Monitor(config)
        return _active


def uninstrument() -> None:
    """Stop watching: undo the patches, finish what was accepted, end the sessions, export.

    Waits at most about `flush_timeout_s`. Without `instrument()` before it does nothing.
    """
    global _active
    with _lock:
        monitor, _active = _active, None
    if monitor is not None:
        monitor.close()


def flush(timeout_s: float = 5.0) -> bool:
    """Wait until what was accepted so far is analysed and exported.

    Args:
        timeout_s: the longest to wait, in seconds.

    Returns:
        Whether all of it was in time; true if nothing is instrumented.

    """
    monitor = _active
    return True if monitor is None else monitor.flush(timeout_s)


def end_session(session_id: str, outcome: Outcome = "unknown") -> None:
    """Say that a session is over, after all its calls so far.

    Args:
        session_id: as given to `session()`; one that is not known is ignored.
        outcome: `resolved`, `unresolved`, `escalated`, `abandoned` or `unknown`.

    Raises:
        ConfigError: the outcome is none of these.

    """
    if outcome not in OUTCOMES:
        message = f"outcome={outcome!r}: must be one of {', '.join(OUTCOMES)}"
        raise ConfigError(message)
    _post(lambda monitor: monitor.tracker.end(str(session_id), outcome))


def feedback(session_id: str, score: float) -> None:
    """Record what a user thought of a session.

    Args:
        session_id: as given to `session()`.
        score: 0.0 (bad) to 1.0 (good).

    Raises:
        ConfigError: the score is not in [0, 1].

    """
    if not 0.0 <= score <= 1.0:
        message = f"score={score!r}: must be between 0.0 and 1.0"
        raise ConfigError(message)
    _post(lambda monitor: monitor.tracker.feedback(str(session_id), score))


def health(session_id: str, *, timeout_s: float = 1.0) -> SessionHealth | None:
    """Tell the state of a session, after all its calls so far.

    Args:
        session_id: as given to `session()`.
        timeout_s: the longest to wait for the analysis of calls that have ended, in seconds.

    Returns:
        The state so far; `None` if the session is not known, has ended, or could not be asked
        in time.

    """
    monitor = _active
    if monitor is None:
        return None
    until_s = time.monotonic() + timeout_s
    monitor.pipeline.flush(timeout_s)
    left_s = max(0.0, until_s - time.monotonic())
    return monitor.tracker.health(str(session_id), timeout_s=left_s)


def on_signal(callback: Callable[[SessionSignal], None]) -> None:
    """Call back for each signal from now on, in the worker thread.

    Args:
        callback: summarise, reset or escalate there; what it raises is logged and costs nothing.

    """
    _post(lambda monitor: monitor.tracker.on_signal(callback))


def _post(action: Callable[[Monitor], None]) -> None:
    monitor = _active
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


def _chosen(given: tuple[str, ...] | None) -> Collection[str]:
    known = sorted({provider.name for provider in PROVIDERS})
    for name in given or ():
        if name not in known:
            message = f"providers: unknown {name!r}: must be one of {', '.join(known)}"
            raise ConfigError(message)
    return known if given is None else given


def _key(given: str | None) -> bytes:
    if given is None:
        return secrets.token_bytes(32)
    return hashlib.blake2b(given.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def _countdown(timeout_s: float) -> Callable[[], float]:
    """Give what is left of a time limit whenever it is asked; never less than 0."""
    end_s = time.monotonic() + timeout_s
    return lambda: max(0.0, end_s - time.monotonic())


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 5 ms, once

    try:
        return version("otel-sessions")
    except PackageNotFoundError:
        return "unknown"


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - a lock held by another thread of the parent stays locked here
    _lock = threading.RLock()
    for monitor in list(_monitors):
        with contained("starting afresh after a fork"):
            monitor.after_fork()


def _at_exit() -> None:
    with contained("finishing at exit"):
        uninstrument()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
