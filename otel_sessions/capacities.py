"""Capacities: how full a store of the application's is, and when it will be.

Bytes and seconds as the store tells them; what it does not tell is `None`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Which store: the labels of each of its figures, so few values."""

    name: str
    """As the user named it."""
    backend: str
    """`redis`, `sqlalchemy` or `object`."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How full a store is."""

    place: Place
    used_bytes: int
    limit_bytes: int | None = None
    """`None` without a limit."""
    evictions: int | None = None
    """Keys evicted since the store was started."""
    full_in_s: float | None = None
    """Forecast of the seconds until the limit is reached, 0 if it is; `None` if there is no limit,
    or if the store does not grow."""

    @property
    def utilization(self) -> float | None:
        """Share of the limit that is used: 0 or more, above 1 if the store lets it."""
        return self.used_bytes / self.limit_bytes if self.limit_bytes else None
