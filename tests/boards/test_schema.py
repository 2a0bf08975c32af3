"""Schema: boards are what Grafana publishes that a board is, and their TraceQL is TraceQL."""

import os
from collections.abc import Iterator
from importlib.metadata import version

import jsonschema
import pytest
import yaml

from collector.programs import NPM, MissingProgramError
from dashboards.build import HERE
from dashboards.questions import asked, boards, filled, panels
from dashboards.schemas import WITH_FIELDS, published, traceql_errors

BOARDS = boards()
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in BOARDS.items()
    for panel in panels(board)
]
OF_PROMETHEUS = {"expr", "step", "titleFormat", "textFormat", "tagKeys"}
"""Keys of an annotation that the schema leaves to the data source without saying so."""


def provided(make, *given):
    """Call what needs node and npm; without them it fails in CI and skips elsewhere."""
    try:
        return make(*given)
    except MissingProgramError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def schemas():
    return provided(published)


def errors(schema, document):
    checker = jsonschema.Draft7Validator(schema)
    return [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(document)]


@pytest.mark.parametrize("name", list(BOARDS))
def test_board_fits(schemas, name):
    board = BOARDS[name]
    for mark in board["annotations"]["list"]:
        for key in OF_PROMETHEUS:
            del mark[key]
    assert errors(schemas["dashboard"], board) == []


@pytest.mark.parametrize("panel", PANELS)
def test_panel_fits_its_kind(schemas, panel):
    assert errors(schemas[panel["type"]], panel["options"]) == []
    fields = panel["fieldConfig"]["defaults"].get("custom")
    if panel["type"] in WITH_FIELDS and fields:
        assert errors(schemas[f"{panel['type']}Field"], fields) == []


def test_every_query_to_tempo_fits(schemas):
    targets = [
        target
        for board in BOARDS.values()
        for panel in panels(board)
        for target in panel["targets"]
        if target["datasource"]["type"] == "tempo"
    ]
    assert len(targets) > 3
    assert [errors(schemas["tempo"], target) for target in targets] == [[]] * len(targets)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"editable": "no"}, "editable"),
        ({"colour": "blue"}, "colour"),
        ({"graphTooltip": 7}, "graphTooltip"),
        ({"panels": [{"title": "no type"}]}, "panels"),
    ],
)
def test_schema_finds_what_is_wrong(schemas, change, told):
    (error,) = errors(schemas["dashboard"], {"schemaVersion": 39, **change})
    assert told in error


def queries() -> Iterator[str]:
    return (filled(each.text, session="support-4711") for each in asked("tempo"))


def test_traceql_is_traceql():
    asked_for = [*queries()]
    assert provided(traceql_errors, asked_for) == [None] * len(asked_for)


@pytest.mark.parametrize(
    "query", ['{ span.session.id = "x" ', '{ name == "x" }', "{ } | select()", "name = 1"]
)
def test_grammar_finds_what_is_wrong(query):
    assert provided(traceql_errors, [query]) != [None]


def test_one_grafana_is_meant_everywhere():
    """Of the container, of the SDK that makes boards, and of the types they are compared with."""
    compose = yaml.safe_load((HERE.parent / "collector/compose.yaml").read_text())
    image = compose["services"]["grafana"]["image"].partition(":")[2]
    (types,) = (each for each in NPM["grafana-schema"] if each.startswith("@grafana/schema"))
    sdk = version("grafana-foundation-sdk").partition("!")[2]
    assert image == types.rpartition("@")[2] == sdk
