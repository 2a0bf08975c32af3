"""Overhead: `python -m benchmarks.overhead` runs the side-by-side harness with us in it.

The harness (a folder with `bench.py` and `mkvenvs.sh`) is copied to a temporary place, virtual
environments are made for the bare client, for us and for the peers that are named, and time per
call is measured by turn of a growing conversation, all contenders interleaved in random order.
About a minute with the defaults on two cores; much of it makes the environments.

Figures are medians of differences to the bare client at the same turn of the same session, in
microseconds: `in call` in the caller's thread, `CPU` over all threads, the analysis included.
`bare_b` is a second bare client: what it shows is noise.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
CLIENT = "openai==3.54.0"
TURNS = (1, 10, 50, 100, 200)
CPU_FROM = (1, 91, 191)


def main() -> int:
    """Run the harness and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bench", type=Path, default=ROOT.parent / "shared" / "bench")
    parser.add_argument("--peers", default="otel_genai_openai", help="names, comma between")
    parser.add_argument("--sessions", type=int, default=20, help="of 200 turns each")
    parser.add_argument("--json", type=Path, help="write the raw figures to this file")
    options = parser.parse_args()
    if not (options.bench / "bench.py").is_file():
        print(f"--bench {options.bench}: there is no bench.py", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bench"
        shutil.copytree(options.bench, place, copy_function=shutil.copyfile)
        (place / "logs").mkdir()
        (place / "results").mkdir()
        _make_environments(place, options.peers.split(","))
        figures = _measure(place, options.peers, options.sessions)
    if options.json:
        options.json.write_text(json.dumps(figures), "utf-8")
    _print(figures)
    return 0


def _make_environments(place: Path, peers: list[str]) -> None:
    print("making virtual environments ...", file=sys.stderr)
    subprocess.run(["bash", "mkvenvs.sh", "bare", *peers], cwd=place, check=True)  # noqa: S607 - bash is where it is
    ours = place / "venvs" / "otel_sessions"
    subprocess.run([sys.executable, "-m", "venv", ours], check=True)
    pip = [ours / "bin" / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt"]
    subprocess.run([*pip, CLIENT, "httpx", "-e", ROOT], check=True)


def _measure(place: Path, peers: str, sessions: int) -> dict[str, Any]:
    command = [sys.executable, "bench.py", "turns", "--level", "null", "--only", "--content", "off"]
    command += ["--contender", f"otel_sessions,{peers}", "--sessions", str(sessions)]
    subprocess.run(command, cwd=place, check=True, env={**os.environ, "PYTHONPATH": ""})
    figures = json.loads((place / "results" / "turns-discard-null.json").read_text("utf-8"))
    return dict(figures["turns"])


def _print(figures: dict[str, Any]) -> None:
    bare = figures["bare"]
    heads = [*(f"in call, turn {turn}" for turn in TURNS), *(f"CPU, from {at}" for at in CPU_FROM)]
    print("| added, µs | " + " | ".join(heads) + " |")
    print("| --- " * (len(heads) + 1) + "|")
    for name, rows in figures.items():
        cells = [_in_call(rows, bare, str(turn)) for turn in TURNS]
        cells += [_cpu(rows, bare, str(at)) for at in CPU_FROM]
        print(f"| {name} | " + " | ".join(f"{cell:,.0f}" for cell in cells) + " |")


def _in_call(rows: dict[str, Any], bare: dict[str, Any], turn: str) -> float:
    pairs = zip(rows["lat"][turn], bare["lat"][turn], strict=True)
    return statistics.median(ours - theirs for ours, theirs in pairs) / 1e3


def _cpu(rows: dict[str, Any], bare: dict[str, Any], since: str) -> float:
    def per_call(row: list[float]) -> float:
        cpu, flushing, calls = row
        return (cpu + flushing) / calls

    pairs = zip(rows["cpu"][since], bare["cpu"][since], strict=True)
    return statistics.median(per_call(ours) - per_call(theirs) for ours, theirs in pairs) / 1e3


if __name__ == "__main__":
    sys.exit(main())
