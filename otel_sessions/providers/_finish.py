"""Finish reasons: why a reply ended, in the words of the GenAI conventions.

Source: JSON schema of output messages, semantic conventions 1.37: `stop`, `length`,
`content_filter`, `tool_call`, `error`. A reason that they have no word for keeps its own, in
lower case.
"""

from collections.abc import Iterable

_WORDS = {
    # Anthropic's, also in Bedrock.
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    # Titan's and AI21's.
    "finish": "stop",
    "finished": "stop",
    "endoftext": "stop",
    # Google's.
    "safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "spii": "content_filter",
    "image_safety": "content_filter",
    "image_prohibited_content": "content_filter",
    "image_recitation": "content_filter",
    "model_armor": "content_filter",
    "malformed_function_call": "error",
    "malformed_response": "error",
    "too_many_tool_calls": "error",
    "unexpected_tool_call": "error",
    # Cohere's.
    "complete": "stop",
    "error_toxic": "content_filter",
    "error_limit": "length",
    "timeout": "error",
    # Mistral's and those of text generation servers.
    "model_length": "length",
    "eos": "stop",
    "eos_token": "stop",
}


def finish_reasons(said: Iterable[str | None]) -> tuple[str, ...]:
    """Say each reason that is known in the words of the conventions, in order."""
    lowered = (reason.lower() for reason in said if reason)
    return tuple(_WORDS.get(reason, reason) for reason in lowered)
