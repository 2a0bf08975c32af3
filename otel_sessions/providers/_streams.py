"""Streams: replies that come after the call has returned, observed where they are.

The application gets the client's own object. Its iterator is replaced by one of ours, and the
ways to close it get a step in front, until the end is seen; then the object is as it was. So its
type stays, and nothing is held across a `yield`. The ends: the last chunk, an error, `close()`,
leaving a `with` block, a cancelled task, and garbage collection.
Cost: below 0.5 µs for each chunk of a synchronous stream.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

from opentelemetry import context
from opentelemetry.context import Context

from otel_sessions import clocks
from otel_sessions.calls import Outcome
from otel_sessions.faults import contained
from otel_sessions.providers._files import File
from otel_sessions.providers._provider import Returned
from otel_sessions.providers._recording import Recording
from otel_sessions.providers._steps import CLOSERS, Steps

_LAST_CHUNKS = 3
"""One or two chunks (usage, a gateway's own) may follow the one that says why the reply ended."""


def observe(returned: Returned, recording: Recording, inside: Context) -> Any:
    """Follow what `returned` holds until it ends, then end the recording.

    Returns:
        What the application gets in the place of a plain generator; otherwise `None`.

    """
    if returned.stream is not None:
        _observe_stream(returned, recording, inside)
    elif returned.generator is not None:
        return _stand_in(returned.generator, _Iterator(returned.generator, recording, inside))
    elif returned.file is not None:
        if returned.head is not None:
            recording.chunks.append(returned.head)
        file = File(getattr(returned.file, returned.iterator), returned.length, recording)
        setattr(returned.file, returned.iterator, file)
    elif returned.body is not None:
        _Body(returned.body, returned.response, recording)
    else:
        recording.reply = returned.reply
        recording.end("completed")
    return None


def _observe_stream(returned: Returned, recording: Recording, inside: Context | None) -> None:
    stream, inner = returned.stream, getattr(returned.stream, returned.iterator)
    always = inside if returned.calls_again else None
    iterator = _Iterator(inner, recording, always, always=returned.calls_again)
    setattr(stream, returned.iterator, iterator)
    for name in CLOSERS:
        iterator.steps.put(stream, name, iterator.stop)
        iterator.steps.put(returned.response, name, iterator.stop_from_outside)


def _stand_in(generator: Any, iterator: "_Iterator") -> Any:
    """Make a generator of the same kind and name; dropped before its start, it drops `iterator`."""
    ours: Any = _as_async(iterator) if hasattr(generator, "__anext__") else _as_sync(iterator)
    ours.__name__ = getattr(generator, "__name__", ours.__name__)
    ours.__qualname__ = getattr(generator, "__qualname__", ours.__qualname__)
    return ours


def _as_sync(iterator: "_Iterator") -> Generator[Any, Any, Any]:
    return (yield from iterator)


async def _as_async(iterator: "_Iterator") -> AsyncGenerator[Any, None]:
    try:
        async for chunk in iterator:
            yield chunk
    finally:
        await iterator.aclose()


class _Iterator:
    """Stands in for a stream's iterator, sync or async, and notices if nobody ever starts it."""

    __slots__ = (
        "_always",
        "_append",
        "_busy",
        "_first",
        "_inner",
        "_last_ns",
        "_recording",
        "_unseen",
        "steps",
    )

    def __init__(
        self,
        inner: Any,
        recording: Recording,
        first: Context | None = None,
        *,
        always: bool = False,
    ) -> None:
        """Take an iterator's place; what it does for its first chunk is done in `first`.

        A generator that is lazy makes its request then; one that may make another later is
        `always` in that context.
        """
        self.steps = Steps()
        self._always = always
        self._first = first
        self._inner = inner
        self._recording: Recording | None = recording
        self._append: Callable[[Any], None] = recording.chunks.append
        self._busy = False
        self._unseen = True
        self._last_ns = clocks.now_ns()

    def __iter__(self) -> "_Iterator":
        return self

    def __aiter__(self) -> "_Iterator":
        return self

    def __next__(self) -> Any:
        self._busy = True
        try:
            first = self._first
            chunk = self._inner.__next__() if first is None else self._next_inside(first)
        except BaseException as error:
            with contained("ending a stream"):
                self._stopped(error)
            raise
        self._busy = False
        self._append(chunk)
        self._last_ns = clocks.now_ns()
        if self._unseen:
            with contained("reading a chunk"):
                self._look(chunk)
        return chunk

    async def __anext__(self) -> Any:
        self._busy = True
        try:
            if self._first is None:
                chunk = await self._inner.__anext__()
            else:
                chunk = await self._anext_inside(self._first)
        except BaseException as error:
            with contained("ending a stream"):
                self._stopped(error)
            raise
        self._busy = False
        self._append(chunk)
        self._last_ns = clocks.now_ns()
        if self._unseen:
            with contained("reading a chunk"):
                self._look(chunk)
        return chunk

    def _next_inside(self, inside: Context) -> Any:
        self._first = inside if self._always else None
        token = context.attach(inside)
        try:
            return self._inner.__next__()
        finally:
            context.detach(token)

    async def _anext_inside(self, inside: Context) -> Any:
        self._first = inside if self._always else None
        token = context.attach(inside)
        try:
            return await self._inner.__anext__()
        finally:
            # The collector closes a forgotten step, and it does so in any context.
            if context.get_current() is inside:
                context.detach(token)

    def throw(self, *error: Any) -> Any:
        """Throw into the generator that stood here."""
        try:
            return self._inner.throw(*error)
        except BaseException as raised:
            with contained("ending a stream"):
                self._stopped(raised)
            raise

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
        last = recording.chunks[-_LAST_CHUNKS:]
        with contained("reading a chunk"):
            recording.error_type = next(filter(None, map(recording.provider.error_in, last)), None)
            if recording.error_type is not None:
                outcome = "failed"
            elif any(map(recording.provider.is_final, last)):
                outcome = "completed"
        # What came after the last chunk was the application's time, or the collector's.
        recording.end(outcome, clocks.now_ns() if self._busy else self._last_ns)

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
    """Watches a response whose body the application reads itself, or has parsed.

    The HTTP client closes its response after the last byte, and the application closes the whole.
    Without the first of these two, nothing or not all was read. (httpx2 closes also when a loop
    over the body is left, which then counts as read.)
    """

    __slots__ = ("_read_ns", "_recording", "_response", "_steps")

    def __init__(self, body: Any, response: Any, recording: Recording) -> None:
        self._recording: Recording | None = recording
        self._response = response
        self._read_ns: int | None = None
        self._steps = Steps()
        self._steps.put_around(body, "parse", self._parse)
        own = [name for name in CLOSERS if hasattr(body, name)]
        for name in own:
            self._steps.put(body, name, self._closed)
        for name in CLOSERS:
            # Without a way to close the whole, it is over when the HTTP response is.
            self._steps.put(response, name, self._read if own else self._read_all)

    def __del__(self) -> None:
        with contained("ending a response"):
            self._closed()

    def _parse(self, parse: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Parse, which may make a stream of the body."""
        result = parse(*args, **kwargs)
        if hasattr(type(result), "__await__"):
            return self._parsed_later(result)
        with contained("observing a reply"):
            self._parsed(result)
        return result

    async def _parsed_later(self, result: Awaitable[Any]) -> Any:
        parsed = await result
        with contained("observing a reply"):
            self._parsed(parsed)
        return parsed

    def _parsed(self, result: Any) -> None:
        recording = self._recording
        if recording is None:
            return
        returned = recording.provider.read_returned(result)
        if returned.stream is not None:
            self._recording = None
            self._steps.remove()
            _observe_stream(returned, recording, None)

    def _read(self) -> None:
        if self._read_ns is None:
            self._read_ns = clocks.now_ns()

    def _read_all(self) -> None:
        self._read()
        self._closed()

    def _closed(self) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        with contained("restoring a response"):
            self._steps.remove()
        if self._read_ns is None:
            recording.end("aborted")
            return
        # What was read piece by piece, the response has not kept.
        if "_content" in vars(self._response):
            recording.reply = self._response
        recording.end("completed", self._read_ns)


def _forget(chunk: Any) -> None:
    del chunk
