"""Tables: the README's signals and the settings in `docs/`, made from what says them first.

`python scripts/make_tables.py` writes them; with `--check` it only says whether they are current.
"""

import argparse
import ast
import inspect
import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path

import yaml

from otel_sessions.config import PREFIX, Config

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Write or check the tables; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args().check
    outdated = False
    for file, name, table in (
        ("README.md", "signals", signals()),
        ("docs/settings.md", "settings", settings()),
    ):
        before = (ROOT / file).read_text("utf-8")
        after = _filled(before, name, table)
        if before != after and check:
            print(f"{file}: its table is not current; run `python scripts/make_tables.py`")
            outdated = True
        elif before != after:
            (ROOT / file).write_text(after, "utf-8")
    return int(outdated)


def signals() -> str:
    """One row for each family of signals."""
    notes = yaml.safe_load((ROOT / "docs" / "signals.yaml").read_text("utf-8"))
    rows = [
        f"| {family['title']} | {', '.join(f'`{name}`' for name in family['signals'])} |"
        for family in notes["families"]
    ]
    return "\n".join(["| what goes wrong | signals |", "| --- | --- |", *rows])


def settings() -> str:
    """One row for each field of `Config`, with the text below it."""
    texts = _texts_below_fields()
    rows = [
        f"| `{field.name}` | `{_default(field)}` | {texts[field.name]} |"
        for field in fields(Config)
    ]
    return "\n".join([f"| setting (`{PREFIX}...`) | default | |", "| --- | --- | --- |", *rows])


def _default(field: "Field[object]") -> object:
    return field.default if field.default is not MISSING else field.default_factory()  # type: ignore[misc] - one of them is there


def _texts_below_fields() -> dict[str, str]:
    body = ast.parse(inspect.getsource(Config)).body[0]
    texts: dict[str, str] = {}
    name = ""
    for node in getattr(body, "body", []):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            texts[name] = " ".join(str(node.value.value).split())
            name = ""
    return texts


def _filled(text: str, name: str, table: str) -> str:
    head, start, rest = text.partition(f"<!-- table: {name} -->\n")
    _, end, tail = rest.partition("<!-- end -->")
    return f"{head}{start}{table}\n{end}{tail}"


if __name__ == "__main__":
    sys.exit(main())
