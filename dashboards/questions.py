"""Questions: what the finished boards ask, read back from the JSON that Grafana gets.

For tests, and for drawing boards: both see what is written down, not the code that wrote it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "grafana"
ANY = {"service": ".*", "services": ".*", "version": ".*", "model": ".*", "agent": ".*"}
"""What Grafana puts in while nothing is chosen."""

Panel = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of one panel."""

    board: str
    """Name of the file, without its ending."""
    panel: Panel
    ref: str
    text: str
    """PromQL or TraceQL, with Grafana's variables."""
    legend: str

    @property
    def title(self) -> str:
        """Of the panel."""
        return str(self.panel["title"])


def boards() -> dict[str, dict[str, Any]]:
    """Read all boards, by the name of their file without its ending."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def panels(board: Mapping[str, Any]) -> list[Panel]:
    """Give the panels of a board that show something: all but rows."""
    return [
        panel
        for row in board["panels"]
        for panel in (row, *row.get("panels", ()))
        if panel["type"] != "row"
    ]


def asked(kind: str) -> Iterator[Asked]:
    """Give all queries of all boards to data sources of this kind: `prometheus` or `tempo`."""
    for name, board in boards().items():
        for panel in panels(board):
            for target in panel["targets"] if panel["datasource"]["type"] == kind else ():
                text = target["expr"] if kind == "prometheus" else target["query"]
                legend = target.get("legendFormat", "")
                yield Asked(name, panel, target["refId"], text, legend)


def marks() -> Iterator[tuple[str, str]]:
    """Give the name and query of what each board marks on its graphs."""
    for board in boards().values():
        yield from ((mark["name"], mark["expr"]) for mark in board["annotations"]["list"])


def filled(text: str, *, rate: str = "1m", span: str = "1h", **chosen: str) -> str:
    """Put values in for Grafana's variables.

    Args:
        text: a query.
        rate: for `$__rate_interval`.
        span: for `$__range`.
        chosen: for the board's own; nothing chosen is any.

    """
    values = {"__rate_interval": rate, "__range": span, **ANY, **chosen}
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${name}", values[name])
    return text


def inside(tree: Any) -> Iterator[tuple[Any, str | None]]:  # noqa: ANN401 - the parser has no types
    """Give all nodes of a parsed query, each with the function that is called on it."""
    waiting: list[tuple[Any, str | None]] = [(tree, None)]
    while waiting:
        node, around = waiting.pop()
        yield node, around
        kind = type(node).__name__
        if kind == "Call":
            waiting += [(given, node.func.name) for given in node.args]
        elif kind == "MatrixSelector":
            waiting.append((node.vector_selector, around))
        else:
            parts = (getattr(node, part, None) for part in ("lhs", "rhs", "expr"))
            waiting += [(part, around) for part in parts if part is not None]
