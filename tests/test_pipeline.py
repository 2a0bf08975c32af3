"""Pipeline: everything accepted is analysed once, in order, and every span ends."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from otel_sessions.pipeline import Pipeline

LONG_S = 60
"""More than any test takes; who waits this long has failed."""


class Span:
    """Notes when it ends."""

    def __init__(self):
        self.ends = []

    def end(self, ended_ns):
        self.ends.append(ended_ns)


class Ended:
    """A call that has ended."""

    def __init__(self, number=0, outcome="completed"):
        self.number = number
        self.outcome = outcome
        self.error_type = None
        self.ended_ns = 1000 + number
        self.span = Span()

    def read(self):
        raise NotImplementedError


class Analysis:
    """What is done with each call: it can be held, and can fail."""

    def __init__(self):
        self.seen = []
        self.threads = set()
        self.counted = []
        self.begun = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.faults = {}

    def __call__(self, call):
        self.threads.add(threading.current_thread())
        self.begun.set()
        self.may_go_on.wait(LONG_S)
        self.seen.append(call.number)
        fault = self.faults.get(call.number)
        if fault:
            raise fault


@pytest.fixture
def analysis():
    return Analysis()


@pytest.fixture
def starting(analysis):
    """Make pipelines; they are closed at the end."""
    made = []

    def start(**options):
        made.append(
            Pipeline(analysis, **{"count": analysis.counted.append, "queue_size": 100} | options)
        )
        return made[-1]

    yield start
    analysis.may_go_on.set()
    for each in made:
        each.close(LONG_S)


@pytest.fixture
def pipeline(starting):
    return starting()


@pytest.fixture(params=[False, True], ids=["background", "inline"])
def either(starting, request):
    """A pipeline of each kind."""
    return starting(inline=request.param)


def submitted(pipeline, count, start=0):
    calls = [Ended(number) for number in range(start, start + count)]
    for call in calls:
        pipeline.submit(call)
    return calls


def test_every_call_is_analysed_in_order(either, analysis):
    """And its span ends once, with the time at which the call ended."""
    calls = submitted(either, 50)
    assert either.flush(LONG_S)
    assert analysis.seen == list(range(50))
    assert [call.span.ends for call in calls] == [[1000 + number] for number in range(50)]
    assert analysis.counted == ["analysed"] * 50
    assert len(either) == 0


def test_the_callers_thread_does_not_analyse(pipeline, analysis):
    """One other thread does, however many calls there are."""
    submitted(pipeline, 10)
    pipeline.flush(LONG_S)
    submitted(pipeline, 10)
    pipeline.flush(LONG_S)
    (worker,) = analysis.threads
    assert worker is not threading.current_thread()
    assert worker.daemon


def test_inline_is_done_when_the_call_returns(starting, analysis):
    """In the caller's thread, and no other is started."""
    submitted(starting(inline=True), 3)
    assert analysis.seen == [0, 1, 2]
    assert analysis.threads == {threading.current_thread()}


def test_an_abandoned_stream_waits_for_the_next_call_inline(starting, analysis):
    """It may be the garbage collector that ends it, in the middle of anything."""
    pipeline = starting(inline=True)
    pipeline.submit(Ended(1, outcome="aborted"))
    assert analysis.seen == []
    pipeline.submit(Ended(2))
    assert analysis.seen == [1, 2]


def test_calls_from_many_threads(either, analysis):
    """None is lost and none is analysed twice."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda start: submitted(either, 10, start), range(0, 80, 10)))
    assert either.flush(LONG_S)
    assert sorted(analysis.seen) == list(range(80))


def test_a_full_queue_drops_the_analysis_and_ends_the_span(starting, analysis):
    """At once, and it is counted."""
    pipeline = starting(queue_size=3)
    analysis.may_go_on.clear()
    (first,) = submitted(pipeline, 1)
    assert analysis.begun.wait(LONG_S)
    waiting, dropped = submitted(pipeline, 3, 1), submitted(pipeline, 2, 4)
    assert len(pipeline) == 3
    assert [call.span.ends for call in (first, *waiting)] == [[]] * 4
    assert [call.span.ends for call in dropped] == [[1004], [1005]]
    assert analysis.counted == ["dropped", "dropped"]
    analysis.may_go_on.set()
    assert pipeline.flush(LONG_S)
    assert analysis.seen == [0, 1, 2, 3]


def test_flush_gives_up_in_time(pipeline, analysis):
    """It says that not everything was analysed, and can be asked again."""
    analysis.may_go_on.clear()
    submitted(pipeline, 1)
    assert not pipeline.flush(0.01)
    analysis.may_go_on.set()
    assert pipeline.flush(LONG_S)
    assert analysis.seen == [0]


def test_flush_of_an_idle_pipeline(either):
    """There is nothing to wait for."""
    assert either.flush(0)


@pytest.mark.parametrize("times", [1, 2])
def test_close_finishes_what_was_accepted(either, analysis, times):
    """Then every call is dropped, its span ended."""
    submitted(either, 5)
    for _ in range(times):
        assert either.close(LONG_S)
    (late,) = submitted(either, 1, 5)
    assert analysis.seen == [0, 1, 2, 3, 4]
    assert late.span.ends == [1005]
    assert analysis.counted == ["analysed"] * 5 + ["dropped"]


def test_close_gives_up_in_time(pipeline, analysis):
    """What then still waits is dropped, and no span stays open."""
    analysis.may_go_on.clear()
    (held,) = submitted(pipeline, 1)
    assert analysis.begun.wait(LONG_S)
    waiting = submitted(pipeline, 3, 1)
    assert not pipeline.close(0.01)
    assert [call.span.ends for call in waiting] == [[1001], [1002], [1003]]
    analysis.may_go_on.set()
    for worker in analysis.threads:
        worker.join(LONG_S)
    assert held.span.ends == [1000]


def test_actions_keep_their_place(either, analysis):
    """What is posted happens after all calls before it and before all after it."""
    submitted(either, 2)
    either.post(lambda: analysis.seen.append("action"))
    submitted(either, 2, 2)
    assert either.flush(LONG_S)
    assert analysis.seen == [0, 1, "action", 2, 3]


def test_an_action_without_calls(either, analysis):
    """It happens at once, whether or not there ever was a call."""
    either.post(lambda: analysis.seen.append("action"))
    assert analysis.seen == ["action"]


@pytest.mark.parametrize("fault", [ZeroDivisionError(), MemoryError()])
def test_a_fault_costs_one_call(either, analysis, faults, fault):
    """Its span ends, and the next one is analysed."""
    analysis.faults = {1: fault}
    calls = submitted(either, 3)
    assert either.flush(LONG_S)
    assert analysis.counted == ["analysed", "failed", "analysed"]
    assert all(call.span.ends for call in calls)
    assert len(faults()) == 1


@pytest.mark.parametrize("fault", [SystemExit, asyncio.CancelledError, KeyboardInterrupt])
def test_the_worker_does_not_exit(pipeline, analysis, fault):
    """A user's callback may call `sys.exit`; its span ends, and the others are analysed."""
    analysis.faults = {0: fault(), 1: fault()}
    calls = submitted(pipeline, 3)
    assert pipeline.flush(LONG_S)
    assert analysis.seen == [0, 1, 2]
    assert [call.span.ends for call in calls] == [[1000], [1001], [1002]]


def test_an_interrupt_inline_goes_to_the_caller(starting, analysis):
    """The next call is analysed as ever."""
    pipeline = starting(inline=True)
    analysis.faults = {0: KeyboardInterrupt()}
    first = Ended(0)
    with pytest.raises(KeyboardInterrupt):
        pipeline.submit(first)
    submitted(pipeline, 1, 1)
    assert first.span.ends == [1000]
    assert analysis.seen == [0, 1]


def test_actions_and_spans_may_fail(either, analysis, faults):
    """Neither stops what comes after."""

    class Broken(Span):
        def end(self, ended_ns):
            raise ZeroDivisionError

    call = Ended(0)
    call.span = Broken()
    either.submit(call)
    either.post(lambda: 1 / 0)
    submitted(either, 1, 1)
    assert either.flush(LONG_S)
    assert analysis.seen == [0, 1]
    assert len(faults()) == 2


def test_a_flush_while_the_worker_starts(pipeline, analysis, monkeypatch):
    """Starting a thread takes time, in which it works and others make calls and flush."""
    start, working, flushed = threading.Thread.start, threading.Event(), []
    analysis.may_go_on.clear()

    def start_slowly(thread):
        start(thread)
        if thread.name == "otel-sessions":
            working.set()
            analysis.begun.wait(LONG_S)
            flushed.append(pipeline.flush(0.01))
            analysis.may_go_on.set()
            flushed.append(pipeline.flush(LONG_S))

    monkeypatch.setattr(threading.Thread, "start", start_slowly)
    submitted(pipeline, 1)
    assert working.is_set()
    assert (flushed, analysis.seen) == ([False, True], [0])


def test_a_worker_that_cannot_start(pipeline, analysis, monkeypatch, faults):
    """Too many threads are there, or the process ends: who flushes analyses."""

    def fail(thread):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        submitted(pipeline, 1)
    assert (pipeline.flush(LONG_S), analysis.seen) == (True, [0])
    assert len(faults()) == 1
    submitted(pipeline, 1, 1)
    assert (pipeline.flush(LONG_S), analysis.seen) == (True, [0, 1])


@pytest.mark.parametrize("work", ["call", "action", "sweep"])
def test_a_fork_waits_for_what_the_worker_does(starting, analysis, work):
    """Whatever it is: a child would inherit the locks that it holds."""
    begun, may_go_on, forked = threading.Event(), threading.Event(), threading.Event()

    def hold(_=None):
        begun.set()
        may_go_on.wait(LONG_S)

    pipeline = starting(sweep_interval_s=0.001, sweep=hold if work == "sweep" else lambda: None)
    if work == "call":
        pipeline._analyse = hold
    submitted(pipeline, 1)
    if work == "action":
        pipeline.post(hold)
    assert begun.wait(LONG_S)

    def fork():
        pipeline.before_fork()
        forked.set()
        pipeline.after_fork_in_parent()

    forking = threading.Thread(target=fork)
    forking.start()
    assert not forked.wait(0.05)
    may_go_on.set()
    forking.join(LONG_S)
    assert forked.is_set()
    assert pipeline.flush(LONG_S)


def test_a_fork_waits_once_for_what_does_not_end(pipeline, analysis, monkeypatch):
    """A callback may hang; forks do not, and they wait again for what comes after it."""
    analysis.may_go_on.clear()
    submitted(pipeline, 1)
    assert analysis.begun.wait(LONG_S)
    monkeypatch.setattr("otel_sessions.pipeline._FORK_WAIT_S", 0.01)
    waits = []
    acquire = pipeline._analysing.acquire
    monkeypatch.setattr(
        pipeline,
        "_analysing",
        Waits(lambda timeout: waits.append(timeout) or acquire(timeout=timeout)),
    )
    for _ in range(2):
        pipeline.before_fork()
        pipeline.after_fork_in_parent()
    monkeypatch.undo()
    analysis.may_go_on.set()
    assert pipeline.flush(LONG_S)
    assert waits == [0.01, 0.0]
    assert pipeline._given_up != pipeline._done


class Waits:
    """A lock that tells how long is waited for it."""

    def __init__(self, acquire):
        self.acquire = acquire

    def release(self):
        raise RuntimeError


def test_a_callback_may_flush(starting):
    """Waiting for itself would take the whole time limit."""
    answers = []

    def analyse(_):
        answers.append(pipeline.flush(LONG_S * 100))

    pipeline = starting()
    pipeline._analyse = analyse
    submitted(pipeline, 1)
    assert pipeline.flush(LONG_S)
    assert len(answers) == 1


def test_without_a_worker_a_call_sweeps(starting):
    """When a sweep is due, in the thread of the call; sessions fall silent there, too."""
    swept = []
    often = starting(inline=True, sweep=lambda: swept.append(1), sweep_interval_s=0.0)
    submitted(often, 3)
    assert len(swept) == 3
    seldom = starting(inline=True, sweep=lambda: swept.append(2), sweep_interval_s=3600.0)
    submitted(seldom, 3)
    assert swept.count(2) == 1


def test_the_worker_sweeps_under_load(starting):
    """Also if there is always another call."""
    swept, calls = threading.Event(), iter(range(1, 10**6))
    pipeline = starting(sweep=swept.set, sweep_interval_s=0.01)

    def go_on():
        if not swept.is_set() and next(calls, None):
            pipeline.post(go_on)

    pipeline.submit(Ended())
    pipeline.post(go_on)
    assert swept.wait(LONG_S)
    assert next(calls, None)


def test_the_worker_sweeps(starting, faults):
    """Again and again, also without calls, and a fault does not end it."""
    swept = threading.Semaphore(0)

    def sweep():
        swept.release()
        raise ZeroDivisionError

    pipeline = starting(sweep=sweep, sweep_interval_s=0.001)
    submitted(pipeline, 1)
    assert all(swept.acquire(timeout=LONG_S) for _ in range(3))
    assert len(faults()) == 1
