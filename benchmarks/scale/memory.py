"""Memory: what the process takes, and what single sessions take of it.

A session is measured object by object and not by what the library says of itself. What many
sessions share (names of models, enumerations, classes) counts with the first that is met only.
"""

import gc
import os
import types
from collections.abc import Iterable
from pathlib import Path
from sys import getsizeof
from typing import Any

from otel_sessions.monitors import Monitor

_SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
_STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Tell what the process takes of the machine's memory (Linux)."""
    return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def deep_bytes(roots: Iterable[object], seen: set[int]) -> int:
    """Add up all objects that can be reached and are not in `seen`, and put them there."""
    waiting, total = list(roots), 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or each is None or isinstance(each, _SHARED):
            continue
        seen.add(id(each))
        total += getsizeof(each)
        waiting.extend(gc.get_referents(each))
    return total


class SessionMemory:
    """Takes the sessions of a monitor apart; the one place that looks into its private state."""

    def __init__(self, monitor: Monitor) -> None:
        self._tracker: Any = monitor.tracker
        self._store: Any = monitor._store  # noqa: SLF001 - see above
        self._conversations: Any = self._tracker._conversations  # noqa: SLF001

    def longest(self, count: int) -> list[str]:
        """Name the sessions with the most turns."""
        sessions = self._tracker._sessions  # noqa: SLF001
        return sorted(sessions, key=lambda each: -sessions[each].turns)[:count]

    def some(self, step: int) -> list[str]:
        """Name every `step`-th session."""
        return list(self._tracker._sessions)[::step]  # noqa: SLF001

    def of(self, session_id: str) -> tuple[int, int, int] | None:
        """Give the bytes of a session, those of its turns in the store, and how many are kept."""
        record = self._store._running.get(session_id)  # noqa: SLF001
        track = self._tracker._sessions.get(session_id)  # noqa: SLF001
        if record is None or track is None:
            return None
        seen: set[int] = set()
        turns = deep_bytes([record], seen)
        conversation = self._conversations.get(session_id)
        index = self._conversations._index  # noqa: SLF001
        keys = index._keys.get(session_id)  # noqa: SLF001
        rest = deep_bytes([track, conversation, keys], seen)
        if keys is not None:
            a_key = getsizeof(index._sessions) / max(1, len(index))  # noqa: SLF001
            rest += round(a_key * (len(keys.newest) + len(keys.replies)))
        return turns + rest, turns, len(record.recent)
