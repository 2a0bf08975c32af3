"""Config: every setting, read once at `instrument()` and passed in from there.

A setting is a keyword of `instrument()`, else the variable `OTEL_SESSIONS_<NAME>`, else its
default. What belongs to OpenTelemetry (endpoint, service name, sampling) stays in `OTEL_*`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from otel_sessions.errors import ConfigError

PREFIX = "OTEL_SESSIONS_"

_MIN_KEY_CHARS = 8

Processing = Literal["background", "inline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, checked."""

    providers: tuple[str, ...] | None = None
    """Clients to instrument, by provider name; `None` is every client that is installed."""
    store: str = "memory://"
    """URL of the session store."""
    processing: Processing = "background"
    """`background`: one worker thread; `inline`: in the call, before it returns."""
    idle_timeout_s: float = 1800.0
    """A session without a call for this long is ended; 1 to 31,536,000 seconds."""
    queue_size: int = 10_000
    """Calls that may wait, 1 to 1,000,000; of more, the analysis is dropped and counted."""
    max_sessions: int = 10_000
    """Sessions known at a time; the least recent is ended when there are more. 1 to 10,000,000."""
    flush_timeout_s: float = 5.0
    """The longest that the end of the process waits for analysis and export; 0 to 300 seconds."""
    key: str | None = field(default=None, repr=False)
    """Secret from which digests are made, 8 characters or more; `None` makes one for this process,
    so that digests of two processes cannot be compared."""
    windows: Mapping[str, int] = field(default_factory=dict)
    """Context windows in tokens, by model, for models that the built-in table does not know
    (variable: `model=tokens,model=tokens`)."""

    def __post_init__(self) -> None:
        _check_range("idle_timeout_s", self.idle_timeout_s, 1, 31_536_000)
        _check_range("queue_size", self.queue_size, 1, 1_000_000)
        _check_range("max_sessions", self.max_sessions, 1, 10_000_000)
        _check_range("flush_timeout_s", self.flush_timeout_s, 0, 300)
        if self.processing not in ("background", "inline"):
            message = f"processing={self.processing!r}: must be 'background' or 'inline'"
            raise ConfigError(message)
        if self.key is not None and len(self.key) < _MIN_KEY_CHARS:
            message = f"key: must have at least {_MIN_KEY_CHARS} characters"
            raise ConfigError(message)
        for model, window in self.windows.items():
            _check_range(f"windows[{model!r}]", window, 1, 1_000_000_000)

    @classmethod
    def load(cls, environ: Mapping[str, str], **given: object) -> "Config":
        """Merge keywords over variables over defaults.

        Raises:
            ConfigError: a name is unknown, or a value is malformed or out of range.

        """
        names = {entry.name for entry in fields(cls)}
        unknown = sorted(set(given) - names)
        if unknown:
            message = f"unknown setting {unknown[0]!r}: must be one of {', '.join(sorted(names))}"
            raise ConfigError(message)
        values: dict[str, object] = {
            name: _from_text(name, environ[PREFIX + name.upper()])
            for name in names
            if environ.get(PREFIX + name.upper(), "").strip()
        }
        values |= {name: value for name, value in given.items() if value is not None}
        values = {name: _typed(name, value) for name, value in values.items()}
        checked: dict[str, Any] = values
        return cls(**checked)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        message = f"{name}={value!r}: must be between {low:,} and {high:,}"
        raise ConfigError(message)


def _typed(name: str, value: object) -> object:
    if name == "providers":
        return _providers(value)
    expected: tuple[type, ...] = {
        "idle_timeout_s": (int, float),
        "flush_timeout_s": (int, float),
        "queue_size": (int,),
        "max_sessions": (int,),
        "windows": (Mapping,),
    }.get(name, (str,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        wanted = " or ".join(kind.__name__ for kind in expected)
        shown = type(value).__name__ if name == "key" else repr(value)
        message = f"{name}={shown}: must be of type {wanted}"
        raise ConfigError(message)
    if isinstance(value, Mapping):
        return _windows(value)
    return value


def _providers(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        message = f"providers={value!r}: must be a list of provider names"
        raise ConfigError(message)
    names = tuple(value)
    for name in names:
        if not isinstance(name, str):
            message = f"providers={value!r}: {name!r} is not a provider name"
            raise ConfigError(message)
    return names


def _windows(value: Mapping[object, object]) -> dict[object, object]:
    for model, window in value.items():
        if not isinstance(model, str) or isinstance(window, bool) or not isinstance(window, int):
            message = f"windows: {model!r}: {window!r} must be a model and its tokens"
            raise ConfigError(message)
    return dict(value)


def _from_text(name: str, text: str) -> object:
    readers: Mapping[str, tuple[Callable[[str], object], str]] = {
        "providers": (_read_list, "a list of names with commas between"),
        "idle_timeout_s": (float, "a number"),
        "flush_timeout_s": (float, "a number"),
        "queue_size": (int, "a whole number"),
        "max_sessions": (int, "a whole number"),
        "windows": (_read_windows, "model=tokens,model=tokens"),
    }
    read, form = readers.get(name, (str, "text"))
    try:
        return read(text.strip())
    except ValueError:
        message = f"{PREFIX}{name.upper()}={text!r}: must be {form}"
        raise ConfigError(message) from None


def _read_list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _read_windows(text: str) -> dict[str, int]:
    windows = {}
    for item in _read_list(text):
        model, _, tokens = item.rpartition("=")
        if not model.strip():
            raise ValueError(item)
        windows[model.strip()] = int(tokens)
    return windows
