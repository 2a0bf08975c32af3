"""Pages: a board as an HTML page of 1440 pixels, each panel at its place in the grid."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dashboards.pictures.charts import INK, TITLE, Frame, Series, color_of, draw, nothing
from dashboards.pictures.figures import written

WIDTH = 1440
GAP, HEADER = 8, 84
COLUMN = (WIDTH - 2 * GAP) / 24
CELL = 38
"""A row and its gap."""

STYLE = f"""
body {{ margin: 0; width: {WIDTH}px; background: #f4f5f5; color: {INK};
  font: 13px "Inter", "DejaVu Sans", sans-serif; position: relative; }}
header {{ padding: 12px 16px; background: #fff; border-bottom: 1px solid #d8dbde; height: 52px; }}
header b {{ font-size: 18px; }}
header p {{ margin: 8px 0 0; }}
.chip {{ border: 1px solid #c7cbd1; border-radius: 3px; padding: 3px 8px; margin-right: 10px;
  background: #fff; }}
.chip b {{ font-size: 12px; color: #5f666d; font-weight: 500; }}
.link {{ float: right; color: #1f62e0; margin-left: 18px; }}
.panel {{ position: absolute; background: #fff; border: 1px solid #dfe2e5; border-radius: 3px;
  box-sizing: border-box; overflow: hidden; }}
.panel h3 {{ margin: 0; padding: 8px 10px 0; height: {TITLE - 8}px; font-size: 13.5px;
  font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
.row {{ position: absolute; font-size: 15px; font-weight: 600; padding: 6px 4px; }}
.none {{ padding: 14px 22px; text-align: center; color: #5f666d; font-size: 13px; }}
.legend {{ padding: 0 10px; font-size: 12px; line-height: 18px; }}
.legend span {{ margin-right: 12px; white-space: nowrap; display: inline-block; }}
.legend i {{ display: inline-block; width: 14px; height: 4px; margin-right: 5px;
  vertical-align: middle; border-radius: 2px; }}
table {{ border-collapse: collapse; width: 100%; font-size: 12.5px; }}
th {{ text-align: left; color: #1f62e0; font-weight: 600; }}
th, td {{ padding: 5px 8px; border-bottom: 1px solid #eceef0; white-space: nowrap; }}
td.link, a {{ color: #1f62e0; float: none; }}
"""

Answers = Mapping[str, Any]
"""By panel: `<board>-<id>` to a list of series, or of rows of a table."""


def page(name: str, board: Mapping[str, Any], answers: Answers) -> tuple[str, int]:
    """Return the page of a board and its height in pixels."""
    found = answers["panels"]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    parts = [_header(board, answers)]
    for panel in board["panels"]:
        place = panel["gridPos"]
        if panel["type"] == "row":
            parts.append(
                f'<div class="row" style="{_at(place)}">&#9662; {escape(panel["title"])}</div>'
            )
            continue
        inner = _inner(panel, found.get(f"{name}-{panel['id']}", []), answers)
        title = escape(panel["title"])
        parts.append(f'<div class="panel" style="{_at(place)}"><h3>{title}</h3>{inner}</div>')
    height = HEADER + bottom * CELL + GAP
    body = f'<body style="height:{height}px">{"".join(parts)}</body>'
    head = f'<meta charset="utf-8"><title>{escape(board["title"])}</title><style>{STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head>{body}</html>", height


def _at(place: Mapping[str, int]) -> str:
    left, top = GAP + place["x"] * COLUMN, HEADER + place["y"] * CELL
    width, height = place["w"] * COLUMN - GAP, place["h"] * CELL - GAP
    return f"left:{left:.1f}px;top:{top}px;width:{width:.1f}px;height:{height}px"


def _inner(panel: Mapping[str, Any], answer: Sequence[Any], answers: Answers) -> str:
    place = panel["gridPos"]
    if panel["type"] == "table":
        return _table(panel, answer)
    frame = Frame(
        width=int(place["w"] * COLUMN - GAP - 2),
        height=place["h"] * CELL - GAP - 2,
        start=answers["start"],
        end=answers["end"],
        marks=answers["marks"],
    )
    series = [Series(each["name"], [(t, float(v)) for t, v in each["points"]]) for each in answer]
    return draw(panel, series, frame)


def _table(panel: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return nothing(panel)
    (arrange,) = panel["transformations"]
    names, order = (arrange["options"][key] for key in ("renameByName", "indexByName"))
    names = {field: names[field] for field in sorted(names, key=order.__getitem__)}
    fields = {title: field for field, title in names.items()}
    sort = [fields[each["displayName"]] for each in panel["options"].get("sortBy") or ()]
    if sort:
        rows = sorted(rows, key=lambda row: [row[field] for field in sort])
    overrides = {
        each["matcher"]["options"]: {p["id"]: p.get("value") for p in each["properties"]}
        for each in panel["fieldConfig"]["overrides"]
    }
    head = "".join(f"<th>{escape(title)}</th>" for title in names.values())
    lines = "".join(
        f"<tr>{''.join(_cell(row.get(f), overrides.get(t, {})) for f, t in names.items())}</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"


def _cell(value: Any, setting: Mapping[str, Any]) -> str:  # noqa: ANN401 - what a span has
    if value is None:
        return "<td></td>"
    color = ""
    if "thresholds" in setting:
        color = f' style="color:{color_of(value, setting)};font-weight:600"'
    text = written(value, setting["unit"]) if setting.get("unit") else _plain(value)
    linked = ' class="link"' if "links" in setting else ""
    return f"<td{linked}{color}>{escape(text)}</td>"


def _plain(value: Any) -> str:  # noqa: ANN401 - what a span has
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _header(board: Mapping[str, Any], answers: Answers) -> str:
    links = "".join(
        f'<span class="link">{escape(link["title"])}</span>' for link in reversed(board["links"])
    )
    chosen = answers["chosen"]
    chips = "".join(
        f'<span class="chip"><b>{escape(each["label"])}</b>&nbsp; '
        f"{escape(chosen.get(each['name'], 'All'))}</span>"
        for each in board["templating"]["list"]
    )
    return f"<header>{links}<b>{escape(board['title'])}</b><p>{chips}</p></header>"
