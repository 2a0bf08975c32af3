"""Memory store: turns in this process, gone with it.

About 1 KiB a turn. An ended session stays known, so that a late turn goes on with its number,
until newer sessions need the room.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from otel_sessions.errors import ConfigError
from otel_sessions.stores import FIRST_TURNS, LAST_TURNS, Appended
from otel_sessions.turns import Turn, join


@dataclass(slots=True)
class _Record:
    number: int = 0
    ended: bool = False
    first: list[Turn] = field(default_factory=list)
    last: "deque[Turn]" = field(default_factory=lambda: deque(maxlen=LAST_TURNS))

    @property
    def recent(self) -> tuple[Turn, ...]:
        return (*self.first, *self.last)


class MemoryStore:
    """Keeps the promises of `Store` for one process."""

    def __init__(self, url: str, *, max_sessions: int) -> None:
        if url.rstrip("/") != "memory:":
            message = f"store={url!r}: the memory store takes no path; use 'memory://'"
            raise ConfigError(message)
        self._max_sessions = max_sessions
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def append(self, turn: Turn) -> Appended:
        """Add a turn made from one call; see `Store`."""
        with self._lock:
            record = self._records.get(turn.session_id)
            opened: Literal["new", "reopened"] | None = None
            if record is not None and record.ended:
                opened = "reopened"
            if record is None:
                opened = "new"
                record = self._records[turn.session_id] = _Record()
                while len(self._records) > self._max_sessions:
                    self._records.popitem(last=False)
            record.ended = False
            self._records.move_to_end(turn.session_id)
            turns: list[Turn] | deque[Turn] = record.last or record.first
            if turns and turns[-1].key == turn.key:
                turns[-1] = join(turns[-1], turn)
            else:
                record.number += 1
                turns = record.first if len(record.first) < FIRST_TURNS else record.last
                turns.append(replace(turn, number=record.number, tool_results=()))
            return Appended(record.recent, opened)

    def take_idle(self, before_s: float) -> Sequence[tuple[str, tuple[Turn, ...]]]:
        """End the sessions that were silent since a Unix time; see `Store`."""
        with self._lock:
            idle = [
                (session_id, record)
                for session_id, record in self._records.items()
                if not record.ended and record.recent[-1].ended_s < before_s
            ]
            for _, record in idle:
                record.ended = True
            return [(session_id, record.recent) for session_id, record in idle]

    def end(self, session_id: str) -> tuple[Turn, ...]:
        """End one session; see `Store`."""
        with self._lock:
            record = self._records.get(session_id)
            if record is None or record.ended:
                return ()
            record.ended = True
            return record.recent

    def close(self) -> None:
        """Do nothing: there is no connection."""
