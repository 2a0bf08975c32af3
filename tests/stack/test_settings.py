"""The table of the collector's variables says what its files read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/operate.md").read_text()
TABLE = DOCS.partition("<!-- table: variables -->")[2].partition("<!-- end -->")[0]
FILES = [*(ROOT / "collector").glob("*.yaml")]


def read():
    """Defaults by variable; `front.yaml` is a smaller collector and has some of its own."""
    found = {}
    for path in FILES:
        for name, default in re.findall(r"\$\{env:(\w+):-([^}]*)\}", path.read_text()):
            found.setdefault(name, set()).add(default or "empty")
    return found


def documented():
    rows = [line.strip("| \n").split(" | ") for line in TABLE.splitlines() if "OTEL_" in line]
    pairs = [
        (name.strip("`"), default.strip("`"))
        for names, defaults, _ in rows
        for name, default in zip(names.split(", "), defaults.split(", "), strict=True)
    ]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def test_every_variable_is_documented_with_its_default():
    found, told = read(), documented()
    assert found.keys() == told.keys()
    assert {name for name, default in told.items() if default not in found[name]} == set()


def test_every_variable_has_a_default():
    """So that a file works as it is."""
    text = "".join(path.read_text() for path in FILES)
    assert not re.findall(r"\$\{env:\w+\}", text)


def test_every_file_is_documented():
    assert not [path.name for path in FILES if f"`{path.name}`" not in DOCS]
