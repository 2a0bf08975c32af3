"""Calls: what one inference was given and what came back, the same for every provider.

These records hold text, live for the length of one analysis and are never stored or exported.
Units: tokens as the provider counted them, times in Unix nanoseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]
Outcome = Literal["completed", "failed", "aborted"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool that the model asked for."""

    name: str
    arguments: str | Mapping[str, object]
    """JSON text or the decoded object; order of keys has no meaning."""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request or a reply, without its provider's format."""

    role: Role
    """`developer` is read as `system`; every provider's tool result is `tool`."""
    text: str = ""
    """All text parts joined by newlines; empty when there are none."""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    """Of a tool result: the call that it answers."""
    other_parts: int = 0
    """Number of parts that are not text (images, audio, files)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider reports them; `None` is unknown, never zero."""

    input_tokens: int | None = None
    """All that the model was given, with what came from or went to a cache."""
    output_tokens: int | None = None
    """All that the model made, with its reasoning."""
    cache_read_tokens: int | None = None
    cache_creation_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class GivenId:
    """A session id that somebody stated for a call, and who did."""

    value: str
    source: Literal["session", "baggage", "provider", "span", "framework"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a provider's reader says of a call when it starts.

    `messages` is lazy: an item is read when it is asked for, because reading a whole history
    again at each call would cost time that grows with the session.
    """

    operation: str = "chat"
    model: str | None = None
    messages: Sequence[Message] | None = None
    """Oldest first; `None` if they cannot be read without changing the request."""
    stream: bool = False
    choice_count: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop_sequences: tuple[str, ...] = ()
    output_type: str | None = None
    """`text` or `json`, as the conventions name it."""
    remembered: bool = False
    """The provider keeps the history: `messages` holds only what is new."""
    previous_reply_id: str | None = None
    """Of a request whose history the provider keeps: the reply from which it goes on."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, complete or as far as it came."""

    message: Message | None = None
    """The first choice; `None` when nothing came."""
    model: str | None = None
    id: str | None = None
    finish_reasons: tuple[str, ...] = ()
    """One for each choice, as the conventions put it (`stop`, `length`, `tool_call`,
    `content_filter`, `error`); those of OpenAI's protocol as they are (`tool_calls`), as the
    official package has it."""
    usage: Usage = Usage()
    resumable: bool = False
    """The provider keeps it: a later request may go on from it by its id alone."""
    provider: str | None = None
    """Who answered, where a client that chooses says so."""


@dataclass(frozen=True, slots=True)
class Call:
    """One finished inference."""

    provider: str
    request: Request
    reply: Reply
    outcome: Outcome
    started_ns: int
    ended_ns: int
    first_chunk_ns: int | None = None
    """When the first chunk with content came; `None` without streaming."""
    error_type: str | None = None
    """HTTP status or class name of the error; `None` unless the call failed."""
    overflow: bool = False
    """The provider refused the call because its window was exceeded."""
    server_address: str | None = None
    server_port: int | None = None
    given_id: GivenId | None = None
    lane: int = 0
    """The thread or task that made the call; 0 is unknown. It decides between sessions that nothing
    else tells apart."""
    user_id: str | None = None
    agent: str | None = None
