"""Amazon Bedrock: how its calls by botocore (boto3) and aiobotocore are read.

All operations of all of Amazon's services go through one method, of which four operations are
calls of a model. `invoke_model` sends and returns what each model's vendor defines: read are those
of Anthropic and of Amazon's Nova, and of Titan and Llama the text and the tokens.
A reply to `invoke_model` is read by the application, and noted as it is.
Tested with boto3 1.35 to 1.44 and aiobotocore 3.10.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, Usage
from otel_sessions.providers import _converse, anthropic_messages
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import decoded, get, integer, items, text, texts
from otel_sessions.providers._finish import finish_reasons
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
    """Take the parameters of an operation that calls a model; `None` of any other."""
    given = _bind(args, kwargs)
    stream = _OPERATIONS.get(given["operation_name"])
    return None if stream is None else {**given["api_params"], "stream": stream}


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
    if hasattr(raw, "content"):  # Of aiohttp, which reads through one attribute more.
        return Returned(file=raw, iterator="content", length=known)
    return Returned(file=given, iterator="_raw_stream", length=known)


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; texts stay unread until they are asked for."""
    body = decoded(arguments.get("body"))
    if not isinstance(body, dict):
        request = _converse.read_request(arguments)
    elif "anthropic_version" in body:
        request = anthropic_messages.read_request(body)
    elif "messages" in body:
        request = _converse.read_request(body)
    else:
        prompt = text(body.get("inputText")) or text(body.get("prompt"))
        request = Request(messages=None if prompt is None else (Message("user", prompt),))
    return replace(request, model=text(arguments.get("modelId")), stream=arguments["stream"])


def read_reply(reply: Any) -> Reply:
    """Read a complete reply to `converse`."""
    return _converse.read_reply(reply)


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Read what came: bytes of a body, or events of a stream."""
    if isinstance(chunks[0], bytes):
        return _read_body(decoded(b"".join(chunks)))
    events = [_event(chunk) for chunk in chunks]
    bodies = [_chunk(body) for name, body in events if name == "chunk"]
    return _read_bodies(bodies) if bodies else _converse.read_events(events)


def _event(chunk: Any) -> tuple[str, Any]:
    """Give name and body of a raw event."""
    return text(chunk.headers.get(":event-type")) or "", decoded(chunk.payload)


def _chunk(body: Any) -> Any:
    held = text(get(body, "bytes"))
    return None if held is None else decoded(base64.b64decode(held))


def _read_body(body: Any) -> Reply:
    """Read a reply to `invoke_model`; one that is cut off is nothing."""
    if get(body, "output") is not None:
        return _converse.read_reply(body)
    if get(body, "type") == "message" or isinstance(get(body, "content"), list):
        return anthropic_messages.read_reply(body)
    return _read_texts([body])


def _read_bodies(bodies: Sequence[Any]) -> Reply:
    """Read the chunks of a reply to `invoke_model_with_response_stream`."""
    if any(get(body, "type") == "message_start" for body in bodies):
        return anthropic_messages.read_chunks(bodies)
    named = [(name, value) for body in bodies for name, value in (body or {}).items()]
    if any(name == "messageStart" for name, _ in named):
        return _converse.read_events(named)
    return _read_texts(bodies)


def _read_texts(bodies: Sequence[Any]) -> Reply:
    """Read what Titan (also in `results`) and Llama say, whole or in chunks."""
    parts = [part for body in bodies for part in (body, *items(get(body, "results")))]
    said = texts(get(part, name) for part in parts for name in ("outputText", "generation"))
    reasons = texts(
        get(part, name) for part in parts for name in ("completionReason", "stop_reason")
    )

    def latest(*names: str) -> int | None:
        figures = (integer(get(part, name)) for part in reversed(parts) for name in names)
        return next((figure for figure in figures if figure is not None), None)

    return Reply(
        message=Message("assistant", "".join(said)) if said else None,
        finish_reasons=finish_reasons(reasons[-1:]),
        usage=Usage(
            input_tokens=latest("inputTextTokenCount", "prompt_token_count"),
            output_tokens=latest(
                "totalOutputTextTokenCount", "tokenCount", "generation_token_count"
            ),
        ),
    )


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
    name, body = _event(chunk) if not isinstance(chunk, bytes) else ("", None)
    if name == "chunk":
        piece = _chunk(body)
        stops = ("completionReason", "stop_reason", "messageStop")
        return anthropic_messages.is_final(piece) or any(get(piece, stop) for stop in stops)
    return name == "messageStop"


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
