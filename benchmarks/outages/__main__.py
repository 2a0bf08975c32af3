"""Outages: `python -m benchmarks.outages` measures calls while the store of sessions fails.

Four threads talk to a model that takes 5 ms, observed, with a real Redis as store. One after the
other the store is well, stopped, started, slowed to 2 s a command, quick, full (`maxmemory`,
`noeviction`) and given room; after each of the outages all turns so far have to get into the store,
each once. Told are, for each phase: the calls, what they took in ms (the model included), the calls
that raised, and what operations of the store failed with. Exits with 1 if a call raised, the
analysis of one is missing, a turn is not stored, or the store was asked in the thread of a call.

About 40 s; some of it waits until a store that was gone is asked again.
"""

import argparse
import importlib
import json
import logging
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import openai
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

import otel_sessions
from benchmarks.outages.stores import Redis
from otel_sessions import names
from otel_sessions.stores import open_store
from otel_sessions.stores import redis as redis_store

THREADS = 4
TURNS = 5
"""Of each conversation."""
MODEL_S = 0.005
PAUSE_S = 0.02
HEALING_S = 90.0
_SETTLE_S = 300.0
KEY = "a key that all processes share"

httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")  # noqa: PLR2004 - openai 3


@dataclass(slots=True)
class Phase:
    """What a phase has shown."""

    name: str
    took_ms: list[float] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    """Operations of the store that failed, by error."""


@dataclass(slots=True)
class Results:
    """What a run has shown."""

    phases: list[Phase] = field(default_factory=list)
    calls: int = 0
    analysed: int = 0
    stored: int = 0
    asked_in_calls: int = 0
    """Operations of the store in the thread of a call."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and tell whether all of it holds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.outages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="of each phase")
    parser.add_argument(
        "--limit",
        type=float,
        default=redis_store.TIMEOUT_S,
        metavar="SECONDS",
        help="of the store's answers, which take longer on a busy machine (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args(arguments)
    logging.getLogger("otel_sessions").setLevel(logging.ERROR)
    redis_store.TIMEOUT_S = options.limit
    with tempfile.TemporaryDirectory() as folder:
        store = Redis(Path(folder))
        try:
            results = run(store, options.seconds)
        finally:
            store.close()
    if options.json:
        options.json.write_text(json.dumps(asdict(results)) + "\n", "utf-8")
    return _print(results)


def run(store: Redis, seconds: float) -> Results:
    """Lead the load through all phases."""
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    trace.set_tracer_provider(TracerProvider())
    _logs.set_logger_provider(LoggerProvider())
    results = Results()
    handle = otel_sessions.instrument(providers=["openai"], store=store.url, key=KEY)
    _watch(handle.monitor, results)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("well", lambda: None),
        ("stopped", store.stop),
        ("started", store.start),
        ("2 s a command", store.slow),
        ("quick", store.quick),
        ("full", store.fill),
        ("room", store.empty),
    ]

    def faults() -> "Counter[str]":
        return _counted(reader, names.STORE_DURATION.name, names.ERROR_TYPE)

    load = _Load()
    load.go_on("warm", 0)
    before: Counter[str] = Counter()
    for name, step in steps:
        step()
        results.phases.append(load.go_on(name, seconds))
        otel_sessions.flush(_SETTLE_S)
        if step in (store.start, store.quick, store.empty):
            results.stored = _heal(load, store, results.phases[-1], faults)
        now = faults()
        results.phases[-1].faults = dict(now - before)
        before = now
    results.calls = sum(load.turns.values())
    results.analysed = _counted(reader, names.PIPELINE_CALLS.name, names.LABEL_RESULT)["analysed"]
    otel_sessions.uninstrument()
    return results


class _Load:
    """Threads that talk to a model; conversations go on over the phases."""

    def __init__(self) -> None:
        self.turns: Counter[str] = Counter()
        """By session, the calls that were made."""
        http_client = httpx.Client(transport=httpx.MockTransport(_answer))
        self._client = openai.OpenAI(api_key="k", max_retries=0, http_client=http_client)
        self._histories: dict[str, list[Any]] = {}

    def go_on(self, name: str, seconds: float) -> Phase:
        """Talk for some time."""
        phase = Phase(name)
        end_s = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._talk, args=(number, phase, end_s), name="a caller")
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return phase

    def _talk(self, number: int, phase: Phase, end_s: float) -> None:
        while True:
            session_id = f"chat-{number}-{sum(self._of(number).values()) // TURNS}"
            history = self._histories.setdefault(session_id, [])
            text = f"What is in parcel {number * 7919 + len(history)}?"
            history.append({"role": "user", "content": text})
            started_s = time.perf_counter()
            try:
                with otel_sessions.session(session_id):
                    reply = self._client.chat.completions.create(model="m", messages=history)
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                phase.raised.append(type(error).__name__)
            else:
                history.append({"role": "assistant", "content": reply.choices[0].message.content})
            phase.took_ms.append((time.perf_counter() - started_s) * 1000)
            self.turns[session_id] += 1
            if time.monotonic() > end_s:
                return
            time.sleep(PAUSE_S)

    def _of(self, number: int) -> dict[str, int]:
        return {
            each: n for each, n in self.turns.copy().items() if each.startswith(f"chat-{number}-")
        }


def _answer(request: Any) -> Any:  # noqa: ANN401 - of httpx, whichever the client has
    time.sleep(MODEL_S)
    asked = json.loads(request.content)["messages"][-1]["content"]
    message = {"role": "assistant", "content": f"You want to know: {asked} I do not know that."}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    return httpx.Response(200, json=answer | {"choices": [choice]})


def _heal(load: _Load, store: Redis, phase: Phase, counted: Callable[[], "Counter[str]"]) -> int:
    """Talk until no operation fails and all turns are in the store; tell how many are."""
    end_s = time.monotonic() + HEALING_S
    while True:
        before = counted()
        more = load.go_on(phase.name, 0)
        phase.took_ms += more.took_ms
        phase.raised += more.raised
        otel_sessions.flush(_SETTLE_S)
        stored = _stored(store, load.turns)
        healed = counted() == before and stored == sum(load.turns.values())
        if healed or time.monotonic() > end_s:
            return stored
        time.sleep(0.5)


def _stored(store: Redis, turns: "Counter[str]") -> int:
    """Count the turns that another process sees, of sessions whose turns are all in their place."""
    from otel_sessions.monitors import _key  # noqa: PLC0415 - as the setting gives it

    other = open_store(store.direct_url, max_sessions=len(turns), key=_key(KEY))
    news = [other.catch_up(session_id) for session_id in turns]
    other.close()
    found = [[turn.number for turn in each.recent] for each in news if each is not None]
    return sum(len(each) for each in found if each == list(range(1, len(each) + 1)))


def _watch(monitor: Any, results: Results) -> None:  # noqa: ANN401 - its store is private
    """Count the operations of the store that callers wait for."""
    store = monitor._store  # noqa: SLF001 - see above

    def watched(do: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the store takes
            results.asked_in_calls += threading.current_thread().name == "a caller"
            return do(*given, **named)

        return counted

    for name in ("append", "catch_up", "find", "take_idle", "end", "hold", "confirm"):
        setattr(store, name, watched(getattr(store, name)))


def _counted(reader: InMemoryMetricReader, name: str, label: str) -> "Counter[str]":
    found: Counter[str] = Counter()
    data = reader.get_metrics_data()
    scopes = (
        [scope for each in data.resource_metrics for scope in each.scope_metrics] if data else []
    )
    for metric in (metric for scope in scopes for metric in scope.metrics if metric.name == name):
        for point in metric.data.data_points:
            if label in point.attributes:
                found[str(point.attributes[label])] += getattr(point, "count", None) or point.value
    return found


def _print(results: Results) -> int:
    print(f"{'store':<16}{'calls':>7}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}  raised  faults")
    for phase in results.phases:
        marks = quantiles([*phase.took_ms, *phase.took_ms], n=100)
        figures = "".join(f"{marks[at - 1]:>8.1f}" for at in (50, 95, 99))
        faults = ", ".join(f"{count} {name}" for name, count in sorted(phase.faults.items()))
        told = f"{phase.name:<16}{len(phase.took_ms):>7}{figures}{max(phase.took_ms):>8.1f}"
        print(f"{told}  {len(phase.raised):>6}  {faults}")
    print(
        f"{results.calls} calls: {results.analysed} analysed, {results.stored} stored, "
        f"{results.asked_in_calls} asked the store"
    )
    raised = any(phase.raised for phase in results.phases)
    whole = results.calls == results.analysed == results.stored
    return int(raised or not whole or results.asked_in_calls > 0)


if __name__ == "__main__":
    sys.exit(main())
