"""Recordings: conversations in files, and the calls that an application made of them.

One JSON object a line: `session_id` and `messages` (`role`, `content`, `tool_calls`,
`tool_call_id`), plain or gzip. A tool call is `id`, `name` and `arguments`, or as OpenAI writes it.
With `calls`, each call lists the indices of the messages that were sent; without, each message of
the assistant is the reply to a call that sent all before it.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from otel_sessions.cli import replies
from otel_sessions.cli.replies import Reply
from otel_sessions.cli.shapes import as_list, as_object

UNRECORDED = Reply("Understood.")
"""Answer to a call whose reply is not in the recording."""
_SIDE_REPLY = Reply("Support conversation")
"""Answer to a side call, such as one that asks for a title."""

_T = TypeVar("_T")

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """What one call sent and what it got."""

    messages: list[Message]
    """In OpenAI's form, oldest first."""
    reply: Reply
    sent: Sequence[int] = ()
    """Indices of the recorded messages among them, in their order."""
    reply_at: int | None = None
    """Index of the recorded message that is the reply; `None` if it is `UNRECORDED` or another."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A conversation and its calls, in their order."""

    session_id: str
    model: str | None
    calls: tuple[RecordedCall, ...]
    steps: tuple[RecordedCall, ...] = ()
    """The calls, and among them those without a recorded reply that there must have been: after the
    last message, and after the tools of a model that plays the user."""


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no recording."""

    path: Path
    number: int
    """1-based."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.number}: skipped, {self.reason}"


def read_files(paths: Iterable[Path]) -> Iterator[Recording | BrokenLine]:
    """Read all lines of all files in order.

    Raises:
        OSError: a file cannot be opened.

    """
    for path in paths:
        for line in numbered_lines(path):
            if isinstance(line, BrokenLine):
                yield line
            else:
                yield read_line(path, *line, read_recording)


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes] | BrokenLine]:
    """Give the lines of a file that are not blank, with their 1-based numbers.

    Of a file that breaks off, or is no gzip file although its name says so, those before that.

    Raises:
        OSError: the file cannot be opened.

    """
    number = 0
    with _open(path) as lines:
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield BrokenLine(path, number + 1, f"the file breaks off: {error}")


def read_line(
    path: Path, number: int, line: bytes, read: Callable[[Mapping[str, Any]], _T]
) -> _T | BrokenLine:
    """Read one line with `read`, which may raise what `read_recording` does."""
    try:
        return read(as_object("a line", json.loads(line)))
    except json.JSONDecodeError as error:
        # Its own text speaks of a line of this line.
        return BrokenLine(path, number, f"it is no JSON object in one line: {error.msg}")
    except KeyError as error:
        return BrokenLine(path, number, f"it has no {error}")
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        return BrokenLine(path, number, str(error))


def read_recording(record: Mapping[str, Any]) -> Recording:
    """Read one recorded conversation.

    Raises:
        LookupError, TypeError, ValueError: it is not in the format that this module describes.

    """
    model = record.get("model")
    name = str(record["session_id"]), model and str(model)
    recorded = [
        as_object(f"message {number}", message)
        for number, message in enumerate(as_list("messages", record["messages"]))
    ]
    if "calls" in record:
        calls = tuple(_listed_calls(record, _sendable(recorded)))
        return Recording(*name, calls, calls)
    told = list(_told_apart(recorded))
    steps = tuple(_calls_of(_sendable([message for _, message in told]), [at for at, _ in told]))
    return Recording(*name, tuple(s for s in steps if s.reply is not UNRECORDED), steps)


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _told_apart(recorded: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the messages with their indices, what a user says apart from the tools that one calls.

    Only a model calls tools: it plays the user, and its calls are calls like any other.
    """
    for index, message in enumerate(recorded):
        calls = message.get("tool_calls")
        if message["role"] != "user" or not calls:
            yield index, message
            continue
        if message.get("content"):
            yield index, {"role": "user", "content": message["content"]}
        yield index, {"role": "assistant", "tool_calls": calls}


def _sendable(recorded: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Write messages as an application sends them to OpenAI."""
    messages: list[Message] = []
    waiting: list[str] = []  # ids of tool calls that have no result yet
    for index, message in enumerate(recorded):
        role, content = message["role"], message.get("content")
        if role == "tool":
            given = message.get("tool_call_id") or (waiting[0] if waiting else f"call_{index}")
            waiting = [call_id for call_id in waiting if call_id != given]
            messages.append({"role": role, "tool_call_id": given, "content": content or ""})
        elif role == "assistant":
            calls = _tool_calls(message.get("tool_calls") or [], index)
            waiting = [call["id"] for call in calls]
            messages.append(replies.message(Reply(content or "", calls)))
        else:
            name = {"name": message["name"]} if message.get("name") else {}
            messages.append({"role": role, "content": content or "", **name})
    return messages


def _tool_calls(recorded: object, index: int) -> tuple[Message, ...]:
    sent = []
    for number, each in enumerate(as_list("tool_calls", recorded)):
        call = as_object("a tool call", each)
        called = as_object("function", call.get("function", call))
        function = {"name": called["name"], "arguments": _arguments(called.get("arguments"))}
        named = call.get("id") or f"call_{index}_{number}"
        sent.append({"id": named, "type": "function", "function": function})
    return tuple(sent)


def _arguments(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments or {})


def _calls_of(messages: list[Message], places: Sequence[int]) -> Iterator[RecordedCall]:
    """Make a call for each reply; a greeting that opens the recording is only history.

    Args:
        messages: as they are sent.
        places: index of each in the recording.

    """
    before, spoken, sent = "system", False, range(0)
    for number, (message, place) in enumerate(zip(messages, places, strict=True)):
        role = message["role"]
        if role == "assistant" and spoken:
            yield RecordedCall(messages[:number], _reply(message), sent, place)
        elif role == "user" and before == "tool":
            yield RecordedCall(messages[:number], UNRECORDED, sent)
        spoken = spoken or role != "system"
        before, sent = role, range(place + 1)
    if before not in ("assistant", "system"):
        yield RecordedCall(messages, UNRECORDED, sent)


def _listed_calls(record: Mapping[str, Any], messages: list[Message]) -> Iterator[RecordedCall]:
    side = _sendable(record.get("side_messages") or ())
    parts_from = (record.get("fmt") or {}).get("from_call")
    swap = record.get("system_swap") or {}
    for number, listed in enumerate(as_list("calls", record["calls"])):
        indices = _indices(number, listed, len(messages))
        sent = [m for at in indices for m in (side if isinstance(at, str) else [messages[at]])]
        if swap and number >= swap["from_call"]:
            sent = _with_system(sent, swap["system"])
        if parts_from is not None and number >= parts_from:
            sent = [_in_parts(message) for message in sent]
        known = [index for index in indices if isinstance(index, int)]
        reply, reply_at = _reply_after(indices[-1], messages)
        yield RecordedCall(sent, reply, known, reply_at)


def _indices(number: int, listed: object, count: int) -> Sequence[int | str]:
    """Check what one call lists: messages that there are, or `side`."""
    indices = as_list(f"call {number}", listed)
    if not indices:
        message = f"call {number} lists no message"
        raise ValueError(message)
    for index in indices:
        if index != "side" and not (isinstance(index, int) and 0 <= index < count):
            message = f"call {number} lists message {index!r}, and there are {count} from 0"
            raise ValueError(message)
    return indices


def _reply_after(last: int | str, messages: list[Message]) -> tuple[Reply, int | None]:
    if not isinstance(last, int):
        return _SIDE_REPLY, None
    follows = messages[last + 1 : last + 2]
    answered = bool(follows) and follows[0]["role"] == "assistant"
    return (_reply(follows[0]), last + 1) if answered else (UNRECORDED, None)


def _reply(message: Message) -> Reply:
    return Reply(message["content"] or "", tuple(message.get("tool_calls", ())))


def _with_system(messages: list[Message], system: str) -> list[Message]:
    others = messages[1:] if messages and messages[0]["role"] == "system" else messages
    return [{"role": "system", "content": system}, *others]


def _in_parts(message: Message) -> Message:
    if not isinstance(message["content"], str):
        return message
    return {**message, "content": [{"type": "text", "text": message["content"]}]}
