"""Capacities: how full a store of the application's is, and when it will be.

Bytes and seconds as the store tells them; what it does not tell is `None`. The forecast goes on
with the growth of the last readings, by least squares: at ten seconds a reading, of five minutes.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

KEPT_READINGS = 30
MIN_READINGS = 3
"""Two may be any two: a rehash or a client's buffer between them looks like growth."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which store: the labels of each of its figures, so few values."""

    name: str
    """As the user named it."""
    backend: str
    """`redis`, `sqlalchemy` or `object`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store said of itself once."""

    at_s: float
    """When, on any clock that goes evenly."""
    used_bytes: int
    limit_bytes: int | None = None
    """`None` without a limit."""
    evictions: int | None = None
    """Keys evicted since the store was started."""
    run: str | None = None
    """Names the time since the store was started."""


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


class Filling:
    """The last readings of one store."""

    def __init__(self, place: Place) -> None:
        """Begin without any."""
        self.place = place
        self.readings: deque[Reading] = deque(maxlen=KEPT_READINGS)

    @property
    def newest(self) -> Reading | None:
        """The newest reading."""
        return self.readings[-1] if self.readings else None

    @property
    def capacity(self) -> Capacity | None:
        """How full the store is; `None` before the first reading."""
        readings = tuple(self.readings)
        if not readings:
            return None
        now = readings[-1]
        return Capacity(
            self.place, now.used_bytes, now.limit_bytes, now.evictions, full_in_s(readings)
        )


def full_in_s(readings: Sequence[Reading]) -> float | None:
    """Forecast the seconds until the limit is reached; `None` if it is not nearing.

    Args:
        readings: oldest first; those before the store was started again, or its limit changed, do
            not count.

    """
    if not readings or not readings[-1].limit_bytes:
        return None
    now, limit = readings[-1], readings[-1].limit_bytes
    if now.used_bytes >= limit:
        return 0.0
    comparable = list(
        takewhile(lambda each: (each.run, each.limit_bytes) == (now.run, limit), readings[::-1])
    )
    if len(comparable) < MIN_READINGS:
        return None
    growth = _slope([(each.at_s - now.at_s, each.used_bytes) for each in comparable])
    return (limit - now.used_bytes) / growth if growth > 0 else None


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Fit a line by least squares; 0 where all points are at one time."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
