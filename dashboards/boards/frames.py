"""Frames: what all boards have around their panels, so that a reader finds the same everywhere.

Choices on top (data source, service, version, model, agent), links to the other boards which keep
them, and a mark wherever a version of a service was first seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.boards.panels import SOURCE, Builder, Link, to_link
from dashboards.boards.queries import AGENT, MODEL, SERVICE, TURNS, VERSION

TAG = "otel-sessions"
"""Boards with it are linked to each other."""
DEPLOYED_WITHIN = "5m"
"""How long a new version is marked. A process that is started again is new only after as long."""

SERVICE_CHOICE = "service"
OF_SERVICE = f'{TURNS}{{{SERVICE}=~"$service"}}'

Variable = dashboard.DatasourceVariable | dashboard.QueryVariable | dashboard.TextBoxVariable


@dataclass(frozen=True, slots=True)
class Board:
    """One question, and the rows that answer it."""

    uid: str
    """Part of the board's address; alerts and other boards link to it."""
    title: str
    about: str
    rows: Iterable[tuple[str, Iterable[Builder]]]
    variables: Iterable[Variable]
    links: tuple[Link, ...] = ()
    span: str = "now-6h"
    refresh: str = "30s"


class VersionMark(model.AnnotationQuery):
    """Marks each moment from which on a query to Prometheus has values.

    The keys that are Prometheus' own are missing in the SDK's type.
    Source: Grafana 11, migration of annotations in its Prometheus data source.
    """

    def to_json(self) -> dict[str, object]:
        """Return what is written into the board."""
        texts = {
            "titleFormat": "New version",
            "textFormat": f"{{{{{SERVICE}}}}} {{{{{VERSION}}}}}",
            "tagKeys": f"{SERVICE},{VERSION}",
            "step": "30s",
        }
        return {**super().to_json(), **texts}


def write(board: Board) -> str:
    """Return the board as JSON."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.about)
        .tags(["llm", "sessions", TAG])
        .time(board.span, "now")
        .refresh(board.refresh)
        .timezone("browser")
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(_other_boards())
    )
    for link in board.links:
        built = built.link(to_link(link))
    for variable in board.variables:
        built = built.with_variable(variable)
    for title, panels in board.rows:
        built = built.with_row(dashboard.Row(title))
        for panel in panels:
            built = built.with_panel(panel)
    made = built.build()
    choices = (made.templating.list_val if made.templating else None) or []
    marks = [_versions()] if any(choice.name == SERVICE_CHOICE for choice in choices) else []
    made.annotations = model.AnnotationContainer(list_val=marks)
    for choice in choices:
        # The SDK writes what only a choice of intervals has into every choice.
        choice.auto = choice.auto_min = choice.auto_count = None
    for number, panel in enumerate(made.panels or (), 1):
        panel.id_val = number
    return JSONEncoder(sort_keys=True, indent=2).encode(made) + "\n"


def service_choices() -> Iterable[Variable]:
    """Let the reader choose where from and of what services the figures are."""
    yield dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    yield _choice(SERVICE_CHOICE, "Service", TURNS, SERVICE)
    yield _choice("version", "Version", OF_SERVICE, VERSION)


def call_choices() -> Iterable[Variable]:
    """Let the reader choose of what calls the figures are, too."""
    yield from service_choices()
    yield _choice("model", "Model", OF_SERVICE, MODEL)
    yield _choice("agent", "Agent", OF_SERVICE, AGENT)


def _choice(name: str, title: str, series: str, label: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(title)
        .datasource(SOURCE)
        .query(f"label_values({series}, {label})")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(model.VariableOption(selected=True, text="All", value="$__all"))
    )


def _other_boards() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("LLM sessions")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
        .as_dropdown(as_dropdown=False)
    )


def _versions() -> VersionMark:
    versions = f"{SERVICE}, {VERSION}"
    before = f"group by ({versions}) ({OF_SERVICE} offset {DEPLOYED_WITHIN})"
    return VersionMark(
        name="New versions",
        datasource=SOURCE,
        enable=True,
        icon_color="blue",
        expr=f"group by ({versions}) ({OF_SERVICE}) unless {before}",
    )
