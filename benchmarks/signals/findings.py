"""Findings: what one session says for the table, small enough to be sent between processes.

A label is compared with the detector that it means; the names that the data use are in `TARGETS`,
any other label is compared with the detector of its own name.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.signals.baselines import BASELINES, Texts
from benchmarks.signals.runs import ScoredSession, ScoredTurn
from otel_sessions.health import healthy
from otel_sessions.signals import CRITICAL, WARNING

Level = Literal["turn", "session"]

FAILURE = "session_failure"
"""The label that says that the user did not get what was wanted: 0 is the pass label."""
HEALTH = "health"
CONTEXT_LOSS = "context_loss"
_LOSSES = ("context_truncated", "context_reset")
TARGETS = {
    "repeat": "repeated_question",
    "reask": "information_rerequested",
    "drift": "topic_drift",
    "complaint": "user_reminder",
    "context_loss": CONTEXT_LOSS,
    FAILURE: HEALTH,
}
"""Label in the data -> name of the result."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One labelled turn or session."""

    signal: str
    level: Level
    positive: bool
    score: float
    fired: bool
    baseline: float | None
    """`None` if there is no baseline for this signal."""


@dataclass(slots=True)
class SessionFindings:
    """All that one session says."""

    set_name: str
    failed: bool | None
    """`None` if nobody says."""
    findings: list[Finding] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Labels that no detector is named after."""
    unplaced: int = 0
    """Labels of messages that are in no turn, and of sessions without any."""
    unread: int = 0
    """Labels that say neither 0, 1 nor null, or not of what."""
    faults: int = 0
    turns: int = 0
    """That were judged."""
    answered: int = 0
    """Those with a recorded reply: what an application would have seen. Rates are of these."""
    alarms: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Answered turns with this signal at this label (`warning` includes critical); the signal `""`
    is any of them, and its label `unhealthy` counts turns by their health."""


def find(scored: ScoredSession) -> SessionFindings:
    """Compare what was found in a session with its labels."""
    session, texts = scored.session, Texts(scored)
    found = SessionFindings(
        session.set_name,
        session.labels.get(FAILURE),
        unplaced=scored.unplaced,
        unread=session.unread,
        faults=scored.faults,
    )
    for at, turn in enumerate(scored.turns):
        found.turns += 1
        if turn.answered:
            found.answered += 1
            found.alarms.update(_alarms(turn))
        for label, positive in turn.labels.items():
            signal = TARGETS.get(label, label)
            if _is_known(signal, turn):
                baseline = BASELINES.get(signal)
                reached = None if baseline is None else baseline(texts, at)
                score, fired = _judgement(signal, turn)
                found.findings.append(Finding(signal, "turn", positive, score, fired, reached))
            else:
                found.unknown.add(label)
    for label, positive in session.labels.items():
        signal = TARGETS.get(label, label)
        if not scored.turns:
            found.unplaced += 1
        elif _is_known(signal, scored.turns[0]):
            found.findings.append(_of_session(signal, scored, texts, positive=positive))
        else:
            found.unknown.add(label)
    return found


def _of_session(signal: str, scored: ScoredSession, texts: Texts, *, positive: bool) -> Finding:
    baseline = BASELINES.get(signal)
    reached = None
    if baseline is not None:
        reached = max(baseline(texts, at) for at in range(len(scored.turns)))
    if signal == HEALTH:
        score, fired = 1 - scored.health, not healthy(scored.health)
    else:
        judgements = [_judgement(signal, turn) for turn in scored.turns]
        score, fired = max(score for score, _ in judgements), any(fired for _, fired in judgements)
    return Finding(signal, "session", positive, score, fired, reached)


def _is_known(signal: str, turn: ScoredTurn) -> bool:
    return signal in (HEALTH, CONTEXT_LOSS) or signal in turn.severities


def _judgement(signal: str, turn: ScoredTurn) -> tuple[float, bool]:
    """Give a turn's score, and whether it reached the shipped threshold.

    That is a warning; of a context loss, which is seen exactly and whose severity only says how
    much was lost, any signal.
    """
    if signal == HEALTH:
        return 1 - turn.health, not healthy(turn.health)
    if signal == CONTEXT_LOSS:
        score = max(turn.severities.get(name, 0.0) for name in _LOSSES)
        return score, any(name in turn.signals for name in _LOSSES)
    return turn.severities[signal], turn.signals.get(signal, 0.0) >= WARNING


def _alarms(turn: ScoredTurn) -> Iterator[tuple[str, str]]:
    for label, bound in (("warning", WARNING), ("critical", CRITICAL)):
        graver = [name for name, severity in turn.signals.items() if severity >= bound]
        yield from ((name, label) for name in graver)
        if graver:
            yield "", label
    if not healthy(turn.health):
        yield "", "unhealthy"
