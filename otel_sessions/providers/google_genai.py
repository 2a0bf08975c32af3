"""Google Gen AI: how the calls of `google-genai` (Gemini and Vertex AI) are read.

A model's texts are one, however many parts or chunks they came in; results of functions, which
stand in contents of the user, are messages of their own. Thoughts are no text of the reply, but
their tokens are part of the output. Functions that the client calls by itself are part of the one
call that the application made, which gives the last reply; chats use the same methods.
Tested with google-genai 1.0 to 3.4.
Source: https://ai.google.dev/api/generate-content
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import get, integer, items, number, text, texts, total
from otel_sessions.providers._finish import finish_reasons
from otel_sessions.providers._hosts import server_of
from otel_sessions.providers._provider import (
    Messages,
    Opening,
    Provider,
    Target,
    read_generated,
)

_OPERATION = "generate_content"


def read_opening(models: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take the model and where the request goes."""
    client = models._api_client  # noqa: SLF001 - `models` says nowhere else where it sends
    host, port = server_of(str(get(client._http_options, "base_url")))  # noqa: SLF001 - as above
    return Opening(
        provider="gcp.vertex_ai" if client.vertexai else "gcp.gemini",
        model=text(arguments.get("model")),
        operation=_OPERATION,
        stream=bool(arguments.get("stream")),
        server_address=host,
        server_port=port,
    )


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; texts stay unread until they are asked for."""
    config = arguments.get("config")
    contents = arguments.get("contents")
    form = text(_get(config, "response_mime_type")) or ""
    return Request(
        operation=_OPERATION,
        model=text(arguments.get("model")),
        messages=None
        if contents is None
        else Messages(_views(contents, _get(config, "system_instruction")), _read_view),
        stream=bool(arguments.get("stream")),
        choice_count=integer(_get(config, "candidate_count")),
        temperature=number(_get(config, "temperature")),
        top_p=number(_get(config, "top_p")),
        max_tokens=integer(_get(config, "max_output_tokens")),
        frequency_penalty=number(_get(config, "frequency_penalty")),
        presence_penalty=number(_get(config, "presence_penalty")),
        seed=integer(_get(config, "seed")),
        stop_sequences=tuple(texts(items(_get(config, "stop_sequences")))),
        output_type="json" if "json" in form else None,
    )


def _get(holder: Any, name: str) -> Any:
    """Return a field, whose name in a dict may also be that of the API (`functionCall`)."""
    found = get(holder, name)
    if found is None and isinstance(holder, dict):
        first, *rest = name.split("_")
        found = holder.get(first + "".join(map(str.title, rest)))
    return found


_View = tuple[str, Sequence[Any]]
"""Role (`system`, `user`, `model` or `tool`) and parts of one message."""


def _views(contents: Any, system: Any) -> list[_View]:
    """Cut what a request holds into messages; contents of the model in a row are one."""
    views: list[_View] = []
    if system is not None:
        views.append(("system", _parts(system)))
    for role, parts in _contents(contents):
        results = [part for part in parts if _get(part, "function_response") is not None]
        rest = [part for part in parts if _get(part, "function_response") is None]
        views += (("tool", (result,)) for result in results)
        if role == "model" and views and views[-1][0] == "model":
            views[-1] = ("model", (*views[-1][1], *rest))
        elif rest or not results:
            views.append((role, rest))
    return views


def _contents(contents: Any) -> Iterator[_View]:
    """Give role and parts of each content; parts outside of one are the user's, together."""
    loose: list[Any] = []
    for each in contents if isinstance(contents, list | tuple) else (contents,):
        if _get(each, "parts") is None and not isinstance(each, list | tuple):
            loose.append(each)
            continue
        if loose:
            yield "user", loose
            loose = []
        yield "model" if _get(each, "role") == "model" else "user", _parts(each)
    if loose:
        yield "user", loose


def _parts(content: Any) -> Sequence[Any]:
    parts = content if isinstance(content, list | tuple) else _get(content, "parts")
    return (content,) if parts is None else items(parts)


def _read_view(view: _View) -> Message:
    role, parts = view
    if role == "tool":
        result = _get(parts[0], "function_response")
        return Message("tool", _result_text(result), tool_call_id=text(_get(result, "id")))
    said = texts(map(_part_text, parts))
    return Message(
        role="assistant" if role == "model" else "system" if role == "system" else "user",
        text=("" if role == "model" else "\n").join(said),
        tool_calls=_tool_calls(parts),
        other_parts=sum(map(_is_shown, parts)),
    )


def _part_text(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    return None if _get(part, "thought") else text(_get(part, "text"))


def _is_shown(part: Any) -> bool:
    """Tell whether a part is an image, a file or the like."""
    if isinstance(part, str):
        return False
    inline, file = _get(part, "inline_data"), _get(part, "file_data")
    return inline is not None or file is not None or get(part, "uri") is not None


def _result_text(result: Any) -> str:
    """Write what a function returned; the client wraps it into an object with one field."""
    response = _get(result, "response")
    if isinstance(response, dict) and len(response) == 1:
        (response,) = response.values()
    return response if isinstance(response, str) else json.dumps(response, default=str)


def _tool_calls(parts: Sequence[Any]) -> tuple[ToolCall, ...]:
    calls = [call for part in parts if (call := _get(part, "function_call")) is not None]
    return tuple(
        ToolCall(text(_get(call, "name")) or "", _get(call, "args") or {}, text(_get(call, "id")))
        for call in calls
    )


def read_reply(reply: Any) -> Reply:
    """Read a complete reply."""
    return read_chunks([reply])


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together, as far as it came; a chunk looks like a complete reply."""
    parts: list[Any] = []
    reasons: dict[int, str | None] = {}
    for chunk in chunks:
        blocked = get(get(chunk, "prompt_feedback"), "block_reason")
        if blocked:
            reasons[0] = "content_filter"
        for candidate in items(get(chunk, "candidates")):
            index = integer(get(candidate, "index")) or 0
            reasons[index] = _reason(candidate) or reasons.get(index)
            if index == 0:
                parts += items(get(get(candidate, "content"), "parts"))
    return Reply(
        message=_read_view(("model", parts)) if parts else None,
        model=_latest_text(chunks, "model_version"),
        id=_latest_text(chunks, "response_id"),
        finish_reasons=finish_reasons(reasons[index] for index in sorted(reasons)),
        usage=_usage([get(chunk, "usage_metadata") for chunk in chunks]),
    )


def _reason(candidate: Any) -> str | None:
    reason = get(candidate, "finish_reason")
    found = text(get(reason, "value")) or text(reason)
    return None if found == "FINISH_REASON_UNSPECIFIED" else found


def _latest_text(chunks: Sequence[Any], name: str) -> str | None:
    return next(filter(None, (text(get(chunk, name)) for chunk in reversed(chunks))), None)


def _usage(usages: Sequence[Any]) -> Usage:
    def latest(name: str) -> int | None:
        figures = (integer(get(usage, name)) for usage in reversed(usages))
        return next((figure for figure in figures if figure is not None), None)

    thoughts = latest("thoughts_token_count")
    return Usage(
        input_tokens=latest("prompt_token_count"),
        output_tokens=total(latest("candidates_token_count"), thoughts),
        cache_read_tokens=latest("cached_content_token_count"),
        reasoning_tokens=thoughts,
    )


def has_content(chunk: Any) -> bool:
    """Tell whether a chunk carries text or a call of a function."""
    parts = (
        part
        for candidate in items(get(chunk, "candidates"))
        for part in items(get(get(candidate, "content"), "parts"))
    )
    return any(_part_text(part) or get(part, "function_call") for part in parts)


def is_final(chunk: Any) -> bool:
    """Tell whether a chunk says why the reply ended."""
    return any(map(_reason, items(get(chunk, "candidates"))))


PROVIDER = Provider(
    name="google",
    targets=tuple(
        Target(f"google.genai.models:{models}.{method}", streams=method.endswith("stream"))
        for models in ("Models", "AsyncModels")
        for method in ("generate_content", "generate_content_stream")
    ),
    read_opening=read_opening,
    read_returned=read_generated,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
    messages="contents",
)
