"""Drift: what is named twice is named alike, and what is public is meant to be."""

import ast
import re
from pathlib import Path

import pytest

import otel_sessions
from otel_sessions import names, signals
from otel_sessions.config import Config
from otel_sessions.detectors import DETECTORS
from otel_sessions.emit import Emitter, Silent
from otel_sessions.health import WEIGHTS
from otel_sessions.names import METRICS, TURN_BUCKETS, turn_bucket
from otel_sessions.sessions import OUTCOMES

PACKAGE = Path(otel_sessions.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_all_that_is_public_is_listed():
    """`from otel_sessions import *` gives what the docs name, in order."""
    public = {
        name
        for name, value in vars(otel_sessions).items()
        if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(otel_sessions.__all__)
    assert otel_sessions.__all__ == sorted(otel_sessions.__all__)


@pytest.mark.parametrize("name", otel_sessions.__all__)
def test_what_is_public_is_documented(name):
    """It says what it is in a sentence."""
    doc = getattr(otel_sessions, name).__doc__
    assert doc
    assert doc.strip().splitlines()[0].endswith((".", "``", ")", ":"))


def test_metrics_have_names_units_and_buckets():
    """Each name once; what is ours begins alike; a histogram has bounds that rise."""
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.name.startswith(("llm_session.", "gen_ai.client."))
        assert metric.description.endswith(".")
        assert metric.unit in {"1", "s", "By", "USD"} or re.fullmatch(r"\{[a-z]+\}", metric.unit)
        assert bool(metric.bounds) == (metric.kind == "histogram")
        assert list(metric.bounds) == sorted(set(metric.bounds))


def test_attribute_names_are_unique():
    """Two constants with one value would be one name written twice."""
    values = [
        value
        for name, value in vars(names).items()
        if name.isupper() and isinstance(value, str) and not name.startswith(("LABEL_", "SCHEMA"))
    ]
    labels = [value for name, value in vars(names).items() if name.startswith("LABEL_")]
    assert len(values) == len(set(values))
    assert len(labels) == len(set(labels))


def test_no_telemetry_name_is_quoted_elsewhere():
    """`names.py` is the only place."""
    quoted = re.compile(r"(llm_session|gen_ai)[._][a-z]")
    found = [
        f"{path.relative_to(PACKAGE)}: {node.value}"
        for path in SOURCES
        if path.name != "names.py" and "cli" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if quoted.match(node.value)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("number", "bucket"),
    [(1, "1"), (2, "2-3"), (3, "2-3"), (4, "4-7"), (8, "8-15"), (16, "16-31"), (32, "32+")],
)
def test_turn_buckets(number, bucket):
    """A label says which turns are in it."""
    assert turn_bucket(number) == bucket
    assert turn_bucket(10**6) == "32+"
    assert len({turn_bucket(n) for n in range(1, 100)}) == len(TURN_BUCKETS) + 1


def test_signals_and_weights_pair_up():
    """Each detector has a weight, and no weight is of none."""
    assert {detector.__name__ for detector in DETECTORS} == set(WEIGHTS)


@pytest.mark.parametrize(
    ("severity", "label"),
    [(0, "info"), (0.49, "info"), (0.5, "warning"), (0.79, "warning"), (0.8, "critical")],
)
def test_labels_of_severities(severity, label):
    """The bounds belong to the graver label."""
    assert signals.Signal("any", severity).label == label


def test_emitters_hear_every_report():
    """The silent one has all methods of the protocol."""
    methods = {name for name in vars(Emitter) if name.startswith("on_")}
    assert methods == {name for name in vars(Silent) if name.startswith("on_")}


def test_docs_name_the_outcomes():
    """In the docstring that users read."""
    doc = otel_sessions.end_session.__doc__
    assert all(f"`{outcome}`" in doc for outcome in OUTCOMES)


def test_every_setting_says_what_it_is():
    """Below its line, in the class that `instrument()` refers to."""
    (cls,) = (
        node
        for node in ast.parse((PACKAGE / "config.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    documented = {
        statement.target.id
        for statement, after in zip(cls.body, cls.body[1:], strict=False)
        if isinstance(statement, ast.AnnAssign)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }
    assert documented == set(Config.__dataclass_fields__)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_is(path):
    """`Name: what it is.` in its first line."""
    doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert doc
    assert re.match(r"[\w ]+: .+", doc)
