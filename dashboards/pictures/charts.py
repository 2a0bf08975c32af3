"""Charts: what a panel shows, as HTML and SVG, in the place that the grid gives it.

Sizes are in pixels of a screen that is 1440 wide, as in Grafana: 24 columns, rows of 30 with gaps
of 8.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dashboards.pictures.figures import written

PALETTE = (
    *("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#5195ce", "#ba43a9", "#c15c17"),
    *("#9ac48a", "#f2c96d", "#65c5db", "#f9934e", "#ea6460", "#82b5d8"),
)
COLORS = {
    "green": "#56a64b",
    "yellow": "#e0b400",
    "orange": "#ff780a",
    "red": "#e02f44",
    "dark-red": "#c4162a",
    "blue": "#3274d9",
}
INK, FAINT, GRID = "#24292e", "#5f666d", "#e4e7eb"
TITLE = 34
"""Height of a panel's title."""
_TICKS = 4
_ROUND = (1, 2, 2.5, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000)
_LEGEND_LINE = 18
_CHARACTER = 7.2
"""Width of a letter of 12 pixels on average; only decides where lines are broken."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a bar: what it is called, and points of time and value."""

    name: str
    points: Sequence[tuple[float, float]]

    @property
    def newest(self) -> float:
        """The last value that is a number."""
        return next((v for _, v in reversed(self.points) if math.isfinite(v)), math.nan)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a panel is drawn, and from when to when."""

    width: int
    height: int
    start: float
    end: float
    marks: Sequence[float] = ()
    """Times of new versions."""


def draw(panel: Mapping[str, Any], series: Sequence[Series], frame: Frame) -> str:
    """Draw what is below the title of a panel that shows figures."""
    if not any(math.isfinite(each.newest) for each in series):
        return nothing(panel)
    kind = {"stat": _number, "bargauge": _bars, "timeseries": _lines}[panel["type"]]
    return kind(panel["fieldConfig"]["defaults"], series, frame)


def nothing(panel: Mapping[str, Any]) -> str:
    """Say why there is nothing."""
    return f'<div class="none">{escape(panel["fieldConfig"]["defaults"]["noValue"])}</div>'


def color_of(value: float, defaults: Mapping[str, Any]) -> str:
    """Colour a value by the panel's limits."""
    steps = defaults["thresholds"]["steps"]
    limits = [-math.inf, *(step["value"] for step in steps[1:])]
    reached = sum(limit <= value for limit in limits)
    return COLORS[steps[reached - 1]["color"]]


def _text(value: float, defaults: Mapping[str, Any]) -> str:
    return escape(written(value, defaults["unit"], defaults.get("decimals")))


def _number(defaults: Mapping[str, Any], series: Sequence[Series], frame: Frame) -> str:
    (first, *_) = series
    color = color_of(first.newest, defaults)
    height = frame.height - TITLE
    path = ""
    if len(first.points) > 1:
        low, high = _scale(defaults, series)
        down = (height * 0.45, height - 2)
        path = _path(first.points, frame, (0, frame.width), down, (low, high))
        area = f"{path} L{frame.width},{height} L0,{height} Z"
        path = (
            f'<path d="{area}" fill="{color}" opacity=".15"/>'
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        )
    value = (
        f'<text x="{frame.width / 2}" y="{height * 0.5}" text-anchor="middle" font-size="34" '
        f'font-weight="600" fill="{color}">{_text(first.newest, defaults)}</text>'
    )
    return _svg(frame.width, height, path + value)


def _bars(defaults: Mapping[str, Any], series: Sequence[Series], frame: Frame) -> str:
    shown = [each for each in series if math.isfinite(each.newest)]
    height = frame.height - TITLE - 6
    step = min(34.0, height / len(shown))
    letters = min(int(0.45 * frame.width / _CHARACTER), max(len(each.name) for each in shown))
    names = letters * _CHARACTER + 18
    values = 78
    room = frame.width - names - values
    highest = defaults.get("max") or max(each.newest for each in shown) or 1
    parts = []
    for place, each in enumerate(shown):
        y, color = place * step, color_of(each.newest, defaults)
        long = max(0.0, min(1.0, each.newest / highest)) * room
        middle = y + step / 2 + 4
        bar = f'<rect x="{names}" y="{y + 3}" height="{step - 6}"'
        name = f'x="{names - 8}" y="{middle}" text-anchor="end" fill="{INK}"'
        value = f'x="{frame.width - values + 8}" y="{middle}" font-weight="600" fill="{color}"'
        parts += [
            f"<text {name}>{escape(_fitted(each.name, letters))}</text>",
            f'{bar} width="{room}" fill="#f0f2f4"/>',
            f'{bar} width="{long:.1f}" fill="{color}"/>',
            f"<text {value}>{_text(each.newest, defaults)}</text>",
        ]
    return _svg(frame.width, height, "".join(parts))


def _fitted(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _lines(defaults: Mapping[str, Any], series: Sequence[Series], frame: Frame) -> str:
    custom = defaults.get("custom", {})
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    drawn = _stacked(series) if stacked else list(series)
    legend, lines = _legend([each.name for each in series], frame.width)
    height = frame.height - TITLE - lines * _LEGEND_LINE - 8
    low, high = _scale(defaults, drawn)
    left, top, bottom = 62, 6, height - 18
    spans = (left, frame.width - 12), (top, bottom), (low, high)
    parts = [_grid(defaults, frame, spans), _limits(defaults, frame, spans)]
    parts += [_mark(at, frame, spans) for at in frame.marks]
    order = reversed([*enumerate(drawn)]) if stacked else enumerate(drawn)
    for place, each in order:
        color, path = PALETTE[place % len(PALETTE)], _path(each.points, frame, *spans)
        if stacked and path:
            fit = [t for t, v in each.points if math.isfinite(v)]
            ends = (_x(fit[-1], frame, spans[0]), _x(fit[0], frame, spans[0]))
            area = f"{path} L{ends[0]:.1f},{bottom} L{ends[1]:.1f},{bottom} Z"
            parts.append(f'<path d="{area}" fill="{color}" opacity=".85"/>')
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.8"/>')
    return _svg(frame.width, height, "".join(parts)) + legend


def _stacked(series: Sequence[Series]) -> list[Series]:
    heights: dict[float, float] = {}
    drawn = []
    for each in series:
        points = []
        for at, value in each.points:
            heights[at] = heights.get(at, 0) + (value if math.isfinite(value) else 0)
            points.append((at, heights[at]))
        drawn.append(Series(each.name, points))
    return drawn


def _scale(defaults: Mapping[str, Any], series: Sequence[Series]) -> tuple[float, float]:
    values = [v for each in series for _, v in each.points if math.isfinite(v)]
    low = min([*values, defaults.get("min", min(values))])
    high = max(values)
    if defaults["unit"] == "percentunit" and defaults.get("max") and high > 0.5:  # noqa: PLR2004 - half
        high = defaults["max"]
    return low, high if high > low else low + (abs(low) or 1)


def _ticks(low: float, high: float, base: float) -> list[float]:
    """Choose round values between two others; `base` is 1024 for bytes."""
    rough = (high - low) / _TICKS
    size = base ** math.floor(math.log(rough, base))
    step = next(factor * size for factor in _ROUND if factor * size >= rough)
    first = math.ceil(low / step)
    return [step * number for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _x(at: float, frame: Frame, across: tuple[float, float]) -> float:
    share = (at - frame.start) / (frame.end - frame.start)
    return across[0] + share * (across[1] - across[0])


def _y(value: float, down: tuple[float, float], scale: tuple[float, float]) -> float:
    share = (value - scale[0]) / (scale[1] - scale[0])
    return down[1] - share * (down[1] - down[0])


def _path(
    points: Sequence[tuple[float, float]],
    frame: Frame,
    across: tuple[float, float],
    down: tuple[float, float],
    scale: tuple[float, float],
) -> str:
    """Connect points; where there is none, the line has a gap."""
    parts, before = [], math.nan
    for at, value in points:
        if math.isfinite(value):
            command = "L" if math.isfinite(before) else "M"
            parts.append(f"{command}{_x(at, frame, across):.1f},{_y(value, down, scale):.1f}")
        before = value
    return " ".join(parts)


Spans = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


def _grid(defaults: Mapping[str, Any], frame: Frame, spans: Spans) -> str:
    (left, right), (_, bottom), (low, high) = spans
    parts = []
    for value in _ticks(low, high, 1024 if defaults["unit"] == "bytes" else 10):
        y = _y(value, spans[1], spans[2])
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" stroke="{GRID}"/>')
        label = escape(written(value, defaults["unit"]))
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{label}</text>')
    for share in (0.05, 0.5, 0.95) if right - left < 400 else (0.05, 0.35, 0.65, 0.95):  # noqa: PLR2004 - wide
        at = frame.start + share * (frame.end - frame.start)
        clock = time.strftime("%H:%M:%S", time.gmtime(at))
        x = _x(at, frame, spans[0])
        parts.append(f'<text x="{x}" y="{bottom + 15}" text-anchor="middle">{clock}</text>')
    return f'<g fill="{FAINT}" font-size="11">{"".join(parts)}</g>'


def _limits(defaults: Mapping[str, Any], frame: Frame, spans: Spans) -> str:
    style = defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode")
    parts = []
    for step in defaults["thresholds"]["steps"][1:] if style == "dashed" else ():
        low, high = spans[2]
        if low <= step["value"] <= high:
            y = _y(step["value"], spans[1], spans[2])
            parts.append(
                f'<line x1="{spans[0][0]}" x2="{frame.width - 12}" y1="{y}" y2="{y}" '
                f'stroke="{COLORS[step["color"]]}" stroke-dasharray="7 5"/>'
            )
    return "".join(parts)


def _mark(at: float, frame: Frame, spans: Spans) -> str:
    if not frame.start <= at <= frame.end:
        return ""
    x = _x(at, frame, spans[0])
    top, bottom = spans[1]
    return (
        f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke="{COLORS["blue"]}" '
        f'stroke-dasharray="3 3"/><path d="M{x - 4},{bottom + 6} h8 l-4,-6 Z" '
        f'fill="{COLORS["blue"]}"/>'
    )


def _legend(names: Sequence[str], width: int) -> tuple[str, int]:
    """Return the legend and in how many lines it will be broken."""
    lines, used = 1, 0.0
    for name in names:
        long = len(name) * _CHARACTER + 30
        if used and used + long > width - 16:
            lines, used = lines + 1, 0.0
        used += long
    keys = "".join(
        f'<span><i style="background:{PALETTE[place % len(PALETTE)]}"></i>{escape(name)}</span>'
        for place, name in enumerate(names)
    )
    return f'<div class="legend">{keys}</div>', lines


def _svg(width: float, height: float, inner: str) -> str:
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-size="12">'
        f"{inner}</svg>"
    )
