"""Keys: which session a key of the application's store belongs to.

A pattern says where the session's id is in the key; a function of the user's may say it; without
either it is the session in whose context the store is asked. About 1 µs a key.
"""

import re
from collections.abc import Callable
from string import Formatter

from otel_sessions.errors import ConfigError
from otel_sessions.identity import ambient, bounded

FIELD = "session_id"


class SessionKeys:
    """Tells the session of a key."""

    def __init__(
        self, pattern: str | None = None, session_of: Callable[[str], str | None] | None = None
    ) -> None:
        """Take what the user said of the keys.

        Args:
            pattern: such as `app:{session_id}:{part}`: any other name in braces stands for text
                without a colon.
            session_of: from a key to the id of its session; `None` if it is of none.

        Raises:
            ConfigError: the pattern has not exactly one `{session_id}`, or both are given.

        """
        if pattern is not None and session_of is not None:
            message = "observe_store: give key_pattern or session_of, not both"
            raise ConfigError(message)
        if session_of is not None and not callable(session_of):
            message = f"session_of={session_of!r}: must be a function from a key to a session's id"
            raise ConfigError(message)
        self._session_of = session_of
        self._prefix, self._matches, self.named = "", None, False
        self._newest: tuple[object, str | None] = (None, None)
        if pattern is not None:
            self._prefix, expression, self.named = _compiled(pattern)
            self._matches = expression.fullmatch

    def session(self, key: object) -> str | None:
        """Name the session of a key; `None` if it is of none."""
        if self._matches is None and self._session_of is None:
            given = ambient().given
            return None if given is None else given.value
        newest = self._newest
        if newest[0] is not key or not isinstance(key, str | bytes):
            # Each is asked for twice, before an operation and after it.
            self._newest = newest = key, self._find(_text(key))
        return newest[1]

    def _find(self, text: str) -> str | None:
        found: object = None
        if self._matches is None:
            found = self._session_of(text) if self._session_of is not None else None
        elif text.startswith(self._prefix):
            matched = self._matches(text)
            found = None if matched is None else matched[FIELD]
        return None if found is None else bounded(str(found))


def digest_of(key: object) -> int:
    """Tell keys, and parts of what they hold, apart without keeping them; never 0.

    Python's own hash, whose secret is of this process; no digest leaves it.
    """
    return hash(_text(key)) | 1


def _text(key: object) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bytes | bytearray | memoryview):
        return bytes(key).decode("utf-8", "surrogateescape")
    return str(key)


def _compiled(pattern: str) -> tuple[str, "re.Pattern[str]", bool]:
    """Give what every key begins with, the expression, and whether nothing but the id varies."""
    wrong = (
        f"key_pattern={pattern!r}: must have {{session_id}} once, and may have other names in"
        " braces (for example 'session:{session_id}')"
    )
    if not isinstance(pattern, str):
        raise ConfigError(wrong)
    try:
        pieces = list(Formatter().parse(pattern))
    except ValueError as error:
        raise ConfigError(wrong) from error
    fields = [field for _, field, _, _ in pieces if field is not None]
    if fields.count(FIELD) != 1 or not all(field.isidentifier() for field in fields):
        raise ConfigError(wrong)
    expression = "".join(
        re.escape(literal)
        + ("" if field is None else f"(?P<{FIELD}>.+)" if field == FIELD else "[^:]+")
        for literal, field, _, _ in pieces
    )
    return pieces[0][0], re.compile(expression, re.DOTALL), fields == [FIELD]
