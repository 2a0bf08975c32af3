"""Judges: an optional model that reads a sample of turns, for what no feature of a text can show.

The only part that sends text anywhere, and off unless `judge_url` and `judge_model` are set.
What it says is told as events of its own and enters no signal, no health and no figure that we
publish: a model's opinion differs from run to run and from model to model.

It has a thread of its own besides the pipeline's worker, because an answer takes seconds and the
analysis of other calls must not wait for it. The thread starts with the first question. Text is
held from there to the answer, of at most `WAITING` turns of 32,000 characters; of more, and of
those beyond the budget, none is taken.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Literal

from opentelemetry.trace import SpanContext

from otel_sessions.config import Config
from otel_sessions.digests import DIGEST_BYTES, digest
from otel_sessions.emit import CallReport, JudgementReport, Silent
from otel_sessions.endpoints import Endpoint
from otel_sessions.faults import contained
from otel_sessions.rubrics import question, read_scores
from otel_sessions.sessions import stated

Judged = Literal["judged", "malformed", "failed", "dropped", "over_budget"]

WAITING = 16
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Question:
    body: bytes
    session_id: str
    turn: int
    conversation_id: str | None
    context: SpanContext


class Judge(Silent):
    """Hears of calls, asks about some, and tells what was answered."""

    def __init__(
        self,
        ask: Callable[[bytes], bytes],
        model: str,
        *,
        key: bytes,
        sample_ratio: float,
        calls_per_hour: int,
        tell: Callable[[JudgementReport], None],
        count: Callable[[Judged], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what to ask and whom to tell; no thread starts before the first question.

        Args:
            ask: sends a request and gives the answer; may raise.
            model: name of the model.
            key: decides, with session and turn, which turns are read.
            sample_ratio: share of the turns that are read.
            calls_per_hour: budget in any 60 minutes, failures included.
            tell: told of each judgement.
            count: told what became of each turn of the sample.
            clock: gives seconds.

        """
        self._ask = ask
        self._model = model
        self._key = key
        self._sample_below: float = sample_ratio * 256**DIGEST_BYTES
        self._tell = tell
        self._count = count
        self._clock = clock
        self._asked_s: deque[float] = deque(maxlen=calls_per_hour)
        self._closed = self._over = False
        self.after_fork()

    def after_fork(self) -> None:
        """Start afresh in a forked child: the parent asks what it has waiting."""
        self._waiting: Queue[_Question | None] = Queue(WAITING)
        self._thread: threading.Thread | None = None

    def on_call(self, report: CallReport) -> None:
        """Take a turn that is complete, if it is in the sample; never waits.

        Only called under the tracker's lock.
        """
        if self._closed or report.turn is None or not self._sampled(report.session_id, report.turn):
            return
        call = report.call
        reply = call.reply.message
        if call.outcome != "completed" or (reply and reply.tool_calls):
            return
        body = question(call, self._model)
        if body is None:
            return
        given = report.session_id if stated(report.source) else None
        context = report.span.get_span_context()
        taken = _Question(body, report.session_id, report.turn, given, context)
        if not self._affordable():
            self._count("over_budget")
            return
        try:
            self._waiting.put_nowait(taken)
        except Full:
            self._count("dropped")
            return
        self._asked_s.append(self._clock())
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, args=(self._waiting,), name="otel-sessions-judge", daemon=True
            )
            self._thread.start()

    def flush(self, timeout_s: float) -> bool:
        """Wait for the answers to what was taken so far; tell whether all came."""
        waiting = self._waiting
        with waiting.all_tasks_done:
            waiting.all_tasks_done.wait_for(lambda: not waiting.unfinished_tasks, timeout_s)
            return not waiting.unfinished_tasks

    def close(self, timeout_s: float) -> None:
        """Let waiting texts go, and wait for the one that is being judged. May be called twice."""
        self._closed = True
        with suppress(Empty):
            while True:
                if self._waiting.get_nowait() is not None:
                    self._count("dropped")
                self._waiting.task_done()
        self.flush(timeout_s)
        self._over = True
        if self._thread is not None:
            self._waiting.put(None)

    def _sampled(self, session_id: str, turn: int) -> bool:
        return digest(self._key, "judge", session_id, str(turn)) < self._sample_below

    def _affordable(self) -> bool:
        asked_s = self._asked_s
        return len(asked_s) < (asked_s.maxlen or 0) or self._clock() - asked_s[0] >= _HOUR_S

    def _work(self, waiting: "Queue[_Question | None]") -> None:
        while True:
            taken = waiting.get()
            with contained("judging a turn"):
                if taken is not None:
                    self._judge(taken)
            waiting.task_done()
            if taken is None:
                return
            del taken  # Its text goes now, and not when the next one comes.

    def _judge(self, taken: _Question) -> None:
        scores = None
        with contained("asking the judge") as asking:
            scores = read_scores(self._ask(taken.body))
        if self._over:
            return
        self._count("failed" if asking.failed else "judged" if scores else "malformed")
        if scores:
            self._tell(
                JudgementReport(
                    taken.session_id,
                    taken.turn,
                    scores,
                    self._model,
                    taken.conversation_id,
                    taken.context,
                )
            )


def open_judge(
    config: Config,
    key: bytes,
    *,
    tell: Callable[[JudgementReport], None],
    count: Callable[[Judged], None],
) -> Judge | None:
    """Make the judge that the settings ask for; `None` if they ask for none."""
    if config.judge_url is None or config.judge_model is None:
        return None
    return Judge(
        Endpoint(config.judge_url, config.judge_api_key, config.judge_timeout_s).ask,
        config.judge_model,
        key=key,
        sample_ratio=config.judge_sample_ratio,
        calls_per_hour=config.judge_calls_per_hour,
        tell=tell,
        count=count,
    )
