"""Tool loop: the model calls the same tool with the same arguments again and gets the same result.

Order of keys and white space in arguments do not matter, nor what was called in between, nor how
many turns lie between. A result that changes is progress: polling is no loop. Two tools that take
turns are one, and so are tools that fail one after the other, whatever their arguments.
About 10 µs for 20 tool calls, 1 ms for 2,000.
Source: measured on the dev sessions p_loop, tau1 and tau2_retail: no session without a loop has
three equal calls with equal results; the longest natural streak of errors in one is 6.
"""

from collections import Counter
from collections.abc import Sequence

from otel_sessions.signals import WARNING, Signal
from otel_sessions.turns import ToolUse, Turn


def tool_loop(
    turns: Sequence[Turn], /, *, min_repeats: int = 3, min_errors: int = 8
) -> Signal | None:
    """Count the equal calls with equal results that the newest turn's calls belong to.

    Severity is 0.5 at the threshold and goes to 1 as the count grows: 0.8 at 2.5 times the
    threshold.

    Args:
        turns: oldest first, never empty.
        min_repeats: equal calls in the session, the first one included.
        min_errors: tool calls that failed without a success in between.

    """
    newest = turns[-1].tools
    if not newest:
        return None
    uses = [use for turn in turns for use in turn.tools]
    repeats = _repeats(newest, uses)
    if repeats >= min_repeats:
        return _signal(repeats, min_repeats, f"{repeats} equal calls with equal results")
    errors = _errors_at_end(uses)
    if errors >= min_errors:
        return _signal(errors, min_errors, f"{errors} failed tool calls in a row")
    return None


def _repeats(newest: Sequence[ToolUse], uses: Sequence[ToolUse]) -> int:
    counts = Counter((use.name, use.arguments, use.result) for use in uses)
    return max(counts[use.name, use.arguments, use.result] for use in newest)


def _errors_at_end(uses: Sequence[ToolUse]) -> int:
    known = [use.failed for use in uses if use.result is not None]
    return next((i for i, failed in enumerate(reversed(known)) if not failed), len(known))


def _signal(count: int, threshold: int, explanation: str) -> Signal:
    return Signal("tool_loop", 1 - (1 - WARNING) * threshold / count, explanation)
