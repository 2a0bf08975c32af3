"""Pictures: values are written as Grafana writes them, and each board is drawn whole."""

import re
from html import escape

import pytest

from dashboards.pictures.figures import written
from dashboards.pictures.pages import page
from dashboards.questions import boards, panels

BOARDS = boards()


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.951, "percentunit", "95.1%"),
        (0, "percentunit", "0%"),
        (1.5, "s", "1.5 s"),
        (0.0025, "s", "2.5 ms"),
        (7200, "s", "2 hour"),
        (0, "s", "0 s"),
        (65536, "bytes", "64 KiB"),
        (0, "bytes", "0 B"),
        (3.134, "currencyUSD", "$3.13"),
        (3_960_000, "short", "3.96 Mil"),
        (1646, "short", "1646"),
        (12.34, "cps", "12.3 c/s"),
        (float("nan"), "s", "-"),
    ],
)
def test_value_is_written_with_its_unit(value, unit, expected):
    assert written(value, unit) == expected


def test_value_has_the_decimals_that_the_panel_asks_for():
    assert written(0.9512, "percentunit", 0) == "95%"
    assert written(3, "short", 1) == "3.0"


def answers(shown):
    return {"start": 0.0, "end": 60.0, "marks": [30.0], "chosen": {"model": "gpt"}, "panels": shown}


@pytest.mark.parametrize("name", list(BOARDS))
def test_board_without_data_says_why_in_each_panel(name):
    html, _ = page(name, BOARDS[name], answers({}))
    said = [panel["fieldConfig"]["defaults"]["noValue"] for panel in panels(BOARDS[name])]
    assert re.findall(r'<div class="none">(.*?)</div>', html) == [escape(each) for each in said]


@pytest.mark.parametrize("name", list(BOARDS))
def test_board_with_data_has_each_title_and_series(name):
    board = BOARDS[name]
    points = [[float(at), str(at / 100)] for at in range(60)]
    shown = {
        f"{name}-{panel['id']}": [{"name": f"series {panel['id']}", "points": points}]
        for panel in panels(board)
        if panel["type"] != "table"
    }
    html, height = page(name, board, answers(shown))
    assert all(f"<h3>{escape(panel['title'])}</h3>" in html for panel in panels(board))
    drawn = [p for p in panels(board) if p["type"] in {"timeseries", "bargauge"}]
    assert all(f"series {panel['id']}" in html for panel in drawn)
    lowest = max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in board["panels"])
    assert height > 38 * lowest
    assert "nan" not in html
