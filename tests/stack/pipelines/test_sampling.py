"""Sampling: sessions are kept whole or not at all, whatever their traces look like."""

import gzip
import hashlib
import json
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from otel_sessions import names
from otel_sessions.health import HEALTHY_ABOVE

RECORDED = Path(__file__).parents[4] / "shared/data/dev/p_calls.jsonl.gz"
TURNS = 5
PERCENT = 30


def in_share(session, percent):
    """Tell, as sampling.yaml does, whether a healthy session is kept."""
    lent = hashlib.sha256(session.encode()).hexdigest()[:32]
    return int(hashlib.sha256(lent.encode()).hexdigest()[:8], 16) * 100 < 2**32 * percent


@pytest.fixture
def turn(span):
    """Give the spans of a turn: the request and the tool around the call name no session."""

    def make(session, number, health=1.0, **given):
        trace = f"{session} {number}"
        call = {names.SESSION_ID: session, names.TURN: number, names.HEALTH: health}
        return [
            span(trace, "call", attributes=call, **given),
            span(trace, "tool", scope="application", attributes={"of": session}),
            span(trace, "request", scope="web framework", attributes={"of": session}),
            span(trace, "gateway", service="gateway", attributes={"of": session}),
        ]

    return make


@pytest.fixture
def decided(http):
    """Stop a sampler, so that it decides; returns what the backend then has."""

    def wait(sampler, backend, wanted):
        sampler.stop()
        # What is in the queue when it stops is sent when it starts again, oldest first.
        sampler.start()
        http.until(lambda: wanted <= backend.spans.keys(), what="all that is kept")
        http.until(
            lambda: sampler.measured("otelcol_exporter_queue_size") == 0,
            what="an empty queue",
        )
        sampler.stop()
        return backend.spans

    return wait


def test_degraded_sessions_and_a_share_of_the_healthy_are_whole(collector, backend, turn, decided):
    """Traces of sessions interleave, the spans of a trace come one by one, and harm comes late."""
    kept = backend()
    sampler = collector(
        *("otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=kept.url,
        OTEL_SESSIONS_KEEP_PERCENT=PERCENT,
        OTEL_SESSIONS_TRACE_WAIT="20s",  # longer than the spans of a trace are under way
        OTEL_SESSIONS_SAMPLING_WAIT="1h",
    )
    healthy = [f"healthy-{number}" for number in range(60)]
    degraded = [f"degraded-{number}" for number in range(12)]
    harmed = {session: number % TURNS for number, session in enumerate(degraded)}
    sent = {session: [] for session in healthy + degraded}
    order = random.Random(1)  # noqa: S311 - any order will do
    for number in range(TURNS):
        spans = []
        for session in sent:
            health = HEALTHY_ABOVE if harmed.get(session) == number else 1.0
            of_turn = turn(session, number, health)
            sent[session] += of_turn
            spans += of_turn
        order.shuffle(spans)
        for at in range(0, len(spans), 20):
            assert sampler.send(*spans[at : at + 20]) == 200
    wanted = degraded + [session for session in healthy if in_share(session, PERCENT)]
    assert len(degraded) < len(wanted) < len(sent) / 2
    expected = {span.id: span for session in wanted for span in sent[session]}
    arrived = decided(sampler, kept, expected.keys())
    assert arrived.keys() == expected.keys()
    assert arrived == expected


def test_a_long_request_is_waited_for(collector, backend, span, decided, http):
    """Its first tool ends long before the call that names the session, and its root comes last."""
    kept = backend()
    sampler = collector(
        *("otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=kept.url,
        OTEL_SESSIONS_KEEP_PERCENT=0,
        OTEL_SESSIONS_TRACE_WAIT="1s",
    )
    root = span("long", "request")
    tool = span("long", "tool", parent=root.id)
    call = span(
        "long",
        "call",
        parent=root.id,
        attributes={names.SESSION_ID: "s", names.HEALTH: 0.0},
    )
    assert sampler.send(tool) == 200
    # Another trace, sent later and decided about, shows that the first would have been, too.
    assert sampler.send(span("short", "request")) == 200
    decisions = "otelcol_processor_tail_sampling_sampling_policy_execution_count"
    http.until(lambda: sampler.measured(decisions, policy="gather.all"), what="a decision")
    assert sampler.send(call, root) == 200
    wanted = {each.id: each for each in (root, tool, call)}
    assert decided(sampler, kept, wanted.keys()) == wanted


def test_traces_without_a_session_are_judged_for_themselves(collector, backend, span, decided):
    """A failed one is kept with all its spans; the others are only if they are in the share."""
    kept = backend()
    sampler = collector(
        *("otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=kept.url,
        OTEL_SESSIONS_KEEP_PERCENT=0,
        OTEL_SESSIONS_TRACE_WAIT="1s",
    )
    failed = [span("job 1", "query", failed=True), span("job 1", "job", service="gateway")]
    assert sampler.send(*failed, span("job 2"), span("job 3")) == 200
    wanted = {each.id: each for each in failed}
    assert decided(sampler, kept, wanted.keys()) == wanted


def test_what_came_before_the_wait_is_lost_and_what_comes_after_is_kept(
    collector, backend, turn, decided, http
):
    """The limit that is documented: the sampler cannot wait for harm for ever."""
    kept = backend()
    sampler = collector(
        *("otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=kept.url,
        OTEL_SESSIONS_KEEP_PERCENT=0,
        OTEL_SESSIONS_TRACE_WAIT="1s",
        OTEL_SESSIONS_SAMPLING_WAIT="2s",
    )
    assert sampler.send(*turn("s", 1)) == 200
    given_up = "otelcol_processor_tail_sampling_global_count_traces_sampled"
    http.until(lambda: sampler.measured(given_up, sampled="false"), what="the wait to end")
    harmed, after = turn("s", 2, 0.1), turn("s", 3)
    assert sampler.send(*harmed) == 200
    http.until(lambda: len(kept.spans) == len(harmed), what="the harmed turn")
    assert sampler.send(*after) == 200
    http.until(lambda: len(kept.spans) > len(harmed), what="the turn after it")
    wanted = {each.id: each for each in harmed + after}
    assert decided(sampler, kept, wanted.keys()) == wanted


def test_a_session_is_degraded_where_the_library_calls_a_turn_unhealthy(
    collector, backend, turn, decided
):
    """With nothing set; the two change together."""
    kept = backend()
    sampler = collector(
        *("otlp", "sampling"),
        OTEL_SESSIONS_BACKEND=kept.url,
        OTEL_SESSIONS_KEEP_PERCENT=0,
        OTEL_SESSIONS_TRACE_WAIT="1s",
    )
    at = turn("at", 1, HEALTHY_ABOVE)
    assert sampler.send(*at, *turn("above", 1, HEALTHY_ABOVE + 1e-6)) == 200
    wanted = {each.id: each for each in at}
    assert decided(sampler, kept, wanted.keys()) == wanted


@pytest.fixture
def replayed(tmp_path):
    """Replay recorded sessions into a collector: whole ones, and some cut to a window."""
    if not RECORDED.exists():
        pytest.skip("needs the recorded sessions in ../shared/data")
    chosen = defaultdict(list)
    with gzip.open(RECORDED, "rt") as lines:
        for line in lines:
            chosen[json.loads(line)["labels"]["raw"]["kind"]].append(line)
    file = tmp_path / "recorded.jsonl"
    file.write_text("".join(chosen["intact"][:24] + chosen["sliding_window"][:8]))

    def replay(otlp):
        program = Path(sys.executable).with_name("otel-sessions")
        subprocess.run(
            [program, "replay", file, "--ids", "--json", "--otlp", f"http://{otlp}"],
            capture_output=True,
            check=True,
            timeout=120,
        )

    return replay


def test_real_sessions_are_kept_by_what_was_found_in_them(
    collector, backend, overlay, replayed, decided
):
    """All spans go to one backend as well, by an overlay of our own, to compare with."""
    kept, everything = backend(), backend()
    all_of_them = {
        "exporters": {"otlp_http/all": {"endpoint": everything.url}},
        "service": {
            "pipelines": {
                "traces/all": {"receivers": ["forward/all"], "exporters": ["otlp_http/all"]}
            }
        },
    }
    sampler = collector(
        *("otlp", "sampling", overlay("mine", all_of_them)),
        OTEL_SESSIONS_BACKEND=kept.url,
        OTEL_SESSIONS_KEEP_PERCENT=PERCENT,
        OTEL_SESSIONS_TRACE_WAIT="8s",
    )
    replayed(sampler.otlp)
    sampler.stop()
    spans = defaultdict(list)
    # A request's span names no session; a call within it does.
    of_trace = {
        each.trace: each.attributes[names.SESSION_ID]
        for each in everything.spans.values()
        if names.SESSION_ID in each.attributes
    }
    for each in everything.spans.values():
        spans[of_trace[each.trace]].append(each)
    degraded = {
        session
        for session, of_it in spans.items()
        if any(each.attributes.get(names.HEALTH, 1.0) <= HEALTHY_ABOVE for each in of_it)
    }
    shared = {session for session in spans if in_share(session, PERCENT)}
    assert degraded
    assert shared - degraded
    assert len(degraded | shared) < len(spans)
    wanted = {each.id: each for session in degraded | shared for each in spans[session]}
    assert decided(sampler, kept, wanted.keys()) == wanted
