"""Latency growth: turns take longer and longer, measured by the session's own start.

Each call may be within its limits while the conversation crawls: a growing history is read again at
each turn. Time to first chunk is compared where all compared turns streamed, otherwise the time per
call. A longer reply may take longer in proportion. Medians of three stand at both ends, and ranks
in between, so that one slow turn, at the start or now, decides nothing. Units: seconds; 3 turns at
each end, other models than the newest turn's left out. About 200 µs for 64 turns.
Source: Theil, "A rank-invariant method of linear regression" (1950) and Sen (1968) for the slope,
Kendall (1938) for the order; 0.4 s is where waiting starts to break a train of thought (Doherty and
Thadani, "The Economic Value of Rapid Response Time", 1982).
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

from otel_sessions.signals import WARNING, Signal
from otel_sessions.turns import Turn

_ENDS = 3
"""Turns at each end whose median counts."""


def latency_growth(
    turns: Sequence[Turn],
    /,
    *,
    min_turns: int = 6,
    min_ratio: float = 1.8,
    min_growth_s: float = 0.4,
    min_order: float = 0.4,
) -> Signal | None:
    """Compare the newest turns' latency with the first turns'.

    Severity is 0.5 at `min_ratio` and goes to 1 as the ratio grows: 0.8 at 2.5 times `min_ratio`.

    Args:
        turns: oldest first, never empty.
        min_turns: answered turns; two ends of three that do not share one.
        min_ratio: newest to first latency; what a healthy session varies stays below.
        min_growth_s: seconds.
        min_order: Kendall's tau of latency and time, [-1, 1]; chance gives 0, a steady rise 1.

    """
    newest = turns[-1]
    compared = [t for t in turns if t.outcome == "completed" and t.model == newest.model]
    if len(compared) < min_turns or compared[-1] is not newest:
        return None
    latencies = _latencies(compared)
    first = median(latencies[:_ENDS])
    now = min(latencies[-1], median(latencies[-_ENDS:]))
    allowed = first * _reply_ratio(compared)
    if allowed <= 0 or now < allowed * min_ratio or now - allowed < min_growth_s:
        return None
    if _order(latencies) < min_order:
        return None
    severity = 1 - (1 - WARNING) * min_ratio * allowed / now
    return Signal("latency_growth", severity, _explanation(compared, latencies, first, now))


def _latencies(turns: Sequence[Turn]) -> list[float]:
    first_chunks = [t.time_to_first_chunk_s for t in turns if t.time_to_first_chunk_s is not None]
    if len(first_chunks) == len(turns):
        return first_chunks
    return [t.duration_s / max(1, t.calls) for t in turns]


def _reply_ratio(turns: Sequence[Turn]) -> float:
    """Return how many times longer the newest replies are than the first, at least 1.

    Time to first chunk does not depend on it.
    """
    if all(t.time_to_first_chunk_s is not None for t in turns):
        return 1.0
    lengths = [t.output_tokens / max(1, t.calls) for t in turns if t.output_tokens]
    if len(lengths) < len(turns):
        return 1.0
    return max(1.0, max(lengths[-1], median(lengths[-_ENDS:])) / median(lengths[:_ENDS]))


def _order(values: Sequence[float]) -> float:
    pairs = [(later > earlier) - (later < earlier) for earlier, later in combinations(values, 2)]
    return sum(pairs) / len(pairs)


def _explanation(
    turns: Sequence[Turn], latencies: Sequence[float], first: float, now: float
) -> str:
    change = f"{first:.2f} s to {now:.2f} s"
    points = [
        (turn.input_tokens / 1000, latency)
        for turn, latency in zip(turns, latencies, strict=True)
        if turn.input_tokens is not None
    ]
    slopes = [(y - b) / (x - a) for (a, b), (x, y) in combinations(points, 2) if x != a]
    return f"{change}, {median(slopes):+.2f} s per 1000 input tokens" if slopes else change
