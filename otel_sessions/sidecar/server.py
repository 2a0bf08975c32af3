"""Server: takes OTLP over HTTP, completes inferences and passes everything on.

An export is answered when the next hop has answered, and with its answer: who sent it keeps it
until then and sends it again if need be, so nothing lies here that could be lost. Metrics and logs
are passed on as they come. Runs on loopback unless told otherwise; it has no login.
"""

import base64
import binascii
import json
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import requests
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from otel_sessions.monitors import Monitor
from otel_sessions.sidecar.otlp import Completer

MAX_BODY_BYTES: Final = 64 * 2**20
"""Of an export, also when it is unpacked; the collector's own receiver takes 20 MiB."""
_ANALYSIS_S = 5.0
"""Longest wait for the analysis of one export: its sender waits 10 s."""
_FORWARD_S = 8.0
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_KEPT_HEADERS = ("content-type", "retry-after")


class _UnreadableError(Exception):
    """An export that cannot be read; the message says why."""


def make_app(
    monitor: Monitor,
    forward: str,
    *,
    headers: Mapping[str, str] | None = None,
    certificate: str | None = None,
    keep_content: bool = False,
) -> Starlette:
    """Make the ASGI application.

    Args:
        monitor: analyses inferences; closed when the server ends.
        forward: base URL of the next hop, without `/v1/traces`.
        headers: sent to the next hop with each export.
        certificate: file of the authority that signed the next hop's certificate.
        keep_content: leave users' texts in the spans.

    """
    completer = Completer(monitor.pipeline.submit, keep_content=keep_content)
    session = requests.Session()
    session.headers.update(headers or {})
    session.verify = certificate or True

    def pass_on(path: str, body: bytes, content_type: str) -> Response:
        try:
            answer = session.post(
                forward.rstrip("/") + path,
                data=body,
                headers={"content-type": content_type},
                timeout=_FORWARD_S,
            )
        except requests.RequestException as error:
            # 503 is what an OTLP sender tries again.
            return _refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the next hop did not answer: {type(error).__name__}",
            )
        kept = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    def complete(body: bytes, content_type: str) -> Response:
        request = _read(body, content_type)
        completer.complete(request, timeout_s=_ANALYSIS_S)
        answer = pass_on("/v1/traces", request.SerializeToString(), _PROTOBUF)
        if content_type == _JSON and answer.status_code == HTTPStatus.OK:
            return JSONResponse({})  # a sender of JSON is answered in JSON
        return answer

    async def take(request: Request) -> Response:
        content_type = request.headers.get("content-type", _PROTOBUF).partition(";")[0].strip()
        try:
            body = await _body(request)
            if request.url.path == "/v1/traces":
                return await run_in_threadpool(complete, body, content_type)
        except _UnreadableError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, str(error))
        return await run_in_threadpool(pass_on, request.url.path, body, content_type)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "waiting": len(monitor.pipeline)})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(monitor.close)
        session.close()

    paths = ("/v1/traces", "/v1/metrics", "/v1/logs")
    routes = [Route(path, take, methods=["POST"]) for path in paths]
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


def _read(body: bytes, content_type: str) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    try:
        if content_type == _JSON:
            parsed = json.loads(body, object_hook=_with_ids_in_base64)
            json_format.ParseDict(parsed, request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, json_format.ParseError, ValueError):
        message = f"the body is no ExportTraceServiceRequest in {content_type}"
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
