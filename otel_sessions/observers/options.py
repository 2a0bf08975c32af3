"""Options: what only some kinds of the application's stores take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """As given; `None` where it was not."""

    table: str | None = None
    id_column: str | None = None
    data_columns: str | Sequence[str] | None = None
    get: str | None = None
    set: str | None = None
    delete: str | None = None
    size_of: Callable[[object], int | None] | None = None
