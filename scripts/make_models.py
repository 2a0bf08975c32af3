"""Make otel_sessions/models.json from the price table in the package `litellm`.

    pip download --no-deps --dest DIR litellm && python scripts/make_models.py DIR/litellm-*.whl

Needs no network itself and imports nothing of litellm. A name is left out if `find_model` comes to
the same figures without it, so that a dated edition stands in the file only where it differs. A
model that its maker no longer lists is known by what all hosts that still do agree on.
"""

import argparse
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from otel_sessions.models import spellings

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "otel_sessions" / "models.json"
_SOURCE = "litellm/model_prices_and_context_window_backup.json"
_MODES = {"chat", "responses"}
# Prefixes before a name that its maker gave it: of makers, and of a host that lists older models.
_MAKERS = ("anthropic.", "cohere/", "deepseek/", "gemini/", "mistral/", "moonshot/", "xai/")
_HOSTS = ("azure/",)

Row = tuple[int | None, float | None, float | None, float | None]
_COLUMNS = ("window", "input_usd", "output_usd", "cache_read_usd")
_UNKNOWN: Row = (None, None, None, None)


def main() -> None:
    """Read the wheel, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="a wheel of litellm")
    parser.add_argument("--out", type=Path, default=TARGET)
    given = parser.parse_args()
    with zipfile.ZipFile(given.wheel) as wheel:
        entries = json.loads(wheel.read(_SOURCE))
    version = given.wheel.name.split("-")[1]
    listed = {name.lower(): row for name, e in entries.items() if (row := _row(e)) != _UNKNOWN}
    complete = _agreed(listed, _is_host) | _agreed(listed, _is_maker) | listed
    rows = _shortest(complete)
    given.out.write_text(_format(f"litellm {version}", rows), "utf-8")
    print(f"{given.out.name}: {len(rows)} names for {len(complete)} of litellm {version}")


def _row(entry: dict) -> Row:
    """Window and prices; what is absent or zero is unknown."""
    if entry.get("mode") not in _MODES:
        return _UNKNOWN
    prices = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
    return (entry.get("max_input_tokens") or None, *(_rounded(entry.get(name)) for name in prices))


def _rounded(price: float | None) -> float | None:
    """Six digits: `1.0000000000000001e-07` is the noise of a division."""
    return float(f"{price:.6g}") if price else None


def _is_maker(name: str) -> bool:
    return name.startswith(_MAKERS) or ("/" not in name and "." not in name.partition("-")[0])


def _is_host(name: str) -> bool:
    return name.startswith(_HOSTS)


def _agreed(listed: dict[str, Row], which: Callable[[str], bool]) -> dict[str, Row]:
    """Give names without prefix or date the figures on which all entries that have them agree."""
    said = defaultdict(list)
    for name in filter(which, listed):
        for key in list(spellings(name))[-2:]:
            said[key].append(listed[name])
    rows = {name: tuple(map(_same, zip(*rows, strict=True))) for name, rows in said.items()}
    return {name: row for name, row in rows.items() if row != _UNKNOWN}


def _same(values: tuple) -> object:
    return values[0] if len(set(values)) == 1 else None


def _shortest(complete: dict[str, Row]) -> dict[str, Row]:
    """Leave out each name whose less specific spelling has the same figures."""
    rows = dict(complete)
    for name in sorted(complete, key=lambda name: (-len(name), name)):
        others = (key for key in spellings(name) if key != name)
        found = next((rows[key] for key in others if key in rows), None)
        if found == complete[name]:
            del rows[name]
    lost = [name for name in complete if _find(name, rows) != complete[name]]
    return rows | {name: complete[name] for name in lost}


def _find(name: str, rows: dict[str, Row]) -> Row | None:
    return next((rows[key] for key in spellings(name) if key in rows), None)


def _format(source: str, rows: dict[str, Row]) -> str:
    """One model a line, sorted, so that a new version shows as a readable change."""
    lines = (
        f"{json.dumps(name)}:{json.dumps(rows[name], separators=(',', ':'))}"
        for name in sorted(rows)
    )
    head = f'{{"source":{json.dumps(source)},\n"columns":{json.dumps(_COLUMNS)},\n"models":{{\n'
    return head + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    main()
