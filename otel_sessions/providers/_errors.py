"""Errors: what is kept of any client's error: its HTTP status or its class, never its text."""

from typing import Any

from otel_sessions.providers._fields import get, integer
from otel_sessions.providers._overflow import is_overflow
from otel_sessions.providers._provider import Failure

_FIRST_ERROR_STATUS = 400


def read_error(error: Exception) -> Failure:
    """Take status or class, and whether the window was exceeded; `parse` errors hold the reply.

    An error inside a stream has the status of the response that brought it, which was no error.
    """
    status = next(filter(None, map(integer, _statuses(error))), None)
    if status is not None and status < _FIRST_ERROR_STATUS:
        status = None
    said = get(get(get(error, "response"), "Error"), "Message")
    return Failure(
        error_type=type(error).__name__ if status is None else str(status),
        overflow=is_overflow(error if said is None else {"message": said}, status),
        reply=get(error, "completion"),
    )


def _statuses(error: Exception) -> tuple[Any, ...]:
    """Where clients keep it: Stainless's and most others, Google's, Hugging Face's, botocore's."""
    response = get(error, "response")
    return (
        get(error, "status_code"),
        get(error, "code"),
        get(response, "status_code"),
        get(get(response, "ResponseMetadata"), "HTTPStatusCode"),
    )
