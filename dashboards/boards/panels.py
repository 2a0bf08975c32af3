"""Panels: the few shapes that all boards use, so that they look and read alike.

Each panel has a title that is a question, a unit, a description, and the data source that the
reader chose. Where nothing is to be seen, a sentence says why that may be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as model

from dashboards.boards.queries import Query

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA = "Nothing was recorded in this time range."
HEIGHT = 8
"""Rows of the grid, each about 30 pixels."""

Builder = stat.Panel | timeseries.Panel | bargauge.Panel | table.Panel
Panel = TypeVar("Panel", stat.Panel, timeseries.Panel, bargauge.Panel)
Ask = Callable[[prometheus.Dataquery], prometheus.Dataquery]


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a value to where more is told of it."""

    title: str
    url: str
    """With Grafana's variables, such as `${__field.labels.service_name}`."""


@dataclass(frozen=True, slots=True)
class Question:
    """What all kinds of panels have in common."""

    title: str
    unit: str
    """Grafana's name of the unit."""
    about: str
    queries: Sequence[Query]
    width: int
    """Columns of 24."""
    limits: tuple[tuple[float, str], ...] = ()
    """From which value on which colour, ascending; below the first it is `base`."""
    base: str = "green"
    highest: float | None = None
    """End of the axis if it is known."""
    lowest: float | None = 0
    """Start of the axis; `None` if values may be negative."""
    decimals: int | None = None
    exemplars: bool = False
    """Show points that lead to a trace."""
    empty: str = NO_DATA
    """What to read where there is no data."""
    links: tuple[Link, ...] = ()


def number(question: Question) -> stat.Panel:
    """Show the newest value."""
    panel = stat.Panel().height(HEIGHT // 2).graph_mode(options.BigValueGraphMode.AREA)
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"])
    return _filled(panel.reduce_options(reduce), question)


def overall(question: Question) -> stat.Panel:
    """Show one value that is asked for the whole time range."""
    panel = stat.Panel().height(HEIGHT // 2).graph_mode(options.BigValueGraphMode.NONE)
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"])
    return _filled(panel.reduce_options(reduce), question, over=prometheus.Dataquery.instant)


def lines(question: Question) -> timeseries.Panel:
    """Show values over time, and the limits as lines."""
    style = common.GraphThresholdsStyleConfig()
    mode = options.GraphThresholdsStyleMode
    legend = common.VizLegendOptions().show_legend(show_legend=True)
    panel = (
        timeseries.Panel()
        .height(HEIGHT)
        .fill_opacity(8)
        .line_width(2)
        .span_nulls(False)  # noqa: FBT003 - the SDK's signature; a gap is shown as one
        .show_points(options.VisibilityMode.AUTO)
        .thresholds_style(style.mode(mode.DASHED if question.limits else mode.OFF))
        .legend(
            legend.placement(options.LegendPlacement.BOTTOM).display_mode(
                options.LegendDisplayMode.LIST
            )
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(options.TooltipDisplayMode.MULTI)
            .sort(options.SortOrder.DESCENDING)
        )
    )
    return _filled(panel, question)


def layers(question: Question) -> timeseries.Panel:
    """Show parts of a whole over time, one on top of the other."""
    stacked = common.StackingConfig().mode(options.StackingMode.NORMAL)
    return lines(question).stacking(stacked).fill_opacity(35).line_width(1)


def profile(question: Question) -> bargauge.Panel:
    """Show a bar for each series, in their order, over the whole time range."""
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"])
    panel = (
        bargauge.Panel()
        .height(HEIGHT)
        .orientation(options.VizOrientation.HORIZONTAL)
        .display_mode(options.BarGaugeDisplayMode.BASIC)
        .name_placement(options.BarGaugeNamePlacement.LEFT)
        .reduce_options(reduce)
    )
    return _filled(panel, question, over=prometheus.Dataquery.instant)


def _filled(panel: Panel, question: Question, *, over: Ask = prometheus.Dataquery.range) -> Panel:
    panel = (
        panel.title(question.title)
        .description(question.about)
        .unit(question.unit)
        .span(question.width)
        .datasource(SOURCE)
        .no_value(question.empty)
        .thresholds(thresholds(question.base, question.limits))
    )
    if question.lowest is not None:
        panel = panel.min(question.lowest)
    if question.highest is not None:
        panel = panel.max(question.highest)
    if question.decimals is not None:
        panel = panel.decimals(question.decimals)
    if question.links:
        panel = panel.data_links([to_link(link) for link in question.links])
    for index, query in enumerate(question.queries):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend)
        target = target.ref_id(chr(ord("A") + index)).exemplar(question.exemplars)
        panel = panel.with_target(over(target.datasource(SOURCE)))
    return panel


def thresholds(base: str, limits: Sequence[tuple[float, str]]) -> dashboard.ThresholdsConfig:
    """Colour values: `base`, and from each limit on another."""
    steps = [model.Threshold(value=value, color=color) for value, color in limits]
    return (
        dashboard.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=None, color=base), *steps])
    )


def to_link(link: Link) -> dashboard.DashboardLink:
    """Make a link of a value or panel; it opens beside what the reader looks at."""
    return (
        dashboard.DashboardLink(link.title)
        .type(model.DashboardLinkType.LINK)
        .url(link.url)
        .target_blank(target_blank=True)
    )
