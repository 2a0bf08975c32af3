"""Own SDK: what we set up of the SDK, and how it ends with the process.

The SDK's own end takes as long as its exporters try: without a receiver about 15 s, in which the
process of somebody who only tries us out seems to hang. So providers of ours are shut down here,
within a time limit; those of the application end as it says.
"""

import atexit
import threading
from collections.abc import Callable
from typing import Any

from otel_sessions.faults import contained

_LEAST_S = 0.5
"""What providers get to end if the time is over: enough where a receiver listens."""


class OwnSdk:
    """The providers and exporters of ours; none where the application has set up its own."""

    def __init__(self, timeout_s: float) -> None:
        """Be empty.

        Args:
            timeout_s: the longest that the providers take at the end of the process.

        """
        self._timeout_s = timeout_s
        self._providers: list[Any] = []
        self._exporters: list[Any] = []

    def add(self, provider: object, exporters: list[Any]) -> None:
        """Answer for a provider, which must not end by itself, and for its exporters."""
        if not self._providers:
            atexit.register(self._end)
        self._providers.append(provider)
        self._exporters += exporters

    def leave(self, left_s: float) -> None:
        """Let the end of the process take no more than what is left of its time now."""
        self._timeout_s = max(_LEAST_S, left_s)

    def _end(self) -> None:
        if not in_time(self._shut_down, self._timeout_s):
            for exporter in self._exporters:
                # Its tries end at once, and with them what still waits for it.
                with contained("giving up an export"):
                    exporter.shutdown()

    def _shut_down(self) -> bool:
        for provider in self._providers:
            with contained("shutting the SDK down"):
                provider.shutdown()
        return True


def in_time(action: Callable[[], bool], timeout_s: float) -> bool:
    """Run what may take longer than it should, and wait no longer; tell whether it gave true.

    Late in the end of a process Python 3.12.1 and before start no threads; then it takes its time.
    """
    given: list[bool] = []
    acting = threading.Thread(
        target=lambda: given.append(action()), name="otel-sessions-export", daemon=True
    )
    try:
        acting.start()
    except RuntimeError:
        return action()
    acting.join(timeout_s)
    return bool(given and given[0])
