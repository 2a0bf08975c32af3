"""Tables: the README's tables of signals and settings, made from docstrings.

`python scripts/make_tables.py` writes them; with `--check` it only says whether they are current.
"""

import argparse
import ast
import importlib
import inspect
import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path

from otel_sessions.config import PREFIX, Config
from otel_sessions.detectors import DETECTORS

README = Path(__file__).parent.parent / "README.md"


def main() -> int:
    """Write or check the tables; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args().check
    before = README.read_text("utf-8")
    after = _filled(_filled(before, "signals", signals()), "settings", settings())
    if check:
        return 0 if before == after else _outdated()
    README.write_text(after, "utf-8")
    return 0


def signals() -> str:
    """One row for each detector: its name and the first paragraph of its module's docstring."""
    rows = []
    for detector in DETECTORS:
        module = importlib.import_module(f"otel_sessions.detectors.{detector.__name__}")
        first = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        rows.append(f"| `{detector.__name__}` | {first.partition(': ')[2]} |")
    return "\n".join(["| signal | fires when |", "| --- | --- |", *rows])


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


def _outdated() -> int:
    print("README.md: tables are not current; run `python scripts/make_tables.py`")
    return 1


if __name__ == "__main__":
    sys.exit(main())
