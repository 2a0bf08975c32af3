"""Answers: what all boards show at one moment, collected for drawing.

Who calls gives the ways to ask; here it is known what is asked and how answers are called.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dashboards.questions import Asked, asked, filled, marks
from dashboards.traces import Span, read_query
from otel_sessions import names

Found = Sequence[Mapping[str, Any]]
"""As Prometheus gives them: `metric`, and `value` or `values`."""

_INTRINSIC: Mapping[str, Callable[[Span], str]] = {
    "Start time": lambda span: time.strftime("%H:%M:%S", time.gmtime(span.start_ns / 1e9)),
    "Span ID": lambda span: span.span_id,
    "Duration": lambda span: f"{span.duration_ns / 1e6:.1f} ms",
}
"""What Grafana shows of any span."""


def collect(
    ask: Callable[[str], Found],
    ask_range: Callable[[str], Found],
    spans: Iterable[Span],
    *,
    session: str,
    start: float,
    end: float,
    rate: str,
) -> dict[str, Any]:
    """Ask every query of every panel.

    Args:
        ask: asks Prometheus at one moment.
        ask_range: asks Prometheus over the whole time.
        spans: that the board of one session is to find.
        session: its id.
        start: Unix time.
        end: Unix time.
        rate: for `$__rate_interval`.

    """
    shown: dict[str, list[Any]] = {}
    known = [*spans]
    for each in asked("prometheus"):
        (target,) = (t for t in each.panel["targets"] if t["refId"] == each.ref)
        query = filled(each.text, rate=rate, span=f"{end - start:.0f}s")
        found = ask(query) if target.get("instant") else ask_range(query)
        told = _told(each, found, end)
        shown.setdefault(f"{each.board}-{each.panel['id']}", []).extend(told)
    for each in asked("tempo"):
        query = read_query(filled(each.text, session=session))
        found = query.of(known, limit=next(t["limit"] for t in each.panel["targets"]))
        shown[f"{each.board}-{each.panel['id']}"] = [_row(span) for span in found]
    return {
        "start": start,
        "end": end,
        "panels": shown,
        "marks": [
            float(series["values"][0][0])
            for query in {filled(query) for _, query in marks()}
            for series in ask_range(query)
        ],
        "chosen": {
            "datasource": "Prometheus",
            "traces": "Tempo",
            "services": ".*",
            "session": session,
        },
    }


def _told(each: Asked, found: Found, end: float) -> list[Any]:
    if each.panel["type"] == "table":
        return [dict(series["metric"]) for series in found]
    return [
        {
            "name": re.sub(
                r"\{\{(\w+)\}\}", lambda label, s=series: s["metric"].get(label[1], ""), each.legend
            ),
            "points": [
                point for point in series.get("values") or [series["value"]] if point[0] <= end
            ],
        }
        for series in found
    ]


def _row(span: Span) -> dict[str, Any]:
    intrinsic = {title: show(span) for title, show in _INTRINSIC.items()}
    return {**intrinsic, **span.attributes, names.SESSION_ID: span.attributes.get(names.SESSION_ID)}
