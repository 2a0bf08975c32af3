"""Newcomers: a version or a model that is new to a service does worse than those before it.

New is what had no turn longer ago than `new_for`. It is compared with everything that is not new,
over the history, so the first version of a service is compared with nothing. After `new_for` the
alert resolves, whatever was done: by then the burn rates tell what became of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.alerts.causes import Excess, Rule, Setting, record
from dashboards.alerts.links import SERVICE as IN_SERVICE
from dashboards.alerts.links import Example
from dashboards.alerts.series import MODEL, SERVICE, TURNS, UNHEALTHY, VERSION, increase
from dashboards.alerts.times import Window, duration
from otel_sessions import names
from otel_sessions.health import HEALTHY_ABOVE


@dataclass(frozen=True, slots=True)
class _Kind:
    """What can be new."""

    noun: str
    label: str
    span: str
    """Where spans have it, in TraceQL."""


_KINDS = (
    _Kind("version", VERSION, "resource.service.version"),
    _Kind("model", MODEL, f"span.{names.REQUEST_MODEL}"),
)


def newcomers(
    setting: Setting,
    *,
    window: str,
    history: str,
    new_for: str,
    factor: float,
    sigmas: float,
    min_count: int,
    min_history: int,
) -> Rule:
    """Compare unhealthy turns of each new version, and of each new model, with the others'."""
    excess = Excess(factor, sigmas, min_count)
    spans = _Spans(setting, Window(window), Window(history), Window(new_for))
    rules = [rule for kind in _KINDS for rule in _rules(setting, spans, kind, excess, min_history)]
    return setting.group("newcomers", rules, slow=True)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Times, as they are named and as they are asked for."""

    setting: Setting
    window: Window
    history: Window
    new_for: Window

    @property
    def now(self) -> str:
        return self.window.scaled(self.setting.scale)

    @property
    def before(self) -> str:
        return self.history.scaled(self.setting.scale)

    @property
    def known(self) -> str:
        """The part of the history in which something was seen that is not new."""
        seconds = (self.history.seconds - self.new_for.seconds) * self.setting.scale
        return f"[{duration(seconds)}] offset {self.new_for.scaled(self.setting.scale)}"


def _rules(
    setting: Setting, spans: _Spans, kind: _Kind, excess: Excess, min_history: int
) -> Iterator[Rule]:
    by = f"{SERVICE}, {kind.label}"
    prefix, window = f"llm_session:{kind.noun}", spans.window.name
    known = f"{prefix}_known:{spans.new_for.name}"
    turns, bad, expected = (
        f"{prefix}_{what}{window}"
        for what in ("turns:increase", "unhealthy_turns:increase", "unhealthy_turns:expected")
    )

    def of_known(series: str) -> str:
        counted = increase(series, spans.before, by=by)
        return f"sum by ({SERVICE}) ({counted} and on ({by}) {known})"

    before, usual = (
        f"{prefix}_before_{what}{spans.history.name}"
        for what in ("turns:increase", "unhealthy_ratio:rate")
    )
    yield record(known, f"group by ({by}) (last_over_time({TURNS}{spans.known}))")
    yield record(turns, increase(TURNS, spans.now, by=by))
    yield record(bad, f"{increase(UNHEALTHY, spans.now, by=by)}\n  or 0 * {turns}")
    yield record(before, of_known(TURNS))
    yield record(
        usual, f"({of_known(UNHEALTHY)}\n  or 0 * {before})\n/ ({before} >= {min_history})"
    )
    yield record(
        expected, f"({turns} unless on ({by}) {known})\n* on ({SERVICE}) group_left () {usual}"
    )
    yield setting.ticket(
        f"LlmSession{kind.noun.title()}Worse",
        f"{bad} / {turns}\nand {excess.condition(bad, expected)}",
        summary=(
            f"{{{{ $value | humanizePercentage }}}} of the turns of {IN_SERVICE} with the new"
            f" {kind.noun} {{{{ $labels.{kind.label} }}}} are unhealthy,"
            f" more than {excess.factor:g} times the share before it"
        ),
        description=f"A new {kind.noun} does worse than what the service used before.",
        slo="healthy-turns",
        example=Example(
            f'{kind.span} = "{{{{ $labels.{kind.label} }}}}"'
            f" && span.{names.HEALTH} <= {HEALTHY_ABOVE:g}",
            f'{TURNS}{{{SERVICE}="{IN_SERVICE}", {kind.label}="{{{{ $labels.{kind.label} }}}}", '
            f'{names.LABEL_HEALTHY}="false"}}',
        ),
    )
