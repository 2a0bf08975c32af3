"""Fixtures: a dialogue through all detectors, as in production."""

from collections.abc import Callable, Sequence

import pytest

from otel_sessions.signals import WARNING
from otel_sessions.text.embedding import encode

SYSTEM = "You are the assistant of a company. Be kind and brief."


@pytest.fixture
def warned(tracking, talking) -> Callable[[Sequence[str]], list[tuple[int, str]]]:
    """Play lines, of user and assistant in turn; give each warning's turn and signal."""

    def play(lines: Sequence[str]) -> list[tuple[int, str]]:
        tracked = tracking(encode=encode)
        talk = talking(tracked.track, system=SYSTEM)
        for request, reply in zip(lines[::2], lines[1::2], strict=True):
            talk.say(request, reply)
        found = [report.found for report in tracked.heard.signals]
        return [(f.turn, f.signal.name) for f in found if f.signal.severity >= WARNING]

    return play
