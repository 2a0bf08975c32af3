"""Handovers: sessions that go on in several processes, and how each learns what others did.

Before a call is placed, this process reads what others know of its session, unless the list goes
straight on from what is known here; the append then confirms that, or is refused and told the news.
With every turn it writes a note, from which another process goes on. In a store that one process
has for itself nothing of this happens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from otel_sessions.calls import Call
from otel_sessions.conversations import Conversations
from otel_sessions.faults import contained
from otel_sessions.health import session_left, turn_health
from otel_sessions.listings import Listing
from otel_sessions.notes import Note, Notes, chain_of, go_on, recall, track_of
from otel_sessions.sessions import stated
from otel_sessions.signals import Signal
from otel_sessions.stores import Appended, Ended, News, Store
from otel_sessions.stores.timings import Timings
from otel_sessions.tracks import Track
from otel_sessions.turns import Turn, lost_history


class Handovers:
    """What passes between this process and others, by way of the store."""

    def __init__(
        self,
        store: Store,
        timed: Timings,
        conversations: Conversations,
        sessions: Mapping[str, Track],
        detect: Callable[[Sequence[Turn]], list[Signal]],
        *,
        notes: Notes | None = None,
    ) -> None:
        """Wire the parts together.

        Args:
            store: where turns and notes are.
            timed: runs what is asked of the store.
            conversations: where lists are placed.
            sessions: those that this process leads, as they are at any time.
            detect: gives the signals of the newest of some turns.
            notes: reads and writes notes; without it nothing is handed over.

        """
        self._store = store
        self._timed = timed
        self._conversations = conversations
        self._sessions = sessions
        self._detect = detect
        self._notes = notes if store.shared else None
        self._news: dict[str, tuple[Note | None, Sequence[Turn]]] = {}
        """Of the session of the call in work: what other processes did in it."""
        self.alone: Listing | None = None
        """The list in work, if it was placed without asking what other processes did."""

    def catch_up(self, call: Call, listing: Listing | None) -> None:
        """Read what other processes know of the call's session, if it may matter."""
        self._news.clear()
        self.alone = None
        if self._notes is None:
            return
        session_id = self._conversations.stale(call, listing)
        if session_id is not None:
            self._recall(session_id)
            return
        places = self._conversations.sought(call, listing)
        if not places:
            self.alone = listing
            return
        for found in self._timed("find", lambda: self._store.find(places)) or ():
            self._conversations.resume(call, found)
            if self._recall(found):
                self._conversations.invite(found)

    def begin(self, session: Track) -> None:
        """Lead a session that is new to this process on from where another left it."""
        note, recent = self._news.get(session.session_id, (None, ()))
        if note is not None:
            self._restore(session, note, recent)

    def append(self, session: Track, turn: Turn) -> Appended | None:
        """Append a turn, with a note for whoever goes on; `None` if the store could not."""
        conversation = self._conversations.get(session.session_id)
        if self._notes is None or conversation is None:
            return self._timed("append", lambda: self._store.append(turn))
        note = b""
        with contained("noting where a session stands"):
            note = self._notes.write(conversation, session)
        listing, self.alone = self.alone, None
        places = () if stated(session.source) else self._conversations.places(session.session_id)
        appended = self._timed(
            "append",
            lambda: self._store.append(turn, note=note, places=places, alone=listing is not None),
        )
        if appended is None or appended.refused is None or listing is None:
            return appended
        # The list goes straight on from what this process had, as if the others had not been.
        if self._parted(session, appended.refused, listing):
            shared = sum(each.instance == turn.instance for each in appended.refused.recent)
            gone = 2 * (len(appended.refused.recent) - shared)
            turn = replace(turn, context=lost_history(gone, "diverged"))
        return self._timed("append", lambda: self._store.append(turn, note=note, places=places))

    def refresh(self, session: Track, ended: Ended | None) -> None:
        """Take in, at a session's end, what others did since this process served it."""
        note = self._notes.read(ended.note) if ended and self._notes else None
        if ended is not None and note is not None:
            self._restore(session, note, ended.recent)

    def take_over(self, session_id: str, ended: Ended) -> Track | None:
        """Make the session that another process led; `None` if its note cannot be read."""
        note = self._notes.read(ended.note) if self._notes else None
        if note is None:
            return None
        session = track_of(session_id, note)
        self._restore(session, note, ended.recent)
        if ended.recent:
            session.ended_ns = max(session.ended_ns, round(ended.recent[-1].ended_s * 1e9))
        return session

    def _recall(self, session_id: str) -> bool:
        """Take in what others did in a session; tell whether there was anything."""
        news = self._timed("catch_up", lambda: self._store.catch_up(session_id))
        if news is None or self._notes is None:
            return False
        note = self._notes.read(news.note)
        self._news[session_id] = note, news.recent
        session = self._sessions.get(session_id)
        if note is None:
            return False
        recall(self._conversations.conversation(session_id), note.lists)
        if session is not None:
            self._restore(session, note, news.recent)
        return True

    def _restore(self, session: Track, note: Note, recent: Sequence[Turn]) -> None:
        """Lead a session on: its figures are noted, the turn that came with the note is judged."""
        go_on(session, note)
        session.recent = tuple(recent)
        for at, turn in enumerate(recent, 1):
            if turn.number > session.score.number:
                signals = self._detect(recent[:at])
                session.score = session.score.after(
                    turn.number, turn_health(signals), session_left(signals)
                )
                session.turns = max(session.turns, turn.number)

    def _parted(self, session: Track, news: News, listing: Listing) -> bool:
        note = self._notes.read(news.note) if self._notes else None
        if note is None:
            return False
        self._restore(session, note, news.recent)
        return self._conversations.parted(chain_of(note.lists), listing)
