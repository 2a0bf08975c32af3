"""Events: signals and judgements as evaluation results, and the start and end of sessions.

An event is a log record with a name. A signal's is parented to the span of the call in which it
was seen, so that a trace view shows it there.
"""

from opentelemetry import trace
from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext
from opentelemetry.util.types import AttributeValue

from otel_sessions import names
from otel_sessions.emit import (
    EndReport,
    FeedbackReport,
    JudgementReport,
    SignalReport,
    Silent,
    StartReport,
)
from otel_sessions.signals import Signal

_SEVERITY = {
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "critical": SeverityNumber.ERROR,
}


class EventEmitter(Silent):
    """Emits events by the OpenTelemetry logs API."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def on_signal(self, report: SignalReport) -> None:
        """Tell of a signal: its score is the severity, 1 the worst."""
        signal = report.found.signal
        self._emit(
            names.EVENT_EVALUATION,
            {
                names.EVALUATION_NAME: signal.name,
                names.EVALUATION_SCORE: signal.severity,
                names.EVALUATION_LABEL: signal.label,
                names.EVALUATION_EXPLANATION: signal.explanation or None,
                names.CAUSE: signal.cause,
                names.SESSION_ID: report.found.session_id,
                names.CONVERSATION_ID: report.conversation_id,
                names.TURN: report.found.turn,
            },
            report.context,
            _SEVERITY[signal.label],
        )

    def on_start(self, report: StartReport) -> None:
        """Tell of a session's start."""
        self._emit(
            names.EVENT_SESSION_START,
            {
                names.SESSION_ID: report.session_id,
                names.SESSION_PREVIOUS_ID: report.previous_id,
                names.ID_SOURCE: report.source,
                names.REOPENED: report.reopened,
            },
            report.context,
        )

    def on_end(self, report: EndReport) -> None:
        """Tell of a session's end."""
        self._emit(
            names.EVENT_SESSION_END,
            {
                names.SESSION_ID: report.session_id,
                names.END_REASON: report.reason,
                names.OUTCOME: report.outcome,
                names.TURNS: report.turns,
                names.HEALTH: report.health,
            },
            report.links[-1] if report.links else None,
        )

    def on_feedback(self, report: FeedbackReport) -> None:
        """Tell of a user's verdict."""
        self._emit(
            names.EVENT_EVALUATION,
            {
                names.EVALUATION_NAME: names.FEEDBACK,
                names.EVALUATION_SCORE: report.score,
                names.SESSION_ID: report.session_id,
            },
            report.context,
        )

    def on_judgement(self, report: JudgementReport) -> None:
        """Tell of each score of a judge, 1 the worst, labelled as a signal of that severity is."""
        for name, score in report.scores.items():
            label = Signal(name, score).label
            self._emit(
                names.EVENT_EVALUATION,
                {
                    names.EVALUATION_NAME: names.JUDGED + name,
                    names.EVALUATION_SCORE: score,
                    names.EVALUATION_LABEL: label,
                    names.JUDGE_MODEL: report.model,
                    names.SESSION_ID: report.session_id,
                    names.CONVERSATION_ID: report.conversation_id,
                    names.TURN: report.turn,
                },
                report.context,
                _SEVERITY[label],
            )

    def _emit(
        self,
        name: str,
        attributes: dict[str, AttributeValue | None],
        parent: SpanContext | None,
        severity: SeverityNumber = SeverityNumber.INFO,
    ) -> None:
        context = Context()
        if parent is not None:
            context = trace.set_span_in_context(NonRecordingSpan(parent), context)
        self._logger.emit(
            event_name=name,
            attributes={key: value for key, value in attributes.items() if value is not None},
            context=context,
            severity_number=severity,
        )
