"""Metrics: counters and histograms, none of them labelled by a session, user or call.

The number of series depends on providers, models, agents and the fixed sets of label values in
`names.py`, never on traffic. Exemplars lead from a metric to a call's span.
"""

from collections.abc import Callable, Iterable

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import (
    CallbackOptions,
    Counter,
    Histogram,
    Meter,
    Observation,
    UpDownCounter,
)
from opentelemetry.trace import NonRecordingSpan, Span
from opentelemetry.util.types import AttributeValue

from otel_sessions import names
from otel_sessions.emit import (
    CallReport,
    EndReport,
    Labels,
    SignalReport,
    Silent,
    StartReport,
    TurnReport,
)
from otel_sessions.names import Metric

Attributes = dict[str, AttributeValue]

_RECORDING_SCOPES = ("opentelemetry.",)
"""Scopes, of the official packages and of OpenLLMetry, that record them; OpenInference does not."""


class Waiting:
    """How many calls wait, for a gauge that outlives a monitor.

    The SDK gives an instrument that exists already, with the callbacks of the first.
    """

    def __init__(self, length: Callable[[], int] = lambda: 0) -> None:
        self.length = length


class MetricEmitter(Silent):
    """Records every metric of the telemetry contract."""

    def __init__(self, meter: Meter, *, waiting: Waiting) -> None:
        def counter(metric: Metric) -> Counter:
            return meter.create_counter(metric.name, metric.unit, metric.description)

        def histogram(metric: Metric) -> Histogram:
            return meter.create_histogram(
                metric.name,
                metric.unit,
                metric.description,
                explicit_bucket_boundaries_advisory=list(metric.bounds),
            )

        def observe_waiting(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(waiting.length())]

        self._operation_duration = histogram(names.OPERATION_DURATION)
        self._first_chunk = histogram(names.OPERATION_TIME_TO_FIRST_CHUNK)
        self._token_usage = histogram(names.TOKEN_USAGE)
        self._started = counter(names.STARTED)
        self._ended = counter(names.ENDED)
        active = names.ACTIVE
        self._active: UpDownCounter = meter.create_up_down_counter(
            active.name, active.unit, active.description
        )
        self._duration = histogram(names.DURATION)
        self._turns = histogram(names.SESSION_TURNS)
        self._health = histogram(names.SESSION_HEALTH)
        self._evaluated = counter(names.TURN_EVALUATED)
        self._turn_health = histogram(names.TURN_HEALTH)
        self._turn_duration = histogram(names.TURN_DURATION)
        self._turn_first_chunk = histogram(names.TURN_TIME_TO_FIRST_CHUNK)
        self._signals = counter(names.SIGNAL_COUNT)
        self._context_tokens = histogram(names.CONTEXT_TOKENS)
        self._utilization = histogram(names.UTILIZATION)
        self._drift = histogram(names.DRIFT)
        self._cost = counter(names.SESSION_COST)
        self._state_size = histogram(names.STATE_SIZE)
        self._store_duration = histogram(names.STORE_DURATION)
        self._pipeline_calls = counter(names.PIPELINE_CALLS)
        self._judge_calls = counter(names.JUDGE_CALLS)
        queue = names.PIPELINE_QUEUE
        meter.create_observable_gauge(queue.name, [observe_waiting], queue.unit, queue.description)

    def on_call(self, report: CallReport) -> None:
        """Record the conventions' metrics of the call, and what it did to the window."""
        labels, context = _labels(report.labels), _under(report.span)
        if not _told_by_owner(report.span):
            self._record_operation(report, labels, context)
        for role, tokens in report.shown_tokens:
            self._context_tokens.record(tokens, {**labels, names.LABEL_ROLE: role}, context)
        used = report.call.reply.usage.input_tokens
        if used is not None and report.window:
            self._utilization.record(used / report.window, labels, context)
        if report.cost_usd is not None:
            self._cost.add(report.cost_usd, labels, context)

    def _record_operation(self, report: CallReport, labels: Attributes, context: Context) -> None:
        call = report.call
        conventional: Attributes = {names.OPERATION_NAME: call.request.operation, **labels}
        if call.reply.model:
            conventional[names.RESPONSE_MODEL] = call.reply.model
        if call.server_address:
            conventional[names.SERVER_ADDRESS] = call.server_address
            if call.server_port:
                conventional[names.SERVER_PORT] = call.server_port
        self._record_usage(report, conventional, context)
        if call.first_chunk_ns is not None:
            first_s = (call.first_chunk_ns - call.started_ns) / 1e9
            self._first_chunk.record(first_s, conventional, context)
        if call.error_type:
            conventional[names.ERROR_TYPE] = call.error_type
        duration_s = (call.ended_ns - call.started_ns) / 1e9
        self._operation_duration.record(duration_s, conventional, context)

    def _record_usage(self, report: CallReport, conventional: Attributes, context: Context) -> None:
        usage = report.call.reply.usage
        for kind, tokens in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            if tokens is not None:
                typed = {**conventional, names.TOKEN_TYPE: kind}
                self._token_usage.record(tokens, typed, context)

    def on_signal(self, report: SignalReport) -> None:
        """Count a signal that warns; what only informs is told by its event."""
        signal = report.found.signal
        if signal.label == "info":
            return
        context = _under(NonRecordingSpan(report.context))
        labels = {
            **_labels(report.labels),
            names.LABEL_SIGNAL: signal.name,
            names.LABEL_SEVERITY: signal.label,
        }
        self._signals.add(1, labels, context)

    def on_turn(self, report: TurnReport) -> None:
        """Record a turn by its place in the conversation."""
        bucket = {names.LABEL_TURN_BUCKET: names.turn_bucket(report.number)}
        labels = {**_labels(report.labels), **bucket}
        healthy = {**labels, names.LABEL_HEALTHY: _flag(report.healthy)}
        context = _under(NonRecordingSpan(report.context))
        self._evaluated.add(1, healthy, context)
        self._turn_health.record(report.health, labels, context)
        self._turn_duration.record(report.duration_s, labels, context)
        if report.time_to_first_chunk_s is not None:
            self._turn_first_chunk.record(report.time_to_first_chunk_s, labels, context)
        if report.drift is not None:
            self._drift.record(report.drift, _labels(report.labels), context)

    def on_start(self, report: StartReport) -> None:
        """Count a session that starts."""
        labels = _labels(report.labels)
        self._started.add(1, {**labels, names.LABEL_REOPENED: _flag(report.reopened)})
        self._active.add(1, labels)

    def on_end(self, report: EndReport) -> None:
        """Record a session that has ended."""
        labels = _labels(report.labels)
        ended = {
            **labels,
            names.LABEL_REASON: report.reason,
            names.LABEL_HEALTHY: _flag(report.healthy),
            names.LABEL_OUTCOME: report.outcome,
        }
        self._ended.add(1, ended)
        self._active.add(-1, labels)
        self._duration.record((report.ended_ns - report.started_ns) / 1e9, labels)
        self._turns.record(report.turns, labels)
        self._health.record(report.health, labels)
        self._state_size.record(report.state_bytes, labels)

    def on_store(self, operation: str, backend: str, duration_s: float, error: str | None) -> None:
        """Record an operation of the session store."""
        labels: Attributes = {names.LABEL_OPERATION: operation, names.LABEL_BACKEND: backend}
        if error:
            labels[names.ERROR_TYPE] = error
        self._store_duration.record(duration_s, labels)

    def count_call(self, result: str) -> None:
        """Count what became of a call in the pipeline."""
        self._pipeline_calls.add(1, {names.LABEL_RESULT: result})

    def count_judged(self, result: str) -> None:
        """Count what became of a turn that was chosen for the judge."""
        self._judge_calls.add(1, {names.LABEL_RESULT: result})


def _labels(labels: Labels) -> Attributes:
    attributes: Attributes = {names.PROVIDER_NAME: labels.provider}
    if labels.model:
        attributes[names.REQUEST_MODEL] = labels.model
    if labels.agent:
        attributes[names.AGENT_NAME] = labels.agent
    return attributes


def _told_by_owner(span: Span) -> bool:
    """Tell whether the span's owner records the conventions' metrics of the call itself."""
    scope: str | None = getattr(span, "scope", None)
    return scope is not None and scope.startswith(_RECORDING_SCOPES)


def _flag(value: bool) -> str:  # noqa: FBT001 - the value is what is written
    return "true" if value else "false"


def _under(span: Span) -> Context:
    """Give the context in which exemplars point to `span`."""
    return trace.set_span_in_context(span, Context())
