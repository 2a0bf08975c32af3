"""Lint: what a careful reviewer would ask of every board, panel and choice."""

import re
from itertools import combinations

import pytest

from dashboards.boards.signals import FAMILIES
from dashboards.questions import boards, panels
from otel_sessions.detectors import DETECTORS

BOARDS = boards()
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in BOARDS.items()
    for panel in panels(board)
]
LETTERS_A_COLUMN = 6
"""A title of 14 pixels is cut off from about as many on, at a width of 1440 pixels."""
each_board = pytest.mark.parametrize("board", list(BOARDS.values()), ids=list(BOARDS))


@pytest.mark.parametrize("panel", PANELS)
def test_panel_explains_itself(panel):
    """A question, a unit, a description, and a sentence for where there is nothing to see."""
    defaults = panel["fieldConfig"]["defaults"]
    assert "?" in panel["title"]
    assert len(panel["title"]) <= LETTERS_A_COLUMN * panel["gridPos"]["w"]
    assert panel["description"].endswith(".")
    assert defaults["unit"]
    assert defaults["noValue"].endswith(".")
    assert panel["targets"]


@pytest.mark.parametrize("panel", PANELS)
def test_limits_have_colours_in_order(panel):
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[0].get("value") is None
    limits = [step["value"] for step in steps[1:]]
    assert limits == sorted(set(limits))
    assert len({step["color"] for step in steps}) == len(steps)


def data_sources(node):
    """All references to data sources below a node, wherever they are."""
    if isinstance(node, dict):
        if isinstance(node.get("datasource"), dict):
            yield node["datasource"]
        for value in node.values():
            yield from data_sources(value)
    elif isinstance(node, list):
        for value in node:
            yield from data_sources(value)


@each_board
def test_data_source_is_the_readers_choice(board):
    """Wherever one is named, it is by a variable of its kind; none is fixed."""
    chosen = {
        f"${{{each['name']}}}": each["query"]
        for each in board["templating"]["list"]
        if each["type"] == "datasource"
    }
    found = [*data_sources(board)]
    assert len(found) > len(panels(board))
    assert [each for each in found if chosen.get(each["uid"]) != each["type"]] == []


@each_board
def test_choice_is_labelled_and_follows_the_time_range(board):
    for each in board["templating"]["list"]:
        assert each["label"]
        if each["type"] == "query":
            assert each["refresh"] == 2
            assert each["includeAll"]
            assert each["multi"]
            assert each["allValue"] == ".*"


@each_board
def test_choice_is_used(board):
    """Each variable on top changes something below it."""
    below = str([board["panels"], board["annotations"], board["templating"]])
    for each in board["templating"]["list"]:
        assert re.search(rf"\$\{{?{each['name']}\b", below), each["name"]


@each_board
def test_nothing_overlaps(board):
    """Panels keep to the 24 columns, and no two share a cell."""
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


@each_board
def test_rows_are_full(board):
    """No hole in the grid: each line of panels takes the whole width."""
    lines = {}
    for panel in panels(board):
        lines.setdefault(panel["gridPos"]["y"], []).append(panel["gridPos"]["w"])
    assert {sum(widths) for widths in lines.values()} == {24}


@each_board
def test_titles_and_ids_are_used_once(board):
    for key in ("title", "id"):
        values = [panel[key] for panel in board["panels"]]
        assert len(set(values)) == len(values)


@each_board
def test_board_is_read_only(board):
    assert board["editable"] is False


@pytest.mark.parametrize("name", sorted(BOARDS.keys() - {"one_session"}))
def test_new_versions_are_marked(name):
    """On every board of metrics; the one of spans has no graph to mark."""
    assert [mark["name"] for mark in BOARDS[name]["annotations"]["list"]] == ["New versions"]


@each_board
def test_links_lead_to_boards_that_exist(board):
    uids = {each["uid"] for each in BOARDS.values()}
    linked = re.findall(r"/d/([\w-]+)", str(board))
    assert set(linked) <= uids
    assert any(link["type"] == "dashboards" for link in board["links"])
    assert any("runbooks" in link.get("url", "") for link in board["links"])


def test_boards_are_found_by_each_other():
    """By a tag of all of them and of an address that only one has."""
    tags = {tag for link in BOARDS["sessions"]["links"] for tag in link["tags"]}
    assert tags
    assert all(tags <= set(board["tags"]) for board in BOARDS.values())
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)


def test_every_signal_is_drawn_once():
    """One that is missing goes into `FAMILIES` of `dashboards/boards/signals.py`."""
    drawn = [name for signals, _ in FAMILIES.values() for name in signals]
    assert len(set(drawn)) == len(drawn)
    assert {detector.__name__ for detector in DETECTORS} - set(drawn) == set()
