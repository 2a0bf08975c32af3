"""Sentences: the texts of the dev sets on which the static embedding is fitted.

Every user and assistant message gives its sentences, and itself when it is short enough. The order
is that of a hash, so that a sample of any size is the same each time and favours no session; sets
take turns, so that a set of 47,000 sentences does not drown one of 300.
"""

import gzip
import json
import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, zip_longest
from pathlib import Path

_MIN_WORDS, _MAX_WORDS, _MAX_MESSAGE_WORDS = 3, 48, 96
_END = re.compile(r"(?<=[.!?])\s+|\n+")


def read_sessions(path: Path) -> list[dict]:
    """Read one set, in the order of its file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def half(session: dict) -> int:
    """Tell in which half of its set a session is: 0 or 1; related sessions are in the same."""
    return _hash(session["split_key"])[0] & 1


def sample(folder: Path, count: int, only_half: int | None = None) -> list[str]:
    """Take `count` different texts from all sets of the folder, always the same ones.

    Args:
        folder: holds the `*.jsonl.gz`.
        count: fewer come back if there are fewer.
        only_half: take texts only from sessions of this half, and none that the other has too.

    """
    taken: set[str] = set()
    sets = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        sessions = read_sessions(path)
        mine = {text for s in sessions if only_half in (None, half(s)) for text in _texts(s)}
        if only_half is not None:
            mine -= {text for s in sessions if half(s) != only_half for text in _texts(s)}
        sets.append(sorted(mine - taken, key=_hash))
        taken |= mine
    rounds = chain.from_iterable(zip_longest(*sets))
    return sorted([text for text in rounds if text is not None][:count])


def _texts(session: dict) -> Iterator[str]:
    for message in session["messages"]:
        content = message.get("content")
        if message["role"] not in {"user", "assistant"} or not isinstance(content, str):
            continue
        sentences = [text.strip() for text in _END.split(content)]
        yield from (text for text in sentences if _MIN_WORDS <= len(text.split()) <= _MAX_WORDS)
        if len(sentences) > 1 and len(content.split()) <= _MAX_MESSAGE_WORDS:
            yield content.strip()


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
