"""Ways: how a recorded call is made again: synchronously, asynchronously, by a stream helper.

A way runs the whole call, to the end of its stream, and gives its result as plain data.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from otel_sessions.testing.wires import Wire


@dataclass(frozen=True, slots=True)
class Way:
    """One way to make a call."""

    name: str
    run: Callable[[Wire], Any]
    late: bool = False
    """The reply is read after it came: by a helper that follows, or parsed when asked for."""


class SkipError(Exception):
    """The exchange is no call that can be made again; says why."""


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a client gave
    """Turn a result into data that can be compared, with the names of its classes."""
    if hasattr(value, "model_dump"):
        return type(value).__name__, value.model_dump(warnings=False)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def drained(stream: Iterable[Any]) -> Any:  # noqa: ANN401 - plain data
    """Read a stream to its end."""
    return type(stream).__name__, [plain(chunk) for chunk in stream]


async def adrained(stream: AsyncIterator[Any]) -> Any:  # noqa: ANN401 - plain data
    """Read an asynchronous stream to its end."""
    return type(stream).__name__, [plain(chunk) async for chunk in stream]


def outcome(way: Way, wire: Wire) -> Any:  # noqa: ANN401 - plain data
    """Make the call; what it raises is an outcome, too."""
    try:
        return way.run(wire)
    except SkipError:
        raise
    except Exception as error:  # noqa: BLE001 - any error of the client is compared
        return "raised", type(error).__name__, str(error)


def awaiting(run: Callable[[Wire], Any]) -> Callable[[Wire], Any]:
    """Make a synchronous function of an asynchronous one."""

    def run_to_end(wire: Wire) -> Any:  # noqa: ANN401 - plain data
        return asyncio.run(run(wire))

    return run_to_end
