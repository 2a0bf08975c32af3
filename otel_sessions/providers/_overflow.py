"""Overflow: whether an error says that a request was longer than the model's window.

OpenAI has a code for it; others say it in words, which are looked at once and not kept.
"""

import re
from typing import Any

from otel_sessions.providers._fields import get, texts

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


_MAX_CHARS = 2000
"""Looked at of each text; a proxy's page can be long."""


def is_overflow(error: Any, status: int | None) -> bool:
    """Look at the codes in an error and in its body, then at what they say."""
    body = get(error, "body")
    holders = (error, body, get(body, "error"))
    if _CODE in [get(holder, "code") for holder in holders]:
        return True
    if status not in _STATUSES:
        return False
    said = [*holders, *(get(holder, key) for holder in holders for key in ("message", "detail"))]
    return any(_WORDS.search(text[:_MAX_CHARS]) for text in texts(said))
