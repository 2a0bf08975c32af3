"""Copies: what a process knows of a session in a store that it shares with others."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from otel_sessions.stores import FIRST_TURNS, KEPT_BYTES
from otel_sessions.stores.backends import State, kept
from otel_sessions.turns import Turn, join


@dataclass(slots=True)
class Copy:
    """What this process knows of a session."""

    version: int = 0
    number: int = 0
    """Of the newest turn, readable here or not."""
    turns: dict[int, Turn] = field(default_factory=dict)
    """By number, oldest first."""
    size_bytes: int = 0
    """Of the turns."""
    running: bool = False
    behind: "Copy | None" = None
    """As it was before it got turns that the backend does not have yet."""

    @property
    def newest(self) -> Turn | None:
        """The newest turn, unless it cannot be read here."""
        return self.turns.get(self.number)

    @property
    def recent(self) -> tuple[Turn, ...]:
        """The turns, oldest first."""
        return tuple(self.turns.values())

    def put(self, turn: Turn) -> None:
        """Take a turn in as the newest, in the place of one of its number."""
        self.number = turn.number
        self.drop(turn.number)
        self.turns[turn.number] = turn
        self.size_bytes += turn.size_bytes
        for number in [each for each in self.turns if not kept(each, self.number)]:
            self.drop(number)
        self.shrink()

    def drop(self, number: int) -> None:
        """Let go of the turn with a number, if there is one."""
        turn = self.turns.pop(number, None)
        if turn is not None:
            self.size_bytes -= turn.size_bytes

    def shrink(self) -> None:
        """Let go of what is too much, from the oldest of the last turns on."""
        if self.size_bytes <= KEPT_BYTES:
            return
        last = [each for each in self.turns if FIRST_TURNS < each < self.number]
        while last and self.size_bytes > KEPT_BYTES:
            self.drop(last.pop(0))

    def append(self, turn: Turn) -> None:
        """Append a turn without the backend."""
        newest = self.newest
        if newest is not None and newest.key == turn.key:
            self.put(join(newest, turn))
        else:
            self.put(replace(turn, number=self.number + 1, tool_results=()))

    def take_in(self, state: State, read: Callable[[bytes, int], Turn | None]) -> None:
        """Become what a backend says that the session is; `read` gives a turn, if it can."""
        if state.number < self.number:
            self.turns.clear()
        self.version, self.number, self.running = state.version, state.number, True
        for number, data in state.turns:
            turn = read(data, number)
            if turn is None:
                self.turns.pop(number, None)
            else:
                self.turns[number] = turn
        self.turns = {
            number: self.turns[number]
            for number in sorted(self.turns)
            if number <= state.number and kept(number, state.number)
        }
        self.size_bytes = sum(turn.size_bytes for turn in self.turns.values())
        self.shrink()
