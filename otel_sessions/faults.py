"""Faults: how our own mistakes are kept from the application.

Telemetry must never break what it observes. Every entry from the application into this package
runs inside `contained`: what is raised there is logged, once a minute for each place, and
swallowed. The text of the error is not logged, because it can quote a user; its class and the
place are.
"""

import logging
import time
from types import TracebackType
from typing import Self

_LOG = logging.getLogger("otel_sessions")
_INTERVAL_S = 60.0
_last_logged_s: dict[str, float] = {}


class contained:  # noqa: N801 - reads as a statement: `with contained("reading a reply"):`
    """Context manager that swallows every `Exception` raised in its block.

    After the block `failed` tells whether there was one. About 0.3 µs.
    """

    __slots__ = ("_doing", "failed")

    def __init__(self, doing: str) -> None:
        """Name what the block does, for the log ("reading a reply")."""
        self._doing = doing
        self.failed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        self.failed = True
        _report(self._doing, kind, trace)
        return True


def _report(doing: str, kind: type[BaseException], trace: TracebackType | None) -> None:
    now_s = time.monotonic()
    if now_s - _last_logged_s.get(doing, -_INTERVAL_S) < _INTERVAL_S:
        return
    _last_logged_s[doing] = now_s
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        "?" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
    )
    _LOG.warning("otel_sessions failed while %s: %s at %s", doing, kind.__name__, place)
