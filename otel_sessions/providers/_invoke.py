"""Invoke: bodies of Bedrock's `invoke_model`, whose format is that of each model's vendor.

Anthropic's and Amazon's Nova are read by the readers of those formats, and those with messages or
`choices` (OpenAI, Mistral, AI21's Jamba, DeepSeek, Qwen, imported models) by that of OpenAI's chat.
The rest are texts: Titan, Llama, Cohere, Mistral, AI21's Jurassic and Anthropic's Claude 2.
A body that states no tokens comes with figures by Bedrock: in headers, or in a stream's last chunk.
Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_sessions.calls import Message, Reply, Request, ToolCall, Usage
from otel_sessions.providers import (
    _converse,
    anthropic_messages,
    openai_chat,
    openai_completions,
)
from otel_sessions.providers._fields import decoded, get, integer, items, number, text, texts
from otel_sessions.providers._finish import finish_reasons
from otel_sessions.providers._provider import Messages

_NO_TEXT = re.compile(r"embed|rerank|stability\.|stable-|image|canvas|reel")
"""In the ids of models that write no text."""

_LISTS = ("results", "generations", "outputs", "completions")
"""Fields that hold several answers to one prompt: Titan's, Cohere's, Mistral's, AI21's."""
_TEXTS = ("outputText", "generation", "completion", "text")
_REASONS = ("completionReason", "stop_reason", "finish_reason")
_INPUT_TOKENS = ("inputTextTokenCount", "prompt_token_count")
_OUTPUT_TOKENS = ("totalOutputTextTokenCount", "tokenCount", "generation_token_count")
_METRICS = "amazon-bedrock-invocationMetrics"
_HEADERS = "x-amzn-bedrock-{}-token-count"

_MAX_TOKENS = ("max_tokens", "max_gen_len", "max_tokens_to_sample", "maxTokens", "maxTokenCount")


def writes_text(model: str | None) -> bool:
    """Tell whether a model writes text, as far as its id says it: no embeddings, no images."""
    return _NO_TEXT.search(model or "") is None


def read_request(body: Mapping[str, Any]) -> Request:
    """Take messages or prompt, and the settings."""
    if "anthropic_version" in body:
        return anthropic_messages.read_request(body)
    if "messages" not in body:
        return _read_prompt(body)
    chat = any(map(_is_chat, items(body["messages"])))
    return openai_chat.read_request(body) if chat else _converse.read_request(body)


def _is_chat(message: Any) -> bool:
    """Tell a message of OpenAI's format from one of Converse, whose parts have no type."""
    content = get(message, "content")
    return not isinstance(content, list) or any(get(part, "type") for part in content)


def _read_prompt(body: Mapping[str, Any]) -> Request:
    settings = {**body, **(get(body, "textGenerationConfig") or {})}

    def first(*names: str) -> Any:
        return next((settings[name] for name in names if settings.get(name) is not None), None)

    return Request(
        messages=_read_messages(body),
        temperature=number(first("temperature")),
        top_p=number(first("top_p", "topP", "p")),
        max_tokens=integer(first(*_MAX_TOKENS)),
        stop_sequences=tuple(texts(items(first("stop", "stop_sequences", "stopSequences")))),
    )


def _read_messages(body: Mapping[str, Any]) -> Messages | None:
    """Give the prompt as a user's message; Cohere's Command R has a history before it."""
    said = next(filter(None, texts(map(body.get, ("inputText", "prompt", "message")))), None)
    if said is None:
        return None
    preamble = text(body.get("preamble"))
    system = [{"role": "SYSTEM", "message": preamble}] if preamble else []
    asked = {"role": "USER", "message": said}
    return Messages([*system, *items(body.get("chat_history")), asked], _read_turn)


def _read_turn(raw: Any) -> Message:
    said = text(get(raw, "message")) or ""
    if get(raw, "role") == "CHATBOT":
        return Message("assistant", said)
    return Message("system" if get(raw, "role") == "SYSTEM" else "user", said)


def read_body(body: bytes, headers: Any) -> Reply:
    """Read a whole reply and the headers that it came with; one that is cut off is nothing."""
    figures = {kind: _figure(get(headers, _HEADERS.format(kind))) for kind in ("input", "output")}
    return _with_figures(_read_whole(decoded(body)), figures["input"], figures["output"])


def _figure(header: Any) -> int | None:
    said = text(header) or ""
    return int(said) if said.isdecimal() else None


def _read_whole(body: Any) -> Reply:
    if get(body, "output") is not None:
        return _converse.read_reply(body)
    if isinstance(get(body, "content"), list):
        return anthropic_messages.read_reply(body)
    if _as_chunks(body):
        return _read_choices([body])
    return _read_texts([body])


def read_bodies(bodies: Sequence[Any]) -> Reply:
    """Read the chunks of a streamed reply."""
    bodies = [body for body in bodies if isinstance(body, dict)]
    metrics = next((each for body in bodies if (each := get(body, _METRICS)) is not None), None)
    return _with_figures(
        _read_chunks(bodies),
        integer(get(metrics, "inputTokenCount")),
        integer(get(metrics, "outputTokenCount")),
    )


def _read_chunks(bodies: Sequence[Any]) -> Reply:
    if any(get(body, "type") == "message_start" for body in bodies):
        return anthropic_messages.read_chunks(bodies)
    named = [(name, value) for body in bodies for name, value in body.items()]
    if any(name == "messageStart" for name, _ in named):
        return _converse.read_events(named)
    if any(map(_as_chunks, bodies)):
        return _read_choices(bodies)
    return _read_texts(bodies)


def _with_figures(reply: Reply, input_tokens: int | None, output_tokens: int | None) -> Reply:
    """Add what Bedrock counted to a reply that states no tokens."""
    usage = reply.usage
    if usage.input_tokens is not None or usage.output_tokens is not None:
        return reply
    counted = replace(usage, input_tokens=input_tokens, output_tokens=output_tokens)
    return replace(reply, usage=counted)


def _read_choices(bodies: Sequence[Any]) -> Reply:
    """Read replies in OpenAI's format, whole or in chunks; some say `stop_reason` and `message`."""
    chunks = [{**body, "choices": _as_chunks(body)} for body in bodies]
    choices = (choice for chunk in chunks for choice in chunk["choices"])
    completes = any(get(choice, "text") is not None for choice in choices)
    read_chunks = openai_completions.read_chunks if completes else openai_chat.read_chunks
    read = read_chunks(chunks)
    return replace(read, finish_reasons=finish_reasons(read.finish_reasons))


def _as_chunks(body: Any) -> list[dict[str, Any]]:
    return [
        {
            **choice,
            "delta": choice.get("delta") or choice.get("message"),
            "finish_reason": choice.get("finish_reason") or choice.get("stop_reason"),
        }
        for choice in items(get(body, "choices"))
        if isinstance(choice, dict)
    ]


def _read_texts(bodies: Sequence[Any]) -> Reply:
    """Read texts, whole or in chunks; of several answers, the first is the reply."""
    said: list[str] = []
    reasons: dict[int, str] = {}
    tools: list[ToolCall] = []
    for body in bodies:
        for position, part in _answers(body):
            reason = next(filter(None, texts(get(part, name) for name in _REASONS)), None)
            reason = reason or text(get(get(part, "finishReason"), "reason"))
            if reason:
                reasons[position] = reason
            if position == 0:
                said += texts(
                    get(held, name) for held in (part, get(part, "data")) for name in _TEXTS
                )
        tools = [*map(_tool_call, items(get(body, "tool_calls")))] or tools

    def latest(names: Sequence[str]) -> int | None:
        parts = [part for body in bodies for _, part in _answers(body)]
        figures = (integer(get(part, name)) for part in reversed(parts) for name in names)
        return next((figure for figure in figures if figure is not None), None)

    return Reply(
        message=Message("assistant", "".join(said), tuple(tools)) if said or tools else None,
        id=next(filter(None, (text(get(body, "id")) for body in bodies)), None),
        finish_reasons=finish_reasons(reasons[position] for position in sorted(reasons)),
        usage=Usage(input_tokens=latest(_INPUT_TOKENS), output_tokens=latest(_OUTPUT_TOKENS)),
    )


def _answers(body: Any) -> list[tuple[int, Any]]:
    """Give the answers in a body, each with its number; of a body without a list it is the one.

    Cohere numbers the answers that its chunks belong to; Titan numbers its chunks.
    """
    own = integer(get(body, "index")) if get(body, "is_finished") is not None else 0
    listed = [(at, part) for name in _LISTS for at, part in enumerate(items(get(body, name)))]
    return [(own or 0, body), *listed]


def _tool_call(raw: Any) -> ToolCall:
    arguments = get(raw, "parameters")
    return ToolCall(text(get(raw, "name")) or "", arguments if isinstance(arguments, dict) else {})


def is_final(piece: Any) -> bool:
    """Tell whether a chunk says why the reply ended."""
    if anthropic_messages.is_final(piece) or get(piece, "messageStop"):
        return True
    parts = [part for _, part in _answers(piece)]
    return any(choice["finish_reason"] for choice in _as_chunks(piece)) or any(
        get(part, name) for part in parts for name in _REASONS
    )
