"""Monitors: all parts wired together, from the patched clients to the emitters."""

import hashlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger
from opentelemetry.trace import Span

from otel_sessions import names
from otel_sessions.adoptions import CallSpan
from otel_sessions.app_stores import AppStores
from otel_sessions.bridges.genai_hook import HOOK, check_next
from otel_sessions.bridges.instrumentors import Instrumentors
from otel_sessions.config import PREFIX, Config
from otel_sessions.conversations import Conversations
from otel_sessions.emit import Emitter
from otel_sessions.emit.events import EventEmitter
from otel_sessions.emit.metrics import MetricEmitter, Waiting
from otel_sessions.emit.own_sdk import in_time
from otel_sessions.emit.sdk import flush_sdk, join_flushes, leave_counted, set_up_sdk
from otel_sessions.emit.spans import SpanEmitter, start_call_span
from otel_sessions.errors import ConfigError
from otel_sessions.executors import Carrier
from otel_sessions.faults import contained
from otel_sessions.identity import ambient
from otel_sessions.judges import open_judge
from otel_sessions.notes import Notes
from otel_sessions.pipeline import Hooks, Observation, Pipeline
from otel_sessions.plugins import load_detectors, load_encoder
from otel_sessions.providers import PROVIDERS, Patch, Provider, carry_call, patch
from otel_sessions.readings import CallReader
from otel_sessions.sessions import SessionHealth
from otel_sessions.stores import open_store
from otel_sessions.tracker import Tracker

_LOG = logging.getLogger("otel_sessions")
_SWEEPS_PER_TIMEOUT = 10
_MAX_SWEEP_INTERVAL_S = 10.0
_SWEEPS_PER_TELLING = 3
_ANALYSIS_SHARE = 2 / 3
"""Of the time at the end of the process: the most that the analysis takes of it, so that there is
some left to export what has been analysed."""
_EXPORT_TIMEOUT_S = 30.0
"""Of an export for the sake of ends, as far as the SDK keeps to it."""


class Monitor:
    """Everything that runs between `instrument()` and `uninstrument()`."""

    def __init__(self, config: Config, app_stores: AppStores, waiting: Waiting) -> None:
        """Wire the parts together and patch the clients.

        Args:
            config: every setting.
            app_stores: the application's own stores that are observed, now or later.
            waiting: what the gauge of waiting calls asks.

        Raises:
            ConfigError: a provider or hook is unknown, or a plug-in or the store cannot be used.

        """
        self.config = config
        chosen = _chosen_providers(config.providers)
        check_next(config.completion_hook)
        detectors = load_detectors(config)
        encode = load_encoder(config)
        key = _key(config.key)
        store = open_store(
            config.store,
            max_sessions=config.max_sessions,
            key=key,
            tenant=config.tenant,
            ttl_s=max(config.store_ttl_s, 2 * config.idle_timeout_s),
        )
        if store.shared and config.key is None:
            _LOG.warning(
                "otel_sessions: no key is set, so what this process keeps in the store can be read "
                "by no other, nor after a restart: set %sKEY to the same secret everywhere",
                PREFIX,
            )
        self._sdk = set_up_sdk(os.environ, config.flush_timeout_s)
        instance = _instance()
        scope, schema = (names.SCOPE, _version()), names.SCHEMA_URL
        tracer = trace.get_tracer(*scope, schema_url=schema)
        meter = metrics.get_meter(*scope, schema_url=schema)
        logger = get_logger(*scope, schema_url=schema)
        waiting.length = lambda: len(self.pipeline)
        metric_emitter = MetricEmitter(meter, waiting=waiting)
        event_emitter = EventEmitter(logger)
        emitters: list[Emitter] = [SpanEmitter(tracer), event_emitter, metric_emitter]
        self._judge = open_judge(
            config, key, tell=event_emitter.on_judgement, count=metric_emitter.count_judged
        )
        if self._judge is not None:
            emitters.append(self._judge)
        app_stores.connect(meter, max_sessions=config.max_sessions)
        emitters.append(app_stores)
        self._app_stores = app_stores
        sweep_interval_s = min(_MAX_SWEEP_INTERVAL_S, config.idle_timeout_s / _SWEEPS_PER_TIMEOUT)
        self.tracker = Tracker(
            store=store,
            backend=config.store.partition(":")[0],
            conversations=Conversations(
                key,
                max_sessions=config.max_sessions,
                instance=instance,
                started_s=time.time(),
                expiry_s=config.idle_timeout_s,
            ),
            reader=CallReader(key, encode, windows=config.windows.get, instance=instance),
            detectors=detectors,
            emitters=emitters,
            on_store=metric_emitter.on_store,
            lost=app_stores.lost,
            idle_timeout_s=config.idle_timeout_s,
            max_sessions=config.max_sessions,
            notes=Notes(key) if store.shared else None,
            export=self._export,
            ends_every_s=_SWEEPS_PER_TELLING * sweep_interval_s,
        )
        self._store = store
        self.pipeline = Pipeline(
            self._analyse,
            count=metric_emitter.count_call,
            queue_size=config.queue_size,
            inline=config.processing == "inline",
            sweep=self._sweep,
            sweep_interval_s=sweep_interval_s,
        )

        # The SDK is loaded by now, and not before: a third of the time of importing us.
        from otel_sessions.bridges.span_processor import AdoptingProcessor  # noqa: PLC0415

        self._adopting = adopting = AdoptingProcessor(
            partial(start_call_span, tracer),
            scopes=frozenset(filter(None, (provider.own_scope for provider in PROVIDERS))),
        )
        adopting.join(trace.get_tracer_provider())
        self._others = others = Instrumentors(ours="otel_sessions.instrumentation")

        def hooks(provider: Provider) -> Hooks:
            client = provider.client

            def start_span(**known: Any) -> Span:  # noqa: ANN401 - passed on as it is
                watched = provider.own_scope is not None or others.watch(client)
                return adopting.start(watched=watched, **known)

            return Hooks(ambient=ambient, start_span=start_span, submit=self.pipeline.submit)

        self._patches: Sequence[Patch] = [
            patch(provider, hooks(provider)) for provider in PROVIDERS if provider.name in chosen
        ]
        others.guard(self._patches)
        self._carrier = Carrier(carry_call)
        HOOK.connect(self.pipeline.submit, config.completion_hook)
        self._flushing = join_flushes(self.pipeline.flush)

    def _analyse(self, observation: Observation) -> None:
        span = observation.span
        if isinstance(span, CallSpan):
            span.settle()
        self.tracker.track(observation.read(), span)

    def _sweep(self) -> None:
        self.tracker.sweep()
        self.tracker.ends.beat()

    def _export(self) -> bool:
        """Export what was told so far, in a thread that nobody waits for."""
        # What waits for analysis is no matter of ours here.
        with self._flushing.aside() if self._flushing else nullcontext():
            return flush_sdk(_countdown(_EXPORT_TIMEOUT_S), pushed_only=True)

    def flush(self, timeout_s: float) -> bool:
        """Analyse and export what was accepted; tell whether all of it was in time."""
        left_s = _countdown(timeout_s)
        analysed = self.pipeline.flush(left_s())
        with contained("taking in what was done with a store"):
            self._app_stores.drain()
        # The rest of the time is for the export, however slow the judge is.
        judged = self._judge is None or self._judge.flush(left_s() / 2)
        exported = self.tracker.ends.finish(lambda: _export_in_time(left_s), left_s() / 2)
        return exported and analysed and judged

    def health(self, session_id: str, timeout_s: float) -> SessionHealth | None:
        """Tell the state of a session after all that was accepted; `None` if not in time."""
        left_s = _countdown(timeout_s)
        self.pipeline.flush(left_s())
        return self.tracker.health(session_id, timeout_s=left_s())

    def close(self) -> None:
        """Undo the patches, analyse what was accepted, end the sessions, export. Idempotent."""
        left_s = _countdown(self.config.flush_timeout_s)
        self._others.leave()
        self._carrier.remove()
        for patched in self._patches:
            with contained("removing a patch"):
                patched.remove()
        self._patches = ()
        HOOK.disconnect()
        self._adopting.leave()
        self.pipeline.close(_ANALYSIS_SHARE * left_s())
        with contained("ending the sessions"):
            self.tracker.end_all(timeout_s=left_s())
        with contained("leaving the application's stores"):
            self._app_stores.disconnect(left_s())
        if self._judge is not None:
            with contained("closing the judge"):
                self._judge.close(left_s() / 2)
        self.tracker.ends.finish(lambda: _export_in_time(left_s), left_s() / 2)
        self._sdk.leave(left_s())
        with contained("closing the store"):
            self._store.close()
        if self._flushing is not None:
            self._flushing.leave()

    def before_fork(self) -> None:
        """Let no lock be held by a thread that the child will not have."""
        self.pipeline.before_fork()
        self.tracker.ends.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        self.tracker.ends.after_fork_in_parent()
        self.pipeline.after_fork_in_parent()

    def after_fork(self) -> None:
        """Make locks and the worker anew in a forked child."""
        leave_counted(names.SCOPE)
        self.tracker.after_fork(_instance())
        self.pipeline.after_fork()
        self._app_stores.after_fork()
        if self._judge is not None:
            self._judge.after_fork()


def check(config: Config) -> None:
    """Find the mistakes that can be found without starting anything.

    Raises:
        ConfigError: as `Monitor` does; the encoder is not tried, because some take long to load.

    """
    _chosen_providers(config.providers)
    check_next(config.completion_hook)
    load_detectors(config)


def _chosen_providers(given: tuple[str, ...] | None) -> Collection[str]:
    """Give the providers to instrument, all of them by default.

    Raises:
        ConfigError: one of them is unknown.

    """
    known = sorted({provider.name for provider in PROVIDERS})
    for name in given or ():
        if name not in known:
            message = f"providers: unknown {name!r}: must be one of {', '.join(known)}"
            raise ConfigError(message)
    return known if given is None else given


def _instance() -> str:
    """Name this process: what stands before the colon is the machine or container."""
    return f"{socket.gethostname()}:{os.getpid()}-{secrets.token_hex(4)}"


def _key(given: str | None) -> bytes:
    if given is None:
        return secrets.token_bytes(32)
    return hashlib.blake2b(given.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def _countdown(timeout_s: float) -> Callable[[], float]:
    """Give what is left of a time limit whenever it is asked; never less than 0."""
    end_s = time.monotonic() + timeout_s
    return lambda: max(0.0, end_s - time.monotonic())


def _export_in_time(left_s: Callable[[], float]) -> bool:
    """Export, and wait no longer than that, because exporters have time limits of their own."""
    return in_time(lambda: flush_sdk(left_s), left_s())


def _version() -> str:
    try:
        return version("otel-sessions")
    except PackageNotFoundError:
        return "unknown"
