"""Wires: what stands in for the network below a client, for one call.

Every request gets the recorded reply, streamed replies event by event. What was sent is kept, so
that it can be compared with and without us.
"""

from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

from otel_sessions.testing.exchanges import Exchange, parsed

_PIECE_BYTES = 512


class Wire:
    """Answers with one exchange's reply."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.sent: list[Any] = []
        """Address and body of each request, the body parsed where it is JSON."""

    def note(self, url: str, body: bytes) -> None:
        """Keep what was sent."""
        self.sent.append((url, body if parsed(body) is None else parsed(body)))

    def pieces(self) -> list[bytes]:
        """Cut the reply as it may have come: an event each, or any bytes."""
        reply = self.exchange.reply
        if not self.exchange.streamed:
            return [reply]
        if b"\0" in reply or b"\n" not in reply:
            return [reply[at : at + _PIECE_BYTES] for at in range(0, len(reply), _PIECE_BYTES)]
        return [line for line in reply.splitlines(keepends=True) if line]

    def response(self, httpx: ModuleType) -> Any:  # noqa: ANN401 - of httpx or httpx2
        """Make the reply, to be read by synchronous and asynchronous clients of `httpx`."""
        exchange, pieces = self.exchange, self.pieces()

        class Body(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[name-defined, misc]
            def __iter__(self) -> Iterator[bytes]:
                yield from pieces

            async def __aiter__(self) -> AsyncIterator[bytes]:
                for piece in pieces:
                    yield piece

        return httpx.Response(exchange.status, headers=exchange.headers, stream=Body())

    def transport(self, httpx: ModuleType) -> Any:  # noqa: ANN401 - of httpx or httpx2
        """Make a transport for clients of `httpx`, synchronous and asynchronous."""

        def answer(request: Any) -> Any:  # noqa: ANN401 - of httpx or httpx2
            self.note(str(request.url), request.content)
            return self.response(httpx)

        return httpx.MockTransport(answer)
