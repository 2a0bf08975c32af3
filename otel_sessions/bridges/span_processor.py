"""Span processor: takes the span that another instrumentation makes of a call for ours.

Its span may surround ours, if it wrapped the client after us, or start within, if before. In the
first case it is the current span when our call starts; in the second this processor sees it start.
"""

import logging
from collections.abc import Callable, Collection
from typing import Any

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import Span as AnySpan

from otel_sessions import names
from otel_sessions.adoptions import CallSpan, adopted, is_inference
from otel_sessions.emit.flushing import let_go
from otel_sessions.emit.spans import stated_attributes
from otel_sessions.faults import contained
from otel_sessions.identity import ambient

_LOG = logging.getLogger("otel_sessions")


class AdoptingProcessor(SpanProcessor):
    """Starts the spans of calls, unless somebody else does."""

    def __init__(self, start_own: Callable[..., AnySpan], *, scopes: Collection[str] = ()) -> None:
        """Take what starts a span of our own.

        Args:
            start_own: takes what `start` takes, and `context`.
            scopes: instrumentation scopes of clients, whose spans may say later what they are.

        """
        self._start_own = start_own
        self._scopes = scopes
        self._logged: set[str] = set()
        self._provider: TracerProvider | None = None

    def start(self, *, watched: bool, **known: Any) -> AnySpan:  # noqa: ANN401 - passed on
        """Start the span of a call that starts now, or take another's.

        Args:
            watched: another instrumentation watches the client.
            known: see `emit.spans.start_call_span`.

        """
        around = trace.get_current_span()
        surrounded = is_inference(around) and not adopted(around)
        if not watched and not surrounded:
            return self._start_own(**known)
        current = context.get_current()

        def start_own() -> AnySpan:
            return self._start_own(**known, context=current)

        span = CallSpan(around, stated_attributes(known["ambient"]), start_own)
        if surrounded:
            self._adopt(span, around)
        return span

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Take a span that starts within one of our calls; name the session on any other."""
        with contained("taking a span of others"):
            around = trace.get_current_span(parent_context)
            if isinstance(around, CallSpan) and around.waits and _scope(span) in self._scopes:
                self._adopt(around, span)
            if not is_inference(span) or _scope(span) == names.SCOPE:
                return
            if not isinstance(around, CallSpan):
                span.set_attributes(stated_attributes(ambient()))
            elif around.waits:
                self._adopt(around, span)

    def on_end(self, span: ReadableSpan) -> None:
        """Do nothing."""

    def join(self, provider: trace.TracerProvider) -> None:
        """See the spans of a provider from now on."""
        if isinstance(provider, TracerProvider):
            self._provider = provider
            provider.add_span_processor(self)

    def leave(self) -> None:
        """See them no more."""
        if self._provider is not None:
            let_go(self._provider, self)

    def _adopt(self, span: CallSpan, theirs: AnySpan) -> None:
        span.adopt(theirs)
        scope = span.scope or ""
        if scope not in self._logged:
            self._logged.add(scope)
            _LOG.info("otel_sessions completes the spans of %s and makes none of its own", scope)


def _scope(span: Span) -> str | None:
    scope = span.instrumentation_scope
    return None if scope is None else scope.name
