"""The application's stores, watched without a monitor, and what is told of them as plain data."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_sessions import app_stores
from otel_sessions.observers.options import Options

PREFIX = "llm_session.store.app."
NOTHING_GIVEN = {
    "name": None,
    "key_pattern": None,
    "session_of": None,
    "usage": None,
    "limit_bytes": None,
    "poll_s": 0.1,
}


class Watched:
    """All stores of a process, connected, and their metrics."""

    def __init__(self):
        self._reader = InMemoryMetricReader()
        self.metering = MeterProvider([self._reader])
        self.stores = app_stores.AppStores()
        self.stores.connect(self.metering.get_meter("test"), max_sessions=100)

    def observe(self, client, options=None, **given):
        """Watch a client, as `observe_store` does."""
        wish = app_stores.wish(options=Options(**(options or {})), **(NOTHING_GIVEN | given))
        return self.stores.observe(client, wish)

    def told(self, name, *labels):
        """Give a metric as the values of some labels to a value, or to count and sum."""
        self.stores.drain()
        data = self._reader.get_metrics_data()
        return {
            "/".join(str(point.attributes[label]) for label in labels): (
                point.value if hasattr(point, "value") else (point.count, point.sum)
            )
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == PREFIX + name
            for point in metric.data.data_points
        }

    @property
    def sizes(self):
        """Sum of the sizes that were told; only what is new matters to a test."""
        ((_, total),) = self.told("session.size").values() or [(0, 0)]
        return total

    @property
    def lookups(self):
        """Hits and misses."""
        counted = self.told("lookups", "result")
        return counted.get("hit", 0), counted.get("miss", 0)

    @property
    def operations(self):
        """How often each was done, failed ones by their error."""
        self.stores.drain()
        data = self._reader.get_metrics_data()
        return {
            "/".join(
                str(point.attributes[label])
                for label in ("operation", "error.type")
                if label in point.attributes
            ): point.count
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == PREFIX + "operation.duration"
            for point in metric.data.data_points
        }


@pytest.fixture
def watched():
    watched = Watched()
    yield watched
    watched.stores.disconnect()
    watched.stores.close()
    watched.metering.shutdown()
