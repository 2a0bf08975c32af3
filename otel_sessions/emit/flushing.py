"""Flushing: who flushes the SDK's traces flushes our queue first.

Serverless functions and tests call `force_flush()` of the tracer provider and then stop or freeze.
Calls that still wait for analysis have spans that have not ended, which the SDK does not know.
Source: OpenTelemetry specification, trace SDK, ForceFlush.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from otel_sessions.faults import contained


class FlushingProcessor(SpanProcessor):
    """A span processor that only takes part in `force_flush`."""

    def __init__(self, provider: TracerProvider, flush: Callable[[float], bool]) -> None:
        """Join a provider.

        Args:
            provider: whose flushes count.
            flush: analyses what waits, in at most the given seconds; tells whether it could.

        """
        self._provider = provider
        self._flush: Callable[[float], bool] | None = flush
        self._inside = threading.local()
        provider.add_span_processor(self)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing."""

    def on_end(self, span: ReadableSpan) -> None:
        """Do nothing."""

    def leave(self) -> None:
        """Take part no more."""
        self._flush = None
        let_go(self._provider, self)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take no part in what this thread flushes."""
        self._inside.flushing = True
        try:
            yield
        finally:
            self._inside.flushing = False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Analyse what waits, then flush again, for processors that came before this one."""
        flush = self._flush
        if flush is None or getattr(self._inside, "flushing", False):
            return True
        with self.aside(), contained("flushing with the SDK"):
            done = flush(timeout_millis / 1000)
            return self._provider.force_flush(timeout_millis) and done
        return False


def let_go(provider: TracerProvider, processor: SpanProcessor) -> None:
    """Take a processor out of a provider; the SDK has no way to, so where it differs, it stays."""
    with contained("leaving a tracer provider"):
        together = provider._active_span_processor  # noqa: SLF001
        with together._lock:  # noqa: SLF001
            kept = (each for each in together._span_processors if each is not processor)  # noqa: SLF001
            together._span_processors = tuple(kept)  # noqa: SLF001
