"""Detectors: one file per signal; file, function and signal share one name.

To add one: write the file; add it to `DETECTORS`; give it a weight in `health.py`; write a table of
cases that fire and that must not. The contract test fails until it is registered. What operators
need to know goes into `docs/signals.yaml`; `python scripts/make_signals.py` makes the page.
`python -m benchmarks.signals.costs` says what each takes.
"""

from collections.abc import Sequence
from typing import Protocol

from otel_sessions.detectors.answer_irrelevant import answer_irrelevant
from otel_sessions.detectors.assistant_apology import assistant_apology
from otel_sessions.detectors.assistant_refusal import assistant_refusal
from otel_sessions.detectors.call_failed import call_failed
from otel_sessions.detectors.commitment_reversed import commitment_reversed
from otel_sessions.detectors.context_compacted import context_compacted
from otel_sessions.detectors.context_overflow import context_overflow
from otel_sessions.detectors.context_pressure import context_pressure
from otel_sessions.detectors.context_reset import context_reset
from otel_sessions.detectors.context_truncated import context_truncated
from otel_sessions.detectors.contradiction import contradiction
from otel_sessions.detectors.error_compounding import error_compounding
from otel_sessions.detectors.escalation_requested import escalation_requested
from otel_sessions.detectors.fact_mismatch import fact_mismatch
from otel_sessions.detectors.information_rerequested import information_rerequested
from otel_sessions.detectors.instruction_drift import instruction_drift
from otel_sessions.detectors.latency_growth import latency_growth
from otel_sessions.detectors.loose_replies import loose_replies
from otel_sessions.detectors.partial_response import partial_response
from otel_sessions.detectors.premature_commitment import premature_commitment
from otel_sessions.detectors.repeated_answer import repeated_answer
from otel_sessions.detectors.repeated_question import repeated_question
from otel_sessions.detectors.response_growth import response_growth
from otel_sessions.detectors.session_lost import session_lost
from otel_sessions.detectors.slow_progress import slow_progress
from otel_sessions.detectors.tool_failed import tool_failed
from otel_sessions.detectors.tool_loop import tool_loop
from otel_sessions.detectors.topic_drift import topic_drift
from otel_sessions.detectors.user_abandoned import user_abandoned
from otel_sessions.detectors.user_correction import user_correction
from otel_sessions.detectors.user_frustration import user_frustration
from otel_sessions.detectors.user_reminder import user_reminder
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


class Detector(Protocol):
    """Says of the newest turn whether it shows one kind of degradation."""

    def __call__(self, turns: Sequence[Turn], /) -> Signal | None:
        """Judge the newest turn.

        Pure: the same turns give the same signal, and nothing else is read or changed.

        Args:
            turns: of one session, oldest first, never empty; of a long session the first 8 and the
                last 56 or, where they are large, less. An agent's turn is judged again after each
                of its calls, with `complete` false until the last.

        """


DETECTORS: tuple[Detector, ...] = (
    context_overflow,
    context_reset,
    session_lost,
    context_truncated,
    context_compacted,
    context_pressure,
    call_failed,
    partial_response,
    latency_growth,
    repeated_question,
    repeated_answer,
    information_rerequested,
    tool_loop,
    tool_failed,
    commitment_reversed,
    contradiction,
    fact_mismatch,
    answer_irrelevant,
    topic_drift,
    instruction_drift,
    response_growth,
    error_compounding,
    user_reminder,
    user_correction,
    user_frustration,
    escalation_requested,
    user_abandoned,
    premature_commitment,
    assistant_refusal,
    assistant_apology,
    slow_progress,
    loose_replies,
)
"""In the order in which signals are shown: what is certain first."""
