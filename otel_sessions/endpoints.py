"""Endpoints: a model's server, asked by us over HTTP.

By the standard library, so that a judge needs no client installed, and none that we observe.
Proxies are taken from the environment as usual.
"""

import time
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.instrumentation.utils import suppress_instrumentation

MAX_ANSWER_BYTES = 1 << 20
_OK = 200


class Endpoint:
    """A server that speaks OpenAI's protocol."""

    def __init__(self, url: str, api_key: str | None, timeout_s: float) -> None:
        """Take the base URL, a secret if the server wants one, and the time limit of a call."""
        import urllib.request  # noqa: PLC0415 - 20 ms; only who sets a judge pays for it

        parts = urlsplit(url)
        path = parts.path.rstrip("/").removesuffix("/chat/completions") + "/chat/completions"
        self._url = urlunsplit(parts._replace(path=path, fragment=""))
        # Some servers refuse the library's own name for its being a robot's.
        self._headers = {"Content-Type": "application/json", "User-Agent": "otel-sessions"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._timeout_s = timeout_s
        # No handler that follows a redirect: it would carry text and secret to another server.
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
        ):
            self._opener.add_handler(handler)

    def ask(self, body: bytes) -> bytes:
        """Post a chat completion; give the body of the answer.

        Raises:
            OSError: there is no answer in time, or one with another status than 200.
            ValueError: the answer is too long.

        """
        import urllib.request  # noqa: PLC0415 - as above

        request = urllib.request.Request(self._url, body, self._headers)  # noqa: S310 - http(s), see Config
        end_s = time.monotonic() + self._timeout_s
        answer = b""
        # What watches HTTP clients would make spans of it, and headers of those.
        with suppress_instrumentation(), self._opener.open(request, None, self._timeout_s) as reply:
            if reply.status != _OK:
                message = f"the judge answered with status {reply.status}"
                raise OSError(message)
            while part := reply.read1(MAX_ANSWER_BYTES):
                answer += part
                if len(answer) > MAX_ANSWER_BYTES:
                    message = "the judge's answer is too long"
                    raise ValueError(message)
                if time.monotonic() > end_s:
                    message = "the judge took too long"
                    raise TimeoutError(message)
        return answer
