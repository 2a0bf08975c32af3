"""Clients that Stainless generates: OpenAI (also for servers of its protocol), Anthropic, Groq.

Their parameters are the fields of the request's body; what a version does not know is sent as
`extra_body`.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

from benchmarks.recordings.ways import SkipError, Way, adrained, awaiting, drained, plain
from otel_sessions.testing.exchanges import Exchange
from otel_sessions.testing.wires import Wire

_TIMEOUT_S = 60
_AZURE = "/openai/deployments/"


def ways(exchange: Exchange, package: str, path: tuple[str, ...], suffix: str) -> Iterator[Way]:
    """Give the ways to make a call.

    Args:
        exchange: what was recorded.
        package: `openai`, `anthropic` or `groq`.
        path: attributes from the client to the resource.
        suffix: path of the address after the client's base.

    """
    body = exchange.body
    if not isinstance(body, dict):
        message = "its request's body was not recorded"
        raise SkipError(message)
    if "beta=true" in exchange.url.query:
        path = ("beta", *path)
    client = _Client(exchange, importlib.import_module(package), path, suffix, body)
    yield Way("sync", client.create)
    yield Way("async", awaiting(client.acreate))
    yield Way("raw", client.raw, late=True)
    yield Way("async raw", awaiting(client.araw), late=True)
    if body.get("stream"):
        yield Way("stream helper", client.stream, late=True)
        yield Way("async stream helper", awaiting(client.astream), late=True)


class _Client:
    def __init__(
        self,
        exchange: Exchange,
        package: ModuleType,
        path: tuple[str, ...],
        suffix: str,
        body: dict[str, Any],
    ) -> None:
        self._exchange = exchange
        self._package = package
        self._path = path
        self._suffix = suffix
        self._body = body

    def create(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        with self._open(wire, asynchronous=False) as client:
            create = self._resource(client).create
            result = create(**self._arguments(create))
            return drained(result) if self._body.get("stream") else plain(result)

    async def acreate(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        async with self._open(wire, asynchronous=True) as client:
            create = self._resource(client).create
            result = await create(**self._arguments(create))
            return await adrained(result) if self._body.get("stream") else plain(result)

    def raw(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        with self._open(wire, asynchronous=False) as client:
            resource = self._resource(client)
            arguments = self._arguments(resource.create)
            response = resource.with_raw_response.create(**arguments)
            result = response.parse()
            return drained(result) if self._body.get("stream") else plain(result)

    async def araw(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        async with self._open(wire, asynchronous=True) as client:
            resource = self._resource(client)
            arguments = self._arguments(resource.create)
            response = await resource.with_raw_response.create(**arguments)
            result = response.parse()
            result = await result if inspect.isawaitable(result) else result
            return await adrained(result) if self._body.get("stream") else plain(result)

    def stream(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        with self._open(wire, asynchronous=False) as client:
            stream = self._stream_of(client)
            with stream(**self._arguments(stream, streams=True)) as events:
                return drained(events)

    async def astream(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        async with self._open(wire, asynchronous=True) as client:
            stream = self._stream_of(client)
            async with stream(**self._arguments(stream, streams=True)) as events:
                return await adrained(events)

    def _stream_of(self, client: Any) -> Callable[..., Any]:  # noqa: ANN401 - the client's
        stream: Callable[..., Any] | None = getattr(self._resource(client), "stream", None)
        if stream is None:
            message = "the client has no helper for streams"
            raise SkipError(message)
        return stream

    def _open(self, wire: Wire, *, asynchronous: bool) -> Any:  # noqa: ANN401 - the client's
        package, url = self._package, self._exchange.url
        http = package.DefaultAsyncHttpxClient if asynchronous else package.DefaultHttpxClient
        httpx = _httpx_of(http)
        # Of httpx itself: the client's own class mounts transports that read the environment.
        plain_http = httpx.AsyncClient if asynchronous else httpx.Client
        options = {
            "api_key": "none",
            "http_client": plain_http(transport=wire.transport(httpx)),
            "max_retries": 0,
            "timeout": _TIMEOUT_S,
        }
        base, _, _ = url._replace(query="").geturl().rpartition(self._suffix)
        name = {"openai": "OpenAI", "anthropic": "Anthropic", "groq": "Groq"}[package.__name__]
        if _AZURE in url.path:
            name = "AzureOpenAI"
            base = base.partition("/openai/")[0]
            options["azure_endpoint"] = base
            options["api_version"] = parse_qs(url.query).get("api-version", ["2024-10-21"])[0]
        else:
            options["base_url"] = base
        return getattr(package, f"Async{name}" if asynchronous else name)(**options)

    def _resource(self, client: Any) -> Any:  # noqa: ANN401 - the client's
        for name in self._path:
            client = getattr(client, name, None)
        if client is None:
            message = f"the installed {self._package.__name__} has no {'.'.join(self._path)}"
            raise SkipError(message)
        return client

    def _arguments(self, method: Callable[..., Any], *, streams: bool = False) -> dict[str, Any]:
        body = dict(self._body)
        if streams:
            body.pop("stream")
        if _AZURE in self._exchange.url.path:
            body["model"] = self._exchange.url.path.partition(_AZURE)[2].partition("/")[0]
        known = inspect.signature(method).parameters
        betas = self._exchange.asked_headers.get("anthropic-beta")
        if betas and "betas" in known:
            body["betas"] = betas.split(",")
        given = {name: value for name, value in body.items() if name in known}
        rest = {name: value for name, value in body.items() if name not in known}
        return {**given, "extra_body": rest} if rest else given


def _httpx_of(http: type) -> ModuleType:
    """Tell whether a client's HTTP class is of httpx or of httpx2."""
    parents = (parent.__module__.partition(".")[0] for parent in http.__mro__)
    return importlib.import_module(next(name for name in parents if name.startswith("httpx")))
