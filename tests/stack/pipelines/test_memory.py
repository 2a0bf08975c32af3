"""Memory: under ten times the load the collector refuses, stays in its limit, and recovers."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from otel_sessions import names

LIMIT_MIB = 160
SENDERS = 8
SPANS = 400
"""In each request, with 20 attributes each: 0.5 MB on the wire, four times that in memory."""
CALM_PER_S = 1
STORM = 150
"""Requests that are offered as fast as they are answered; all would fill the limit twice."""


def test_ten_times_the_load_does_not_break_the_limit(collector, backend, span, body, http):
    """With sampling, which keeps most in memory; the limit of the process is half as much again."""
    running = collector(
        *("prometheus", "otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=backend().url,
        OTEL_SESSIONS_KEEP_PERCENT=0,
        OTEL_SESSIONS_TRACE_WAIT="12s",
        OTEL_SESSIONS_SAMPLING_SESSIONS=500,
        OTEL_SESSIONS_MEMORY_MIB=LIMIT_MIB,
        OTEL_SESSIONS_MEMORY_SPIKE_MIB=LIMIT_MIB * 2 // 5,
        GOMEMLIMIT=f"{LIMIT_MIB}MiB",
    )
    filling = {f"attribute.{number}": "x" * 40 for number in range(20)}

    def request(word):
        return body(
            span(
                f"{word} {number // 4}",
                f"call {number}",
                attributes={names.SESSION_ID: f"{word} {number // 8}", names.HEALTH: 1.0} | filling,
            )
            for number in range(SPANS)
        )

    # Made before, so that the senders do little but send.
    bodies = [[request(f"{sender} {at}") for at in range(10)] for sender in range(SENDERS)]
    calm = Counter()
    for number in range(3 * CALM_PER_S):
        calm[running.post(bodies[0][number])] += 1
        time.sleep(1 / CALM_PER_S)  # a pace, not a wait
    assert set(calm) == {200}

    storm, started, numbers = Counter(), time.monotonic(), iter(range(STORM))

    def send(sender):
        for number in numbers:
            storm[running.post(bodies[sender][number % 10])] += 1

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, range(SENDERS)))
    assert storm.total() / (time.monotonic() - started) > 10 * CALM_PER_S
    assert set(storm) == {200, 503}, "more than fits was offered, and some was taken"
    assert peak_mib(running.process.pid) < LIMIT_MIB * 1.5
    http.until(lambda: running.post(bodies[0][0]) == 200, seconds=30, what="being accepted again")


def peak_mib(pid):
    """Return the most memory that a process ever had, as Linux counts it."""
    with open(f"/proc/{pid}/status") as lines:  # noqa: PTH123 - no file on a disk
        (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
