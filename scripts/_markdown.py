"""Markdown: how generated pages are written, one sentence a line."""

import re
from collections.abc import Iterable, Iterator

_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z`\"])")


def paragraphs(text: str) -> Iterator[str]:
    """Write the paragraphs of a docstring, each after a blank line; lists and code stay."""
    for paragraph in text.strip("\n").split("\n\n"):
        yield ""
        if paragraph.startswith("    "):
            yield paragraph
            continue
        before, *items = paragraph.split("\n- ")
        yield from sentences(capital(before))
        if items:
            yield ""
        yield from (f"- {' '.join(item.split())}" for item in items)


def sentences(text: str) -> list[str]:
    """One sentence a line, so that diffs show sentences."""
    return _SENTENCE_END.split(" ".join(text.split()))


def capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Write a table, line by line."""
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
