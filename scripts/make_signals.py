"""Signals' page: docs/signals.md, made from docstrings, notes written by hand and figures.

`python scripts/make_signals.py` writes it; with `--check` it only says whether it is current.
The notes are `docs/signals.yaml`. The figures are written by

    python -m benchmarks.signals --data DIR --json docs/signals.json
    python -m benchmarks.signals.ablation --data DIR --json docs/ablation.json
    python -m benchmarks.signals.costs --json docs/costs.json
"""

import argparse
import ast
import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from types import ModuleType
from typing import Any

import yaml
from _markdown import capital, paragraphs, sentences, table

from otel_sessions.detectors import DETECTORS
from otel_sessions.health import WEIGHTS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "signals.md"
_FACTS = re.compile(r"(?:^|(?<=\. )|(?<=\n))(Range|Languages|Cost|Source(?: of the numbers)?): ")
"""What a docstring says by name; it becomes a list."""
_DEAREST = 6
"""Parts of a cost that are named."""
_GLANCED_POSITIVES = 10
"""With fewer, a figure says too little to stand alone."""

Notes = dict[str, Any]


def main() -> int:
    """Write or check the page; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args().check
    notes = yaml.safe_load((DOCS / "signals.yaml").read_text("utf-8"))
    figures = _figures("signals")
    figures |= {"ablation": _figures("ablation"), "costs": _figures("costs")}
    page = "\n".join(_page(notes, figures)) + "\n"
    if not check:
        PAGE.write_text(page, "utf-8")
        return 0
    if PAGE.read_text("utf-8") == page:
        return 0
    print("docs/signals.md is not current; run `python scripts/make_signals.py`")
    return 1


def _figures(name: str) -> Notes:
    return dict(json.loads((DOCS / f"{name}.json").read_text("utf-8")))


def _page(notes: Notes, figures: Notes) -> Iterator[str]:
    yield "<!-- Made by scripts/make_signals.py; change docstrings or docs/signals.yaml. -->"
    yield "# Signals"
    yield ""
    yield from sentences(notes["introduction"])
    shipped = [detector.__name__ for detector in DETECTORS]
    yield from ("", "## At a glance", "")
    yield from table(
        ("signal", "weight", "AUROC", "F1", "false warnings"),
        [_summary(name, notes, figures) for name in shipped],
    )
    yield ""
    yield from sentences(notes["glance"])
    yield from _health(notes, figures)
    for family in notes["families"]:
        yield from ("", f"## {family['title']}")
        for name in family["signals"]:
            if name in shipped:
                yield from _signal(name, notes, figures)
    yield from _costs(notes, figures["costs"])
    yield from ("", "## How it was measured", "")
    yield from sentences(notes["measured"])
    yield ""
    sets = notes["sets"]
    yield from table(("set", "what it is"), [(f"`{name}`", text) for name, text in sets.items()])


def _summary(name: str, notes: Notes, figures: Notes) -> tuple[str, ...]:
    rows = [row for row in figures["results"] if name in _names(row)]
    rows = [
        row
        for row in rows
        if row["set"] not in notes["benign"] and row["positives"] >= _GLANCED_POSITIVES
    ]
    rates = _false_warnings(name, notes, figures)
    return (
        f"[`{name}`](#{name})",
        f"{WEIGHTS[name]:.2g}",
        _range(row["auroc"] for row in rows),
        _range(row["f1"] for row in rows),
        _range((rate for _, rate in rates), "{:.1f}"),
    )


def _health(notes: Notes, figures: Notes) -> Iterator[str]:
    yield from ("", "## Health")
    module = importlib.import_module("otel_sessions.health")
    yield from paragraphs((module.__doc__ or "").partition(": ")[2])
    yield from ("", "The weights:", "")
    weights = sorted(WEIGHTS.items(), key=lambda item: -item[1])
    yield from table(("signal", "weight"), [(f"`{n}`", f"{w:.2g}") for n, w in weights])
    yield ""
    yield from sentences(_text_below("WEIGHTS", module))
    yield from sentences(notes["weights"])
    yield from ("", "How well health tells failed sessions, and turns, from others:", "")
    rows = [row for row in figures["results"] if row["signal"] == "health"]
    yield from _results(row for row in rows if row["positives"] < row["n"])
    yield ""
    yield from sentences(notes["health"])
    yield ""
    yield from sentences(notes["ablation"])
    yield ""
    yield from _ablation(figures["ablation"])


def _ablation(sets: Notes) -> Iterator[str]:
    """One row for each signal that adds or takes something in a set with both outcomes."""
    told = {name: rows for name, rows in sets.items() if rows["health"][1] < rows["health"][2]}
    signals = sorted({signal for rows in told.values() for signal in rows})
    signals.remove("health")
    yield from table(
        ("without", *(f"`{name}`" for name in told)),
        [
            (f"`{signal}`", *(_change(rows.get(signal)) for rows in told.values()))
            for signal in signals
        ],
    )


def _change(found: list[float] | None) -> str:
    if found is None:
        return "-"
    value, low, high = (f"{-bound:+.3f}" for bound in (found[0], found[2], found[1]))
    return f"{value} ({low} to {high})"


def _costs(notes: Notes, costs: Notes) -> Iterator[str]:
    yield from ("", "## What it costs", "")
    yield from sentences(notes["costs"])
    yield ""
    for title, parts in costs.items():
        (_, total), *rest = parts.items()
        dearest = sorted(rest, key=lambda part: -part[1])[:_DEAREST]
        said = ", ".join(f"`{name}` {cost_us:.0f}" for name, cost_us in dearest)
        yield f"- **{total:.0f} µs** for the {title}; the most for {said}."


def _text_below(name: str, module: ModuleType) -> str:
    """Find what stands below an assignment."""
    body = ast.parse(inspect.getsource(module)).body
    for assigned, said in pairwise(body):
        target = assigned.target if isinstance(assigned, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == name and isinstance(said, ast.Expr):
            return str(ast.literal_eval(said.value))
    return ""


def _signal(name: str, all_notes: Notes, figures: Notes) -> Iterator[str]:
    notes = all_notes["signals"][name]
    module = importlib.import_module(f"otel_sessions.detectors.{name}")
    text = (module.__doc__ or "").partition(": ")[2]
    first, _, rest = text.partition("\n\n")
    yield from ("", f"### {name}", "")
    yield from sentences(capital(first))
    yield ""
    yield from sentences(f"**What it means.** {notes['meaning']}")
    yield from ("", "**What to do.**", "")
    yield from (f"- {line}" for line in notes["act"])
    yield from ("", "**Example.**")
    yield from _example(notes)
    prose, facts = _split_facts(rest)
    if prose.strip():
        yield from ("", "**How it decides.**")
        yield from paragraphs(prose)
    yield from ("", "**Misses.**", "")
    yield from (f"- {line}" for line in notes["misses"])
    yield from ("", "**Measured.**", "")
    yield from _measured(name, all_notes, figures)
    if facts:
        yield ""
        yield from (f"- {fact}: {' '.join(said.split())}" for fact, said in facts)


def _example(notes: Notes) -> Iterator[str]:
    if "case" in notes:
        yield notes["case"]
        return
    yield from ("", "```")
    for line in notes["example"]:
        for role, said in line.items():
            yield from wrap(said, 90, initial_indent=f"{role:<10} ", subsequent_indent=" " * 11)
    yield "```"


def _measured(name: str, notes: Notes, figures: Notes) -> Iterator[str]:
    if name in notes["not_recorded"]:
        yield notes["not_recorded"][name]
        return
    rows = [row for row in figures["results"] if name in _names(row)]
    if rows:
        yield from (*_results(rows), "")
    if any(row["set"] in notes["benign"] for row in rows):
        yield from (*sentences(notes["benign_means"]), "")
    rates = _false_warnings(name, notes, figures)
    said = ", ".join(f"{rate:.1f} in `{found}`" for found, rate in rates)
    yield f"Warnings per 100 turns where none is due: {said}."


def _results(rows: Iterable[Notes]) -> Iterator[str]:
    heads = ("set", "of", "n", "positive", "AUROC", "AP", "precision", "recall", "F1", "baseline")
    yield from table(heads, [_result(row) for row in rows])


def _result(row: Notes) -> tuple[str, ...]:
    baseline = row["baseline"] or {}
    beside = [f"{_share(baseline[key])} {key}" for key in ("auroc", "f1") if baseline.get(key)]
    return (
        f"`{row['set']}`",
        f"{row['level']}s",
        str(row["n"]),
        str(row["positives"]),
        *(_with_interval(row, key) for key in ("auroc", "ap", "precision", "recall", "f1")),
        ", ".join(beside).replace("auroc", "AUROC").replace("f1", "F1") or "-",
    )


def _false_warnings(name: str, notes: Notes, figures: Notes) -> list[tuple[str, float]]:
    return [
        (found, alarms["signals"].get(name, {}).get("warning", 0.0))
        for found, alarms in figures["false_alarms"].items()
        if alarms["sessions"] == "passed" or found in notes["benign"]
    ]


def _names(row: Notes) -> tuple[str, ...]:
    """Name the detectors that a result is of."""
    if row["signal"] == "context_loss":
        return ("context_truncated", "context_reset")
    return (row["signal"],)


def _split_facts(text: str) -> tuple[str, list[tuple[str, str]]]:
    prose, *found = _FACTS.split(text)
    return prose, [(fact, said.strip()) for fact, said in zip(found[::2], found[1::2], strict=True)]


def _with_interval(row: Notes, key: str) -> str:
    interval = row["interval"][key]
    shown = _share(row[key])
    return f"{shown} ({_share(interval[0])}-{_share(interval[1])})" if interval else shown


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def _range(values: Iterable[float | None], shown: str = "{:.2f}") -> str:
    known = sorted({shown.format(value) for value in values if value is not None}, key=float)
    return "-" if not known else " to ".join(dict.fromkeys((known[0], known[-1])))


if __name__ == "__main__":
    sys.exit(main())
