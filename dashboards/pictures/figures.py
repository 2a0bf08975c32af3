"""Figures: values written with their unit, as Grafana writes them."""

import math

_SHORT = ((1e9, "Bil"), (1e6, "Mil"), (1e3, "K"))
_BYTES = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"), (1, "B"))
_SECONDS = ((86400, "day"), (3600, "hour"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"))
_PLAIN_BELOW = 1e4
"""Numbers from here on are shortened."""


def written(value: float, unit: str, decimals: int | None = None) -> str:
    """Write a value in a unit that Grafana knows by this name."""
    if not math.isfinite(value):
        return "-"
    if unit == "percentunit":
        return f"{_rounded(100 * value, decimals)}%"
    if unit == "currencyUSD":
        return f"${_shortened(value, decimals)}"
    if unit == "bytes":
        return _scaled(value, _BYTES, "B", decimals)
    if unit == "s":
        return _scaled(value, _SECONDS, "s", decimals)
    ending = {"cps": " c/s", "ops": " ops/s"}.get(unit, "")
    return f"{_shortened(value, decimals)}{ending}"


def _rounded(value: float, decimals: int | None) -> str:
    """Round to what is given, or to three digits."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    before = math.floor(math.log10(abs(value))) + 1 if value else 1
    text = f"{value:.{min(3, max(0, 3 - before))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shortened(value: float, decimals: int | None) -> str:
    if abs(value) >= _PLAIN_BELOW:
        for size, name in _SHORT:
            if abs(value) >= size:
                return f"{_rounded(value / size, decimals)} {name}"
    return _rounded(value, decimals)


def _scaled(
    value: float, scale: tuple[tuple[float, str], ...], base: str, decimals: int | None
) -> str:
    """Write in the largest unit that is not larger than the value; zero in the base unit."""
    for size, name in scale:
        if abs(value) >= size:
            return f"{_rounded(value / size, decimals)} {name}"
    return f"{_rounded(value, decimals)} {base}"
