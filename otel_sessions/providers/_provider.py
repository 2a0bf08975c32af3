"""Provider: what a client's adapter says about it, as data and readers.

An adapter is one file that fills in a `Provider`. Its readers hold no OpenTelemetry, no patching
and no `try`: they are given what the application passed or got, and say what it means. Those that
run in the caller's thread (`bind`, `read_opening`, `read_returned`) must not read any text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, overload

from otel_sessions.calls import Message, Reply, Request
from otel_sessions.faults import contained


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a call starts, without reading any text."""

    provider: str
    """As the conventions name it."""
    model: str | None = None
    operation: str = "chat"
    stream: bool = False
    conversation_id: str | None = None
    """The conversation's id in the provider's own request, if it has one."""
    server_address: str | None = None
    server_port: int | None = None
    """`None` if unknown or 443, as the official packages have it."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call gave back; one of the first five is set."""

    reply: Any = None
    """Complete; `read_reply` reads it later."""
    stream: Any = None
    """Gives chunks; it iterates over its attribute `iterator`."""
    generator: Any = None
    """Gives chunks and is a plain generator; the application gets one of ours in its place."""
    file: Any = None
    """Gives bytes; it reads them from its attribute `iterator`. They are the chunks."""
    body: Any = None
    """Not read yet, and the application's to read; `read_reply` is given `response`."""
    iterator: str = "_iterator"
    calls_again: bool = False
    """Asked for a chunk, the stream may turn to another model; that is part of this call."""
    response: Any = None
    """HTTP response that is closed when the stream or body ends."""
    length: int | None = None
    """Bytes that a file has, if that is known."""
    head: Any = None
    """What came before a file's bytes (headers); it is the first of the chunks."""


def read_generated(result: Any) -> Returned:
    """Tell a reply from a stream that is a plain generator."""
    if hasattr(type(result), "__next__") or hasattr(type(result), "__anext__"):
        return Returned(generator=result)
    return Returned(reply=result)


@dataclass(frozen=True, slots=True)
class Failure:
    """What is kept of an error: never its text."""

    error_type: str
    """HTTP status, or the error's class."""
    overflow: bool = False
    """The request was longer than the model's window."""
    reply: Any = None
    """What came back before the client raised; `read_reply` reads it later."""


def _none(_: Any) -> None:
    return None


class Target(NamedTuple):
    """A method or function to wrap; versions of a client differ, and absent ones are skipped."""

    path: str
    """`module:Class.method` or `module:function`."""
    streams: bool = False
    """It always streams: the argument `stream` is taken for true."""
    request: str | None = None
    """It makes no request but returns a manager; this attribute of the manager, a function or an
    awaitable, makes it, once, when the manager is entered."""


def by_name(*names: str) -> Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]:
    """Make a `bind` for methods whose first parameters, `names`, may be given by position."""

    def bind(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        return {**dict(zip(names, args, strict=False)), **kwargs}

    return bind


by_keyword = by_name()
"""The `bind` of methods that take nothing by position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One kind of call of one client."""

    name: str
    """What `instrument(providers=[...])` calls it; several kinds of call may share it."""
    targets: tuple[Target, ...]
    bind: Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any] | None] = by_keyword
    """Makes a new dict of the arguments by name; `None` if this is no call of a model."""
    read_opening: Callable[[Any, Mapping[str, Any]], Opening]
    """Takes the object whose method is called and the arguments."""
    read_returned: Callable[[Any], Returned]
    read_request: Callable[[Mapping[str, Any]], Request]
    """Takes the arguments; messages that were a list are a tuple, and what can be read only once
    is `None`."""
    read_reply: Callable[[Any], Reply]
    read_chunks: Callable[[Sequence[Any]], Reply]
    """Takes all chunks that came, oldest first, not empty."""
    read_error: Callable[[Exception], Failure]
    has_content: Callable[[Any], bool]
    """Whether a chunk carries a piece of the reply; asked until the first that does."""
    is_final: Callable[[Any], bool]
    """Whether a chunk says that the reply is complete; asked when a stream is left early."""
    error_in: Callable[[Any], str | None] = _none
    """Type of the error that a chunk stands for, where the client raises it after it took the
    chunk from its iterator; asked when a stream is left early."""
    messages: str = "messages"
    """Argument that holds the messages."""
    own_scope: str | None = None
    """Instrumentation scope of the spans that the client itself makes of its calls."""

    @property
    def client(self) -> str:
        """Name the package that is patched."""
        return re.split("[.:]", self.targets[0].path, maxsplit=1)[0]


class Messages(Sequence[Message]):
    """Messages that are read when they are asked for; one that cannot be read is empty."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: Sequence[Any], read: Callable[[Any], Message]) -> None:
        """Put `read` in front of `raw`."""
        self._raw = raw
        self._read = read

    @classmethod
    def of(cls, raw: Any, read: Callable[[Any], Message]) -> Self | None:
        """Put `read` in front of a list or tuple; there is nothing to read of anything else."""
        return cls(raw, read) if isinstance(raw, list | tuple) else None

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, index: int) -> Message: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Message]: ...

    def __getitem__(self, index: int | slice) -> Message | Sequence[Message]:
        if isinstance(index, slice):
            return Messages(self._raw[index], self._read)
        raw = self._raw[index]
        with contained("reading a message"):
            return self._read(raw)
        return Message("user")
