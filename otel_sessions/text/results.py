"""Results: whether what a tool returned reads like an error.

Tools report errors to the model as text, so there is no status to look at. Only the head of a
result speaks: an error says so at once, while a log or a document may mention errors further down.
About 1 µs. Languages: English, and the field names that APIs use.
"""

import re

_HEAD = 200
"""Characters that are read."""

_ERROR = re.compile(
    r"""
    [\s"'*#-]*(?:error|exception|traceback|fatal|failed|failure|unauthori[sz]ed|forbidden|not\ found
      |invalid\ |timed?\ ?out|bad\ request|internal\ server\ error|permission\ denied|access\ denied
      |command\ not\ found|no\ such\ |unknown\ (?:tool|function|command)|cannot\b
      |(?:could\ not|unable\ to)\b)
    | [\w.]*(?:error|exception)\b\s*[:(]
    | (?:http\ ?(?:/\d\.\d\ )?|status(?:\ code)?:?\ ?)[45]\d\d\b
    | \s*[{\[][^}]{0,80}?"(?:
        (?:error|errors|exception|error_message|error_code|errorMessage)"\s*:\s*+(?!null|false|""|\[\]|\{\}|0\b|none)
      | (?:is_?error)"\s*:\s*true
      | (?:success|ok)"\s*:\s*false
      | status"\s*:\s*"(?:error|failed|failure)"
      | status(?:_?code)?"\s*:\s*[45]\d\d\b
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)


def reads_like_error(text: str) -> bool:
    """Tell whether the result of a tool says that the tool failed."""
    return _ERROR.match(text[:_HEAD]) is not None
