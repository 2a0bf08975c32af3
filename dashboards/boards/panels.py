"""Panels: the few shapes that all boards use, so that they look and read alike.

Each panel has a title that is a question or a fact, a unit, a description, and the data source that
the reader chose. Missing data shows as a sentence, not as an error.
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
    timeseries,
)
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as model

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA = "no data in this range"
HEIGHT = 8
"""Rows of the grid, each about 30 pixels."""

Builder = stat.Panel | timeseries.Panel | bargauge.Panel
Panel = TypeVar("Panel", bound=Builder)
Ask = Callable[[prometheus.Dataquery], prometheus.Dataquery]


@dataclass(frozen=True, slots=True)
class Query:
    """A query and what its series are called; `{{label}}` stands for a label's value."""

    expr: str
    legend: str


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
    """End of the axis if it is known; the axis starts at zero."""
    exemplars: bool = False
    """Show points that lead to a trace."""


def number(question: Question) -> stat.Panel:
    """Show the newest value."""
    panel = stat.Panel().height(HEIGHT // 2).graph_mode(options.BigValueGraphMode.AREA)
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"])
    return _filled(panel.reduce_options(reduce), question)


def lines(question: Question) -> timeseries.Panel:
    """Show values over time, and the limits as lines."""
    style = common.GraphThresholdsStyleConfig()
    mode = options.GraphTresholdsStyleMode  # the SDK's spelling
    legend = common.VizLegendOptions().show_legend(show_legend=True)
    panel = (
        timeseries.Panel()
        .height(HEIGHT)
        .fill_opacity(8)
        .thresholds_style(style.mode(mode.DASHED if question.limits else mode.OFF))
        .legend(legend.placement(options.LegendPlacement.BOTTOM))
        .tooltip(common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI))
    )
    return _filled(panel, question)


def profile(question: Question) -> bargauge.Panel:
    """Show one bar for each query, in their order, over the whole time range."""
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"])
    panel = (
        bargauge.Panel()
        .height(HEIGHT)
        .orientation(options.VizOrientation.HORIZONTAL)
        .display_mode(options.BarGaugeDisplayMode.BASIC)
        .reduce_options(reduce)
    )
    return _filled(panel, question, over=prometheus.Dataquery.instant)


def _filled(panel: Panel, question: Question, *, over: Ask = prometheus.Dataquery.range) -> Panel:
    limits = [model.Threshold(value=value, color=color) for value, color in question.limits]
    steps = [model.Threshold(value=None, color=question.base), *limits]
    panel = (
        panel.title(question.title)
        .description(question.about)
        .unit(question.unit)
        .span(question.width)
        .datasource(SOURCE)
        .no_value(NO_DATA)
        .min(0)
        .thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
    )
    if question.highest is not None:
        panel = panel.max(question.highest)
    for index, query in enumerate(question.queries):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend)
        target = target.ref_id(chr(ord("A") + index)).exemplar(question.exemplars)
        panel = panel.with_target(over(target))
    return panel
