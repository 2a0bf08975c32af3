"""Files: a reply's bytes that the application reads itself, noted as it reads them.

Stands in for the raw stream below a client's file object; nothing is read ahead. The ends: all
bytes or the last of them, an error, `close()`, and garbage collection.
"""

from collections.abc import Awaitable, Iterable, Iterator
from typing import Any, Self

from otel_sessions.calls import Outcome
from otel_sessions.faults import contained
from otel_sessions.providers._recording import Recording


class File:
    """Stands in for a raw stream of bytes."""

    def __init__(self, raw: Any, length: int | None, recording: Recording) -> None:
        """Take the place of `raw`, which gives `length` bytes, if that is known."""
        self._raw = raw
        self._left = length
        self._recording: Recording | None = recording

    def read(self, amt: int | None = None, *args: Any, **kwargs: Any) -> Any:
        """Read, and note what was read."""
        try:
            data = self._raw.read(amt, *args, **kwargs)
        except BaseException as error:
            self._fail(error)
            raise
        if hasattr(type(data), "__await__"):
            return self._read_later(data, amt)
        self._note_read(data, amt)
        return data

    async def _read_later(self, awaitable: Awaitable[bytes], amt: int | None) -> bytes:
        try:
            data = await awaitable
        except BaseException as error:
            self._fail(error)
            raise
        self._note_read(data, amt)
        return data

    def _note_read(self, data: bytes, amt: int | None) -> None:
        self._note(data, last=amt is None or amt < 0 or (amt > 0 and not data))

    def readinto(self, buffer: Any) -> Any:
        """Read into a buffer, and note what was read."""
        try:
            count = self._raw.readinto(buffer)
        except BaseException as error:
            self._fail(error)
            raise
        self._note(bytes(buffer[:count]), last=not count and len(buffer) > 0)
        return count

    def readlines(self, *args: Any) -> Any:
        """Read all lines, and note them."""
        try:
            lines = self._raw.readlines(*args)
        except BaseException as error:
            self._fail(error)
            raise
        self._note(b"".join(lines), last=not args)
        return lines

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        """Give the bytes piece by piece, and note them."""
        return self._noting(self._raw.stream(*args, **kwargs))

    def __iter__(self) -> Iterator[bytes]:
        return self._noting(self._raw)

    def _noting(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        try:
            for data in pieces:
                self._note(data, last=False)
                yield data
        except BaseException as error:
            self._fail(error)
            raise
        self._end("completed")

    def close(self) -> Any:
        """End, and close the raw stream."""
        self._end("aborted")
        return self._raw.close()

    def __getattr__(self, name: str) -> Any:
        """Be as good as the raw stream."""
        return getattr(self._raw, name)

    def __enter__(self) -> Self:
        self._raw.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        self._end("aborted")
        return self._raw.__exit__(*error)

    def __del__(self) -> None:
        """End a file that nobody read to its end."""
        self._end("aborted")

    def _note(self, data: bytes, *, last: bool) -> None:
        with contained("noting bytes"):
            recording = self._recording
            if recording is None:
                return
            if data:
                recording.chunks.append(data)
            if self._left is not None:
                self._left -= len(data)
            if last or self._left == 0:
                self._end("completed")

    def _fail(self, error: BaseException) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            with contained("recording an error"):
                recording.fail(error)

    def _end(self, outcome: Outcome) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.end(outcome)
