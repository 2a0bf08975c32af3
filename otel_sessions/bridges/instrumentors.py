"""Instrumentors: whether another instrumentation watches a client, and how to outlive its leaving.

OpenTelemetry's instrumentors, OpenLLMetry's and OpenInference's share one base class, of which each
has one instance; it tells whether it is active, and which client it needs. About 1 µs a question.

Who leaves takes away the outermost wrapper, which may be ours, and leaves its own in place. So ours
step aside for that moment.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]
    BaseInstrumentor,
)
from wrapt import FunctionWrapper

from otel_sessions.faults import contained

_PACKAGE = re.compile(r"[\w.-]+")


class Wrappers(Protocol):
    """Our wrappers of one client; see `providers._patch.Patch`."""

    def take_away(self) -> None:
        """Take the wrappers away."""
        ...

    def place_again(self) -> None:
        """Put them back."""
        ...


class Instrumentors:
    """All instrumentors of the process but ours."""

    def __init__(self, ours: str) -> None:
        """Leave one out.

        Args:
            ours: module of our own instrumentor.

        """
        self._ours = ours
        self._known: Mapping[str, list[type[BaseInstrumentor]]] = {}
        self._counted = -1
        self._seen: set[type[BaseInstrumentor]] = set()
        self._guard: Any = None

    def watch(self, client: str) -> bool:
        """Tell whether one of them watches a client, or did.

        Some leave without taking their wrappers away.

        Args:
            client: name of its package ("openai").

        """
        classes = BaseInstrumentor.__subclasses__()
        if len(classes) != self._counted:
            self._known, self._counted = self._by_client(classes), len(classes)
        known = self._known.get(client, ())
        self._seen.update(each for each in known if _active(each))
        return not self._seen.isdisjoint(known)

    def guard(self, ours: Sequence[Wrappers]) -> None:
        """Keep our wrappers whenever an instrumentor leaves, until `leave`."""

        def around(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:  # noqa: ANN401 - wrapt's
            if type(instance).__module__ == self._ours:
                return wrapped(*args, **kwargs)
            with contained("stepping aside"):
                for wrappers in ours:
                    wrappers.take_away()
            try:
                return wrapped(*args, **kwargs)
            finally:
                with contained("coming back"):
                    for wrappers in ours:
                        wrappers.place_again()

        self._guard = FunctionWrapper(BaseInstrumentor.uninstrument, around)
        BaseInstrumentor.uninstrument = self._guard

    def leave(self) -> None:
        """Guard no more."""
        if vars(BaseInstrumentor).get("uninstrument") is self._guard:
            BaseInstrumentor.uninstrument = self._guard.__wrapped__

    def _by_client(
        self, classes: list[type[BaseInstrumentor]]
    ) -> Mapping[str, list[type[BaseInstrumentor]]]:
        found: dict[str, list[type[BaseInstrumentor]]] = {}
        for each in classes:
            if each.__module__ == self._ours:
                continue
            with contained("reading what an instrumentor needs"):
                for needed in each().instrumentation_dependencies():
                    package = _PACKAGE.match(needed)
                    if package:
                        found.setdefault(package.group().lower(), []).append(each)
        return found


def _active(instrumentor: type[BaseInstrumentor]) -> bool:
    instance = getattr(instrumentor, "_instance", None)
    return bool(getattr(instance, "is_instrumented_by_opentelemetry", False))
