"""Signals: `python -m benchmarks.signals --data DIR` measures them on labelled sessions.

Whole sessions run through the same tracker as in production, on all cores. For each signal and set
it tells how well turns or sessions are ranked (AUROC, average precision) and how right what fires
is (precision, recall, F1 at a warning), each with a 95 % interval over sessions, beside what a few
lines reach (`baselines.py`, with the threshold that suits them best on these very sessions). Then
the alarms per 100 turns of sessions that passed.

Files are those of `sessions.py`; yours can be scored the same way. A set without labels gives alarm
rates only. About a minute for 7,000 sessions with 60,000 replies on two cores.

Exit status: 0 if everything could be read or was reported and skipped, 2 if there is no session.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.signals.pools import cores, find_all
from benchmarks.signals.results import Document, Results
from benchmarks.signals.sessions import data_files, name_of_set, read_lines
from benchmarks.signals.tables import progress, show_alarms, show_results
from otel_sessions.cli.recordings import BrokenLine


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print the tables; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="a folder, or one .jsonl[.gz]")
    parser.add_argument(
        "--only", action="append", default=[], metavar="SET", help="this set only; may be repeated"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--jobs", type=int, default=cores(), help="processes; default: all cores")
    options = parser.parse_args(arguments)
    started_s = time.perf_counter()
    try:
        files = _chosen(options.data, options.only)
        _check_writable(options.json)
        results, cpu_s = _run(files, max(1, options.jobs))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if not results.sessions:
        print(f"--data {options.data}: there is no session to score", file=sys.stderr)
        return 2
    run_s = time.perf_counter() - started_s
    document: Document = {
        "results": results.rows(),
        "false_alarms": results.false_alarms(),
        "turns_per_s": round(results.turns / run_s, 1),
    }
    show_results(document["results"])
    print("Alarms per 100 turns:")
    show_alarms(document["false_alarms"])
    for remark in results.remarks():
        print(remark)
    print(
        f"{len(results.sessions)} sessions, {results.turns} turns in {run_s:.0f} s: "
        f"{document['turns_per_s']:.0f} turns a second, "
        f"{1e6 * cpu_s / max(1, results.turns):.0f} µs of CPU each."
    )
    if options.json:
        text = json.dumps(document, indent=1, allow_nan=False)
        options.json.write_text(f"{text}\n", "utf-8")
    return 0


def _chosen(data: Path, only: Sequence[str]) -> list[Path]:
    """Find the files to read.

    Raises:
        ValueError: there are none, or one is named that is not there.

    """
    files = data_files(data)
    if not files:
        lacking = "has no .jsonl or .jsonl.gz" if data.is_dir() else "does not exist"
        message = f"--data {data}: {lacking}, so there is no session to score"
        raise ValueError(message)
    known = {name_of_set(path) for path in files}
    for name in only:
        if name not in known:
            message = f"--only {name}: must be one of {', '.join(sorted(known))}"
            raise ValueError(message)
    return data_files(data, only)


def _check_writable(path: Path | None) -> None:
    """Find out before a run of minutes, and make no file yet.

    Raises:
        ValueError: the figures could not be written there.

    """
    if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK)):
        message = f"--json {path}: is no file that can be written"
        raise ValueError(message)


def _run(files: Sequence[Path], jobs: int) -> tuple[Results, float]:
    results, cpu_s = Results(), 0.0
    total = sum(1 for _ in read_lines(files))
    with progress(total) as advance:
        for batch, batch_cpu_s in find_all(read_lines(files), jobs):
            for found in batch:
                if isinstance(found, BrokenLine):
                    print(found, file=sys.stderr)
                else:
                    results.add(found)
            cpu_s += batch_cpu_s
            advance(len(batch))
    return results, cpu_s


if __name__ == "__main__":
    sys.exit(main())
