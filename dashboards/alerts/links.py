"""Links: what an alert tells besides its summary, and where it leads.

`runbook_url` says what to do and `dashboard_url` shows the service. Two ways lead to an example
session. `example_url` opens Grafana's explorer with a search for such turns in Tempo (`example` has
the search alone, for another backend): each result has the `session.id`. `exemplars` selects series
of Prometheus whose exemplars are traces of such turns; ask `/api/v1/query_exemplars` for them, or
switch exemplars on in Grafana.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

SERVICE = "{{ $labels.service_name }}"
"""The service that an alert is about, in Prometheus' templates."""
TEMPO = "tempo"
"""Uid of the data source in `grafana/provisioning/datasources`."""
HEALTH, SIGNALS, COSTS, MONITOR = (
    f"llm-sessions{name}" for name in ("", "-signals", "-cost", "-monitor")
)
"""Uids of the boards that an alert may open."""

_PLACE = re.compile(r"\{\{ (\$labels\.\w+|\$value) \}\}")
_RANGE = {"from": "now-3h", "to": "now"}


@dataclass(frozen=True, slots=True)
class Example:
    """How to find a session of the kind that an alert is about."""

    traces: str
    """Condition on spans in TraceQL, besides the service."""
    exemplars: str
    """Selector of series with exemplars."""


def annotations(
    texts: Mapping[str, str],
    *,
    alert: str,
    runbooks: str,
    example: Example | None,
    board: str = HEALTH,
) -> dict[str, str]:
    """Return the annotations of an alert.

    Args:
        texts: `summary` and `description`.
        alert: its name, which is its runbook's.
        runbooks: URL or path of their folder.
        example: `None` if no session is behind it.
        board: uid of the board to open.

    """
    links = {
        "runbook_url": f"{runbooks}/{alert}.md",
        "dashboard_url": f"/d/{board}?var-service={{{{ $labels.service_name | urlquery }}}}",
    }
    if example is not None:
        search = f'{{ resource.service.name = "{SERVICE}" && {example.traces} }}'
        links |= {
            "example": f"{search} | select(span.session.id)",
            "example_url": _explore(f"{search} | select(span.session.id)"),
            "exemplars": example.exemplars,
        }
    return {**texts, **links}


def _explore(search: str) -> str:
    """Link to Grafana's explorer; labels are filled in, and quoted, by Prometheus."""
    source = {"type": TEMPO, "uid": TEMPO}
    query = {"refId": "A", "datasource": source, "queryType": "traceql", "query": search}
    pane = {"a": {"datasource": TEMPO, "queries": [query], "range": _RANGE}}
    whole = json.dumps(pane, separators=(",", ":"))
    parts = _PLACE.split(whole)  # text, label, text, label, ...
    quoted = [
        f"{{{{ {part} | urlquery }}}}" if index % 2 else quote(part, safe="")
        for index, part in enumerate(parts)
    ]
    return f"/explore?schemaVersion=1&orgId=1&panes={''.join(quoted)}"
