"""Amazon Bedrock: how its calls by botocore (boto3) and aiobotocore are read.

All operations of all of Amazon's services go through one method, of which four operations are
calls of a model. `invoke_model` sends and returns what each model's vendor defines (`_invoke.py`);
its reply is read by the application, and noted as it is. Models of embeddings and images are none
of ours.
Tested with boto3 1.35 to 1.44 and aiobotocore 3.10.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Reply, Request
from otel_sessions.providers import _converse, _invoke
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import decoded, get, text
from otel_sessions.providers._hosts import server_of
from otel_sessions.providers._provider import (
    Opening,
    Provider,
    Returned,
    Target,
    by_name,
)

_OPERATIONS = {
    "Converse": False,
    "ConverseStream": True,
    "InvokeModel": False,
    "InvokeModelWithResponseStream": True,
}
"""Operations that call a model, and whether they stream."""
_bind = by_name("operation_name", "api_params")


def bind(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Take the parameters of an operation that calls a model for text; `None` of any other."""
    given = _bind(args, kwargs)
    stream = _OPERATIONS.get(given["operation_name"])
    if stream is None or not _invoke.writes_text(text(given["api_params"].get("modelId"))):
        return None
    return {**given["api_params"], "stream": stream}


def read_opening(client: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model and where the request goes."""
    host, port = server_of(str(client.meta.endpoint_url))
    return Opening(
        provider="aws.bedrock",
        model=text(arguments.get("modelId")),
        stream=arguments["stream"],
        server_address=host,
        server_port=port,
    )


def read_returned(result: Any) -> Returned:
    """Tell a reply from a stream of events and from a body that is still to be read."""
    given = result.get("stream") or result.get("body")
    if given is None:
        return Returned(reply=result)
    if hasattr(given, "_event_generator"):
        return Returned(stream=given, iterator="_event_generator")
    raw = given._raw_stream  # noqa: SLF001 - the only place where its bytes pass
    length = text(given._content_length)  # noqa: SLF001 - as above
    known = int(length) if length and length.isdigit() else None
    head = get(result.get("ResponseMetadata"), "HTTPHeaders")
    if hasattr(raw, "content"):  # Of aiohttp, which reads through one attribute more.
        return Returned(file=raw, iterator="content", length=known, head=head)
    return Returned(file=given, iterator="_raw_stream", length=known, head=head)


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; texts stay unread until they are asked for."""
    body = decoded(arguments.get("body"))
    if isinstance(body, dict):
        request = _invoke.read_request(body)
    else:
        request = _converse.read_request(arguments)
    return replace(request, model=text(arguments.get("modelId")), stream=arguments["stream"])


def read_reply(reply: Any) -> Reply:
    """Read a complete reply to `converse`."""
    return _converse.read_reply(reply)


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Read what came: headers and bytes of a body, or events of a stream."""
    head, *pieces = chunks
    if isinstance(head, bytes):
        head, pieces = None, list(chunks)
    if head is None or isinstance(head, dict):
        return _invoke.read_body(b"".join(pieces), head)
    events = [_event(chunk) for chunk in chunks]
    bodies = [_chunk(body) for name, body in events if name == "chunk"]
    return _invoke.read_bodies(bodies) if bodies else _converse.read_events(events)


def _event(chunk: Any) -> tuple[str, Any]:
    """Give name and body of a raw event."""
    return text(chunk.headers.get(":event-type")) or "", decoded(chunk.payload)


def _chunk(body: Any) -> Any:
    held = text(get(body, "bytes"))
    return None if held is None else decoded(base64.b64decode(held))


def error_in(chunk: Any) -> str | None:
    """Tell the type of the error that an event stands for; botocore raises it after the fact."""
    headers = get(chunk, "headers") or {}
    if get(headers, ":message-type") in ("exception", "error"):
        return text(get(headers, ":exception-type")) or text(get(headers, ":error-code")) or "error"
    return None


def has_content(chunk: Any) -> bool:
    """Tell whether an event carries a piece of the reply."""
    return get(get(chunk, "headers"), ":event-type") in ("contentBlockDelta", "chunk")


def is_final(chunk: Any) -> bool:
    """Tell whether an event says why the reply ended."""
    name, body = _event(chunk)
    return _invoke.is_final(_chunk(body)) if name == "chunk" else name == "messageStop"


PROVIDER = Provider(
    name="bedrock",
    targets=(
        Target("botocore.client:BaseClient._make_api_call"),
        Target("aiobotocore.client:AioBaseClient._make_api_call"),
    ),
    bind=bind,
    read_opening=read_opening,
    read_returned=read_returned,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
    error_in=error_in,
)
