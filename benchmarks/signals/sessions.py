"""Sessions: labelled conversations in files, each with what people say of it.

One JSON object a line, plain or gzip: `session_id`, `messages` and optionally `calls` as in
`otel_sessions.cli.recordings`, and optionally `labels` (`{signal: 0 or 1}`; what is absent is
unlabelled) and `turn_labels` (`[{"i": index of a message, "signal": ..., "label": 0, 1 or null}]`;
null is ambiguous and left out). Among `labels`, `raw` may hold anything. A set is a file, named
without `.jsonl` or `.jsonl.gz`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from otel_sessions.cli.recordings import (
    BrokenLine,
    Recording,
    numbered_lines,
    read_line,
    read_recording,
)
from otel_sessions.cli.shapes import as_list, as_object

_SUFFIXES = (".jsonl", ".jsonl.gz")
_KNOWN = (0, 1)
"""Values of labels that say something."""
_RAW = "raw"
"""Stands among labels for what they were made from; nothing of it is read."""


@dataclass(frozen=True, slots=True)
class TurnLabel:
    """What people say of one message."""

    message: int
    """Index in the recorded messages."""
    signal: str
    """As the data name it."""
    positive: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A recorded conversation with its labels."""

    set_name: str
    recording: Recording
    split_key: str = ""
    """Sessions that share it belong on the same side of a split."""
    labels: Mapping[str, bool] = field(default_factory=dict)
    """Of the session as a whole, by signal as the data name it."""
    turn_labels: tuple[TurnLabel, ...] = ()
    unread: int = 0
    """Labels that say neither 0, 1 nor null, or not of what."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that has not been read."""

    path: Path
    number: int
    """1-based."""
    content: bytes


def name_of_set(path: Path) -> str:
    """Name the set that a file holds."""
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def data_files(data: Path, only: Iterable[str] = ()) -> list[Path]:
    """Find the files of a folder, or the one file, sorted by name; `only` names sets."""
    files = [data] if data.is_file() else [p for p in data.glob("*") if p.name.endswith(_SUFFIXES)]
    wanted = set(only)
    return sorted(path for path in files if not wanted or name_of_set(path) in wanted)


def read_lines(paths: Iterable[Path]) -> Iterator[Line | BrokenLine]:
    """Give the lines of all files; of a file that breaks off, those before that.

    Raises:
        OSError: a file cannot be opened.

    """
    for path in paths:
        for read in numbered_lines(path):
            yield read if isinstance(read, BrokenLine) else Line(path, *read)


def read_session(line: Line) -> Session | BrokenLine:
    """Read one line."""
    return read_line(
        line.path,
        line.number,
        line.content,
        lambda record: _session(name_of_set(line.path), record),
    )


def read_sessions(paths: Iterable[Path]) -> Iterator[Session | BrokenLine]:
    """Read all lines of all files in order."""
    for line in read_lines(paths):
        yield line if isinstance(line, BrokenLine) else read_session(line)


def _session(name: str, record: Mapping[str, Any]) -> Session:
    recording = read_recording(record)
    labels = as_object("labels", record.get("labels") or {})
    said = {signal: label for signal, label in labels.items() if signal != _RAW}
    placed = [
        _turn_label(as_object("a turn label", label))
        for label in as_list("turn_labels", record.get("turn_labels") or [])
    ]
    return Session(
        set_name=name,
        recording=recording,
        split_key=str(record.get("split_key") or recording.session_id),
        labels={signal: bool(label) for signal, label in said.items() if label in _KNOWN},
        turn_labels=tuple(each for each in placed if isinstance(each, TurnLabel)),
        unread=sum(label is not None and label not in _KNOWN for label in said.values())
        + placed.count("unread"),
    )


def _turn_label(given: Mapping[str, Any]) -> TurnLabel | Literal["ambiguous", "unread"]:
    at, signal, label = given.get("i"), given.get("signal"), given.get("label", "absent")
    if label is None:
        return "ambiguous"
    if label not in _KNOWN or not isinstance(at, int) or not isinstance(signal, str):
        return "unread"
    return TurnLabel(at, signal, bool(label))
