"""Listings: a request's messages, read and hashed one at a time and only when asked for.

A message's digest stands for what it says and not for its format: text parts or a plain string,
tool arguments in any order of keys, give the same digest. System messages have digest 0, because
applications change them at will. About 3 µs a message of 400 characters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from otel_sessions.calls import Message, Role, ToolCall
from otel_sessions.digests import digest

SYSTEM = 0
"""Digest of every system message."""
_CHARS_PER_TOKEN = 4


class Listing:
    """A message list in reading: each message is read at most once."""

    def __init__(self, messages: Sequence[Message], key: bytes) -> None:
        self._messages = messages
        self._key = key
        self._length = len(messages)
        self._read: dict[int, Message] = {}
        self._digests: dict[int, int] = {}
        self.lead = 0
        """System messages at the head."""
        while self.lead < self._length and self.role(self.lead) == "system":
            self.lead += 1

    def __len__(self) -> int:
        return self._length

    def message(self, index: int) -> Message:
        """Read a message."""
        found = self._read.get(index)
        if found is None:
            found = self._read[index] = self._messages[index]
        return found

    def role(self, index: int) -> Role:
        """Tell whose message it is."""
        return self.message(index).role

    def digest(self, index: int) -> int:
        """Hash a message; `SYSTEM` for a system message."""
        found = self._digests.get(index)
        if found is None:
            found = self._digests[index] = message_digest(self.message(index), self._key)
        return found

    def tokens(self, index: int) -> int:
        """Estimate the tokens of a message."""
        return message_tokens(self.message(index))

    @property
    def lead_tokens(self) -> int:
        """Estimated tokens of the system messages at the head."""
        return sum(self.tokens(index) for index in range(self.lead))

    @property
    def lead_text(self) -> str:
        """The system messages at the head."""
        return "\n".join(self.message(index).text for index in range(self.lead))

    def newest_first(self, role: Role, *, since: int = 0) -> Iterator[int]:
        """Find the messages of a role, newest first, down to index `since`."""
        return (i for i in range(self._length - 1, since - 1, -1) if self.role(i) == role)


def message_digest(message: Message, key: bytes) -> int:
    """Hash what a message says, whatever format it came in."""
    if message.role == "system":
        return SYSTEM
    parts: list[str] = [message.role, message.text.strip()]
    for tool_call in message.tool_calls:
        parts += (tool_call.id or "", tool_call.name, canonical_arguments(tool_call))
    if message.tool_call_id:
        # Two tools may well return the same.
        parts.append(message.tool_call_id)
    if message.other_parts:
        parts.append(str(message.other_parts))
    return digest(key, *parts) or 1


def message_tokens(message: Message) -> int:
    """Estimate the tokens of a message from its length, tool arguments included."""
    chars = len(message.text)
    for tool_call in message.tool_calls:
        chars += len(tool_call.name)
        chars += len(
            tool_call.arguments
            if isinstance(tool_call.arguments, str)
            else str(tool_call.arguments)
        )
    return 1 + chars // _CHARS_PER_TOKEN


def canonical_arguments(tool_call: ToolCall) -> str:
    """Write a tool call's arguments so that order of keys and white space do not matter."""
    arguments: object = tool_call.arguments
    if isinstance(arguments, str):
        text = arguments.strip()
        try:
            arguments = json.loads(text)
        except ValueError:
            return text
    if not isinstance(arguments, Mapping):
        return str(arguments)
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"), default=str)
