"""Config: every setting, read once at `instrument()` and passed in from there.

A setting is a keyword of `instrument()`, else the variable `OTEL_SESSIONS_<NAME>`, else its
default. What belongs to OpenTelemetry (endpoint, service name, sampling) stays in `OTEL_*`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Literal
from urllib.parse import urlsplit

from otel_sessions.errors import ConfigError
from otel_sessions.settings import PlugIn, read_keyword, read_variable

PREFIX = "OTEL_SESSIONS_"

_MIN_KEY_CHARS = 8
_TENANT = re.compile(r"[A-Za-z0-9_.-]{0,64}")
_PRINTABLE = re.compile("[!-~]+")
_SECRET = "judge_api_key"  # noqa: S105 - the name of the setting

Processing = Literal["background", "inline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, checked."""

    providers: tuple[str, ...] | None = None
    """Clients to instrument, by provider name; `None` is every client that is installed."""
    store: str = "memory://"
    """URL of the session store: `memory://`, `sqlite:///file`, `redis://host:6379/0`, `rediss://`,
    `redis+cluster://` or `rediss+cluster://`."""
    store_ttl_s: float = 86_400.0
    """How long a store that processes share keeps a session after its last turn, but never shorter
    than twice `idle_timeout_s`; 60 to 31,536,000 seconds."""
    tenant: str = ""
    """Processes with different tenants do not see each other's sessions in a shared store; up to 64
    letters, digits and `_.-`."""
    processing: Processing = "background"
    """`background`: one worker thread; `inline`: in the call, before it returns."""
    idle_timeout_s: float = 1800.0
    """A session without a call for this long is ended; 1 to 31,536,000 seconds."""
    queue_size: int = 10_000
    """Calls that may wait, 1 to 1,000,000; of more, the analysis is dropped and counted."""
    max_sessions: int = 10_000
    """Sessions known at a time; the least recent is ended when there are more. 1 to 10,000,000."""
    flush_timeout_s: float = 5.0
    """The longest that the end of the process waits, two thirds of it for the analysis at most and
    the rest for the export; 0 to 300 seconds."""
    key: str | None = field(default=None, repr=False)
    """Secret from which digests are made, 8 characters or more; `None` makes one for this process,
    so that digests of two processes cannot be compared."""
    windows: Mapping[str, int] = field(default_factory=dict)
    """Context windows in tokens, by model, for models that the built-in table does not know
    (variable: `model=tokens,model=tokens`)."""
    encoder: PlugIn | None = None
    """Your own encoder, text to vector: a callable or `package.module:function`; `None` is the
    built-in one."""
    detectors: tuple[PlugIn, ...] = ()
    """Your own detectors, besides the built-in and installed ones: callables or
    `package.module:function`."""
    disabled_detectors: tuple[str, ...] = ()
    """Detectors not to run, by name."""
    detector_options: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Thresholds of detectors, by detector and keyword (variable:
    `context_pressure.warning=0.8,tool_loop.min_repeats=4`)."""
    completion_hook: str | None = None
    """Name of another GenAI completion hook, called after ours where ours is the one in use."""
    judge_url: str | None = None
    """Base URL of an OpenAI-compatible model that reads a sample of turns (`http://host:8000/v1`);
    sends text there. `None` asks none."""
    judge_model: str | None = None
    """Name of the model at `judge_url`; both or none."""
    judge_api_key: str | None = field(default=None, repr=False)
    """Secret for `judge_url`; only as a variable, never as a keyword."""
    judge_sample_ratio: float = 0.05
    """Share of the turns that the judge reads, 0 to 1."""
    judge_calls_per_hour: int = 60
    """Budget of the judge in any 60 minutes of one process, 1 to 10,000."""
    judge_timeout_s: float = 30.0
    """The longest that one answer of the judge may take; 0.1 to 600 seconds."""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            _check_range(name, getattr(self, name), low, high)
        if self.processing not in ("background", "inline"):
            message = f"processing={self.processing!r}: must be 'background' or 'inline'"
            raise ConfigError(message)
        if self.key is not None and len(self.key) < _MIN_KEY_CHARS:
            message = f"key: must have at least {_MIN_KEY_CHARS} characters"
            raise ConfigError(message)
        if not _TENANT.fullmatch(self.tenant):
            message = f"tenant={self.tenant!r}: must be up to 64 letters, digits and '_.-'"
            raise ConfigError(message)
        for model, window in self.windows.items():
            _check_range(f"windows[{model!r}]", window, 1, 1_000_000_000)
        self._check_judge()

    def _check_judge(self) -> None:
        if (self.judge_url is None) != (self.judge_model is None):
            given, missing = ("judge_url", "judge_model")[:: 1 if self.judge_url else -1]
            message = f"{given} is set and {missing} is not: both or none must be"
            raise ConfigError(message)
        if self.judge_url is not None:
            _check_url("judge_url", self.judge_url)
        if self.judge_api_key is not None and not _PRINTABLE.fullmatch(self.judge_api_key):
            message = f"{_SECRET}: must be printable ASCII without spaces"
            raise ConfigError(message)

    @classmethod
    def load(cls, environ: Mapping[str, str], **given: object) -> "Config":
        """Merge keywords over variables over defaults.

        Raises:
            ConfigError: a name is unknown, or a value is malformed or out of range.

        """
        names = {entry.name for entry in fields(cls)}
        if given.get(_SECRET) is not None:
            message = f"{_SECRET}: can only be given as the variable {PREFIX}{_SECRET.upper()}"
            raise ConfigError(message)
        unknown = sorted(set(given) - names)
        if unknown:
            message = f"unknown setting {unknown[0]!r}: must be one of {', '.join(sorted(names))}"
            raise ConfigError(message)
        values: dict[str, object] = {
            name: read_variable(name, environ[PREFIX + name.upper()], PREFIX + name.upper())
            for name in names
            if environ.get(PREFIX + name.upper(), "").strip()
        }
        values |= {name: value for name, value in given.items() if value is not None}
        values = {name: read_keyword(name, value) for name, value in values.items()}
        checked: dict[str, Any] = values
        return cls(**checked)


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Find variables that are none of ours and look like one; give that for each.

    Not an error, because the collector's settings have the same prefix.
    """
    ours = [entry.name.upper() for entry in fields(Config)]
    found = {}
    for variable in environ:
        prefix = _LIKE_PREFIX.match(variable)
        name = variable[prefix.end() :] if prefix else ""
        if not name or variable.removeprefix(PREFIX) in ours:
            continue
        if near := get_close_matches(name, ours, n=1, cutoff=_ALIKE):
            found[variable] = PREFIX + near[0]
    return found


_LIKE_PREFIX = re.compile("OTEL_SESSIONS?_")
_ALIKE = 0.8
"""What two names have in common, by `difflib`: one letter is missing, too much or another."""

_RANGES: Mapping[str, tuple[float, float]] = {
    "idle_timeout_s": (1, 31_536_000),
    "store_ttl_s": (60, 31_536_000),
    "queue_size": (1, 1_000_000),
    "max_sessions": (1, 10_000_000),
    "flush_timeout_s": (0, 300),
    "judge_sample_ratio": (0, 1),
    "judge_calls_per_hour": (1, 10_000),
    "judge_timeout_s": (0.1, 600),
}


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        message = f"{name}={value!r}: must be between {low:,} and {high:,}"
        raise ConfigError(message)


def _check_url(name: str, url: str) -> None:
    if "@" in url:
        # Not shown, because what stands before the @ is a secret.
        message = f"{name}: must not contain a user or password; use {PREFIX}{_SECRET.upper()}"
        raise ConfigError(message)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not _PRINTABLE.fullmatch(url):
        message = f"{name}={url!r}: must be a URL like http://host:8000/v1"
        raise ConfigError(message)
