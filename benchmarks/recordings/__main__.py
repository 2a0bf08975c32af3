"""Replay recordings: `python -m benchmarks.recordings --data FOLDER --json FILE`.

Each recording that is a call of a supported client is made again with that client, once in each of
its ways (sync, async, raw, stream helper), first without us and then with us; below the client
stands the recorded reply. About a minute for 600 calls.
"""

import argparse
import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.recordings.checks import differences
from benchmarks.recordings.clients import Choice, choose
from benchmarks.recordings.expectations import expectation
from benchmarks.recordings.watches import Watch, watching
from benchmarks.recordings.ways import SkipError, Way, outcome
from otel_sessions.testing.exchanges import Exchange, read_exchanges
from otel_sessions.testing.wires import Wire

Plain = tuple[Any, list[Any]]
"""Result and what was sent, without us."""

_REFUSED = "its request is none that the client makes"


def main() -> int:
    """Replay a folder and say what differs."""
    parser = argparse.ArgumentParser(prog="benchmarks.recordings", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--only", default="", help="files whose path contains this")
    given = parser.parse_args()
    result = replay(given.data, given.only)
    text = json.dumps(result, indent=1)
    if given.json:
        given.json.write_text(text + "\n")
    print(text if not given.json else json.dumps({**result, "failed": len(result["failed"])}))
    return 1 if result["failed"] else 0


def replay(folder: Path, only: str = "") -> dict[str, Any]:
    """Replay every recording of a folder; see DESIGN and the module's docstring."""
    skipped: Counter[str] = Counter()
    chosen: list[tuple[Exchange, Choice, list[tuple[Way, Plain]]]] = []
    for exchange in read_exchanges(folder):
        if isinstance(exchange, str):
            skipped[exchange] += 1
        elif only in str(exchange.file):
            try:
                choice = choose(exchange)
                plain = [*_without_us(exchange, choice)]
            except SkipError as reason:
                skipped[str(reason)] += 1
            else:
                chosen.append((exchange, choice, plain))
    failed: list[dict[str, Any]] = []
    faults = _Faults()
    logging.getLogger().addHandler(faults)
    ways = 0
    with watching() as watch:
        for exchange, choice, plain in chosen:
            found = {
                way.name: [*_with_us(exchange, choice, way, before, watch), *faults.take()]
                for way, before in plain
            }
            ways += len(found)
            wrong = {name: said for name, said in found.items() if said}
            if wrong:
                file = str(exchange.file.relative_to(folder))
                failed.append({"file": file, "number": exchange.number, "differences": wrong})
    return {
        "calls": len(chosen),
        "ok": len(chosen) - len(failed),
        "ways": ways,
        "clients": dict(Counter(choice.client for _, choice, _ in chosen).most_common()),
        "skipped": dict(skipped.most_common()),
        "failed": failed,
    }


def _without_us(exchange: Exchange, choice: Choice) -> Iterator[tuple[Way, Plain]]:
    try:
        ways = [*choice.ways(exchange)]
    except ModuleNotFoundError as error:
        message = f"client not installed: {choice.client}"
        raise SkipError(message) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SkipError(_REFUSED) from error
    made = False
    for way in ways:
        wire = Wire(exchange)
        try:
            result = outcome(way, wire)
        except SkipError:
            continue
        if wire.sent:
            made = True
            yield way, (result, wire.sent)
    if not made:
        raise SkipError(_REFUSED)


def _with_us(
    exchange: Exchange, choice: Choice, way: Way, before: Plain, watch: Watch
) -> Iterator[str]:
    wire = Wire(exchange)
    result = outcome(way, wire)
    watch.settle()
    if not wire.sent:
        yield f"nothing was sent: {str(result)[:200]}"
    if result != before[0]:
        yield f"the result differs: {str(before[0])[:200]} without us, {str(result)[:200]} with us"
    if wire.sent != before[1]:
        yield f"the request differs: {before[1]} without us, {wire.sent} with us"[:500]
    raised = isinstance(result, tuple) and result[0] == "raised"
    calls, spans = watch.take()
    try:
        expected = expectation(choice.api, exchange) if not raised else None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        yield f"the recording cannot be read: {error!r}"
    else:
        yield from differences(exchange, expected, calls, spans, late=way.late)


class _Faults(logging.Handler):
    """Collects what we log: every fault of ours is a difference."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what we and OpenTelemetry say."""
        if record.name.startswith(("otel_sessions", "opentelemetry")):
            self._said.append(record.getMessage())

    def take(self) -> list[str]:
        """Return what was said, and forget it."""
        said, self._said = self._said, []
        return said


if __name__ == "__main__":
    raise SystemExit(main())
