"""SQLAlchemy engine: what is done with the rows of sessions in one table, by the engine's events.

Works with SQLAlchemy 2, also asynchronous, with statements of Core, ORM and `text()`; what goes to
the driver as plain SQL is not seen. Whether a session was found is known when its rows are fetched,
so rows are counted and measured as they are. How full a database is it does not say: give `usage`.
A transaction that is rolled back counts as if it were not.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import cursor as _cursor

from otel_sessions.capacities import Reading
from otel_sessions.errors import ConfigError
from otel_sessions.faults import contained
from otel_sessions.observers.options import Options
from otel_sessions.observers.records import Recorder
from otel_sessions.observers.sizes import size_of
from otel_sessions.observers.sql_statements import Columns, Plan, plan_of
from otel_sessions.sightings import Access, Parts

MAX_ROWS = 1000
"""Of what one statement writes, the rows that are looked at."""
_NO_PLAN = Plan("get", "")
_COUNTING = "counting rows"


class EngineObserver:
    """Watches one table of one engine."""

    def __init__(self, client: Any, recorder: Recorder, options: Options) -> None:
        """Listen to the engine.

        Raises:
            ConfigError: the table or one of its columns is not named.

        """
        self.client = client
        self._engine = getattr(client, "sync_engine", client)
        self._columns = columns = _columns(options)
        self._measured = _labels(columns.table, columns.data)
        self._told = self._measured | _labels(columns.table, (columns.id,))
        self._recorder = recorder
        self._plans: WeakKeyDictionary[Any, Plan] = WeakKeyDictionary()
        self._mark = f"_otel_sessions_{id(self)}"
        self._listening: list[tuple[str, Callable[..., None]]] = [
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
            ("handle_error", self._failed),
        ]
        for name, listener in self._listening:
            event.listen(self._engine, name, listener)

    def read_capacity(self) -> Reading | None:
        """Say nothing: how full a database is, is told in a hundred ways."""
        return None

    def close(self) -> None:
        """Listen no more."""
        listening, self._listening = self._listening, []
        for name, listener in listening:
            event.remove(self._engine, name, listener)

    # Listeners: what they raise would reach the application, so all of each is contained.

    def _before(self, *given: Any) -> None:
        with contained("looking at a statement"):
            context = given[4]
            plan = self._plan(context)
            if plan is not None:
                setattr(context, self._mark, (plan, time.perf_counter()))

    def _after(self, *given: Any) -> None:
        with contained("noting a statement"):
            context = given[4]
            plan, started_s = vars(context).pop(self._mark, (None, 0.0))
            if plan is None:
                return
            duration_s = time.perf_counter() - started_s
            if plan.kind == "get":
                self._await_rows(context, plan, duration_s)
            else:
                self._note_change(context.compiled_parameters, plan, duration_s)

    def _failed(self, failure: Any) -> None:
        with contained("noting a statement that failed"):
            context = failure.execution_context
            plan, started_s = (
                (None, 0.0) if context is None else vars(context).pop(self._mark, (None, 0.0))
            )
            if plan is not None:
                error = failure.sqlalchemy_exception or failure.original_exception
                access = Access(plan.kind, str(context.compiled_parameters[0][plan.id]))
                self._recorder.note((access,), time.perf_counter() - started_s, error)

    def _plan(self, context: Any) -> Plan | None:
        compiled = getattr(context, "compiled", None)
        if compiled is None or not hasattr(compiled, "statement"):
            return None
        plan = self._plans.get(compiled)
        if plan is None:
            plan = self._plans[compiled] = plan_of(compiled, self._columns) or _NO_PLAN
        return None if plan is _NO_PLAN else plan

    def _note_change(
        self, parameters: Sequence[Mapping[str, Any]], plan: Plan, duration_s: float
    ) -> None:
        for row in parameters[:MAX_ROWS]:
            parts: Parts | None = None
            sizes = [size_of(row.get(name)) for name in plan.sizes]
            known = [size for size in sizes if size is not None]
            if plan.whole and known:
                parts = ((0, sum(known)),)
            self._recorder.note((Access(plan.kind, str(row[plan.id]), parts),), duration_s)

    def _await_rows(self, context: Any, plan: Plan, duration_s: float) -> None:
        """Have the rows counted when they are fetched."""
        key = str(context.compiled_parameters[0][plan.id])
        if context.cursor_fetch_strategy is not _cursor._DEFAULT_FETCH:  # noqa: SLF001 - to be told from others
            return
        if context._is_server_side or self._recorder.session(key) is None:  # noqa: SLF001 - same
            return
        names = [column[0] for column in context.cursor.description or ()]
        if self._told.isdisjoint(names):
            # A count, for example: it has a row also where there is none.
            return
        measured = [at for at, name in enumerate(names) if name in self._measured]
        note = partial(self._note_rows, key, duration_s)
        context.cursor_fetch_strategy = _Counting(note, measured, whole=plan.whole)

    def _note_rows(self, key: str, duration_s: float, access: Access) -> None:
        self._recorder.note((access._replace(key=key),), duration_s)


class _Counting(_cursor.CursorFetchStrategy):
    """Fetches as the default does, and counts what comes."""

    __slots__ = ("_bytes", "_measured", "_note", "_told", "_whole")

    def __init__(
        self, note: Callable[[Access], None], measured: Sequence[int], *, whole: bool
    ) -> None:
        self._note = note
        self._measured = measured
        self._whole = whole
        self._bytes = 0
        self._told = False

    def fetchone(self, *given: Any, **more: Any) -> Any:
        row = super().fetchone(*given, **more)
        with contained(_COUNTING):
            self._see(() if row is None else (row,), ended=row is None)
        return row

    def fetchmany(self, *given: Any, **more: Any) -> Any:
        rows = super().fetchmany(*given, **more)
        with contained(_COUNTING):
            self._see(rows, ended=not rows)
        return rows

    def fetchall(self, *given: Any, **more: Any) -> Any:
        rows = super().fetchall(*given, **more)
        with contained(_COUNTING):
            self._see(rows, ended=True)
        return rows

    def _see(self, rows: Sequence[Any], *, ended: bool) -> None:
        first, self._told = not self._told, True
        for row in rows:
            self._bytes += sum(size_of(row[at]) or 0 for at in self._measured)
        parts: Parts | None = ((0, self._bytes),) if ended and self._whole else None
        if first:
            found = True if rows else False if self._whole else None
            self._note(Access("get", "", parts if found else None, found=found))
        elif parts is not None and self._measured:
            self._note(Access("size", "", parts))


def _labels(table: str, columns: Sequence[str]) -> frozenset[str]:
    """Name columns as a result may name them."""
    return frozenset((*columns, *(f"{table}_{column}" for column in columns)))


def _columns(options: Options) -> Columns:
    data = options.data_columns
    data = (data,) if isinstance(data, str) else tuple(data or ())
    named = (options.table, options.id_column, *data)
    if not data or not all(isinstance(name, str) and name for name in named):
        message = (
            "observe_store: an engine needs table='...', id_column='...' and data_columns='...' or"
            f" several; given table={options.table!r}, id_column={options.id_column!r},"
            f" data_columns={options.data_columns!r}"
        )
        raise ConfigError(message)
    return Columns(str(options.table), str(options.id_column), tuple(map(str, data)))
