"""Memory: under ten times the load that it takes, the collector stays in its limit."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from otel_sessions import names

LIMIT_MIB = 160
SENDERS = 8
SPANS = 400
"""In each request, with 20 attributes each: 0.5 MB on the wire, four times that in memory."""
STORM = 150
"""Requests that are offered as fast as they are answered; all would fill the limit twice, if none
of them were done with before the last. On a busy machine some are, and more are offered."""
MOST = 10 * STORM


def test_ten_times_the_load_does_not_break_the_limit(collector, backend, span, body, http):
    """With sampling, which keeps most in memory; the limit of the process is half as much again."""
    running = collector(
        *("prometheus", "otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=backend().url,
        OTEL_SESSIONS_KEEP_PERCENT=0,
        OTEL_SESSIONS_TRACE_WAIT="20s",
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
    storm, started, numbers = Counter(), time.monotonic(), iter(range(MOST))

    def send(sender):
        for number in numbers:
            if number >= STORM and storm[503]:
                return
            storm[running.post(bodies[sender][number % 10])] += 1

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, range(SENDERS)))
    per_s = storm.total() / (time.monotonic() - started)
    assert set(storm) == {200, 503}, "more than fits was offered, and some was taken"
    assert peak_mib(running.process.pid) < LIMIT_MIB * 1.5
    for body_of_calm in bodies[0][:5]:
        time.sleep(10 / per_s)  # a pace, not a wait
        http.until(
            lambda again=body_of_calm: running.post(again) == 200,
            what="a tenth of the load to be taken, as senders who try again see it",
        )


def peak_mib(pid):
    """Return the most memory that a process ever had, as Linux counts it."""
    with open(f"/proc/{pid}/status") as lines:  # noqa: PTH123 - no file on a disk
        (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
