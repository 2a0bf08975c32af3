"""Builders of turns with dull values; a test names only what it is about."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from zlib import crc32

import pytest

from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader
from otel_sessions.turns import ToolUse, Turn, pack_tools

DULL = Turn(
    session_id="s",
    key=1,
    number=1,
    provider="openai",
    model="gpt-test",
    messages_sent=2,
    input_tokens=100,
    output_tokens=20,
    window=128_000,
    duration_s=1.0,
    finish_reason="stop",
)


@pytest.fixture(scope="session")
def dull() -> Turn:
    return replace(DULL, reply=FeatureReader(b"k", lambda _: b"").read("A reply."))


@pytest.fixture(scope="session")
def series(dull) -> Callable[..., list[Turn]]:
    """Turns that differ in the given fields, each a sequence with one value for each turn."""

    def build(**fields: Sequence[object]) -> list[Turn]:
        rows = zip(*fields.values(), strict=True)
        return [
            replace(dull, key=i, number=i, **dict(zip(fields, row, strict=True)))
            for i, row in enumerate(rows, 1)
        ]

    return build


@pytest.fixture(scope="session")
def using(dull) -> Callable[..., list[Turn]]:
    """Turns whose tool calls are written as `name:arguments=result`, `!` marks a failed one."""

    def tool(written: str) -> ToolUse:
        call, _, result = written.partition("=")
        return ToolUse(
            id=crc32(written.encode()),
            name=crc32(call.partition(":")[0].encode()),
            arguments=crc32(call.encode()),
            result=crc32(result.encode()) if result else None,
            failed=result.startswith("!"),
        )

    def build(*written: str) -> list[Turn]:
        return [
            replace(dull, key=i, number=i, packed_tools=pack_tools(map(tool, line.split())))
            for i, line in enumerate(written, 1)
        ]

    return build


@pytest.fixture(scope="session")
def talk(dull) -> Callable[..., list[Turn]]:
    """Turns from lines: a user's, an assistant's, a user's, and so on; an empty line is none."""
    reader = FeatureReader(b"a key", encode)

    def build(*lines: str) -> list[Turn]:
        pairs = zip(lines[::2], [*lines[1::2], ""], strict=False)
        return [
            replace(
                dull,
                key=i,
                number=i,
                request=reader.read(request) if request else None,
                reply=reader.read(reply) if reply else None,
            )
            for i, (request, reply) in enumerate(pairs, 1)
        ]

    return build
