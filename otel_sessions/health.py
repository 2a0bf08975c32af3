"""Health: one number in [0, 1] for a turn and for a session, 1 is healthy; from signals alone.

Anyone can recompute it from the signals that are shown:

    turn     = product over its signals of (1 - weight x severity)
               where a severity below 0.5, which only informs, counts half
    recent   = 0.7 x recent before + 0.3 x turn, starting at the first turn
    left     = product over the signals of the session as a whole, `slow_progress` and
               `loose_replies`, of (1 - weight x severity), in the turn where it is least
    session  = (0.5 x worst turn + 0.5 x recent) x left

A turn or a session is healthy while its health is above 0.5.

Example: turns with health 1, 1 and 0.4 give recent 0.82 and session 0.5 x 0.4 + 0.5 x 0.82 = 0.61.
The worst turn counts in full for as long as the session lives, because users do not forget it; the
recent ones count because a session that recovered is better than one that goes on failing. What is
said of the session as a whole lowers no turn, so turns late in a session are not worse for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from types import MappingProxyType

from otel_sessions.signals import WARNING, Signal

HEALTHY_ABOVE = 0.5
"""Health above which a turn or a session is healthy: less than half of it was spoiled.

So one warning of a fact that took the answer or the history (weight 1) makes a turn unhealthy. A
conclusion, which weighs less because it may be wrong, has to be nearly critical, or two have to
agree; information alone never does. Where any warning sufficed, 5.9 % of the turns of passed
sessions were unhealthy on tau1, 5.9 % on tau2_retail and 9.7 % on dbdc3: noise used up an objective
of 95 %. So it is 1.2, 1.2 and 3.2 %, and 0.3 % on agentclinic; in failed sessions 2.4, 2.8, 2.8 and
0.4 %: a task can fail in turns of which each looks well. Measured on the dev sets on 2026-11-28 by
`python -m benchmarks.signals`: `warning`, `unhealthy` and `unhealthy_of_failed`.
"""

CONCLUSION = 0.65
"""Weight of what is concluded from words, and so may be wrong.

One for all: single weights, fitted on one half of the dev sessions, told the other half no better.
It is the lowest at which what is critical makes its turn unhealthy; higher ones tell failed
sessions worse.
"""
DEFAULT_WEIGHT = 0.8
"""Of a signal that is not in the table, such as a user's own."""

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        # Facts, and the user has no answer or talks to somebody else.
        "call_failed": 1.0,
        "context_overflow": 1.0,
        "context_reset": 1.0,
        "session_lost": 1.0,
        "context_truncated": 1.0,
        # A fact, and the user has a part or broke it off.
        "partial_response": 0.9,
        # Good practice, told only so that what follows can be understood.
        "context_compacted": 0.0,
        # Of the session as a whole; they only inform, and are not halved.
        "slow_progress": 1.0,
        "loose_replies": 1.0,
        **dict.fromkeys(
            (
                # The assistant, or what it is given, goes wrong.
                *("commitment_reversed", "information_rerequested", "repeated_question"),
                *("tool_loop", "tool_failed", "fact_mismatch", "contradiction"),
                *("answer_irrelevant", "topic_drift", "instruction_drift", "error_compounding"),
                # The user says so.
                *("user_reminder", "user_abandoned", "escalation_requested"),
                *("user_correction", "user_frustration", "premature_commitment"),
                # The assistant says so.
                *("assistant_apology", "assistant_refusal"),
                # The answer is there, it only took longer.
                *("repeated_answer", "latency_growth", "response_growth"),
                # Nothing has happened yet.
                "context_pressure",
            ),
            CONCLUSION,
        ),
    }
)
"""How bad the turn, or the session, is if the signal is certain: [0, 1]; 0 only informs.

Chosen by `scripts/fit_health.py` on tau2_retail, tau1, agentclinic and dbdc3, whose sessions are
known to have failed or passed. AUROC of 1 - health is .66, .61, .78 and .57 on these, where it was
.57, .52, .64 and .44 (2026-11-28). Of each half of the sessions, split by task, the script makes
the same choice.
"""

OF_THE_SESSION = frozenset(("slow_progress", "loose_replies"))
"""Signals that judge the session so far: they lower its health, and that of no turn."""

RECENT_SHARE = 0.3
"""Share of the newest turn in `recent`: half of what it says is forgotten after two more turns."""
WORST_SHARE = 0.5
"""Share of the worst turn in the session's health."""


def turn_health(signals: Iterable[Signal], weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return the health of a turn with these signals; 1 without any."""
    return prod(
        (1 - _harm(signal, weights) for signal in signals if signal.name not in OF_THE_SESSION),
        start=1.0,
    )


def session_left(signals: Iterable[Signal], weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return what a turn's signals of the session as a whole leave of its health; 1 without any."""
    return prod(
        (
            1 - weights.get(s.name, DEFAULT_WEIGHT) * s.severity
            for s in signals
            if s.name in OF_THE_SESSION
        ),
        start=1.0,
    )


def _harm(signal: Signal, weights: Mapping[str, float]) -> float:
    harm = weights.get(signal.name, DEFAULT_WEIGHT) * signal.severity
    return harm if signal.severity >= WARNING else harm / 2


def healthy(score: float) -> bool:
    """Tell whether a turn or a session with this health is healthy."""
    return score > HEALTHY_ABOVE


@dataclass(frozen=True, slots=True)
class SessionScore:
    """The health of a session so far, without its turns."""

    number: int = 0
    """Of the newest turn; 0 before the first."""
    newest: float = 1.0
    """Health of the newest turn."""
    worst_before: float = 1.0
    """Lowest health of the turns before the newest."""
    recent_before: float | None = None
    """Average over the turns before the newest that forgets; `None` if there are none."""
    newest_left: float = 1.0
    """What the newest turn's signals of the session leave: [0, 1]."""
    least_left_before: float = 1.0
    """The least that those of a turn before it left."""

    @property
    def score(self) -> float:
        """The session's health: [0, 1]."""
        worst = min(self.worst_before, self.newest)
        left = min(self.least_left_before, self.newest_left)
        return (WORST_SHARE * worst + (1 - WORST_SHARE) * self._recent) * left

    @property
    def _recent(self) -> float:
        if self.recent_before is None:
            return self.newest
        return (1 - RECENT_SHARE) * self.recent_before + RECENT_SHARE * self.newest

    def after(self, number: int, health: float, left: float = 1.0) -> "SessionScore":
        """Return the score once the turn with this 1-based number has this health.

        The newest turn may be given again, when another of its calls has changed its health. Of an
        older one only what is lower still counts.

        Args:
            number: of the turn.
            health: of the turn, [0, 1].
            left: what its signals of the session leave, [0, 1].

        """
        if number == self.number:
            return replace(self, newest=health, newest_left=left)
        if number < self.number:
            return replace(
                self,
                worst_before=min(self.worst_before, health),
                least_left_before=min(self.least_left_before, left),
            )
        if self.number == 0:
            return SessionScore(number, health, newest_left=left)
        worst = min(self.worst_before, self.newest)
        least_left = min(self.least_left_before, self.newest_left)
        return SessionScore(number, health, worst, self._recent, left, least_left)


def session_health(turns: Iterable[float], left: Iterable[float] = ()) -> float:
    """Return the health of a session whose turns, oldest first, had these; 1 without turns.

    Args:
        turns: health of each turn, [0, 1].
        left: what signals of the session as a whole left in each turn, [0, 1]; nothing: all.

    """
    score = SessionScore()
    for number, health in enumerate(turns, 1):
        score = score.after(number, health)
    return score.score * min(left, default=1.0)
