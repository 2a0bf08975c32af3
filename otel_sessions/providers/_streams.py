"""Streams: replies that come after the call has returned, observed where they are.

The application gets the client's own object. Its iterator is replaced by one of ours, and the
ways to close it get a step in front, until the end is seen; then the object is as it was. So its
type stays, and nothing is held across a `yield`. The ends: the last chunk, an error, `close()`,
leaving a `with` block, a cancelled task, and garbage collection.
Cost: below 0.5 µs for each chunk of a synchronous stream.
"""

import time
from collections.abc import Callable
from typing import Any

from otel_sessions.calls import Outcome
from otel_sessions.faults import contained
from otel_sessions.providers._provider import Returned
from otel_sessions.providers._recording import Recording

_CLOSERS = ("close", "aclose")
_LAST_CHUNKS = 3
"""One or two chunks (usage, a gateway's own) may follow the one that says why the reply ended."""


def observe(returned: Returned, recording: Recording) -> None:
    """Follow what `returned` holds until it ends, then end the recording."""
    if returned.stream is not None:
        _observe_stream(returned.stream, returned.response, recording)
    elif returned.body is not None:
        _Body(returned.body, returned.response, recording)
    else:
        recording.reply = returned.reply
        recording.end("completed")


def _observe_stream(stream: Any, response: Any, recording: Recording) -> None:
    attribute = recording.provider.iterator
    iterator = _Iterator(getattr(stream, attribute), recording)
    setattr(stream, attribute, iterator)
    for name in _CLOSERS:
        iterator.steps.put(stream, name, iterator.stop)
        iterator.steps.put(response, name, iterator.stop_from_outside)


class _Steps:
    """Steps put in front of methods of single objects, and taken away again.

    Object and step refer to each other. That is no new burden on the garbage collector: a client's
    open stream and its HTTP response are in cycles of their own (checked with openai 1, 2 and 3).
    A weak reference would break `ExitStack().callback(stream.close)`, which must keep the stream.
    """

    __slots__ = ("_placed",)

    def __init__(self) -> None:
        self._placed: list[tuple[dict[str, Any], str, Any, Any]] = []

    def put(self, owner: Any, name: str, step: Callable[[], None]) -> None:
        """Do `step` before each `owner.name()`; nothing happens if there is no such method."""
        original = getattr(owner, name, None)
        if original is None:
            return

        def stepping(*args: Any, **kwargs: Any) -> Any:
            with contained("closing a stream"):
                step()
            return original(*args, **kwargs)

        attributes = vars(owner)
        self._placed.append((attributes, name, stepping, attributes.get(name)))
        attributes[name] = stepping

    def remove(self) -> None:
        """Restore every method over which nobody else has put something since."""
        while self._placed:
            attributes, name, stepping, before = self._placed.pop()
            if attributes.get(name) is not stepping:
                continue
            if before is None:
                del attributes[name]
            else:
                attributes[name] = before


class _Iterator:
    """Stands in for a stream's iterator, sync or async, and notices if nobody ever starts it."""

    __slots__ = ("_append", "_busy", "_inner", "_last_ns", "_recording", "_unseen", "steps")

    def __init__(self, inner: Any, recording: Recording) -> None:
        self.steps = _Steps()
        self._inner = inner
        self._recording: Recording | None = recording
        self._append: Callable[[Any], None] = recording.chunks.append
        self._busy = False
        self._unseen = True
        self._last_ns = time.time_ns()

    def __iter__(self) -> "_Iterator":
        return self

    def __aiter__(self) -> "_Iterator":
        return self

    def __next__(self) -> Any:
        self._busy = True
        try:
            chunk = self._inner.__next__()
        except BaseException as error:
            with contained("ending a stream"):
                self._stopped(error)
            raise
        self._busy = False
        self._append(chunk)
        self._last_ns = time.time_ns()
        if self._unseen:
            with contained("reading a chunk"):
                self._look(chunk)
        return chunk

    async def __anext__(self) -> Any:
        self._busy = True
        try:
            chunk = await self._inner.__anext__()
        except BaseException as error:
            with contained("ending a stream"):
                self._stopped(error)
            raise
        self._busy = False
        self._append(chunk)
        self._last_ns = time.time_ns()
        if self._unseen:
            with contained("reading a chunk"):
                self._look(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        """Be as good as the iterator that stood here (`gi_frame`, `send`, ...)."""
        return getattr(self._inner, name)

    def __del__(self) -> None:
        """End a stream that nobody finished."""
        with contained("ending a stream"):
            self.stop()

    def close(self) -> Any:
        """End, and close the iterator that stood here."""
        with contained("ending a stream"):
            self.stop()
        return self._inner.close()

    def aclose(self) -> Any:
        """End, and close the asynchronous iterator that stood here."""
        with contained("ending a stream"):
            self.stop()
        return self._inner.aclose()

    def stop(self) -> None:
        """End now: the application wants no more."""
        recording = self._let_go()
        if recording is None:
            return
        outcome: Outcome = "aborted"
        with contained("reading a chunk"):
            if any(map(recording.provider.is_final, recording.chunks[-_LAST_CHUNKS:])):
                outcome = "completed"
        # What came after the last chunk was the application's time, or the collector's.
        recording.end(outcome, time.time_ns() if self._busy else self._last_ns)

    def stop_from_outside(self) -> None:
        """End now, unless it is the client that closes its response after the last byte."""
        if not self._busy:
            self.stop()

    def _look(self, chunk: Any) -> None:
        recording = self._recording
        if recording is None:
            self._unseen = False
            return
        if recording.provider.has_content(chunk):
            recording.first_chunk_ns = self._last_ns
            self._unseen = False

    def _stopped(self, error: BaseException) -> None:
        recording = self._let_go()
        if recording is None:
            return
        if isinstance(error, StopIteration | StopAsyncIteration):
            recording.end("completed")
        else:
            recording.fail(error)

    def _let_go(self) -> Recording | None:
        """Stop collecting, so that chunks are not kept for as long as the stream is."""
        recording, self._recording = self._recording, None
        self._append = _forget
        with contained("restoring a stream"):
            self.steps.remove()
        return recording


class _Body:
    """Watches a response whose body the application reads itself.

    The HTTP client closes its response after the last byte, and the application closes the whole.
    Without the first of these two, nothing or not all was read. (httpx2 closes also when a loop
    over the body is left, which then counts as read.)
    """

    __slots__ = ("_read_ns", "_recording", "_response", "_steps")

    def __init__(self, body: Any, response: Any, recording: Recording) -> None:
        self._recording: Recording | None = recording
        self._response = response
        self._read_ns: int | None = None
        self._steps = _Steps()
        for name in _CLOSERS:
            self._steps.put(body, name, self._closed)
            self._steps.put(response, name, self._read)

    def __del__(self) -> None:
        with contained("ending a response"):
            self._closed()

    def _read(self) -> None:
        if self._read_ns is None:
            self._read_ns = time.time_ns()

    def _closed(self) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        with contained("restoring a response"):
            self._steps.remove()
        if self._read_ns is None:
            recording.end("aborted")
        else:
            recording.reply = self._response
            recording.end("completed", self._read_ns)


def _forget(chunk: Any) -> None:
    del chunk
