"""Server: takes OTLP over HTTP, completes inferences and passes everything on.

An export is answered when the next hop has answered, and with its answer: who sent it keeps it
until then and sends it again if need be, so nothing lies here that could be lost. Users' texts are
taken from spans and logs; metrics are passed on as they come. It runs on loopback unless told
otherwise, and has no login.
"""

import base64
import binascii
import json
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, TypeVar

import requests
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from otel_sessions.monitors import Monitor
from otel_sessions.sidecar.otlp import Completer, drop_content_of_logs

MAX_BODY_BYTES: Final = 64 * 2**20
"""Of an export, also when it is unpacked; the collector's own receiver takes 20 MiB."""
_ANALYSIS_S = 5.0
"""Longest wait for the analysis of one export: its sender waits 10 s."""
_FORWARD_S = 8.0
_TRACES, _METRICS, _LOGS = "/v1/traces", "/v1/metrics", "/v1/logs"
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_Export = TypeVar("_Export", ExportTraceServiceRequest, ExportLogsServiceRequest)
_KEPT_HEADERS = ("content-type", "retry-after")


class _UnreadableError(Exception):
    """An export that cannot be read; the message says why."""


class NextHop:
    """Where exports go on to."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        certificate: str | None = None,
    ) -> None:
        """Take what is known of it.

        Args:
            url: its base, without `/v1/traces`.
            headers: sent to it with each export.
            certificate: file of the authority that signed its certificate.

        """
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        self._session.verify = certificate or True

    def send(self, path: str, body: bytes, content_type: str) -> Response:
        """Pass an export on, and give its answer."""
        try:
            answer = self._session.post(
                self._url + path,
                data=body,
                headers={"content-type": content_type},
                timeout=_FORWARD_S,
            )
        except requests.RequestException as error:
            # What an OTLP sender tries again.
            message = f"the next hop did not answer: {type(error).__name__}"
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, message)
        kept = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    def close(self) -> None:
        """Let its connections go."""
        self._session.close()


def make_app(monitor: Monitor, next_hop: NextHop, *, keep_content: bool = False) -> Starlette:
    """Make the ASGI application.

    Args:
        monitor: analyses inferences; closed, as the next hop is, when the server ends.
        next_hop: where everything is passed on to.
        keep_content: leave users' texts in spans and logs.

    """
    completer = Completer(monitor.pipeline.submit, keep_content=keep_content)

    def rewrite(path: str, body: bytes, content_type: str) -> bytes:
        if path == _TRACES:
            traces = _read(ExportTraceServiceRequest(), body, content_type)
            completer.complete(traces, timeout_s=_ANALYSIS_S)
            return bytes(traces.SerializeToString())
        logs = _read(ExportLogsServiceRequest(), body, content_type)
        drop_content_of_logs(logs)
        return bytes(logs.SerializeToString())

    def treat(path: str, body: bytes, content_type: str) -> Response:
        if path == _METRICS or (path == _LOGS and keep_content):
            return next_hop.send(path, body, content_type)
        answer = next_hop.send(path, rewrite(path, body, content_type), _PROTOBUF)
        if content_type == _JSON and answer.status_code == HTTPStatus.OK:
            return JSONResponse({})  # a sender of JSON is answered in JSON
        return answer

    async def take(request: Request) -> Response:
        content_type = request.headers.get("content-type", _PROTOBUF).partition(";")[0].strip()
        try:
            body = await _body(request)
            return await run_in_threadpool(treat, request.url.path, body, content_type)
        except _UnreadableError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, str(error))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "waiting": len(monitor.pipeline)})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(monitor.close)
        next_hop.close()

    routes = [Route(path, take, methods=["POST"]) for path in (_TRACES, _METRICS, _LOGS)]
    return Starlette(routes=[*routes, Route("/healthz", health)], lifespan=lifespan)


async def _body(request: Request) -> bytes:
    """Read a body, unpacked; raises `_UnreadableError` if it is too long or broken."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_long()
        parts.append(part)
    body = b"".join(parts)
    if request.headers.get("content-encoding") != "gzip":
        return body
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        message = "the body is not gzip, as its content-encoding says"
        raise _UnreadableError(message) from None
    if len(unpacked) > MAX_BODY_BYTES:
        raise _too_long()
    return unpacked


def _too_long() -> _UnreadableError:
    return _UnreadableError(f"an export must be at most {MAX_BODY_BYTES} bytes")


def _read(request: _Export, body: bytes, content_type: str) -> _Export:
    """Fill an empty request; raises `_UnreadableError`."""
    try:
        if content_type == _JSON:
            parsed = json.loads(body, object_hook=_with_ids_in_base64)
            json_format.ParseDict(parsed, request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, json_format.ParseError, ValueError):
        message = f"the body is no {type(request).__name__} in {content_type}"
        raise _UnreadableError(message) from None
    return request


def _with_ids_in_base64(found: dict[str, Any]) -> dict[str, Any]:
    """Write ids as protobuf's own JSON has them: in OTLP's they are hexadecimal."""
    for key in ("traceId", "spanId", "parentSpanId"):
        if isinstance(found.get(key), str):
            found[key] = base64.b64encode(binascii.unhexlify(found[key])).decode()
    return found


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)
