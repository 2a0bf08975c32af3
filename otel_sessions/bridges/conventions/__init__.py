"""Conventions: what spans of other instrumentations say of one inference, in any language.

One file for each convention, with a function that reads the attributes of a span. A span that is
no inference is nothing to any of them. Values are what OTLP carries: text, numbers, booleans, and
lists and mappings of these.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from otel_sessions import names
from otel_sessions.bridges.conventions import gen_ai, openinference, openllmetry
from otel_sessions.bridges.conventions.exchanges import Attributes, Exchange


@dataclass(frozen=True, slots=True)
class Convention:
    """How one family of instrumentations writes an inference."""

    name: str
    tells: Callable[[Attributes], bool]
    """Whether a span with these attributes is an inference of this convention."""
    read: Callable[[Attributes], Exchange]
    """What was given and what came back; may raise on what is malformed."""


CONVENTIONS: Sequence[Convention] = (
    Convention("openinference", openinference.tells, openinference.read),
    Convention("openllmetry", openllmetry.tells, openllmetry.read),
    Convention("gen_ai", gen_ai.tells, gen_ai.read),
)
"""The first that tells a span for its own reads it: older OpenLLMetry has OpenTelemetry's names for
all but the messages."""


def convention_of(attributes: Attributes) -> Convention | None:
    """Find the convention of a span of one inference; `None` if it is none."""
    return next((each for each in CONVENTIONS if each.tells(attributes)), None)


_CONTENT = re.compile("|".join(names.CONTENT_KEYS))


def holds_content(key: str) -> bool:
    """Tell whether an attribute of this name has texts of users or models, in any convention."""
    return _CONTENT.search(key) is not None


__all__ = ["CONVENTIONS", "Attributes", "Convention", "Exchange", "convention_of", "holds_content"]
