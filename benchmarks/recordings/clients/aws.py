"""Amazon Bedrock by boto3: `converse` and `invoke_model`, each also streamed."""

import base64
import importlib
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

from benchmarks.recordings.ways import Way, plain
from otel_sessions.testing.exchanges import Exchange
from otel_sessions.testing.wires import Wire

_PATH = re.compile(r"/model/(?P<model>[^/]+)/(?P<method>[\w-]+)$")
_OPERATIONS = {
    "converse": "Converse",
    "converse-stream": "ConverseStream",
    "invoke": "InvokeModel",
    "invoke-with-response-stream": "InvokeModelWithResponseStream",
}
_REGION = re.compile(r"\.([a-z]+-[a-z]+-\d)\.")


def ways(exchange: Exchange) -> Iterator[Way]:
    """Give the ways to make a call; a body to be read can be read at once or in pieces."""
    session = importlib.import_module("boto3").Session("none", "none", region_name="us-east-1")
    call = partial(_call, exchange, session)
    yield Way("sync", partial(call, _read_at_once))
    if exchange.url.path.endswith("/invoke"):
        yield Way("in pieces", partial(call, _read_in_pieces))


def _call(
    exchange: Exchange,
    session: Any,  # noqa: ANN401 - the client's
    read: Callable[[Any], Any],
    wire: Wire,
) -> Any:  # noqa: ANN401 - plain data
    url = exchange.url
    found = _PATH.search(url.path)
    config = importlib.import_module("botocore.config").Config(
        parameter_validation=False, retries={"total_max_attempts": 1}
    )
    client = session.client(
        "bedrock-runtime", endpoint_url=f"{url.scheme}://{url.netloc}", config=config
    )
    client.meta.events.register("before-send.bedrock-runtime", partial(_answer, wire))
    operation = _OPERATIONS[found["method"]] if found else ""
    asked: Any = {"modelId": unquote(found["model"] if found else "")}
    if operation.startswith("Invoke"):
        asked["body"] = exchange.asked
    else:
        shape = client.meta.service_model.operation_model(operation).input_shape
        asked |= _with_blobs(shape, exchange.body or {})
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
    return read(getattr(client, method)(**asked))


def _with_blobs(shape: Any, value: Any) -> Any:  # noqa: ANN401 - as sent
    """Turn the text of binary fields into bytes, as the client takes them."""
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.is_document_type:
        return {
            name: _with_blobs(shape.members[name], each) if name in shape.members else each
            for name, each in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_with_blobs(shape.member, each) for each in value]
    return base64.b64decode(value) if shape.type_name == "blob" else value


def _answer(wire: Wire, request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's
    wire.note(request.url, request.body or b"")
    response = importlib.import_module("botocore.awsrequest").AWSResponse
    exchange = wire.exchange
    headers = _Headers(exchange.headers)
    return response(request.url, exchange.status, headers, _Raw(wire.pieces()))


class _Headers(dict[str, str]):
    """Headers whose names are in lower case, for whoever asks in another."""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict's
        return super().get(name.lower(), default)


class _Raw(io.BytesIO):
    """Stands in for the response of urllib3."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__(b"".join(pieces))
        self._pieces = pieces

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:  # noqa: ANN401 - as urllib3's
        yield from self._pieces


def _read_at_once(result: Any) -> Any:  # noqa: ANN401 - plain data
    return _read(result, lambda body: body.read())


def _read_in_pieces(result: Any) -> Any:  # noqa: ANN401 - plain data
    return _read(result, lambda body: b"".join(body.iter_chunks(64)))


def _read(result: Any, read: Callable[[Any], bytes]) -> Any:  # noqa: ANN401 - plain data
    for name in ("stream", "body"):
        given = result.get(name)
        if hasattr(given, "read"):
            return {**plain(result), name: (type(given).__name__, json.loads(read(given)))}
        if given is not None:
            return {**plain(result), name: (type(given).__name__, [plain(each) for each in given])}
    return plain(result)
