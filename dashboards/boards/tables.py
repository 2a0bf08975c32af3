"""Tables: labels of series, or spans, as rows; the other shapes of panels are in `panels`."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, prometheus, table, tempo
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as prom
from grafana_foundation_sdk.models import tempo as traces

from dashboards.boards.panels import HEIGHT, SOURCE, Link, Question, thresholds, to_link

TRACES = model.DataSourceRef(type_val="tempo", uid="${traces}")
SPANS_OF_A_TRACE = 100
"""Of one trace at most as many spans are shown; a turn is often one trace of some calls."""
UNASKED = ("Time", "Value", "Trace Service", "Trace Name", "Name")
"""Columns that Grafana adds to what was asked."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    field: str
    """Name of the field in the data."""
    title: str
    unit: str | None = None
    link: Link | None = None
    limits: tuple[tuple[float, str], ...] | None = None
    """From which value on which colour; the cell is coloured if there are any."""
    base: str = "green"
    width: int | None = None
    """Pixels; `None` shares what is left."""


def listing(question: Question, columns: Sequence[Column]) -> table.Panel:
    """Show the labels of series as a table, as they are now."""
    panel = _table(question, columns).datasource(SOURCE)
    for index, query in enumerate(question.queries):
        asked = prometheus.Dataquery().expr(query.expr).instant().datasource(SOURCE)
        asked = asked.format(prom.PromQueryFormat.TABLE).ref_id(chr(ord("A") + index))
        panel = panel.with_target(asked)
    return panel


def spans(
    question: Question, columns: Sequence[Column], *, limit: int, order: Sequence[str] = ()
) -> table.Panel:
    """Show spans that Tempo finds: at most `limit` traces.

    Args:
        question: queries in TraceQL.
        columns: from left to right.
        limit: of traces; Tempo gives the newest.
        order: titles of columns by which rows are sorted, ascending; as Tempo gives them if empty.

    """
    panel = _table(question, columns).datasource(TRACES)
    if order:
        sort = [
            common.TableSortByFieldState().display_name(title).desc(desc=False) for title in order
        ]
        panel = panel.sort_by(sort)
    for index, query in enumerate(question.queries):
        asked = tempo.TempoQuery().query(query.expr).query_type("traceql").limit(limit)
        asked = asked.table_type(traces.SearchTableType.SPANS).spss(SPANS_OF_A_TRACE)
        asked = asked.datasource(TRACES).ref_id(chr(ord("A") + index))
        panel = panel.with_target(asked)
    return panel


def _table(question: Question, columns: Sequence[Column]) -> table.Panel:
    order = {column.field: place for place, column in enumerate(columns)}
    arrange = model.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(UNASKED, True),
            "indexByName": order,
            "renameByName": {column.field: column.title for column in columns},
        },
    )
    panel = (
        table.Panel()
        .height(HEIGHT)
        .show_header(show_header=True)
        .title(question.title)
        .description(question.about)
        .unit(question.unit)
        .span(question.width)
        .no_value(question.empty)
        .thresholds(thresholds(question.base, question.limits))
        .with_transformation(arrange)
    )
    for column in columns:
        if set_up := _properties(column):
            panel = panel.override_by_name(column.title, set_up)
    return panel


def _properties(column: Column) -> list[model.DynamicConfigValue]:
    properties: dict[str, object] = {}
    if column.unit:
        properties["unit"] = column.unit
    if column.width:
        properties["custom.width"] = column.width
    if column.link:
        properties["links"] = [to_link(column.link).build()]
    if column.limits is not None:
        properties["thresholds"] = thresholds(column.base, column.limits).build()
        properties["custom.cellOptions"] = {"type": "color-text"}
    return [model.DynamicConfigValue(name, value) for name, value in properties.items()]
