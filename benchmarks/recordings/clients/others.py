"""Mistral, Cohere, Ollama, Hugging Face: chat, whose parameters are the fields of the body."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from importlib.metadata import requires
from types import ModuleType
from typing import Any

from benchmarks.recordings.ways import SkipError, Way, adrained, awaiting, drained, plain
from otel_sessions.testing.exchanges import Exchange
from otel_sessions.testing.wires import Wire


def mistral(exchange: Exchange) -> Iterator[Way]:
    """Call Mistral."""
    package = importlib.import_module("mistralai.client")
    httpx = _http_of("mistralai")
    base = _base(exchange, "/v1/chat/completions")

    def chat(wire: Wire) -> Any:  # noqa: ANN401 - the client's
        return package.Mistral(
            api_key="none",
            server_url=base,
            client=httpx.Client(transport=wire.transport(httpx)),
            async_client=httpx.AsyncClient(transport=wire.transport(httpx)),
        ).chat

    yield from _ways(
        exchange,
        lambda wire, streams: chat(wire).stream if streams else chat(wire).complete,
        lambda wire, streams: chat(wire).stream_async if streams else chat(wire).complete_async,
    )


def cohere(exchange: Exchange) -> Iterator[Way]:
    """Call Cohere."""
    package = importlib.import_module("cohere")
    httpx = _http_of("cohere")
    known: dict[str, Any] = {"api_key": "none", "base_url": _base(exchange, "/v2/chat")}

    def chat(wire: Wire, streams: bool) -> Any:  # noqa: ANN401, FBT001 - the client's
        http = httpx.Client(transport=wire.transport(httpx))
        client = package.ClientV2(**known, httpx_client=http)
        return client.chat_stream if streams else client.chat

    def achat(wire: Wire, streams: bool) -> Any:  # noqa: ANN401, FBT001 - the client's
        http = httpx.AsyncClient(transport=wire.transport(httpx))
        client = package.AsyncClientV2(**known, httpx_client=http)
        return client.chat_stream if streams else client.chat

    yield from _ways(exchange, chat, achat)


def ollama(exchange: Exchange) -> Iterator[Way]:
    """Call Ollama; `stream` is an argument of the same method."""
    package = importlib.import_module("ollama")
    httpx = _http_of("ollama")
    host = _base(exchange, "/api/chat")

    def chat(wire: Wire, _: bool) -> Any:  # noqa: ANN401, FBT001 - the client's
        return package.Client(host, transport=wire.transport(httpx)).chat

    def achat(wire: Wire, _: bool) -> Any:  # noqa: ANN401, FBT001 - the client's
        return package.AsyncClient(host, transport=wire.transport(httpx)).chat

    yield from _ways(exchange, chat, achat, keep_stream=True)


def huggingface(exchange: Exchange) -> Iterator[Way]:
    """Call Hugging Face's router, by the address that was recorded."""
    package = importlib.import_module("huggingface_hub")
    httpx = _http_of("huggingface_hub")
    base = _base(exchange, "/chat/completions")

    def chat(wire: Wire, _: bool) -> Any:  # noqa: ANN401, FBT001 - the client's
        package.set_client_factory(lambda: httpx.Client(transport=wire.transport(httpx)))
        return package.InferenceClient(base_url=base, api_key="none").chat_completion

    def achat(wire: Wire, _: bool) -> Any:  # noqa: ANN401, FBT001 - the client's
        package.set_async_client_factory(lambda: httpx.AsyncClient(transport=wire.transport(httpx)))
        return package.AsyncInferenceClient(base_url=base, api_key="none").chat_completion

    yield from _ways(exchange, chat, achat, keep_stream=True)


def _ways(
    exchange: Exchange,
    chat: Callable[[Wire, bool], Callable[..., Any]],
    achat: Callable[[Wire, bool], Callable[..., Any]],
    *,
    keep_stream: bool = False,
) -> Iterator[Way]:
    """Give the ways to call a method and its asynchronous twin."""
    body = exchange.body
    if not isinstance(body, dict):
        message = "its request's body was not recorded"
        raise SkipError(message)
    streams = bool(body.get("stream"))
    given = body if keep_stream else {key: body[key] for key in body if key != "stream"}

    def run(wire: Wire) -> Any:  # noqa: ANN401 - plain data
        method = chat(wire, streams)
        result = method(**_known(method, given))
        return drained(result) if streams else plain(result)

    async def arun(wire: Wire) -> Any:  # noqa: ANN401 - plain data
        method = achat(wire, streams)
        result = method(**_known(method, given))
        result = await result if inspect.isawaitable(result) else result
        return await adrained(result) if streams else plain(result)

    yield Way("sync", run)
    yield Way("async", awaiting(arun))


def _known(method: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Keep what the method has a parameter for."""
    parameters = inspect.signature(method).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return given
    return {name: value for name, value in given.items() if name in parameters}


def _base(exchange: Exchange, suffix: str) -> str:
    return exchange.url._replace(query="").geturl().removesuffix(suffix)


def _http_of(distribution: str) -> ModuleType:
    """Import the HTTP client that a distribution needs."""
    needed = " ".join(requires(distribution) or ())
    return importlib.import_module("httpx2" if "httpx2" in needed else "httpx")
