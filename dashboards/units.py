"""Units: what unit the answer of a query has, worked out from the units of its metrics.

So a test can tell whether a panel says seconds where a metric is in bytes. A unit is a product of
powers, `{"By": 1, "s": -1}` for bytes a second; annotations of UCUM such as `{turn}` are symbols
like others. Multiplying by 60 or 3600 makes "a second" into "a minute" or "an hour", which are not
told apart from amounts; any other factor makes a share into a figure on a scale of its own.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import promql_parser

PER_TIME = {60.0, 3600.0}
SAME = {"sum", "max", "min", "avg", "topk", "sort_desc", "scalar", "last_over_time"}
"""Aggregations and functions that keep the unit."""


class UnitError(Exception):
    """A query adds or compares what is not alike, or uses what is not known here."""


@dataclass(frozen=True)
class Unit:
    """A unit, and whether a factor took a share off its scale from 0 to 1."""

    powers: Mapping[str, int] = field(default_factory=dict)
    scaled: bool = False
    number: float | None = None
    """The value of a bare number, which goes with any unit."""

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """Multiply, or with sign -1 divide."""
        powers = Counter(self.powers)
        for symbol, power in other.powers.items():
            powers[symbol] += sign * power
        scaled = self.scaled or other.scaled
        for factor in (self.number, other.number):
            if factor in PER_TIME and powers["s"] < 0:
                powers["s"] += 1
            elif factor not in {None, 0.0}:
                scaled = True
        return Unit({symbol: power for symbol, power in powers.items() if power}, scaled)

    def grafana(self) -> set[str]:
        """Return the names by which Grafana may show it."""
        things = {symbol: power for symbol, power in self.powers.items() if symbol[0] != "{"}
        if not things:
            alike = not self.powers and not self.scaled
            return {"percentunit", "none"} if alike else {"short"}
        shown = {
            (("s", 1),): {"s"},
            (("By", 1),): {"bytes"},
            (("USD", 1),): {"currencyUSD"},
            (("s", -1),): {"cps", "ops"},
        }
        return shown.get(tuple(things.items()), set())


def unit_of(query: str, metric_units: Mapping[str, str]) -> Unit:
    """Work out the unit of a query's answer.

    Args:
        query: PromQL, without Grafana's variables.
        metric_units: UCUM unit of each series by its name.

    Raises:
        UnitError: see there.

    """
    return _unit(promql_parser.parse(query), metric_units)


def _unit(  # noqa: PLR0911 - one for each kind of node
    node: Any,  # noqa: ANN401 - the parser has no types
    units: Mapping[str, str],
) -> Unit:
    def of(inner: Any) -> Unit:  # noqa: ANN401 - as above
        return _unit(inner, units)

    kind = type(node).__name__
    if kind == "NumberLiteral":
        return Unit(number=node.val)
    if kind == "VectorSelector":
        if node.name not in units:
            message = f"no unit is known of {node.name}"
            raise UnitError(message)
        return _read(units[node.name])
    if kind == "MatrixSelector":
        return of(node.vector_selector)
    if kind in {"ParenExpr", "SubqueryExpr", "UnaryExpr"}:
        return of(node.expr)
    if kind == "AggregateExpr":
        return _aggregated(str(node.op), node, of)
    if kind == "Call":
        return _called(node.func.name, node.args, of)
    return _combined(str(node.op), of(node.lhs), of(node.rhs))


def _read(ucum: str) -> Unit:
    return Unit({} if ucum == "1" else {ucum: 1})


def _aggregated(name: str, node: Any, of: Callable[[Any], Unit]) -> Unit:  # noqa: ANN401 - as above
    if name in {"count", "group"}:
        return Unit({"{series}": 1})
    return _kept(name, of(node.expr))


def _called(name: str, given: Any, of: Callable[[Any], Unit]) -> Unit:  # noqa: ANN401 - as above
    if name == "vector":
        return of(given[0])
    unit = of(given[-1])
    if name == "rate":
        return unit.times(Unit({"s": 1}), -1)
    if name == "increase":
        return unit
    if name == "histogram_quantile":
        return unit.times(Unit({"s": -1}), -1)  # the buckets' rate is only their weight
    return _kept(name, unit)


def _kept(name: str, unit: Unit) -> Unit:
    if name not in SAME:
        message = f"not known what {name} does to a unit"
        raise UnitError(message)
    return unit


def _combined(operator: str, left: Unit, right: Unit) -> Unit:
    if operator in {"*", "/"}:
        return left.times(right, 1 if operator == "*" else -1)
    if operator in {"unless", "and"}:
        return left
    if left.number is not None:
        return right
    if right.number is not None:
        return left
    if all(symbol[0] == "{" for unit in (left, right) for symbol in unit.powers):
        return left  # things of several kinds are counted together
    if left.powers != right.powers:
        message = f"{dict(left.powers)} {operator} {dict(right.powers)}"
        raise UnitError(message)
    return left
