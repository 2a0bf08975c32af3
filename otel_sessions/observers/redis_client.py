"""Redis client: its commands are observed, and its server is asked how full it is.

Works with redis-py 5 and later, also asynchronous, of a cluster and in pipelines, and with Valkey's
client, which is a fork of it. `execute_command` and `pipeline` of this one client are replaced. The
server is asked by a connection of our own, so that the client's pool is left to the application.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from otel_sessions.capacities import Reading
from otel_sessions.observers.calls import Note, Outcome, Replaced
from otel_sessions.observers.options import Options
from otel_sessions.observers.records import Recorder
from otel_sessions.observers.redis_commands import accesses, failed, keys_of
from otel_sessions.observers.redis_servers import Servers

_Command = tuple[Any, ...]


class RedisObserver:
    """Watches one client of Redis."""

    def __init__(self, client: Any, recorder: Recorder, _: Options) -> None:
        """Replace two methods of the client."""
        self.client = client
        self._recorder = recorder
        self._servers = Servers(client)
        self._commands = Replaced(client, "execute_command", self.before_command)
        self._pipelines = Replaced(client, "pipeline", self._before_pipeline, awaits=False)

    def read_capacity(self) -> Reading | None:
        """Ask the server, or all of a cluster."""
        return self._servers.read()

    def close(self) -> None:
        """Leave the client as it was."""
        self._commands.undo()
        self._pipelines.undo()
        self._servers.close()

    def before_command(self, args: _Command, _: dict[str, Any]) -> Note | None:
        """Look at a command; `None` if it is not to be noted."""
        return partial(self._note, args) if self._concerns(args) else None

    def _before_pipeline(self, _: _Command, __: dict[str, Any]) -> Note:
        return self._follow

    def _follow(self, outcome: Outcome) -> None:
        if outcome.error is None:
            _Pipeline(outcome.result, self)

    def _concerns(self, command: _Command) -> bool:
        """Tell whether a command is of a key of a session, and is to be noted."""
        if not self._commands.active:
            return False
        session = self._recorder.session
        return any(session(key) is not None for key in keys_of(command))

    def _note(self, command: _Command, outcome: Outcome) -> None:
        error = outcome.error
        found = accesses(command, outcome.result) if error is None else failed(command)
        self._recorder.note(found, outcome.duration_s, error)

    def concerned(self, commands: Sequence[_Command]) -> list[int]:
        """Find the commands that are to be noted."""
        return [at for at, command in enumerate(commands) if self._concerns(command)]

    def note_all(self, commands: Sequence[_Command], at: Sequence[int], outcome: Outcome) -> None:
        """Note those of the commands of a pipeline; each took as long as all."""
        replies = outcome.result
        if outcome.error is None and len(replies) != len(commands):
            return
        for number in at:
            reply = replies[number] if outcome.error is None else None
            error = reply if isinstance(reply, BaseException) else outcome.error
            self._note(commands[number], Outcome(reply, error, outcome.duration_s))


class _Pipeline:
    """What is put into one pipeline, until it is executed."""

    def __init__(self, pipeline: Any, observer: RedisObserver) -> None:
        self._queued: list[_Command] = []
        self._observer = observer
        self._pipeline = pipeline
        Replaced(pipeline, "execute_command", self._before_command)
        Replaced(pipeline, "execute", self._before_execute)

    def _before_command(self, args: _Command, kwargs: dict[str, Any]) -> Note | None:
        watching = getattr(self._pipeline, "watching", False) or args[:1] == ("WATCH",)
        if watching and not getattr(self._pipeline, "explicit_transaction", False):
            # It is executed at once.
            return self._observer.before_command(args, kwargs)
        self._queued.append(args)
        return None

    def _before_execute(self, _: _Command, __: dict[str, Any]) -> Note | None:
        commands, self._queued = self._queued, []
        at = self._observer.concerned(commands)
        return partial(self._observer.note_all, commands, at) if at else None
