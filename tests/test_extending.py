"""docs/extending.md is true: its code runs, its settings are taken, its files and limits exist."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from otel_sessions import judges, plugins, rubrics
from otel_sessions.config import PREFIX, Config
from otel_sessions.encoders import MAX_LENGTH
from otel_sessions.health import DEFAULT_WEIGHT
from otel_sessions.plugins import load_detectors
from otel_sessions.records import VECTOR_BYTES
from otel_sessions.stores import FIRST_TURNS, LAST_TURNS
from otel_sessions.text.features import READ_CHARACTERS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_code_runs():
    """All of it, in its order, is a program; the detector fires and the encoder compares."""
    proof = """
from otel_sessions.comparisons import similarities
from otel_sessions.encoders import OwnEncoder
from otel_sessions.texts import TextFeatures

turn = Turn(session_id="s", key=1, calls=18)
own = OwnEncoder(trigrams, "trigrams")
first, near, far = (
    TextFeatures(1, 1, vector=own(text))
    for text in ("Wo ist mein Paket?", "Wo ist das Paket?", "Guten Abend allerseits")
)
print(many_calls([turn]), similarities(first, [near, far]))
assert many_calls([turn]).severity == 0.75
assert similarities(first, [near])[0] > 0.6 > 0.3 > similarities(first, [far])[0]
assert otel_sessions.instrument().monitor.config.disabled_detectors == ("latency_growth",)
"""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks("python")) + proof],
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("block", blocks("bash"))
def test_the_variables_are_settings(block):
    """Each is known, and its value can be used."""
    variables = dict(re.findall(r"^export (\w+)=(.*)$", block, re.MULTILINE))
    config = Config.load(variables)
    for variable in variables:
        name = variable.removeprefix(PREFIX).lower()
        assert getattr(config, name) != getattr(Config(), name) or name.startswith("judge_")
    assert load_detectors(config)


def test_variables_and_keywords_say_the_same():
    """As the page has it."""
    by_variable, _ = (
        Config.load(dict(re.findall(r"^export (\w+)=(.*)$", block, re.MULTILINE)))
        for block in blocks("bash")
    )
    keywords = re.search(r"detector_options=(.*),\n", PAGE)[1]
    assert json.loads(keywords) == by_variable.detector_options


def test_the_entry_point_is_in_our_group():
    """By the name that is looked for."""
    (block,) = blocks("toml")
    (group,) = tomllib.loads(block)["project"]["entry-points"]
    assert group == plugins.GROUP


def test_the_limits_are_those_of_the_code():
    """Figures that stand in both."""
    for figure in (
        f"{READ_CHARACTERS:,} characters",
        f"1 to {MAX_LENGTH:,} numbers",
        f"{VECTOR_BYTES} signed bytes are kept",
        f"the first {FIRST_TURNS} and the last {LAST_TURNS}",
        f"it weighs {DEFAULT_WEIGHT}",
        f"the {rubrics.MAX_MESSAGES} newest messages, {rubrics.MAX_CHARS:,} characters",
        f"At most {judges.WAITING} questions",
        *(f"`{name}`" for name in rubrics.RUBRICS),
    ):
        assert figure in PAGE


def test_every_file_that_is_named_exists():
    """Folders of placeholders, too."""
    paths = re.findall(r"`((?:otel_sessions|tests|docs|scripts|\.ci|\.changelog)/[^`]*)`", PAGE)
    assert len(paths) > 8
    for path in paths:
        assert (ROOT / path.partition("<")[0]).exists() or (ROOT / path).parent.exists(), path


def test_checklists_are_short():
    """A reader does what fits on a card."""
    sections = PAGE.split("\n## ")[1:]
    lengths = [len(re.findall(r"^\d+\. ", section, re.MULTILINE)) for section in sections]
    assert max(lengths) <= 8
