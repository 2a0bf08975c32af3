"""Tool loop: the model calls the same tool with the same arguments again and gets the same result.

Order of keys and white space in arguments do not matter, nor what was called in between, nor how
many turns lie between. A result that changes is progress: polling is no loop, nor is reading again
what a call in between has changed. Two tools that take turns are one, and so are tools that fail
one after the other, whatever their arguments. Range: [0, 1), from `min_severity` on.
About 40 µs for 60 tool calls in a session, 1 ms for 2,000; nothing for a turn without any.
Source: measured on the dev sessions p_loop, tau1 and tau2_retail: no session without a loop has
three equal calls with equal results; the longest natural streak of errors in one is 6. Of 123
sessions with three equal calls, 7 are silent, because each result tells another state.
"""

from collections import Counter
from collections.abc import Sequence

from otel_sessions.signals import WARNING, Signal
from otel_sessions.turns import ToolUse, Turn


def tool_loop(
    turns: Sequence[Turn],
    /,
    *,
    min_severity: float = 0.5,
    min_repeats: int = 3,
    min_errors: int = 8,
) -> Signal | None:
    """Count the equal calls with equal results that the newest turn's calls belong to.

    Severity is 0.5 at the threshold and goes to 1 as the count grows: 0.8 at 2.5 times the
    threshold; below it, it falls to 0 at half of the threshold.

    Args:
        turns: oldest first, never empty.
        min_severity: less than this is no signal.
        min_repeats: equal calls in the session, the first one included, that are a warning.
        min_errors: tool calls that failed without a success in between, that are a warning.

    """
    newest = turns[-1].tools
    if not newest:
        return None
    uses = [use for turn in turns for use in turn.tools]
    repeats, errors = _repeats(newest, uses), _errors_at_end(uses)
    severity = _severity(repeats, min_repeats)
    explanation = f"{repeats} equal calls with equal results"
    if _severity(errors, min_errors) > severity:
        severity = _severity(errors, min_errors)
        explanation = f"{errors} failed tool calls in a row"
    if not severity or severity < min_severity:
        return None
    return Signal("tool_loop", severity, explanation)


def _repeats(newest: Sequence[ToolUse], uses: Sequence[ToolUse]) -> int:
    counts = Counter((use.name, use.arguments, use.result) for use in uses)
    return max(
        counts[use.name, use.arguments, use.result] if use.result is not None else 1
        for use in newest
    )


def _errors_at_end(uses: Sequence[ToolUse]) -> int:
    known = [use.failed for use in uses if use.result is not None]
    return next((i for i, failed in enumerate(reversed(known)) if not failed), len(known))


def _severity(count: int, threshold: int) -> float:
    return max(0.0, 1 - (1 - WARNING) * threshold / count) if count else 0.0
