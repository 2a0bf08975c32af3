"""Sightings: what was seen of a session in a store of the application's.

No content: ids, digests of keys, sizes and times only.
"""

from typing import Literal, NamedTuple

from otel_sessions.capacities import Place

Kind = Literal["get", "set", "add", "delete", "expire", "size"]
"""What was done: `set` replaces, `add` puts more to what is there, `size` only says how large what
was got before is."""

Parts = tuple[tuple[int, int], ...]
"""Digest of a part's name (0 if there are no parts) and its size in bytes."""


class Access(NamedTuple):
    """What one operation says of one key."""

    kind: Kind
    key: str | bytes
    parts: Parts | None = None
    """Sizes of what was read or written; `None` if they are not known."""
    whole: bool = True
    """The parts are all that the key has."""
    found: bool | None = None
    """Of a `get`: whether the key was there; `None` if the operation does not tell."""
    ttl_s: float | None = None
    """Of a `set`, `get` or `expire`: how long the key is kept from now on; infinite if it is kept,
    `None` if that does not change."""


class Sighting(NamedTuple):
    """An access to what belongs to a session."""

    place: Place
    session_id: str
    key: int
    """Digest of the key."""
    kind: Kind
    parts: Parts | None
    whole: bool
    found: bool | None
    ttl_s: float | None
    """These five as of the access."""
    at_ns: int
    """Unix time at which the operation ended."""
    duration_s: float
    error: str | None
    """Class of what the operation raised; then nothing else is known."""
    named: bool
    """The key holds the session's id and nothing else that varies, so a session has only one."""
