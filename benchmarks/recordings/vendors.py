"""Vendors: what recorded bodies of Bedrock's `invoke_model` say that are plain texts.

Each of Titan, Llama, Claude 2, Cohere, Mistral and AI21 has names of its own for the same things;
of several answers to one prompt, the first is the text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """What a body or all chunks of a stream say."""

    text: str
    reasons: tuple[str, ...]
    """As the vendor words them, by number of answer."""
    input_tokens: int | None
    output_tokens: int | None
    tools: tuple[tuple[str, Any], ...] = ()


def read_texts(pieces: Sequence[Any]) -> Said:
    """Read a body, or the chunks of a stream in their order."""
    answers = [answer for piece in pieces for answer in _answers(piece)]
    reasons = {number: reason for number, _, reason in answers if reason}
    return Said(
        text="".join(text for number, text, _ in answers if number == 0 and text),
        reasons=tuple(reasons[number] for number in sorted(reasons)),
        input_tokens=_latest(pieces, "inputTextTokenCount", "prompt_token_count"),
        output_tokens=_latest(pieces, "totalOutputTextTokenCount", "generation_token_count")
        if not any("results" in piece for piece in pieces)
        else pieces[-1]["results"][-1].get("tokenCount"),
        tools=tuple(
            (tool["name"], tool.get("parameters") or {})
            for piece in pieces
            for tool in piece.get("tool_calls") or []
        ),
    )


def _answers(piece: Mapping[str, Any]) -> Iterator[tuple[int, str | None, str | None]]:
    """Give number, text and reason of each answer in a piece."""
    if "outputText" in piece:
        yield 0, piece["outputText"], piece.get("completionReason")
    elif "generation" in piece:
        yield 0, piece["generation"], piece.get("stop_reason")
    elif "completion" in piece:
        yield 0, piece["completion"], piece.get("stop_reason")
    elif "text" in piece or "is_finished" in piece or "event_type" in piece:
        yield piece.get("index") or 0, piece.get("text"), piece.get("finish_reason")
    for number, each in enumerate(piece.get("results") or []):
        yield number, each["outputText"], each.get("completionReason")
    for number, each in enumerate(piece.get("generations") or []):
        yield number, each["text"], each.get("finish_reason")
    for number, each in enumerate(piece.get("outputs") or []):
        yield number, each["text"], each.get("stop_reason")
    for number, each in enumerate(piece.get("completions") or []):
        yield number, each["data"]["text"], each["finishReason"]["reason"]


def _latest(pieces: Sequence[Any], *names: str) -> int | None:
    found = [piece[name] for piece in pieces for name in names if piece.get(name) is not None]
    return found[-1] if found else None
