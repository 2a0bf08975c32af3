"""App stores: metrics of the store in which the application keeps its own conversations.

Ours, which holds features, is `llm_session.store.operation.duration` in `metrics`. What is told
here is labelled by the store's name and backend only. How full a store is, is told when metrics are
collected, from what was measured last.
"""

from collections.abc import Callable, Iterable, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.trace import NonRecordingSpan, SpanContext

from otel_sessions import names
from otel_sessions.capacities import Capacity, Place
from otel_sessions.names import Metric


class AppStoreEmitter:
    """Records `llm_session.store.app.*`."""

    def __init__(self, meter: Meter, *, capacities: Callable[[], Sequence[Capacity]]) -> None:
        """Make the instruments.

        Args:
            meter: records.
            capacities: gives what was measured last, one of each store; called when metrics are
                collected, so it must not wait.

        """

        def histogram(metric: Metric) -> Histogram:
            return meter.create_histogram(
                metric.name,
                metric.unit,
                metric.description,
                explicit_bucket_boundaries_advisory=list(metric.bounds),
            )

        def telling(
            figure: Callable[[Capacity], float | None],
        ) -> list[Callable[[CallbackOptions], Iterable[Observation]]]:
            def tell(_: CallbackOptions) -> Iterable[Observation]:
                told = ((capacity.place, figure(capacity)) for capacity in capacities())
                return [Observation(each, _labels(at)) for at, each in told if each is not None]

            return [tell]

        def gauge(metric: Metric, figure: Callable[[Capacity], float | None]) -> None:
            name, unit, description = metric.name, metric.unit, metric.description
            meter.create_observable_gauge(name, telling(figure), unit, description)

        self._duration = histogram(names.APP_STORE_DURATION)
        self._size = histogram(names.APP_STORE_SIZE)
        self._growth = histogram(names.APP_STORE_GROWTH)
        lookups, lost = names.APP_STORE_LOOKUPS, names.APP_STORE_LOST
        self._lookups = meter.create_counter(lookups.name, lookups.unit, lookups.description)
        self._lost = meter.create_counter(lost.name, lost.unit, lost.description)
        gauge(names.APP_STORE_USED, lambda capacity: capacity.used_bytes)
        gauge(names.APP_STORE_LIMIT, lambda capacity: capacity.limit_bytes)
        gauge(names.APP_STORE_UTILIZATION, lambda capacity: capacity.utilization)
        gauge(names.APP_STORE_TIME_TO_FULL, lambda capacity: capacity.full_in_s)
        evicted = names.APP_STORE_EVICTIONS
        meter.create_observable_counter(
            evicted.name,
            telling(lambda capacity: capacity.evictions),
            evicted.unit,
            evicted.description,
        )

    def on_operation(
        self, place: Place, operation: str, duration_s: float, error: str | None
    ) -> None:
        """Record how long an operation took; `error` is the class of what was raised."""
        labels = {**_labels(place), names.LABEL_OPERATION: operation}
        if error:
            labels[names.ERROR_TYPE] = error
        self._duration.record(duration_s, labels)

    def on_lookup(self, place: Place, *, found: bool) -> None:
        """Count whether a session was found."""
        result = "hit" if found else "miss"
        self._lookups.add(1, {**_labels(place), names.LABEL_RESULT: result})

    def on_size(self, place: Place, size_bytes: int) -> None:
        """Record how large a session is."""
        self._size.record(size_bytes, _labels(place))

    def on_growth(self, place: Place, grown_bytes: int, span: SpanContext) -> None:
        """Record what was added to a session since its turn before; `span` is the turn's."""
        self._growth.record(max(0, grown_bytes), _labels(place), _under(span))

    def on_lost(self, place: Place, cause: str, span: SpanContext) -> None:
        """Count a session that had turns and is gone; `span` is that of the call that followed."""
        self._lost.add(1, {**_labels(place), names.LABEL_CAUSE: cause}, _under(span))


def _labels(place: Place) -> dict[str, str]:
    return {names.LABEL_STORE: place.name, names.LABEL_BACKEND: place.backend}


def _under(span: SpanContext) -> Context:
    """Give the context in which exemplars point to `span`."""
    return trace.set_span_in_context(NonRecordingSpan(span), Context())
