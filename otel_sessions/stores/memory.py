"""Memory store: turns in this process, gone with it.

About 1 KiB a turn. An ended session stays known, so that a late turn goes on with its number,
until other sessions need the room.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from otel_sessions.errors import ConfigError
from otel_sessions.stores import (
    FIRST_TURNS,
    KEPT_BYTES,
    LAST_TURNS,
    Appended,
    Ended,
    News,
    StoreOptions,
    Untold,
)
from otel_sessions.turns import Turn, join


@dataclass(slots=True)
class _Record:
    number: int = 0
    size_bytes: int = 0
    first: list[Turn] = field(default_factory=list)
    last: list[Turn] = field(default_factory=list)

    @property
    def newest(self) -> Turn:
        return (self.last or self.first)[-1]

    @property
    def recent(self) -> tuple[Turn, ...]:
        return (*self.first, *self.last)

    def append(self, turn: Turn) -> None:
        turns = self.last or self.first
        if turns and turns[-1].key == turn.key:
            self.size_bytes -= turns[-1].size_bytes
            turns[-1] = join(turns[-1], turn)
        else:
            self.number += 1
            turns = self.first if len(self.first) < FIRST_TURNS else self.last
            turns.append(replace(turn, number=self.number, tool_results=()))
        self.size_bytes += turns[-1].size_bytes
        while len(self.last) > 1 and (len(self.last) > LAST_TURNS or self.size_bytes > KEPT_BYTES):
            self.size_bytes -= self.last.pop(0).size_bytes


class MemoryStore:
    """Keeps the promises of `Store` for one process."""

    shared = False

    def __init__(self, url: str, options: StoreOptions) -> None:
        if url.rstrip("/") != "memory:":
            message = f"store={url!r}: the memory store takes no path; use 'memory://'"
            raise ConfigError(message)
        self._max_sessions = options.max_sessions
        self._running: OrderedDict[str, _Record] = OrderedDict()
        self._ended: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def append(
        self,
        turn: Turn,
        *,
        note: bytes = b"",  # noqa: ARG002 - nobody else reads it
        places: Sequence[int] = (),  # noqa: ARG002 - nobody else looks for them
        alone: bool = False,  # noqa: ARG002 - nobody else appends
    ) -> Appended:
        """Add a turn made from one call; see `Store`."""
        with self._lock:
            record = self._running.get(turn.session_id)
            opened: Literal["new", "reopened"] | None = None
            if record is None:
                record = self._ended.pop(turn.session_id, None)
                opened = "new" if record is None else "reopened"
                record = self._running[turn.session_id] = record or _Record()
                self._make_room()
            self._running.move_to_end(turn.session_id)
            record.append(turn)
            return Appended(record.recent, opened)

    def catch_up(self, session_id: str) -> News | None:  # noqa: ARG002 - as the others
        """Tell nothing, because no other process sees a session; see `Store`."""
        return None

    def find(self, places: Sequence[int]) -> Sequence[str]:  # noqa: ARG002 - as the others
        """Find nothing; see `Store`."""
        return ()

    def take_idle(self, before_s: float) -> Sequence[Ended]:
        """End the sessions that were silent since a Unix time; see `Store`."""
        with self._lock:
            idle = [
                (session_id, record)
                for session_id, record in self._running.items()
                if record.newest.ended_s < before_s
            ]
            for session_id, _ in idle:
                self._ended[session_id] = self._running.pop(session_id)
            return [Ended(session_id, record.recent) for session_id, record in idle]

    def end(self, session_id: str, why: str = "") -> Ended | None:  # noqa: ARG002 - as the others
        """End one session; see `Store`."""
        with self._lock:
            record = self._running.pop(session_id, None)
            if record is None:
                return None
            self._ended[session_id] = record
            return Ended(session_id, record.recent)

    def hold(self, untold: Sequence[Untold]) -> Sequence[Untold]:
        """Give them all, because nobody else is given any; see `Store`."""
        return untold

    def confirm(self, untold: Sequence[Untold]) -> None:
        """Do nothing; see `Store`."""

    def after_fork(self) -> None:
        """Leave the running sessions to the parent; see `Store`."""
        self._lock = threading.Lock()
        self._ended.update(self._running)
        self._running.clear()

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _make_room(self) -> None:
        while len(self._running) + len(self._ended) > self._max_sessions:
            (self._ended or self._running).popitem(last=False)
