"""Times: windows as people write them, and durations as Prometheus reads them."""

import re
from dataclasses import dataclass

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time as people write it; rules are named after it even when it is scaled."""

    name: str

    @property
    def seconds(self) -> float:
        """Its length."""
        match = re.fullmatch(r"(\d+)(m|h|d)", self.name)
        if match is None:
            message = f"No window {self.name!r}: write a number and m, h or d, such as 30m"
            raise ValueError(message)
        return int(match[1]) * _SECONDS[match[2]]

    def scaled(self, scale: float) -> str:
        """Write it for a query in which time goes by faster: 1 leaves it as it is."""
        return duration(self.seconds * scale)


def duration(seconds: float) -> str:
    """Write a duration as Prometheus reads it, in the largest unit that is exact."""
    milliseconds = round(seconds * 1000)
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(milliseconds, _SECONDS[unit] * 1000)
        if count and not rest:
            return f"{count}{unit}"
    return f"{milliseconds}ms"
