"""Runs: sessions through the same tracker as production, with all that was found kept.

    from benchmarks.signals.runs import run
    for scored in run([Path("dstc2_babi6.jsonl.gz")]):
        for turn in scored.turns:                        # oldest first
            turn.severities["topic_drift"]               # without a floor: [0, 1], 0 is no signal
            turn.signals                                 # what the tracker was told, by name
            turn.health, turn.recent                     # `recent`: what detectors were given
            turn.labels.get("drift")                     # by name in the data; absent: unlabelled
        scored.session.labels, scored.health

`turn.recent` can be pickled, to tune a detector without reading the texts again.

Calls are built as a provider would: the session's id is given, the model is the recorded one, and
what was not recorded is absent (tokens, finish reasons). Times are made up and all alike: a call
each ten seconds takes one, so nothing about speed can be concluded. A message or a tool result
without a recorded reply is a call whose reply nobody could read: it is judged, and nothing made up.
A turn of several calls is judged after each of them; the highest severity counts, because what was
told cannot be taken back, but health is that of the newest judgement, as in production.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from itertools import takewhile
from pathlib import Path
from typing import cast

from opentelemetry.trace import INVALID_SPAN

from benchmarks.signals.sessions import Session, read_sessions
from otel_sessions.calls import Call, GivenId, Reply, Request
from otel_sessions.cli import replies
from otel_sessions.cli.recordings import UNRECORDED, BrokenLine, RecordedCall
from otel_sessions.conversations import Conversations
from otel_sessions.detectors import DETECTORS, Detector
from otel_sessions.emit import EndReport, Silent, TurnReport
from otel_sessions.faults import contained
from otel_sessions.providers._provider import Messages
from otel_sessions.providers.openai_chat import read_message
from otel_sessions.readings import CallReader
from otel_sessions.signals import Signal
from otel_sessions.stores import open_store
from otel_sessions.text.embedding import encode
from otel_sessions.tracker import Tracker
from otel_sessions.turns import Turn

_KEY = b"benchmark"
"""One for all, so that a run gives the same figures again."""
_SECOND_NS = 1_000_000_000
_START_NS = 1_700_000_000 * _SECOND_NS
_EVERY_S = 10


@dataclass(slots=True)
class ScoredTurn:
    """A turn, and what was found in it."""

    number: int
    """1-based."""
    severities: dict[str, float] = field(default_factory=dict)
    """By detector, without its floor: [0, 1]."""
    signals: dict[str, float] = field(default_factory=dict)
    """By name: what reached the shipped floor."""
    health: float = 1.0
    recent: tuple[Turn, ...] = ()
    """What the detectors were given last; this turn is its last."""
    calls: list[RecordedCall] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    """Indices of the recorded messages that it brought."""
    labels: dict[str, bool] = field(default_factory=dict)
    """By signal as the data name it; one positive message makes the turn positive."""
    answered: bool = False
    """It has a recorded reply, so an application made it."""


@dataclass(frozen=True, slots=True)
class ScoredSession:
    """A session, and what was found in it."""

    session: Session
    turns: list[ScoredTurn]
    """Oldest first."""
    health: float
    """At the end."""
    unplaced: int
    """Labels of messages that are in no turn, such as a greeting that opens the recording."""
    faults: int
    """Calls that could not be analysed, and runs of detectors that raised."""


def run(paths: Iterable[Path]) -> Iterator[ScoredSession]:
    """Run all sessions of files in this process; lines that cannot be read are left out."""
    for session in read_sessions(paths):
        if not isinstance(session, BrokenLine):
            yield score(session)


def score(session: Session, detectors: Sequence[Detector] = DETECTORS) -> ScoredSession:
    """Run one session, with a tracker of its own."""
    sheet = _Sheet()
    tracker = Tracker(
        store=open_store("memory://", max_sessions=2),
        backend="memory",
        conversations=Conversations(_KEY, max_sessions=2),
        reader=_reader(),
        detectors=[sheet.watch(detector) for detector in detectors],
        emitters=(sheet,),
    )
    recording = session.recording
    calls = recording.steps
    for number, recorded in enumerate(calls):
        with contained("analysing a call") as analysis:
            tracker.track(_call(number, recorded, recording.model), INVALID_SPAN)
        sheet.faults += analysis.failed
    tracker.end("s", "unknown")
    turns = sorted(sheet.turns.values(), key=lambda turn: turn.number)
    unplaced = _place(session, calls, turns)
    return ScoredSession(session, turns, sheet.health, unplaced, sheet.faults)


@cache
def _reader() -> CallReader:
    return CallReader(_KEY, encode)


def _call(number: int, recorded: RecordedCall, model: str | None) -> Call:
    started_ns = _START_NS + number * _EVERY_S * _SECOND_NS
    message = None
    if recorded.reply is not UNRECORDED:
        message = read_message(replies.message(recorded.reply))
    return Call(
        provider="recorded",
        request=Request(model=model, messages=Messages(recorded.messages, read_message)),
        reply=Reply(message),
        outcome="completed",
        started_ns=started_ns,
        ended_ns=started_ns + _SECOND_NS,
        given_id=GivenId("s", "session"),
    )


class _Sheet(Silent):
    """Where everything that the tracker finds in one session is written down."""

    def __init__(self) -> None:
        self.turns: dict[int, ScoredTurn] = {}
        self.health = 1.0
        self.faults = 0

    def watch(self, detector: Detector) -> Detector:
        """Run a detector without its floor, write down what it finds, and keep to the floor."""
        name = getattr(detector, "__name__", type(detector).__name__)
        floor, unlimited = _without_floor(detector)

        def watching(recent: Sequence[Turn], /) -> Signal | None:
            number = recent[-1].number
            turn = self.turns.setdefault(number, ScoredTurn(number))
            turn.recent = tuple(recent)
            try:
                signal = unlimited(recent)
            except Exception:
                self.faults += 1
                raise
            severity = signal.severity if signal else 0.0
            turn.severities[name] = max(severity, turn.severities.get(name, 0.0))
            if signal is None or severity < floor:
                return None
            turn.signals[name] = max(severity, turn.signals.get(name, 0.0))
            return signal

        return watching

    def on_turn(self, report: TurnReport) -> None:
        """Note the turn's health."""
        self.turns[report.number].health = report.health

    def on_end(self, report: EndReport) -> None:
        """Note the session's health."""
        self.health = report.health


def _without_floor(detector: Detector) -> tuple[float, Detector]:
    """Give a detector's floor, 0 if it has none, and the detector without it."""
    floor = _floor(cast("Hashable", detector))
    if floor is None:
        return 0.0, detector
    judge: Callable[..., Signal | None] = detector
    return floor, lambda turns: judge(turns, min_severity=0.0)


@cache
def _floor(detector: Hashable) -> float | None:
    parameter = signature(cast("Detector", detector)).parameters.get("min_severity")
    return None if parameter is None else float(parameter.default)


def _place(session: Session, calls: Sequence[RecordedCall], turns: Sequence[ScoredTurn]) -> int:
    """Give each turn its calls, messages and labels; count the labels that fit nowhere."""
    turn_of_call = _turns_of_calls(len(calls), turns)
    for call, turn in zip(calls, turn_of_call, strict=True):
        if turn is not None:
            turn.calls.append(call)
            turn.answered |= call.reply is not UNRECORDED
    owners = {at: turn_of_call[number] for at, number in _bringing(calls).items()}
    for at, owner in owners.items():
        if owner is not None:
            owner.messages.append(at)
    unplaced = 0
    for label in session.turn_labels:
        labelled = owners.get(label.message)
        if labelled is None:
            unplaced += 1
        else:
            positive = labelled.labels.get(label.signal, False) or label.positive
            labelled.labels[label.signal] = positive
    return unplaced


def _turns_of_calls(calls: int, turns: Sequence[ScoredTurn]) -> list[ScoredTurn | None]:
    """Find each call's turn by its made-up time; a side call has none."""
    found: list[ScoredTurn | None] = [None] * calls
    for turn in turns:
        kept = turn.recent[-1]
        first, last = (
            round((at_s - _START_NS / _SECOND_NS) // _EVERY_S)
            for at_s in (kept.started_s, kept.ended_s)
        )
        found[first : last + 1] = [turn] * (last + 1 - first)
    return found


def _bringing(calls: Sequence[RecordedCall]) -> dict[int, int]:
    """Tell which call brought each message, in order; a greeting that opens was brought by none."""
    replied = {call.reply_at for call in calls}
    greeting = _greeting(calls[0]) if calls else set()
    found: dict[int, int] = {}
    for number, call in enumerate(calls):
        new: list[int] = []
        for at in reversed(call.sent):
            if at in found:
                break  # what stands before it was known before, too
            new.append(at)
        brought = [at for at in reversed(new) if at not in replied and at not in greeting]
        if call.reply_at is not None:
            brought.append(call.reply_at)
        for at in brought:
            found.setdefault(at, number)
    return found


def _greeting(first: RecordedCall) -> set[int]:
    opening = takewhile(
        lambda pair: pair[1]["role"] in ("assistant", "system"),
        zip(first.sent, first.messages, strict=False),
    )
    return {at for at, message in opening if message["role"] == "assistant"}
