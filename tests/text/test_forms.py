"""Forms of texts, and speech that only has their marks."""

import pytest

from otel_sessions.records import Form
from otel_sessions.text.forms import read_form


@pytest.mark.parametrize(
    ("form", "text"),
    [
        pytest.param(Form.NONE, "", id="nothing"),
        pytest.param(Form.NONE, "It costs 4 - 5 euros; that is all.", id="prose"),
        pytest.param(Form.NONE, "Well\n- that is one point\nand no list", id="one-dash"),
        pytest.param(Form.NONE, "[see below] for the rest]", id="brackets"),
        pytest.param(Form.NONE, "{name}, hello {you}", id="a-template"),
        pytest.param(Form.JSON, ' {"a": [1, 2]}\n', id="json"),
        pytest.param(Form.JSON, "[]", id="json-array"),
        pytest.param(Form.JSON | Form.MARKUP, '```json\n{"a": 1}\n```', id="fenced-json"),
        pytest.param(Form.NONE, '{"a": 1', id="json-cut-off"),
        pytest.param(Form.NONE, "[" * 5000 + "]" * 5000, id="json-too-deep"),
        pytest.param(Form.LIST, "To do:\n- call\n- write", id="bullets"),
        pytest.param(Form.LIST, "1. call\n2. write", id="numbers"),
        pytest.param(Form.CODE | Form.MARKUP, "Run this:\n```\nls\n```\nThen that.", id="fence"),
        pytest.param(Form.CODE, "def area(r):\n    return r\n\nclass Circle:\n", id="code"),
        pytest.param(Form.TABLE | Form.MARKUP, "|a|b|\n|-|-|\n|1|2|", id="table"),
        pytest.param(Form.MARKUP, "That is **very** good.", id="bold"),
        pytest.param(Form.MARKUP, "# Answer\nYes.", id="heading"),
        pytest.param(Form.EMOJI, "Done \U0001f389", id="emoji"),
        pytest.param(Form.NONE, "\u2713 paid", id="a-mark-is-no-emoji"),
    ],
)
def test_form(form, text):
    """What can be told without reading what is said."""
    assert read_form(text) == form


def test_of_a_long_text_the_ends_tell():
    """Only parts of it are given, and parts of JSON are no JSON."""
    assert read_form('{"a": 1, "b\n d": 4}\n ...}', whole=False) == Form.JSON
