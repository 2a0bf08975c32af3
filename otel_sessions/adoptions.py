"""Adoptions: the span of a call that another instrumentation makes and ends, completed by us.

There is never a second span for one call: where another GenAI instrumentation is at work, its span
is taken for ours. Its owner ends it as soon as the call is over and we complete it later, in the
worker, so the end waits for both and keeps its true time.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from opentelemetry.trace import Span, SpanContext, Status, StatusCode
from opentelemetry.util.types import Attributes, AttributeValue

from otel_sessions import clocks, names

INFERENCE = {
    names.OPERATION_NAME: ("chat", "text_completion", "generate_content"),
    names.OPENINFERENCE_SPAN_KIND: ("LLM",),
    names.LLM_REQUEST_TYPE: ("chat", "completion"),
}
"""What tells an inference span, by convention: OpenTelemetry's, OpenInference's, OpenLLMetry's."""


def is_inference(span: Span) -> bool:
    """Tell whether a span is another instrumentation's span of one inference, not yet ended."""
    attributes = getattr(span, "attributes", None)
    if not isinstance(attributes, Mapping) or isinstance(span, CallSpan) or not span.is_recording():
        return False
    return any(attributes.get(name) in values for name, values in INFERENCE.items())


def adopted(span: Span) -> bool:
    """Tell whether a span has been taken for the span of a call that we observe."""
    return isinstance(getattr(getattr(span, "end", None), "__self__", None), _Ending)


class CallSpan(Span):
    """The span of one call, made by somebody else, or by us if nobody else makes one.

    Until it is known whose it is, children take the surrounding span for their parent.
    """

    def __init__(self, around: Span, known: Attributes, start_own: Callable[[], Span]) -> None:
        """Wait for a span.

        Args:
            around: the span that is current when the call starts.
            known: attributes of ours that are known by then.
            start_own: starts a span of our own, with the true start time.

        """
        self._around = around
        self._known = known
        self._start_own = start_own
        self._target: Span | None = None
        self._ending: _Ending | None = None

    @property
    def waits(self) -> bool:
        """Whether it is still open whose span it will be."""
        return self._target is None

    @property
    def scope(self) -> str | None:
        """Name of the instrumentation scope whose span it is; `None` if it is ours."""
        if self._ending is None:
            return None
        return str(getattr(getattr(self._target, "instrumentation_scope", None), "name", ""))

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """What is on the span so far."""
        return getattr(self._target, "attributes", None) or {}

    def adopt(self, span: Span) -> None:
        """Take another's span."""
        if self._target is None:
            self._target, self._ending = span, _Ending(span)
            span.set_attributes(dict(self._known or {}))

    def settle(self) -> Span:
        """Start a span of our own if nobody made one; call it once the call is over."""
        if self._target is None:
            self._target = self._start_own()
        return self._target

    def get_span_context(self) -> SpanContext:
        """Return the context of the span, or of what surrounds it while that is open."""
        return (self._target or self._around).get_span_context()

    def is_recording(self) -> bool:
        """Tell whether attributes still count."""
        return self.settle().is_recording()

    def end(self, end_time: int | None = None) -> None:
        """Say that it is complete; another's span ends when its owner has ended it, too."""
        target = self.settle()
        if self._ending is None:
            target.end(end_time)
        else:
            self._ending.complete()

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Set attributes."""
        self.settle().set_attributes(attributes)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set an attribute."""
        self.settle().set_attribute(key, value)

    def add_event(
        self, name: str, attributes: Attributes = None, timestamp: int | None = None
    ) -> None:
        """Add an event."""
        self.settle().add_event(name, attributes, timestamp)

    def update_name(self, name: str) -> None:
        """Change the name."""
        self.settle().update_name(name)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status."""
        self.settle().set_status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: FBT001, FBT002 - the interface's
    ) -> None:
        """Record an exception."""
        self.settle().record_exception(exception, attributes, timestamp, escaped)


class _Ending:
    """Ends a span once its owner has ended it and we have completed it."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._end = span.end
        self._lock = threading.Lock()
        self._ended_ns: int | None = None
        self._completed = False
        # Spans of the SDK are plain objects: an attribute of the instance hides the method.
        span.end = self.by_owner  # type: ignore[method-assign]

    def by_owner(self, end_time: int | None = None) -> None:
        """Stand in for the span's `end`."""
        with self._lock:
            if self._ended_ns is None:
                self._ended_ns = clocks.now_ns() if end_time is None else end_time
            ready = self._completed
        if ready:
            self._finish(self._ended_ns)

    def complete(self) -> None:
        """Let the span end as soon as its owner has ended it."""
        with self._lock:
            first, self._completed = not self._completed, True
            ended_ns = self._ended_ns
        if first and ended_ns is not None:
            self._finish(ended_ns)

    def _finish(self, ended_ns: int) -> None:
        self._end(ended_ns)
        with suppress(AttributeError):  # Gone already if its owner ends it twice.
            del self._span.end
