"""Provider: what a client's adapter says about it, as data and readers.

An adapter is one file that fills in a `Provider`. Its readers hold no OpenTelemetry, no patching
and no `try`: they are given what the application passed or got, and say what it means. The two
that run in the caller's thread (`read_opening`, `read_returned`) must not read any text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

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
    """What a call gave back; one of `reply`, `stream` and `body` is set."""

    reply: Any = None
    """Complete; `read_reply` reads it later."""
    stream: Any = None
    """Gives chunks; it iterates over its attribute `Provider.iterator`."""
    body: Any = None
    """Not read yet, and the application's to read; `read_reply` is given `response`."""
    response: Any = None
    """HTTP response that is closed when the stream or body ends."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is kept of an error: never its text."""

    error_type: str
    """HTTP status, or the error's class."""
    overflow: bool = False
    """The request was longer than the model's window."""
    reply: Any = None
    """What came back before the client raised; `read_reply` reads it later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One kind of call of one client."""

    name: str
    """What `instrument(providers=[...])` calls it; several kinds of call may share it."""
    targets: tuple[str, ...]
    """`module:Class.method`; absent ones are skipped, because versions of a client differ."""
    read_opening: Callable[[Any, Mapping[str, Any]], Opening]
    """Takes the object whose method is called and the keyword arguments."""
    read_returned: Callable[[Any], Returned]
    read_request: Callable[[Mapping[str, Any]], Request]
    """Takes the keyword arguments; the messages are a tuple, or `None` if not a list or tuple."""
    read_reply: Callable[[Any], Reply]
    read_chunks: Callable[[Sequence[Any]], Reply]
    """Takes all chunks that came, oldest first, not empty."""
    read_error: Callable[[Exception], Failure]
    has_content: Callable[[Any], bool]
    """Whether a chunk carries a piece of the reply; asked until the first that does."""
    is_final: Callable[[Any], bool]
    """Whether a chunk says that the reply is complete; asked when a stream is left early."""
    messages: str = "messages"
    """Keyword argument that holds the messages."""
    iterator: str = "_iterator"
    """Attribute of a stream over which it iterates."""


class Messages(Sequence[Message]):
    """Messages that are read when they are asked for; one that cannot be read is empty."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: Sequence[Any], read: Callable[[Any], Message]) -> None:
        """Put `read` in front of `raw`."""
        self._raw = raw
        self._read = read

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
