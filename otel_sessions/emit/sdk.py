"""SDK: an OpenTelemetry SDK with OTLP export, for applications that have set none up.

Each of traces, metrics and logs is set up only if nobody else did. Everything is configured by the
standard `OTEL_*` variables: exporters by `OTEL_<SIGNAL>_EXPORTER` (default `otlp`), their protocol
by `OTEL_EXPORTER_OTLP_PROTOCOL` (default `http/protobuf`), the rest by the SDK and the exporters
themselves.
Source: OpenTelemetry specification, SDK environment variables.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import _internal as logs_internal
from opentelemetry.metrics import _internal as metrics_internal

from otel_sessions.emit.own_sdk import OwnSdk
from otel_sessions.errors import ConfigError
from otel_sessions.faults import contained

if TYPE_CHECKING:
    from otel_sessions.emit.flushing import FlushingProcessor

_HTTP_URL = re.compile(r"https?://[^/\s:]", re.IGNORECASE)


def set_up_sdk(environ: Mapping[str, str], timeout_s: float) -> OwnSdk:
    """Set up what is missing.

    Args:
        environ: the variables of OpenTelemetry.
        timeout_s: the longest that it takes at the end of the process.

    Returns:
        What was set up.

    Raises:
        ConfigError: an exporter is named that is not installed, or cannot be used as it is set.

    """
    setting_up: list[tuple[Callable[[list[Any]], object], list[Any]]] = []
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        setting_up.append((_set_up_traces, _exporters("traces", environ)))
    # The API has no public name for "nobody has set a provider" of these two.
    if isinstance(metrics.get_meter_provider(), metrics_internal._ProxyMeterProvider):  # noqa: SLF001
        setting_up.append((_set_up_metrics, _exporters("metrics", environ)))
    if isinstance(_logs.get_logger_provider(), logs_internal.ProxyLoggerProvider):
        setting_up.append((_set_up_logs, _exporters("logs", environ)))
    own = OwnSdk(timeout_s)
    for set_up, exporters in setting_up:
        own.add(set_up(exporters), exporters)
    return own


def join_flushes(flush: Callable[[float], bool]) -> "FlushingProcessor | None":
    """Have `flush` called when the application flushes its traces, if its SDK lets us."""
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as below

    from otel_sessions.emit.flushing import FlushingProcessor  # noqa: PLC0415 - it needs the SDK

    provider = trace.get_tracer_provider()
    return FlushingProcessor(provider, flush) if isinstance(provider, TracerProvider) else None


def leave_counted(scope: str) -> None:
    """Leave to the parent, in a forked child, what has been counted in an instrumentation scope.

    The SDK copies its sums into the child, whose exports would count them again. Ours begin anew,
    also in an SDK of the application's; the sums of other scopes are the application's business.
    The SDK has no way to do that, so where it differs, they stay.
    """
    with contained("leaving counted metrics to the parent"):
        consumer = getattr(metrics.get_meter_provider(), "_measurement_consumer", None)
        storages: Mapping[object, Any] = getattr(consumer, "_reader_storages", {})
        for storage in storages.values():
            # Another thread of the parent may hold it for ever.
            storage._lock = threading.RLock()  # noqa: SLF001 - see above
            counted = storage._instrument_view_instrument_matches  # noqa: SLF001
            for instrument in list(counted):
                if instrument.instrumentation_scope.name == scope:
                    del counted[instrument]
        for reader in _readers(metrics.get_meter_provider()) or ():
            if hasattr(reader, "_export_lock"):
                # The parent may be exporting, and here nobody would ever end that.
                reader._export_lock = threading.Lock()  # noqa: SLF001 - see above


def flush_sdk(left_s: Callable[[], float], *, pushed_only: bool = False) -> bool:
    """Export what the SDK holds; tell whether it could, as far as the SDK says.

    Args:
        left_s: gives the seconds that are left for it.
        pushed_only: leave out metrics that are pulled: a reader that is flushed between two pulls
            shows its figures twice, or once too early.

    """
    done = True
    for flushed in (
        _logs.get_logger_provider(),
        trace.get_tracer_provider(),
        *_of_metrics(pushed_only=pushed_only),
    ):
        force_flush: Callable[[int], object] | None = getattr(flushed, "force_flush", None)
        if force_flush is not None:
            with contained("flushing the SDK") as flushing:
                done = _flushed(force_flush, left_s) and done
            done = done and not flushing.failed
    return done


def _flushed(force_flush: Callable[[int], object], left_s: Callable[[], float]) -> bool:
    """Flush one provider in the time that is left; that there was too little is no fault."""
    timeout_ms = int(left_s() * 1000)
    try:
        return timeout_ms > 0 and force_flush(timeout_ms) is not False
    except Exception:
        # The provider of metrics says so by an error that has no class of its own.
        if left_s() > 0:
            raise
        return False


def _of_metrics(*, pushed_only: bool) -> Iterable[object]:
    """Give what is flushed for metrics: the provider, or its readers that export by themselves."""
    provider = metrics.get_meter_provider()
    readers = _readers(provider)
    if not pushed_only or readers is None:
        return (provider,)
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415 - there is an SDK
        PeriodicExportingMetricReader,
    )

    return [each for each in readers if isinstance(each, PeriodicExportingMetricReader)]


def _readers(provider: object) -> Iterable[Any] | None:
    # The SDK has no public name for the readers, and another one before 1.43.
    config = getattr(provider, "_sdk_config", None)
    readers: Iterable[Any] | None = getattr(
        provider, "_metric_readers", getattr(config, "metric_readers", None)
    )
    return readers


def _set_up_traces(exporters: list[Any]) -> object:
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - only if it is missing
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def _set_up_metrics(exporters: list[Any]) -> object:
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - only if it is missing
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
        MetricReader,
        PeriodicExportingMetricReader,
    )

    readers = [
        # That of Prometheus is pulled, and no exporter.
        each if isinstance(each, MetricReader) else PeriodicExportingMetricReader(each)
        for each in exporters
    ]
    provider = MeterProvider(metric_readers=readers, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider


def _set_up_logs(exporters: list[Any]) -> object:
    from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415 - only if it is missing
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: PLC0415

    provider = LoggerProvider(shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    _logs.set_logger_provider(provider)
    return provider


def _exporters(signal: str, environ: Mapping[str, str]) -> list[Any]:
    variable = f"OTEL_{signal.upper()}_EXPORTER"
    chosen = environ.get(variable, "").strip() or "otlp"
    names = [name.strip() for name in chosen.split(",") if name.strip() not in ("", "none")]
    return [_exporter(name, signal, variable, environ) for name in names]


def _exporter(name: str, signal: str, variable: str, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - a class of another package
    entry = _otlp(signal, environ) if name == "otlp" else name
    group = f"opentelemetry_{signal}_exporter"
    found = next(iter(entry_points(group=group, name=entry)), None)
    if found is None:
        known = ", ".join(sorted({point.name for point in entry_points(group=group)}))
        message = f"{variable}={name!r}: no exporter {entry!r} is installed; there are: {known}"
        raise ConfigError(message)
    return found.load()()


def _otlp(signal: str, environ: Mapping[str, str]) -> str:
    """Choose OTLP's exporter by its protocol, and look at where it is to send.

    Raises:
        ConfigError: it would fail at each export, or use another protocol than the one named.

    """
    protocol, variable = _of_otlp(signal, "PROTOCOL", environ)
    if protocol not in ("", "grpc", "http/protobuf"):
        message = f"{variable}={protocol!r}: must be 'http/protobuf' or 'grpc'"
        raise ConfigError(message)
    if protocol == "grpc":
        return "otlp_proto_grpc"
    endpoint, variable = _of_otlp(signal, "ENDPOINT", environ)
    if endpoint and not _HTTP_URL.match(endpoint):
        shown = endpoint.rpartition("@")[2]  # Before that may stand a password.
        message = f"{variable}={shown!r}: must be a URL like 'http://localhost:4318'"
        raise ConfigError(message)
    return "otlp_proto_http"


def _of_otlp(signal: str, what: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Give a setting of OTLP's exporter, empty if it is not set, and the variable that sets it."""
    special, general = f"OTEL_EXPORTER_OTLP_{signal.upper()}_{what}", f"OTEL_EXPORTER_OTLP_{what}"
    for variable in (special, general):
        if value := environ.get(variable, "").strip():
            return value, variable
    return "", general
