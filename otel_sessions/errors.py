"""Errors: all that otel_sessions raises, and only at set-up.

OtelSessionsError
└── ConfigError    a setting is unknown, malformed or out of range (also a ValueError)
"""


class OtelSessionsError(Exception):
    """Base of every error of this package."""


class ConfigError(OtelSessionsError, ValueError):
    """A setting cannot be used; the message says what was given and what is allowed."""
