"""Tracker: from calls to turns, signals and health; the one place where a session's state is led.

A call is placed in its session, its new texts become features, the store gives the recent turns,
detectors read them, and emitters are told. Everything runs under one lock, because the calls of a
session have an order; it is held for the analysis of one call, 1 to 5 ms.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from opentelemetry.trace import Span, SpanContext

from otel_sessions import clocks
from otel_sessions.asides import MAX_ASIDES
from otel_sessions.calls import Call
from otel_sessions.comparisons import containment
from otel_sessions.conversations import Conversations
from otel_sessions.detectors import Detector
from otel_sessions.detectors.user_abandoned import LEFT_SILENTLY
from otel_sessions.emit import CallReport, Emitter, FeedbackReport, Labels
from otel_sessions.ends import Ends
from otel_sessions.faults import contained
from otel_sessions.handovers import Handovers
from otel_sessions.health import session_left
from otel_sessions.listings import Listing
from otel_sessions.models import cost_usd, find_model
from otel_sessions.notes import Notes
from otel_sessions.placements import Placement
from otel_sessions.readings import CallReader
from otel_sessions.sessions import END_REASONS, OUTCOMES, EndReason, Outcome, SessionHealth
from otel_sessions.signals import SessionSignal, Signal
from otel_sessions.stores import Ended, Store
from otel_sessions.stores.timings import Timings
from otel_sessions.tracks import Held, Track
from otel_sessions.turns import Turn, join, lost_history

RETRY_GRACE_S = 10.0
"""How long a failed turn waits for a retry before it is counted."""
QUOTED = 0.6
"""Share of the words of a session's first request in a later text from which the text quotes it: a
side call that describes the conversation, rather than the user starting over."""


class Tracker:
    """All sessions of the process."""

    def __init__(
        self,
        *,
        store: Store,
        backend: str,
        conversations: Conversations,
        reader: CallReader,
        detectors: Sequence[Detector],
        emitters: Sequence[Emitter],
        on_store: Callable[[str, str, float, str | None], None] = lambda *_: None,
        lost: Callable[[str, int], str | None] = lambda *_: None,
        idle_timeout_s: float = 1800.0,
        max_sessions: int = 10_000,
        notes: Notes | None = None,
        export: Callable[[], bool] | None = None,
        ends_every_s: float = 30.0,
        clock: Callable[[], float] = clocks.now_s,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._reader = reader
        self._detectors = detectors
        self._emitters = emitters
        self._lost = lost
        self._idle_timeout_s = idle_timeout_s
        self._max_sessions = max_sessions
        self._clock = clock
        self._sessions: OrderedDict[str, Track] = OrderedDict()
        self._callbacks: list[Callable[[SessionSignal], None]] = []
        self._timed = Timings(backend, on_store)
        self._handovers = Handovers(
            store, self._timed, conversations, self._sessions, self._detect, notes=notes
        )
        self.ends = Ends(
            store,
            Timings(backend, on_store),
            lambda report: self._tell(lambda emitter: emitter.on_end(report)),
            export=export,
            every_s=ends_every_s,
        )
        self.lock = threading.RLock()

    # What the pipeline asks for.

    def track(self, call: Call, span: Span) -> None:
        """Analyse one finished call; its span is completed and left open."""
        listing = self._reader.listing(call)
        with self.lock:
            try:
                self._track(call, span, listing)
            finally:
                self._handovers.alone = None

    def _track(self, call: Call, span: Span, listing: Listing | None) -> None:
        self._handovers.catch_up(call, listing)
        placement = self._conversations.place(call, listing)
        session = self._session(placement, call)
        turn = self._reader.turn(call, listing, placement)
        placement, turn = self._missed(session, call, placement, turn)
        context = span.get_span_context()
        self._decide(session, placement)
        if placement.part == "aside":
            self._hold(session, turn, context)
        elif placement.part != "outside":
            self._admit(session, turn, context)
        self._report(session, call, span, placement, turn)

    def sweep(self) -> None:
        """End idle sessions, and count failed turns that nobody tried again."""
        now_s = self._clock()
        with self.lock:
            for session in list(self._sessions.values()):
                newest = session.open.newest
                if (
                    newest
                    and now_s - newest.ended_s >= RETRY_GRACE_S
                    and newest.outcome == "failed"
                ):
                    self._evaluate(session)
            idle = self._timed(
                "take_idle", lambda: self._store.take_idle(now_s - self._idle_timeout_s)
            )
            for ended in idle or ():
                if ended.left:
                    self._end_elsewhere(ended.session_id, *_why(ended), ended)
                else:
                    self._end(ended.session_id, "idle", "unknown", ended)
            if self._store.shared:
                self._leave_silent(now_s)

    # What the application asks for.

    def end(self, session_id: str, outcome: Outcome, reason: EndReason = "explicit") -> None:
        """End a session, if it is known and has not ended."""
        with self.lock:
            self._end(session_id, reason, outcome)

    def end_all(self, *, timeout_s: float = -1) -> None:
        """End every session of this process, because the process ends.

        Sessions in a store that other processes see do not end: they go on there, or are ended by
        whoever finds them idle. Nothing ends if the analysis of a call, or a callback in it, takes
        longer than `timeout_s`.
        """
        if not self.lock.acquire(timeout=timeout_s):
            return
        try:
            for session_id in list(self._sessions):
                if self._store.shared:
                    self._evaluate(self._sessions.pop(session_id))
                else:
                    self._end(session_id, "shutdown", "unknown")
        finally:
            self.lock.release()

    def feedback(self, session_id: str, score: float) -> None:
        """Take a user's verdict on a session."""
        with self.lock:
            session = self._sessions.get(session_id)
            links = session.links if session else ()
            context = links[-1] if links else None
            report = FeedbackReport(session_id, score, context)
            self._tell(lambda emitter: emitter.on_feedback(report))

    def health(self, session_id: str, *, timeout_s: float = -1) -> SessionHealth | None:
        """Tell the state of a session that has not ended; `None` if it is not known in time."""
        if not self.lock.acquire(timeout=timeout_s):
            return None
        try:
            session = self._sessions.get(session_id)
            return None if session is None else session.health()
        finally:
            self.lock.release()

    def on_signal(self, callback: Callable[[SessionSignal], None]) -> None:
        """Call back for each signal from now on."""
        with self.lock:
            self._callbacks.append(callback)

    def after_fork(self, instance: str) -> None:
        """Leave the sessions to the parent, which ends them; one that goes on here is reopened.

        The lock is made anew, because the parent's worker may have held it, and this process gets
        a name of its own.
        """
        self.lock = threading.RLock()
        self._conversations.instance = self._reader.instance = instance
        self._sessions.clear()
        self._store.after_fork()
        self.ends.after_fork()

    # How a session is led.

    def _session(self, placement: Placement, call: Call) -> Track:
        session = self._sessions.get(placement.session_id)
        if session is None:
            session = self._sessions[placement.session_id] = Track(
                placement.session_id,
                _labels(call),
                placement.source,
                call.user_id,
                call.started_ns,
                call.ended_ns,
                previous_id=placement.previous_id,
            )
            self._handovers.begin(session)
            while len(self._sessions) > self._max_sessions:
                oldest = next(iter(self._sessions))
                if self._store.shared:
                    self._evaluate(self._sessions.pop(oldest))
                else:
                    self._end(oldest, "evicted", "unknown")
        self._sessions.move_to_end(placement.session_id)
        session.see(placement, call)
        return session

    def _leave_silent(self, now_s: float) -> None:
        """Forget sessions that went on, or ended, in other processes."""
        before_ns = (now_s - 2 * self._idle_timeout_s) * 1e9
        for session_id in [s.session_id for s in self._sessions.values() if s.ended_ns < before_ns]:
            self._evaluate(self._sessions.pop(session_id))

    def _decide(self, session: Track, placement: Placement) -> None:
        """Turn what was set aside into turns, now that it is known what it was."""
        for key in placement.lost:
            self._admit_lost(session, key, placement.lost_cause)
        for key in placement.joined:
            held = session.held.pop(key, None)
            if held is not None:
                self._admit(session, held.turn, held.context)
        if placement.part in ("turn", "same_turn") and not placement.repeated:
            session.held.clear()

    def _hold(self, session: Track, turn: Turn, context: SpanContext) -> None:
        held = session.held.get(turn.key)
        if held is None:
            session.held[turn.key] = Held(turn, context)
            if len(session.held) > MAX_ASIDES:
                del session.held[next(iter(session.held))]
        else:
            held.turn = join(held.turn, turn)

    def _admit_lost(self, session: Track, key: int, cause: str | None) -> None:
        held = session.held.pop(key, None)
        if held is None:
            return
        known = session.open.newest
        gone = (known.messages_sent or 0) if known else 0
        turn = replace(held.turn, context=lost_history(gone, cause))
        self._admit(session, turn, held.context)

    def _missed(
        self, session: Track, call: Call, placement: Placement, turn: Turn
    ) -> tuple[Placement, Turn]:
        """Take in that the application's own store did not have the session before the call.

        Then a list that starts from nothing is a lost history, and need not wait for what follows.
        """
        aside = placement.part == "aside"
        unlike = aside and self._conversations.started_over(session.session_id) != turn.key
        if unlike or placement.part == "outside":
            return placement, turn
        cause = None
        with contained("asking whether a session is lost"):
            cause = self._lost(session.session_id, call.started_ns)
        if cause is None:
            return placement, turn
        change = turn.context
        if aside:
            known = session.open.newest
            change = lost_history((known.messages_sent or 0) if known else 0, cause)
            placement = replace(placement, part="turn", change=change)
        return placement, replace(turn, context=change, store_lost=cause)

    def _admit(self, session: Track, turn: Turn, context: SpanContext) -> None:
        """Append a turn to its session and judge it."""
        appended = self._handovers.append(session, turn)
        if appended is None:
            return
        session.recent = appended.recent
        newest = appended.recent[-1]
        # What is counted while the session ends does not start it again.
        if appended.opened and session.session_id in self._sessions:
            started = session.start_report(context, reopened=appended.opened == "reopened")
            self._tell(lambda emitter: emitter.on_start(started))
        if newest.number != session.open.number:
            self._evaluate(session)
            session.open_turn(newest.number, context)
        session.open.newest, session.open.context = newest, context
        for signal in session.open.judge(self._detect(session.recent)):
            self._signal(session, signal, context)
        session.score = session.score.after(
            newest.number, session.open.health, session_left(session.open.signals.values())
        )
        if newest.complete:
            self._evaluate(session)

    def _detect(self, recent: Sequence[Turn]) -> list[Signal]:
        found = []
        detectors = iter(self._detectors)
        while True:
            running = contained("running a detector")
            with running:
                for detector in detectors:
                    signal = detector(recent)
                    if signal is not None:
                        found.append(signal)
            if not running.failed:
                return found

    def _signal(self, session: Track, signal: Signal, context: SpanContext) -> None:
        found = session.note(signal)
        report = session.signal_report(found, context)
        self._tell(lambda emitter: emitter.on_signal(report))
        for callback in self._callbacks:
            with contained("calling back on a signal"):
                callback(found)

    def _evaluate(self, session: Track) -> None:
        """Count the newest turn, once."""
        report = session.turn_report()
        if report is not None:
            self._tell(lambda emitter: emitter.on_turn(report))

    def _end(
        self, session_id: str, reason: EndReason, outcome: Outcome, ended: Ended | None = None
    ) -> None:
        session = self._sessions.pop(session_id, None)
        if session is None:
            self._end_elsewhere(session_id, reason, outcome, ended)
            return
        before: Ended | None = None
        undecided = self._conversations.undecided(session_id)
        if undecided is not None and not self._quotes(session, undecided[0]):
            self._admit_lost(session, *undecided)
            before, ended = ended, None
        self._evaluate(session)
        opened = session.open
        if ended is None:
            faults = self._timed.faults
            ended = self._ask_to_end(session_id, reason, outcome)
            self.ends.drop(before)
            if ended is None and self._store.shared and faults == self._timed.faults:
                # Another process has ended it, and told so.
                return
        self._handovers.refresh(session, ended)
        if reason == "idle" and outcome == "unknown" and opened.context and not opened.healthy:
            self._signal(session, LEFT_SILENTLY, opened.context)
            outcome = "abandoned"
        conversation = self._conversations.get(session_id)
        chain_bytes = conversation.chain.size_bytes if conversation else 0
        if reason == "evicted":
            self._conversations.forget(session_id)
        if not session.turns:
            self.ends.drop(ended)
            return
        self.ends.add(session.end_report(reason, outcome, chain_bytes), ended)

    def _ask_to_end(self, session_id: str, reason: EndReason, outcome: Outcome) -> Ended | None:
        return self._timed("end", lambda: self._store.end(session_id, f"{reason} {outcome}"))

    def _end_elsewhere(
        self, session_id: str, reason: EndReason, outcome: Outcome, ended: Ended | None
    ) -> None:
        """End a session that another process led; that one may be gone."""
        if not self._store.shared:
            return
        if ended is None:
            ended = self._ask_to_end(session_id, reason, outcome)
        if ended is None:
            return
        session = self._handovers.take_over(session_id, ended)
        if session is not None:
            self.ends.add(session.end_report(reason, outcome, len(ended.note)), ended)
        elif ended.left:
            # Two processes could not read its note; else another one is to try.
            self.ends.drop(ended)

    def _quotes(self, session: Track, key: int) -> bool:
        held = session.held.get(key)
        if held is None or held.turn.request is None or not session.recent:
            return False
        first = session.recent[0].request
        return first is not None and containment(first, held.turn.request) >= QUOTED

    # How it is told.

    def _report(
        self, session: Track, call: Call, span: Span, placement: Placement, turn: Turn
    ) -> None:
        in_turn = placement.part in ("turn", "same_turn") and session.open.newest is not None
        newest = session.open.newest if in_turn else None
        conversation = self._conversations.get(placement.session_id)
        shown: tuple[tuple[str, int], ...] = ()
        if conversation is not None and in_turn:
            shown = tuple(conversation.chain.shown_tokens.items())
        name = call.reply.model or call.request.model
        model = find_model(name, call.provider)
        cost = cost_usd(model, call.reply.usage) if model else None
        if cost is not None:
            session.cost_usd = (session.cost_usd or 0.0) + cost
        seen = session.open.signals if in_turn else {}
        report = CallReport(
            call,
            span,
            session.session_id,
            placement.source,
            _labels(call),
            newest.number if newest else None,
            newest.calls if newest else None,
            session.open.health if in_turn else None,
            tuple(seen),
            turn.window,
            placement.change.dropped_messages,
            shown,
            placement.change.kind == "compacted",
            placement.previous_id,
            cost,
        )
        self._tell(lambda emitter: emitter.on_call(report))

    def _tell(self, tell: Callable[[Emitter], None]) -> None:
        for emitter in self._emitters:
            with contained("emitting telemetry"):
                tell(emitter)


def _why(ended: Ended) -> tuple[EndReason, Outcome]:
    """Give reason and outcome as they were when the session ended."""
    words = ended.untold.why.split() if ended.untold else ()
    reason: EndReason = next((each for each in END_REASONS if each in words), "idle")
    return reason, next((each for each in OUTCOMES if each in words), "unknown")


def _labels(call: Call) -> Labels:
    return Labels(call.provider, call.request.model or call.reply.model, call.agent)
