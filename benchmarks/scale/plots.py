"""Plots: curves over turns as an SVG file, without a library.

Each curve has a panel of its own with its largest value, because their units differ.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 720, 130
LEFT, TOP = 16, 34
_COLOUR = "#3264a8"
_FONT = "font: 13px sans-serif"


def write_plot(
    path: Path, title: str, turns: Sequence[int], curves: Sequence[tuple[str, Sequence[float]]]
) -> None:
    """Draw curves below each other.

    Args:
        path: of the file.
        title: above all.
        turns: of all points, rising.
        curves: name with unit, and a value for each point.

    """
    height = TOP + len(curves) * HEIGHT + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">',
        f"<style>text {{ {_FONT} }}</style>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="22">{escape(title)}</text>',
    ]
    for at, (name, values) in enumerate(curves):
        parts += _panel(TOP + at * HEIGHT, name, turns, values)
    parts.append(f'<text x="{LEFT}" y="{height - 12}">0 to {turns[-1]:,} turns</text></svg>')
    path.write_text("\n".join(parts) + "\n", "utf-8")


def _panel(top: int, name: str, turns: Sequence[int], values: Sequence[float]) -> list[str]:
    bottom, plot = top + HEIGHT - 16, HEIGHT - 44
    largest = max(values) or 1
    wide = WIDTH - 2 * LEFT
    points = " ".join(
        f"{LEFT + wide * turn / turns[-1]:.1f},{bottom - plot * value / largest:.1f}"
        for turn, value in zip(turns, values, strict=True)
    )
    label = f"{escape(name)}: at most {largest:,.0f}, at the end {values[-1]:,.0f}"
    return [
        f'<text x="{LEFT}" y="{top + 16}">{label}</text>',
        f'<path d="M{LEFT} {bottom}H{WIDTH - LEFT}" stroke="#bbb"/>',
        f'<polyline points="{points}" fill="none" stroke="{_COLOUR}" stroke-width="1.5"/>',
    ]
