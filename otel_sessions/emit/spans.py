"""Spans: one for each call, and one for each session, made at its end.

A call's span carries the names of the GenAI conventions, so that it stands beside those of the
official packages. No text of a user and no text of an error is ever an attribute. What is unknown
is absent.
"""

from collections.abc import Iterator, Mapping

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from otel_sessions import names
from otel_sessions.adoptions import CallSpan
from otel_sessions.calls import Call
from otel_sessions.emit import CallReport, EndReport, Silent
from otel_sessions.identity import Ambient
from otel_sessions.sessions import stated


def start_call_span(
    tracer: Tracer,
    *,
    provider: str,
    operation: str,
    model: str | None,
    stream: bool,
    ambient: Ambient,
    server_address: str | None,
    server_port: int | None,
    context: Context | None = None,
    started_ns: int | None = None,
) -> Span:
    """Start the span of a call with all that is known before it is made.

    Args:
        tracer: makes the span.
        provider: as the conventions name it.
        operation: as the conventions name it.
        model: that is asked for.
        stream: the reply is to come in chunks.
        ambient: whose call it is.
        server_address: host of the provider.
        server_port: only told with the host.
        context: of the parent, if it is not the current one.
        started_ns: Unix time of the start, if it is not now.

    """
    attributes: dict[str, AttributeValue] = {
        names.OPERATION_NAME: operation,
        names.PROVIDER_NAME: provider,
    }
    if model:
        attributes[names.REQUEST_MODEL] = model
    if stream:
        attributes[names.REQUEST_STREAM] = True
    if server_address:
        attributes[names.SERVER_ADDRESS] = server_address
        if server_port:
            attributes[names.SERVER_PORT] = server_port
    attributes |= stated_attributes(ambient)
    name = f"{operation} {model}" if model else operation
    return tracer.start_span(
        name, context, kind=SpanKind.CLIENT, attributes=attributes, start_time=started_ns
    )


def stated_attributes(ambient: Ambient) -> dict[str, AttributeValue]:
    """Give what is stated about whose call it is, for the span of whoever makes it."""
    attributes: dict[str, AttributeValue] = {}
    if ambient.given is not None:
        attributes[names.SESSION_ID] = ambient.given.value
        attributes[names.CONVERSATION_ID] = ambient.given.value
    if ambient.user_id:
        attributes[names.USER_ID] = ambient.user_id
    if ambient.agent:
        attributes[names.AGENT_NAME] = ambient.agent
    return attributes


class SpanEmitter(Silent):
    """Completes the spans of calls; makes those of sessions."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def on_call(self, report: CallReport) -> None:
        """Complete the call's span; the pipeline ends it."""
        span = report.span
        if not span.is_recording():
            return
        if isinstance(span, CallSpan) and span.scope is not None:
            # What the call was, its owner says; what it left out, or empty, we do.
            told = [name for name, value in span.attributes.items() if value != ""]
            left_out = {**_of_call(report.call), **dict.fromkeys(told)}
            span.set_attributes(dict(_present({**left_out, **_of_session(report)})))
            return
        span.set_attributes(dict(_present({**_of_call(report.call), **_of_session(report)})))
        if report.call.outcome == "failed":
            span.set_status(Status(StatusCode.ERROR))

    def on_end(self, report: EndReport) -> None:
        """Make the session's span, from its first call to its last."""
        attributes: dict[str, AttributeValue | None] = {
            names.SESSION_ID: report.session_id,
            names.CONVERSATION_ID: report.session_id if stated(report.source) else None,
            names.SESSION_PREVIOUS_ID: report.previous_id,
            names.ID_SOURCE: report.source,
            names.USER_ID: report.user_id,
            names.PROVIDER_NAME: report.labels.provider,
            names.REQUEST_MODEL: report.labels.model,
            names.AGENT_NAME: report.labels.agent,
            names.END_REASON: report.reason,
            names.OUTCOME: report.outcome,
            names.TURNS: report.turns,
            names.CALLS: report.calls,
            names.SIGNALS_TOTAL: report.signals,
            names.HEALTH: report.health,
            names.COST: report.cost_usd,
        }
        # A context of its own: in inline mode a span of the application is the active one here.
        span = self._tracer.start_span(
            names.SESSION_SPAN,
            context=Context(),
            attributes=dict(_present(attributes)),
            links=[Link(context) for context in report.links],
            start_time=report.started_ns,
        )
        span.end(report.ended_ns)


def _of_call(call: Call) -> dict[str, AttributeValue | None]:
    request, reply, usage = call.request, call.reply, call.reply.usage
    first_chunk_s = None
    if call.first_chunk_ns is not None:
        first_chunk_s = (call.first_chunk_ns - call.started_ns) / 1e9
    return {
        names.PROVIDER_NAME: reply.provider,
        names.REQUEST_CHOICE_COUNT: request.choice_count,
        names.REQUEST_FREQUENCY_PENALTY: request.frequency_penalty,
        names.REQUEST_MAX_TOKENS: request.max_tokens,
        names.REQUEST_PRESENCE_PENALTY: request.presence_penalty,
        names.REQUEST_SEED: request.seed,
        names.REQUEST_STOP_SEQUENCES: request.stop_sequences or None,
        names.REQUEST_TEMPERATURE: request.temperature,
        names.REQUEST_TOP_P: request.top_p,
        names.OUTPUT_TYPE: request.output_type,
        names.RESPONSE_FINISH_REASONS: reply.finish_reasons or None,
        names.RESPONSE_ID: reply.id,
        names.RESPONSE_MODEL: reply.model,
        names.RESPONSE_TIME_TO_FIRST_CHUNK: first_chunk_s,
        names.USAGE_INPUT_TOKENS: usage.input_tokens,
        names.USAGE_OUTPUT_TOKENS: usage.output_tokens,
        names.USAGE_CACHE_READ: usage.cache_read_tokens,
        names.USAGE_CACHE_CREATION: usage.cache_creation_tokens,
        names.USAGE_REASONING: usage.reasoning_tokens,
        names.ERROR_TYPE: call.error_type,
        names.OUTCOME: call.outcome,
    }


def _of_session(report: CallReport) -> dict[str, AttributeValue | None]:
    used = report.call.reply.usage.input_tokens
    shown = sum(tokens for _, tokens in report.shown_tokens)
    return {
        names.SESSION_ID: report.session_id,
        names.SESSION_PREVIOUS_ID: report.previous_id,
        names.ID_SOURCE: report.source,
        names.TURN: report.turn,
        names.CALL: report.number,
        names.CONTEXT_WINDOW: report.window,
        names.CONTEXT_UTILIZATION: used / report.window if used and report.window else None,
        names.CONTEXT_TOKENS_ESTIMATED: shown if used is None and shown else None,
        names.CONTEXT_DROPPED: report.dropped_messages or None,
        names.CONVERSATION_COMPACTED: report.compacted or None,
        names.HEALTH: report.health,
        names.SIGNALS: report.signals or None,
    }


def _present(
    attributes: Mapping[str, AttributeValue | None],
) -> Iterator[tuple[str, AttributeValue]]:
    return ((name, value) for name, value in attributes.items() if value is not None)
