"""Model servers: a model on loopback that speaks OpenAI's protocol and says what it is told.

Real client libraries can then be driven as in production, with no network and no account.
One thread per connection; about 0.3 ms per call.
Source: https://platform.openai.com/docs/api-reference/chat
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from otel_sessions.cli import replies
from otel_sessions.cli.replies import Failure, Reply

Answer = Callable[[Mapping[str, Any], Message], Reply | Failure]
"""Decides what a request gets; called with its body and its headers, from many threads at once."""

REPLY_HEADER = "x-local-reply"
"""Request header that says which promised reply the call is to get."""


class ModelServer:
    """A server on a free port of 127.0.0.1, from construction to `close()`."""

    def __init__(self, answer: Answer) -> None:
        handler = type("_BoundHandler", (_Handler,), {"answer": staticmethod(answer)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="model-server", daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        """What a client is given as its base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        """Take no new connections and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Promises:
    """Replies that wait for their calls; an `Answer` that is safe with many calls at once."""

    def __init__(self) -> None:
        self._replies: dict[str, Reply | Failure] = {}
        self._numbers = itertools.count(1)

    def promise(self, reply: Reply | Failure) -> dict[str, str]:
        """Keep `reply` for the one call that sends the headers returned here."""
        key = str(next(self._numbers))
        self._replies[key] = reply
        return {REPLY_HEADER: key}

    def __call__(self, _request: Mapping[str, Any], headers: Message) -> Reply | Failure:
        """Give the promised reply, once."""
        nothing = Failure(404, f"No reply was promised to {headers.get(REPLY_HEADER)!r}")
        return self._replies.pop(headers.get(REPLY_HEADER) or "", nothing)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: a client that goes away in the middle is part of the scripts."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one segment
    answer: Answer

    def do_POST(self) -> None:
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path != "/v1/chat/completions":
            self._send_json(404, replies.error(Failure(404, f"No route {self.path}")))
            return
        request = json.loads(body)
        reply = self.answer(request, self.headers)
        time.sleep(reply.delay_s)
        if isinstance(reply, Failure):
            self._send_json(reply.status, replies.error(reply))
        elif request.get("stream"):
            self._send_stream(reply, request)
        else:
            self._send_json(200, replies.completion(reply, request))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        """Write no access log."""

    def _send_json(self, status: int, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_stream(self, reply: Reply, request: Mapping[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for document in itertools.islice(replies.chunks(reply, request), reply.breaks_after):
            self._send_event(json.dumps(document))
        if reply.breaks_after is not None:
            self.close_connection = True  # without the end that the protocol demands
            return
        self._send_event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _send_event(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.flush()
