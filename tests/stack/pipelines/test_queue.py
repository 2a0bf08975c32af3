"""The queue on disk: what a sender was told is accepted, the backend gets."""

import os
import threading

from otel_sessions import names

OUTAGE_S = float(os.environ.get("OTEL_SESSIONS_TEST_OUTAGE_S", "4"))
"""How long the backend is away; nothing of it depends on the length, so the tests are short."""
SENDERS = 4
SPANS = 50
"""In each request."""


class Load:
    """Applications that send as fast as they are answered, and note what was accepted."""

    def __init__(self, collector, span):
        self.accepted = set()
        self.requests = 0
        self._collector, self._span = collector, span
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(SENDERS)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, sender):
        number = 0
        while not self._over.is_set():
            number += 1
            spans = [
                self._span(
                    f"{sender} {number}",
                    f"call {at}",
                    attributes={names.SESSION_ID: f"{sender} {number // 10}"},
                )
                for at in range(SPANS)
            ]
            if self._collector.send(*spans) == 200:
                with self._lock:
                    self.accepted |= {span.id for span in spans}
                    self.requests += 1
            else:
                self._over.wait(0.05)


def test_nothing_accepted_is_lost_when_both_are_away(collector, backend, span, http):
    """The collector is killed, and restarted in order, under load while the backend is away."""
    tempo = backend()
    running = collector("otlp", OTEL_SESSIONS_BACKEND=tempo.url, OTEL_SESSIONS_RETRY_MAX="1s")
    with Load(running, span) as load:
        http.until(lambda: tempo.spans, what="spans at the backend")
        tempo.go()
        before_outage = set(tempo.spans)
        for end in (running.kill, running.stop, running.kill):
            had = load.requests
            threading.Event().wait(OUTAGE_S / 3)
            http.until(lambda had=had: load.requests > had + 20, what="load")
            end()
            running.start()
        had = load.requests
        http.until(lambda: load.requests > had + 20, what="load after the crash")
        assert set(tempo.spans) == before_outage
        tempo.come()
    http.until(lambda: load.accepted <= tempo.spans.keys(), what="all that was accepted")
    assert len(load.accepted) > 5 * SENDERS * SPANS


def test_a_full_queue_refuses_and_takes_again(collector, backend, span, http):
    """Senders are told, so that they keep what they have and try again."""
    tempo = backend()
    tempo.go()
    running = collector(
        "otlp",
        OTEL_SESSIONS_BACKEND=tempo.url,
        OTEL_SESSIONS_RETRY_MAX="1s",
        OTEL_SESSIONS_QUEUE_BYTES=200_000,
    )
    accepted, status = set(), 200
    while status == 200:
        spans = [span(f"t {len(accepted)} {at}", "call") for at in range(100)]
        status = running.send(*spans)
        if status == 200:
            accepted |= {each.id for each in spans}
        assert len(accepted) < 100_000
    assert status == 503
    assert accepted
    tempo.come()
    http.until(lambda: accepted <= tempo.spans.keys(), what="what was accepted")
    http.until(lambda: running.send(span("afterwards")) == 200, what="room")
