"""Pools: sessions on all cores, a few at a time, in the order of the files."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from benchmarks.signals.findings import SessionFindings, find
from benchmarks.signals.runs import score
from benchmarks.signals.sessions import Line, read_session
from otel_sessions.cli.recordings import BrokenLine

_BATCH_LINES = 16
_WAITING_BATCHES = 4
"""For each process, so that none runs dry and a huge file is not read ahead."""

Batch = list[Line | BrokenLine]
Found = list[SessionFindings | BrokenLine]


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_all(lines: Iterable[Line | BrokenLine], jobs: int) -> Iterator[tuple[Found, float]]:
    """Yield what the next sessions say, and the CPU seconds that they took.

    Args:
        lines: in the order in which they are told.
        jobs: processes; 1 works in this one.

    """
    batches = _batches(lines)
    if jobs == 1:
        yield from map(_find_batch, batches)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[tuple[Found, float]]] = deque()
        for batch in batches:
            waiting.append(pool.submit(_find_batch, batch))
            if len(waiting) >= jobs * _WAITING_BATCHES:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batches(lines: Iterable[Line | BrokenLine]) -> Iterator[Batch]:
    remaining = iter(lines)
    while batch := list(islice(remaining, _BATCH_LINES)):
        yield batch


def _find_batch(batch: Batch) -> tuple[Found, float]:
    started_s = time.process_time()
    found: Found = []
    for line in batch:
        session = line if isinstance(line, BrokenLine) else read_session(line)
        found.append(session if isinstance(session, BrokenLine) else find(score(session)))
    return found, time.process_time() - started_s
