"""LiteLLM callback: watches a LiteLLM proxy, or an application that lists LiteLLM's callbacks.

    litellm_settings:
      callbacks: [otel_sessions.litellm_callback.watch]

in the proxy's configuration is `instrument()` with settings from `OTEL_SESSIONS_*`, in each of its
workers and before its router is made; so is `litellm.callbacks = [watch]` in an application. The
object hears of calls and does nothing: a callback would be told nothing of a stream that is left,
so calls are seen where `instrument()` sees them, once, however many ways it is switched on.
"""

from importlib import import_module
from typing import Any

from otel_sessions.instrumentation import instrument

_WATCH = "watch"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class of LiteLLM's, which we do not import
    if name != _WATCH:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    logger = import_module("litellm.integrations.custom_logger").CustomLogger()
    instrument()
    globals()[_WATCH] = logger
    return logger
