"""Verdicts: whether the telemetry shows what the scripts say must be there, and nothing else.

A script passes if its calls make one session of their own, each expected signal is a warning or
worse in its turn, and, where nothing is expected, no turn has a warning.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from otel_sessions.cli.observations import SessionSeen, by_origin
from otel_sessions.cli.scripts import Script
from otel_sessions.signals import WARNING

Place = tuple[int, str]
"""A turn, 1-based, and the name of a signal."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one script."""

    script: Script
    seen: SessionSeen | None
    """The session that holds its calls; `None` if there is none."""
    missed: tuple[Place, ...]
    """Expected and not found."""
    unexpected: tuple[Place, ...]
    """Warnings that the script does not ask for; they fail a healthy script only."""
    problems: tuple[str, ...]
    """What else is wrong, in words."""

    @property
    def ok(self) -> bool:
        """Whether the script passes."""
        healthy = not any(self.script.expected())
        return not (self.missed or self.problems or (healthy and self.unexpected))


def judge(scripts: Iterable[Script], sessions: list[SessionSeen]) -> list[Verdict]:
    """Compare each script with the sessions that the telemetry shows, in the scripts' order."""
    found = by_origin(sessions)
    return [_judge(script, found.get(script.name, [])) for script in scripts]


def _judge(script: Script, sessions: list[SessionSeen]) -> Verdict:
    expected = set(script.expected())
    seen = sessions[0] if sessions else None
    warnings = (
        {place for place, severity in seen.signals.items() if severity >= WARNING}
        if seen
        else set()
    )
    return Verdict(
        script,
        seen,
        missed=tuple(sorted(expected - warnings)),
        unexpected=tuple(sorted(warnings - expected)),
        problems=tuple(_problems(script, sessions)),
    )


def _problems(script: Script, sessions: list[SessionSeen]) -> Iterable[str]:
    if len(sessions) != 1:
        yield f"{len(sessions)} sessions instead of one"
    for seen in sessions:
        others = sorted(set(seen.origins) - {script.name})
        if others:
            yield f"joined with {', '.join(others)}"
        if script.session_id not in {None, seen.session_id}:
            yield f"seen as {seen.session_id} instead of {script.session_id}"
        if seen.turns != script.turns:
            yield f"{seen.turns} turns instead of {script.turns}"
