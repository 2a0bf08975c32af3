"""Results: from what sessions say to one row for each signal and set, and to alarm rates.

A signal with both positive and negative turns in a set is measured on turns, otherwise on sessions;
failure is measured on both where it can be.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.signals.figures import Example, measure, measure_best, ratio_interval
from benchmarks.signals.findings import HEALTH, Finding, Level, SessionFindings

Document = dict[str, Any]
"""What becomes JSON."""


class Results:
    """The findings of all sessions so far, by set."""

    def __init__(self) -> None:
        self.sessions: list[SessionFindings] = []

    def add(self, found: SessionFindings) -> None:
        """Take a session in."""
        self.sessions.append(found)

    @property
    def turns(self) -> int:
        """Turns that were judged."""
        return sum(session.turns for session in self.sessions)

    def rows(self) -> list[Document]:
        """Give a row for each signal, set and level, in the order in which they were met."""
        rows = [
            _row(signal, name, level, levels[level])
            for (signal, name), levels in self._examples().items()
            for level in _told(signal, levels)
        ]
        return sorted(rows, key=lambda row: row["signal"])

    def false_alarms(self) -> Document:
        """Give the alarms per 100 answered turns of each set.

        Sessions that passed count where somebody says which did; elsewhere all that are not known
        to have failed, so that what fires there need not be wrong.
        """
        by_set: dict[str, list[SessionFindings]] = defaultdict(list)
        for session in self.sessions:
            by_set[session.set_name].append(session)
        return {name: _alarms(sessions) for name, sessions in by_set.items()}

    def remarks(self) -> list[str]:
        """Say what could not be used."""
        unknown, unplaced = Counter[tuple[str, str]](), Counter[str]()
        unread, faults = Counter[str](), Counter[str]()
        for session in self.sessions:
            name = session.set_name
            unknown.update((name, label) for label in session.unknown)
            unplaced[name] += session.unplaced
            unread[name] += session.unread
            faults[name] += session.faults
        return [
            *(
                f"{name}: no detector for the label {label!r} ({count} sessions)"
                for (name, label), count in unknown.items()
            ),
            *(
                f"{name}: {count} labels of messages that no call was made for"
                for name, count in unplaced.items()
                if count
            ),
            *(
                f"{name}: {count} labels left out: one must be 0, 1 or null, that of a turn with"
                ' "i" and "signal"'
                for name, count in unread.items()
                if count
            ),
            *(
                f"{name}: {count} faults, so the figures are wrong; the first ones are logged"
                for name, count in faults.items()
                if count
            ),
        ]

    def _examples(self) -> dict[tuple[str, str], dict[Level, list[tuple[int, Finding]]]]:
        examples: dict[tuple[str, str], dict[Level, list[tuple[int, Finding]]]] = {}
        for number, session in enumerate(self.sessions):
            for finding in session.findings:
                levels = examples.setdefault(
                    (finding.signal, session.set_name), {"turn": [], "session": []}
                )
                levels[finding.level].append((number, finding))
        return examples


def _told(signal: str, levels: dict[Level, list[tuple[int, Finding]]]) -> list[Level]:
    both = [
        level
        for level, found in levels.items()
        if len({finding.positive for _, finding in found}) > 1
    ]
    if signal == HEALTH and both:
        return both
    return (both or [level for level, found in levels.items() if found])[:1]


def _row(signal: str, name: str, level: Level, found: Sequence[tuple[int, Finding]]) -> Document:
    examples = [Example(at, f.positive, f.score, f.fired) for at, f in found]
    figures, intervals = measure(examples)
    baseline = None
    if found[0][1].baseline is not None:
        baseline = measure_best(
            [Example(at, f.positive, f.baseline or 0.0, fired=False) for at, f in found]
        )
    return {
        "signal": signal,
        "set": name,
        "level": level,
        "n": len(examples),
        "positives": sum(example.positive for example in examples),
        **{key: _rounded(value) for key, value in figures.items()},
        "interval": {
            key: interval and [_rounded(bound) for bound in interval]
            for key, interval in intervals.items()
        },
        "baseline": baseline and {key: _rounded(value) for key, value in baseline.items()},
    }


def _alarms(sessions: Sequence[SessionFindings]) -> Document:
    passed = [session for session in sessions if session.failed is False]
    chosen = passed or [session for session in sessions if not session.failed]
    failed = [session for session in sessions if session.failed]
    turns, alarms = _total(chosen)
    turns_of_failed, alarms_of_failed = _total(failed)
    names = sorted({name for name, _ in alarms if name})
    return {
        "sessions": "passed" if passed else "not known to have failed",
        "n_sessions": len(chosen),
        "turns": turns,
        **{label: _rate(alarms["", label], turns) for label in ("warning", "critical")},
        "unhealthy": _rate(alarms["", "unhealthy"], turns),
        "unhealthy_of_failed": _rate(alarms_of_failed["", "unhealthy"], turns_of_failed),
        "interval": {
            label: _interval((s.alarms["", label], s.answered) for s in chosen)
            for label in ("warning", "critical")
        },
        "signals": {
            name: {label: _rate(alarms[name, label], turns) for label in ("warning", "critical")}
            for name in names
        },
    }


def _total(sessions: Sequence[SessionFindings]) -> tuple[int, Counter[tuple[str, str]]]:
    """Give the answered turns of sessions, and their alarms."""
    alarms = Counter[tuple[str, str]]()
    for session in sessions:
        alarms.update(session.alarms)
    return sum(session.answered for session in sessions), alarms


def _rate(count: int, turns: int) -> float | None:
    return round(100 * count / turns, 3) if turns else None


def _interval(numbers: Iterable[tuple[int, int]]) -> list[float] | None:
    interval = ratio_interval(list(numbers))
    return interval and [round(100 * bound, 3) for bound in interval]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
