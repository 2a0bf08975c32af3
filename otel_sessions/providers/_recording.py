"""Recording: one call from its start to its end; what the pipeline calls an observation.

In the caller's thread only references are kept. `read` turns them into a `Call`, later, in the
worker. A reader that fails costs the part that it reads.
"""

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.trace import Span

from otel_sessions import clocks
from otel_sessions.calls import Call, Outcome, Reply, Request
from otel_sessions.faults import contained
from otel_sessions.identity import Ambient
from otel_sessions.providers._provider import Opening, Provider


class Recording:
    """References to what a call was given and what came back."""

    __slots__ = (
        "_ambient",
        "_arguments",
        "_opening",
        "_overflow",
        "_submit",
        "_unended",
        "chunks",
        "ended_ns",
        "error_type",
        "first_chunk_ns",
        "outcome",
        "provider",
        "reply",
        "span",
        "started_ns",
    )

    def __init__(
        self,
        *,
        provider: Provider,
        opening: Opening,
        arguments: Mapping[str, Any],
        ambient: Ambient,
        span: Span,
        started_ns: int,
        submit: "Callable[[Recording], None]",
    ) -> None:
        """Take over a started span; `submit` is called exactly once, at the end."""
        self.provider = provider
        self.span = span
        self.started_ns = started_ns
        self.ended_ns = 0
        self.first_chunk_ns: int | None = None
        self.outcome: Outcome = "completed"
        self.error_type: str | None = None
        self.chunks: list[Any] = []
        self.reply: Any = None
        self._overflow = False
        self._opening = opening
        self._arguments = arguments
        self._ambient = ambient
        self._submit = submit
        self._unended = [True]

    def end(self, outcome: Outcome, ended_ns: int | None = None) -> None:
        """Hand the call over; the first end counts and later ones change nothing."""
        try:
            self._unended.pop()  # Atomic: a stream can be closed in one thread and read in another.
        except IndexError:
            return
        self.outcome = outcome
        self.ended_ns = clocks.now_ns() if ended_ns is None else ended_ns
        with contained("handing a call over"):
            self._submit(self)

    def fail(self, error: BaseException) -> None:
        """End with what is kept of `error`; what is no `Exception` was the application's wish."""
        if not isinstance(error, Exception):
            self.end("aborted")
            return
        ended_ns = clocks.now_ns()
        if self._unended:
            self.error_type = type(error).__name__
            with contained("reading an error"):
                failure = self.provider.read_error(error)
                self.error_type = failure.error_type
                self._overflow = failure.overflow
                self.reply = failure.reply
        self.end("failed", ended_ns)

    def read(self) -> Call:
        """Read what was given and what came back."""
        opening, provider = self._opening, self.provider
        request = Request(opening.operation, opening.model, stream=opening.stream)
        with contained("reading a request"):
            request = provider.read_request(self._arguments)
        reply = Reply()
        with contained("reading a reply"):
            if self.chunks:
                reply = provider.read_chunks(self.chunks)
            elif self.reply is not None:
                reply = provider.read_reply(self.reply)
        return Call(
            provider=reply.provider or opening.provider,
            request=request,
            reply=reply,
            outcome=self.outcome,
            started_ns=self.started_ns,
            ended_ns=self.ended_ns,
            first_chunk_ns=self.first_chunk_ns,
            error_type=self.error_type,
            overflow=self._overflow,
            server_address=opening.server_address,
            server_port=opening.server_port,
            given_id=self._ambient.given,
            lane=self._ambient.lane,
            user_id=self._ambient.user_id,
            agent=self._ambient.agent,
        )
