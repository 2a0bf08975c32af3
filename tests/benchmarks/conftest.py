"""Small data files, written here."""

import gzip
import json

import pytest

from benchmarks.signals.sessions import Line, read_session


def said(*texts):
    """Messages of user and assistant in turn."""
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]


@pytest.fixture
def talk():
    return said


@pytest.fixture
def written(tmp_path):
    """Write records, or lines, into a file of the documented format and return its path."""

    def write(*records, name="set.jsonl"):
        path = tmp_path / name
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        text = "".join(f"{line}\n" for line in lines).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return write


@pytest.fixture
def read(tmp_path):
    """Read one record as a session of the set `set`."""

    def read_one(**record):
        line = json.dumps({"session_id": "s", **record}).encode()
        return read_session(Line(tmp_path / "set.jsonl", 1, line))

    return read_one
