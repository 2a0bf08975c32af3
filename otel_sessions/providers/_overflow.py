"""Overflow: whether an error says that a request was longer than the model's window.

OpenAI has a code for it; others say it in words, which are looked at once and not kept.
"""

import re

from otel_sessions.providers._fields import get, text

_CODE = "context_length_exceeded"
_STATUSES = (None, 400, 413, 422)
"""Statuses of a refusal; `None` is an error inside a stream. A 429 speaks of another limit."""
_WORDS = re.compile(
    r"context.?length.?exceeded|exceed_context_size|context.window.exceed"
    r"|maximum (context|prompt) length|(model|available).{0,20}context (length|size|window)"
    r"|prompt is too long|input is too long|token count.{0,40}exceeds"
    r"|inputs. tokens \+ .max_new_tokens. must be",
    re.IGNORECASE,
)
"""What OpenAI, vLLM, SGLang, llama.cpp, TGI, Mistral, Anthropic, Gemini, Bedrock and x.ai say."""


def is_overflow(error: Exception, status: int | None) -> bool:
    """Look at the codes in an error and in its body, then at its message."""
    body = get(error, "body")
    if _CODE in [get(holder, "code") for holder in (error, body, get(body, "error"))]:
        return True
    said = text(get(error, "message")) if status in _STATUSES else None
    return said is not None and _WORDS.search(said) is not None
