"""Google Gen AI: `generateContent` and `streamGenerateContent`, of Gemini and of Vertex AI.

The body's fields become `contents` and one configuration, whose names are the client's.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from benchmarks.recordings.ways import SkipError, Way, adrained, awaiting, drained, plain
from otel_sessions.testing.exchanges import Exchange
from otel_sessions.testing.wires import Wire

_PATH = re.compile(
    r"(?P<base>.*?)/(?P<version>v1\w*)/(projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/)?"
    r"(?P<model>.*):(?P<method>\w+)$"
)


def ways(exchange: Exchange) -> Iterator[Way]:
    """Give the ways to make a call."""
    body = exchange.body
    if not isinstance(body, dict):
        message = "its request's body was not recorded"
        raise SkipError(message)
    client = _Client(exchange, body)
    yield Way("sync", client.generate)
    yield Way("async", awaiting(client.agenerate))


class _Client:
    def __init__(self, exchange: Exchange, body: dict[str, Any]) -> None:
        self._genai = importlib.import_module("google.genai")
        self._types = importlib.import_module("google.genai.types")
        found = _PATH.fullmatch(exchange.url.path)
        if found is None:
            message = "no call of a model"
            raise SkipError(message)
        self._exchange = exchange
        self._found = found
        self._streams = found["method"] == "streamGenerateContent"
        self._arguments = {
            "model": re.sub(r"^(models|publishers/google/models)/", "", found["model"]),
            "contents": [
                self._read(self._types.Content, raw) for raw in body.get("contents") or []
            ],
            "config": self._config(body),
        }

    def generate(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        models = self._open(wire).models
        if self._streams:
            return drained(models.generate_content_stream(**self._arguments))
        return plain(models.generate_content(**self._arguments))

    async def agenerate(self, wire: Wire) -> Any:  # noqa: ANN401 - plain data
        models = self._open(wire).aio.models
        if self._streams:
            return await adrained(await models.generate_content_stream(**self._arguments))
        return plain(await models.generate_content(**self._arguments))

    def _config(self, body: dict[str, Any]) -> Any:  # noqa: ANN401 - the client's
        rest = {name: value for name, value in body.items() if name != "contents"}
        config = {**rest.pop("generationConfig", {}), **rest}
        return self._read(self._types.GenerateContentConfig, config)

    def _read(self, kind: Any, raw: dict[str, Any]) -> Any:  # noqa: ANN401 - the client's
        """Make an object of the client; what its version does not know or take is left out."""
        names = {name: name for name in kind.model_fields}
        names |= {field.alias or name: name for name, field in kind.model_fields.items()}
        known = {name: value for name, value in raw.items() if name in names}
        taken = {name: value for name, value in known.items() if _is_taken(kind, name, value)}
        return kind.model_validate(taken)

    def _open(self, wire: Wire) -> Any:  # noqa: ANN401 - the client's
        url, found = self._exchange.url, self._found
        httpx = importlib.import_module(_http_of(self._genai))
        transport = wire.transport(httpx)
        options = self._types.HttpOptions(
            base_url=f"{url.scheme}://{url.netloc}{found['base']}",
            api_version=found["version"],
            httpx_client=httpx.Client(transport=transport),
            httpx_async_client=httpx.AsyncClient(transport=transport),
        )
        if "aiplatform" not in url.netloc and "publishers/" not in found["model"]:
            return self._genai.Client(api_key="none", vertexai=False, http_options=options)
        if not found["project"]:
            return self._genai.Client(api_key="none", vertexai=True, http_options=options)
        credentials = importlib.import_module("google.oauth2.credentials").Credentials("none")
        return self._genai.Client(
            vertexai=True,
            project=found["project"],
            location=found["location"],
            credentials=credentials,
            http_options=options,
        )


def _is_taken(kind: Any, name: str, value: Any) -> bool:  # noqa: ANN401 - the client's
    try:
        kind.model_validate({name: value})
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def _http_of(genai: Any) -> str:  # noqa: ANN401 - the client's
    major = int(genai.__version__.partition(".")[0])
    return "httpx2" if major >= 3 else "httpx"  # noqa: PLR2004 - the release that changed over
