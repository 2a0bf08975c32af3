"""OpenAI responses: how their calls are read.

A request is a list of items; those that make up one reply of the model (a message and its tool
calls) are one message here, as they were in the reply. Reasoning and what the server's own tools
do is left out. With `previous_response_id` or `conversation` the server keeps the history.
Tested with openai 1.66 to 3.54.
Source: https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, Role, ToolCall, Usage
from otel_sessions.providers import openai_chat
from otel_sessions.providers._errors import read_error
from otel_sessions.providers._fields import get, integer, items, number, sent, text, texts
from otel_sessions.providers._provider import Messages, Opening, Provider, Target
from otel_sessions.providers._stainless import body_of, read_body, read_returned

_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_ENDS = ("response.completed", "response.incomplete", "response.failed", "error")
_ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}
_REASONS = {"max_output_tokens": "length", "max_tokens": "length"}


def read_opening(resource: Any, arguments: Mapping[str, Any]) -> Opening:
    """Take what that of chat takes; a stated conversation counts before one in the metadata."""
    opening = openai_chat.read_opening(resource, arguments)
    stated = stated_conversation(arguments)
    return replace(opening, conversation_id=stated) if stated else opening


def stated_conversation(arguments: Mapping[str, Any]) -> str | None:
    """Give the id of the conversation that a request goes on with."""
    conversation = arguments.get("conversation")
    return text(conversation) or text(get(conversation, "id"))


def read_request(arguments: Mapping[str, Any]) -> Request:
    """Take the settings; texts stay unread until they are asked for."""
    previous = text(arguments.get("previous_response_id"))
    form = get(get(arguments.get("text"), "format"), "type")
    return Request(
        model=text(arguments.get("model")),
        messages=_messages(arguments.get("input"), arguments.get("instructions")),
        stream=bool(arguments.get("stream")),
        temperature=number(arguments.get("temperature")),
        top_p=number(arguments.get("top_p")),
        max_tokens=integer(arguments.get("max_output_tokens")),
        output_type="json"
        if isinstance(arguments.get("text_format"), type) or form in ("json_schema", "json_object")
        else None,
        remembered=previous is not None or bool(_given(arguments.get("conversation"))),
        previous_reply_id=previous,
    )


def _given(value: Any) -> bool:
    return isinstance(value, str | dict)


def _messages(raw: Any, instructions: Any) -> Messages | None:
    if isinstance(raw, str):
        raw = ({"role": "user", "content": raw},)
    if not isinstance(raw, list | tuple):
        return None
    prompt = [({"role": "system", "content": instructions},)] if text(instructions) else []
    return Messages([*prompt, *_groups(raw)], _read_group)


def _groups(raw: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Put the items that make up one message together."""
    groups: list[tuple[Any, ...]] = []
    of_model = False
    for item in raw:
        kind = get(item, "type") or "message"
        if kind in _CALLS or (kind == "message" and get(item, "role") == "assistant"):
            if of_model:
                groups[-1] = (*groups[-1], item)
            else:
                groups.append((item,))
            of_model = True
        elif kind == "message" or kind in _OUTPUTS:
            groups.append((item,))
            of_model = False
    return groups


def _read_group(group: tuple[Any, ...]) -> Message:
    first = group[0]
    parts, other_parts = _content(group)
    if get(first, "type") in _OUTPUTS:
        return Message(
            "tool",
            "\n".join(parts),
            tool_call_id=text(get(first, "call_id")),
            other_parts=other_parts,
        )
    of_model = get(first, "type") in _CALLS
    role = "assistant" if of_model else _ROLES.get(text(get(first, "role")) or "", "user")
    return Message(role, "\n".join(parts), _tool_calls(group), other_parts=other_parts)


def _content(group: Sequence[Any]) -> tuple[list[str], int]:
    """Return the texts of some items and the number of their parts that are no text."""
    known: list[str] = []
    count = 0
    for item in group:
        content = get(item, "output" if get(item, "type") in _OUTPUTS else "content")
        parts = [content] if isinstance(content, str) else items(content)
        count += len(parts)
        known += texts(map(openai_chat.part_text, parts))
    return known, count - len(known)


def _tool_calls(group: Sequence[Any]) -> tuple[ToolCall, ...]:
    calls = [item for item in group if get(item, "type") in _CALLS]
    return tuple(
        ToolCall(
            name=text(get(call, "name")) or "",
            arguments=text(get(call, "arguments")) or text(get(call, "input")) or "",
            id=text(get(call, "call_id")),
        )
        for call in calls
    )


def read_reply(reply: Any) -> Reply:
    """Read a complete reply: a response, or the HTTP response that brought it."""
    body = body_of(reply)
    if body is not None:
        return read_body(body, read_reply, read_chunks)
    return _reply(reply, items(get(reply, "output")))


def _reply(response: Any, output: Sequence[Any]) -> Reply:
    group = tuple(item for item in output if get(item, "type") in ("message", *_CALLS))
    message = replace(_read_group(group), role="assistant") if group else None
    return Reply(
        message=message,
        model=text(get(response, "model")),
        id=text(get(response, "id")),
        finish_reasons=_finish_reasons(response, message),
        usage=_usage(get(response, "usage")),
        resumable=True,
    )


def _finish_reasons(response: Any, message: Message | None) -> tuple[str, ...]:
    """Say in chat's words why a response ended; it has none of its own."""
    status = get(response, "status")
    if status == "completed":
        return ("tool_calls" if message and message.tool_calls else "stop",)
    if status == "incomplete":
        reason = text(get(get(response, "incomplete_details"), "reason"))
        return (_REASONS.get(reason or "", reason or "length"),)
    return ("error",) if status in ("failed", "cancelled") else ()


def _usage(usage: Any) -> Usage:
    details = get(usage, "input_tokens_details")
    return Usage(
        input_tokens=integer(get(usage, "input_tokens")),
        output_tokens=integer(get(usage, "output_tokens")),
        cache_read_tokens=integer(get(details, "cached_tokens")),
        cache_creation_tokens=integer(sent(details, "cache_write_tokens")),
        reasoning_tokens=integer(get(get(usage, "output_tokens_details"), "reasoning_tokens")),
    )


def read_chunks(chunks: Sequence[Any]) -> Reply:
    """Put a streamed reply together: the last event holds it, or else its items and pieces do."""
    response: Any = None
    failed = False
    done: dict[int, Any] = {}
    pieces: dict[int, list[str]] = {}
    for chunk in chunks:
        kind = get(chunk, "type")
        at = integer(get(chunk, "output_index")) or 0
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            pieces.setdefault(at, []).extend(texts([get(chunk, "delta")]))
        elif kind == "response.output_item.done":
            done[at] = get(chunk, "item")
        elif kind == "error":  # The client does not raise it.
            failed = True
        elif get(chunk, "response") is not None:
            response = get(chunk, "response")
    output = items(get(response, "output"))
    if not output:
        broken = {
            at: {"type": "message", "role": "assistant", "content": "".join(said)}
            for at, said in pieces.items()
        }
        output = [item for _, item in sorted({**broken, **done}.items(), key=lambda pair: pair[0])]
    reply = _reply(response, output)
    return replace(reply, finish_reasons=("error",)) if failed else reply


def has_content(chunk: Any) -> bool:
    """Tell whether an event carries a piece of text or of a tool call."""
    kind = text(get(chunk, "type")) or ""
    return kind.endswith(".delta") and "reasoning" not in kind


def is_final(chunk: Any) -> bool:
    """Tell whether an event says that the response is complete."""
    return get(chunk, "type") in _ENDS


PROVIDER = Provider(
    name="openai",
    targets=tuple(
        Target(f"openai.resources.responses.responses:{prefix}Responses.{method}")
        for method in ("create", "parse")
        for prefix in ("", "Async")
    ),
    read_opening=read_opening,
    read_returned=read_returned,
    read_request=read_request,
    read_reply=read_reply,
    read_chunks=read_chunks,
    read_error=read_error,
    has_content=has_content,
    is_final=is_final,
    messages="input",
)
