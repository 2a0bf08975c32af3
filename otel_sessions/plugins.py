"""Plugins: what users bring, and what they say of what is there; all checked at set-up.

- A detector: in `detectors`, or of an installed package under the entry point group
  `otel_sessions_detector`, where the entry point's name is the signal's. A mistake in the setting
  raises; a broken package is logged and left out, because it may be there for another reason.
- `disabled_detectors` and `detector_options`, for built-in and other detectors alike.
- An encoder.
"""

import inspect
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import EntryPoint, entry_points

from otel_sessions import names
from otel_sessions.config import Config
from otel_sessions.detectors import DETECTORS, Detector
from otel_sessions.encoders import OwnEncoder
from otel_sessions.errors import ConfigError
from otel_sessions.faults import contained
from otel_sessions.settings import PlugIn
from otel_sessions.signals import Signal
from otel_sessions.text.embedding import encode
from otel_sessions.turns import Turn

GROUP = "otel_sessions_detector"

_LOG = logging.getLogger("otel_sessions")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def load_encoder(config: Config) -> Callable[[str], bytes]:
    """Give the encoder to use: the user's, which is tried here, or the built-in one.

    Raises:
        ConfigError: the user's cannot be imported, fails, or gives no vector.

    """
    if config.encoder is None:
        return encode
    return OwnEncoder(_imported("encoder", config.encoder), repr(config.encoder))


def load_detectors(config: Config) -> tuple[Detector, ...]:
    """Give the detectors to run: the built-in ones, the user's, the installed ones.

    Raises:
        ConfigError: a detector of the user's, a name or an option cannot be used.

    """
    found: dict[str, Callable[..., object]] = {_name(each): each for each in DETECTORS}
    ours = frozenset(found)
    for given in config.detectors:
        detector = _imported("detectors", given)
        name = _name(detector)
        problem = _problem(name, detector, found)
        if problem:
            message = f"detectors: {given!r}: {problem}"
            raise ConfigError(message)
        found[name] = detector
    points = entry_points(group=GROUP)
    known = sorted({*found, *points.names})
    for name in config.disabled_detectors:
        _check_known("disabled_detectors", name, known)
        found.pop(name, None)
    for point in points:
        if point.name not in config.disabled_detectors:
            _add_installed(point, found, ours)
    for name, options in config.detector_options.items():
        _check_known("detector_options", name, known)
        if name in found:
            found[name] = _bound(name, found[name], options)
    return tuple(_checked(name, detector) for name, detector in found.items())


def _add_installed(
    point: EntryPoint, found: dict[str, Callable[..., object]], ours: Collection[str]
) -> None:
    with contained(f"loading the installed detector {point.name!r}"):
        detector = point.load()
        problem = _problem(point.name, detector, {*found, *ours})
        if problem:
            _LOG.warning("the installed detector %r is left out: %s", point.name, problem)
        else:
            found[point.name] = detector


def _imported(setting: str, given: PlugIn) -> Callable[..., object]:
    if not isinstance(given, str):
        return given
    try:
        found = EntryPoint(name=given, value=given, group=setting).load()
    except (ImportError, AttributeError) as error:
        message = f"{setting}: {given!r} cannot be imported: {error}"
        raise ConfigError(message) from error
    if not callable(found):
        message = f"{setting}: {given!r} is {type(found).__name__}: must be a callable"
        raise ConfigError(message)
    imported: Callable[..., object] = found
    return imported


def _name(detector: Callable[..., object]) -> str:
    while isinstance(detector, partial):
        detector = detector.func
    return str(getattr(detector, "__name__", ""))


def _problem(name: str, detector: object, taken: Collection[str]) -> str:
    """Say why this is no detector of this name; nothing if it is one."""
    if not callable(detector) or inspect.iscoroutinefunction(detector):
        return "must be a function that takes turns and returns a signal or None"
    if not _NAME.fullmatch(name):
        return f"its name {name!r} must be lower_snake_case; it is the name of the signal"
    if name.startswith(names.JUDGED):
        return f"its name {name!r} must not begin with {names.JUDGED!r}; those are a judge's"
    if name in taken:
        return f"there is a detector {name!r} already"
    with suppress(ValueError):  # Some callables written in C have no signature.
        try:
            inspect.signature(detector).bind(())
        except TypeError:
            return "must be callable with one positional argument, the turns"
    return ""


def _check_known(setting: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        message = f"{setting}: no detector {name!r}: must be one of {', '.join(known)}"
        raise ConfigError(message)


def _bound(
    name: str, detector: Callable[..., object], options: Mapping[str, float]
) -> Callable[..., object]:
    """Bind keyword defaults; only what is a number can be bound, and whole numbers stay whole."""
    defaults = {
        parameter.name: parameter.default
        for parameter in inspect.signature(detector).parameters.values()
        if type(parameter.default) in (int, float)
    }
    for option, value in options.items():
        if option not in defaults:
            allowed = ", ".join(defaults) or "none; it has no options"
            message = f"detector_options: {name} has no option {option!r}: must be one of {allowed}"
            raise ConfigError(message)
        if isinstance(defaults[option], int) and not isinstance(value, int):
            message = f"detector_options: {name}.{option}={value!r}: must be a whole number"
            raise ConfigError(message)
    return partial(detector, **options)


def _checked(name: str, detector: Callable[..., object]) -> Detector:
    """Hold a detector to its promises: its name is a metric label, and severity is a share."""

    def checked(turns: Sequence[Turn], /) -> Signal | None:
        signal = detector(turns)
        if signal is None:
            return None
        if not isinstance(signal, Signal) or signal.name != name:
            message = f"the detector {name} gave no signal of its name"
            raise TypeError(message)
        if not 0.0 <= signal.severity <= 1.0:
            message = f"the detector {name} gave a severity that is not between 0 and 1"
            raise ValueError(message)
        return signal

    return checked
