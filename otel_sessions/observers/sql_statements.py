"""SQL statements: what a statement does with the rows of sessions, and where it names the session.

Read once of each statement and kept as long as SQLAlchemy keeps its compiled form; about 50 µs, and
then 1 µs. Statements made with `text()` are read by their simplest forms; what is not understood
says nothing.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Delete, Insert, Select, TextClause, Update
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter

from otel_sessions.sightings import Kind


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the application keeps sessions."""

    table: str
    id: str
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one statement does with rows of sessions."""

    kind: Kind
    id: str
    """The parameter that has the session's id."""
    sizes: tuple[str, ...] = field(default=())
    """Parameters whose values are stored."""
    whole: bool = False
    """It is about all rows of the session."""


def plan_of(compiled: Any, columns: Columns) -> Plan | None:
    """Read a compiled statement; `None` if it is about no rows of a known session."""
    statement = compiled.statement
    if isinstance(statement, TextClause):
        return _text_plan(statement.text, columns)
    if isinstance(statement, Insert | Update | Delete):
        if getattr(statement.table, "name", None) != columns.table:
            return None
        return _change_plan(compiled, statement, columns)
    if isinstance(statement, Select):
        tables = [getattr(each, "name", None) for each in statement.get_final_froms()]
        named, only = _named(compiled, statement.whereclause, columns)
        if named is None or columns.table not in tables:
            return None
        # A part of the rows says nothing of the rest.
        cut = statement._limit_clause is not None or statement._offset_clause is not None  # noqa: SLF001 - there is no other way
        return Plan("get", named, whole=only and len(tables) == 1 and not cut)
    return None


def _change_plan(
    compiled: Any,
    statement: Insert | Update | Delete,
    columns: Columns,
) -> Plan | None:
    sizes = tuple(name for name in columns.data if name in compiled.binds)
    if isinstance(statement, Insert):
        if columns.id not in compiled.binds:
            return None
        replaces = statement._post_values_clause is not None  # noqa: SLF001 - "on conflict"
        return Plan("set" if replaces else "add", columns.id, sizes, whole=True)
    named, only = _named(compiled, statement.whereclause, columns)
    if named is None:
        return None
    if isinstance(statement, Delete):
        # What is left after some rows are deleted is not known.
        return Plan("delete" if only else "set", named, whole=only)
    return Plan("set", named, sizes, whole=only)


def _named(
    compiled: Any,
    where: ColumnElement[Any] | None,
    columns: Columns,
) -> tuple[str | None, bool]:
    """Find the parameter to which the id is equal, and whether there is no other condition."""
    conditions = [] if where is None else list(getattr(where, "clauses", (where,)))
    for condition in conditions:
        if not isinstance(condition, BinaryExpression) or condition.operator is not operators.eq:
            continue
        left, right = condition.left, condition.right
        if getattr(left, "name", None) == columns.id and isinstance(right, BindParameter):
            return compiled.bind_names.get(right), len(conditions) == 1
    return None, False


def _text_plan(text: str, columns: Columns) -> Plan | None:
    verb = text.split(maxsplit=1)[0].upper() if text.strip() else ""
    table = rf'(?:[\w"`]+\.)?["`]?{re.escape(columns.table)}["`]?'
    if verb == "INSERT":
        return _insert_plan(text, table, columns)
    where = re.search(
        rf'\bwhere\s+\(?(?:[\w"`]+\.)?["`]?{re.escape(columns.id)}["`]?\s*=\s*:(\w+)\)?(.*)',
        text,
        re.IGNORECASE | re.DOTALL,
    )
    if where is None or not re.search(rf"\b(?:from|update)\s+{table}(?!\w)", text, re.IGNORECASE):
        return None
    only = _NOTHING_MORE.fullmatch(where[2]) is not None
    match verb:
        case "SELECT":
            return Plan("get", where[1], whole=only and "join" not in text.lower())
        case "UPDATE":
            sizes = (_set_to(text, name) for name in columns.data)
            return Plan("set", where[1], tuple(filter(None, sizes)), whole=only)
        case "DELETE":
            return Plan("delete" if only else "set", where[1], whole=only)
    return None


_NOTHING_MORE = re.compile(r"\s*;?\s*(?:order\s+by\s[\w\s,.\"`]+)?", re.IGNORECASE)


def _insert_plan(text: str, table: str, columns: Columns) -> Plan | None:
    found = re.search(
        rf"\binto\s+{table}\s*\(([^()]*)\)\s*values\s*\(([^()]*)\)(.*)",
        text,
        re.IGNORECASE | re.DOTALL,
    )
    if found is None:
        return None
    names = [name.strip(' \n\t"`') for name in found[1].split(",")]
    values = dict(zip(names, (value.strip() for value in found[2].split(",")), strict=False))
    given = {name: value[1:] for name, value in values.items() if value.startswith(":")}
    if columns.id not in given:
        return None
    replaces = re.search(r"\bon\s+(?:conflict|duplicate)\b", found[3], re.IGNORECASE)
    sizes = tuple(given[name] for name in columns.data if name in given)
    return Plan("set" if replaces else "add", given[columns.id], sizes, whole=True)


def _set_to(text: str, column: str) -> str | None:
    found = re.search(rf'\b["`]?{re.escape(column)}["`]?\s*=\s*:(\w+)', text, re.IGNORECASE)
    return None if found is None else found[1]
