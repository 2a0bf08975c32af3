"""Soak: many sessions through everything that comes after a client, and memory watched meanwhile.

The calls enter where a patched client hands them over, so queue, worker, identity, features, store,
detectors, metrics and spans of the real SDK are in; only export and the client itself are not.
The time of day runs with the traffic, so that sessions fall silent within the run. The figures of
sessions are read from the metrics that an operator sees.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, Tracer

import otel_sessions
from benchmarks.scale.memory import SessionMemory, resident_bytes
from benchmarks.scale.traffic import Ending, Traffic
from otel_sessions import clocks, names
from otel_sessions.calls import Call
from otel_sessions.emit.spans import start_call_span
from otel_sessions.identity import Ambient
from otel_sessions.monitors import Monitor

WARM = 0.3
"""Share of the turns after which memory has to be flat: all bounds are reached by then."""
MAX_GROWTH = 0.05
MAX_SESSION_BYTES = 64 * 1024
MAX_TURN_BYTES = 1.5 * 1024
"""On average over the kept turns of a session of `MANY_TURNS` or more."""
MANY_TURNS = 8
_WAITING = 1_000
"""Calls that may wait; more traffic than the worker can take is no soak but a loss."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How things are after so many turns."""

    turns: int
    cpu_s: float
    resident_bytes: int
    active: int
    ended: dict[str, int]
    """By reason."""
    series: int
    largest_session_bytes: int
    turn_bytes: list[float]
    """Of each session that was looked at and has many turns: bytes of a kept turn."""


@dataclass(slots=True)
class Results:
    """What a run has shown."""

    samples: list[Sample] = field(default_factory=list)
    started: int = 0
    lost: int = 0
    """Calls whose analysis failed or was dropped."""

    def growth(self) -> float:
        """Tell the growth of resident memory after warm-up, as a share of what there was."""
        sizes = [sample.resident_bytes for sample in self.samples]
        tenth = max(1, len(sizes) // 10)
        warm = round(WARM * len(sizes))
        return median(sizes[-tenth:]) / median(sizes[warm : warm + tenth]) - 1

    def largest_session(self) -> int:
        """Give the bytes of the largest session that was met."""
        return max(sample.largest_session_bytes for sample in self.samples)

    def turn_bytes(self) -> list[float]:
        """Give the bytes of a kept turn, by session that was looked at, sorted."""
        return sorted(each for sample in self.samples for each in sample.turn_bytes)

    def new_series(self) -> int:
        """Count the series of metrics that came after warm-up."""
        return self.samples[-1].series - self.samples[round(WARM * len(self.samples))].series


def soak(
    sessions: int,
    turns: int,
    *,
    max_sessions: int,
    steps: int = 100,
    told: Callable[[Results], None] = lambda _: None,
) -> Results:
    """Run all of it, or what there is time for until it is interrupted.

    Args:
        sessions: in all.
        turns: in all.
        max_sessions: the setting; half as many conversations are led at a time.
        steps: how often figures are taken.
        told: is told what there is so far.

    """
    traffic = Traffic(sessions, turns, open_at_once=max(1, max_sessions // 2))
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    trace.set_tracer_provider(TracerProvider())
    _logs.set_logger_provider(LoggerProvider())
    real_now, clocks.now_ns = clocks.now_ns, lambda: traffic.now_ns
    results = Results()
    try:
        handle = otel_sessions.instrument(providers=[], max_sessions=max_sessions)
        monitor = handle.monitor
        if monitor is None:
            message = "OTEL_SDK_DISABLED is set"
            raise RuntimeError(message)
        for done in _led(traffic, monitor, turns, steps):
            otel_sessions.flush(600)
            results.samples.append(_sample(done, reader, SessionMemory(monitor)))
            totals = _totals(reader)
            results.started = totals[names.STARTED.name].total()
            calls = totals[names.PIPELINE_CALLS.name]
            results.lost = calls.total() - calls["analysed"]
            told(results)
    except KeyboardInterrupt:
        if not results.samples:
            raise
    finally:
        clocks.now_ns = real_now
        otel_sessions.uninstrument()
    return results


def _led(traffic: Traffic, monitor: Monitor, turns: int, steps: int) -> Iterator[int]:
    """Lead the traffic, and stop for a look now and then."""
    tracer = trace.get_tracer("traffic")
    step = max(1, turns // steps)
    next_look = step
    for event in traffic:
        if traffic.turns >= next_look:
            yield traffic.turns
            next_look += step
        while len(monitor.pipeline) > _WAITING:
            time.sleep(0.01)
        if isinstance(event, Ending):
            otel_sessions.end_session(event.session_id, "resolved")
        else:
            monitor.pipeline.submit(_Finished(event, tracer))
    yield traffic.turns


class _Finished:
    """A call as a patched client hands it over."""

    def __init__(self, call: Call, tracer: Tracer) -> None:
        self._call = call
        self.outcome = call.outcome
        self.error_type = call.error_type
        self.ended_ns = call.ended_ns
        self.span: Span = start_call_span(
            tracer,
            provider=call.provider,
            operation="chat",
            model=call.request.model,
            stream=False,
            ambient=Ambient(call.given_id, lane=call.lane),
            server_address="llm.example.com",
            server_port=443,
            started_ns=call.started_ns,
        )

    def read(self) -> Call:
        """Give the call."""
        return self._call


def _sample(turns: int, reader: InMemoryMetricReader, memory: SessionMemory) -> Sample:
    totals = _totals(reader)
    looked_at = {*memory.longest(20), *memory.some(200)}
    sizes = [size for each in looked_at if (size := memory.of(each)) is not None]
    return Sample(
        turns,
        time.process_time(),
        resident_bytes(),
        totals[names.ACTIVE.name].total(),
        dict(totals[names.ENDED.name]),
        totals["series"].total(),
        max((whole for whole, _, _ in sizes), default=0),
        [of_turns / kept for _, of_turns, kept in sizes if kept >= MANY_TURNS],
    )


def _totals(reader: InMemoryMetricReader) -> dict[str, "Counter[str]"]:
    """Add counters up by the label that tells what became of it; count all series."""
    found = {"series": Counter[str]()}
    for name in (names.ACTIVE, names.ENDED, names.STARTED, names.PIPELINE_CALLS):
        found[name.name] = Counter()
    data = reader.get_metrics_data()
    scopes = (
        [scope for each in data.resource_metrics for scope in each.scope_metrics] if data else ()
    )
    for metric in (metric for scope in scopes for metric in scope.metrics):
        points = metric.data.data_points
        found["series"][metric.name] += len(points)
        for point in points if metric.name in found else ():
            labels = point.attributes
            label = labels.get(names.LABEL_REASON) or labels.get(names.LABEL_RESULT) or ""
            found[metric.name][str(label)] += point.value
    return found
