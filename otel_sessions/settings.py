"""Settings: of which type each is, and how it is written as a keyword and as a variable."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from otel_sessions.errors import ConfigError

PlugIn = Callable[..., object] | str
"""A callable, or where to import it from: `package.module:function`."""

_REFERENCE = re.compile(r"[\w.]+:[\w.]+")
_SECRETS = ("key", "judge_api_key")
"""Never shown, because errors end up in logs."""


def read_keyword(name: str, value: object) -> object:
    """Check the type of a setting that was given; give it as it is kept.

    Raises:
        ConfigError: it is of another type.

    """
    read = _READERS.get(name)
    if read is not None:
        return read(name, value)
    expected = _TYPES.get(name, (str,))
    if not isinstance(value, expected) or isinstance(value, bool):
        wanted = " or ".join(kind.__name__ for kind in expected)
        shown = type(value).__name__ if name in _SECRETS else repr(value)
        message = f"{name}={shown}: must be of type {wanted}"
        raise ConfigError(message)
    return value


def _names(name: str, value: object) -> tuple[str, ...]:
    what = f"{name.rpartition('_')[2].removesuffix('s')} name"
    names = _list(name, value, f"{what}s")
    for each in names:
        if not isinstance(each, str):
            message = f"{name}={value!r}: {each!r} is not a {what}"
            raise ConfigError(message)
    return names


def _list(name: str, value: object, what: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple, set, frozenset)):
        message = f"{name}={value!r}: must be a list of {what}"
        raise ConfigError(message)
    return tuple(value)


def _plug_in(name: str, value: object) -> object:
    if not callable(value) and not (isinstance(value, str) and _REFERENCE.fullmatch(value)):
        message = f"{name}={value!r}: must be a callable or 'package.module:function'"
        raise ConfigError(message)
    return value


def _plug_ins(name: str, value: object) -> tuple[object, ...]:
    return tuple(_plug_in(name, each) for each in _list(name, value, "detectors"))


def _windows(name: str, value: object) -> dict[object, int]:
    windows = dict(_mapping(name, value))
    for model, window in windows.items():
        if not isinstance(model, str) or isinstance(window, bool) or not isinstance(window, int):
            message = f"{name}: {model!r}: {window!r} must be a model and its tokens"
            raise ConfigError(message)
    return windows


def _options(name: str, value: object) -> dict[object, dict[object, float]]:
    options = {key: dict(_mapping(name, each)) for key, each in _mapping(name, value).items()}
    for detector, given in options.items():
        for option, number in given.items():
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                message = f"{name}: {detector}.{option}={number!r} must be a number"
                raise ConfigError(message)
            if not math.isfinite(number):
                message = f"{name}: {detector}.{option}={number!r} must be finite"
                raise ConfigError(message)
    return options


def _mapping(name: str, value: object) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        message = f"{name}={value!r}: must be of type Mapping"
        raise ConfigError(message)
    return value


_TYPES: Mapping[str, tuple[type, ...]] = {
    "idle_timeout_s": (int, float),
    "flush_timeout_s": (int, float),
    "store_ttl_s": (int, float),
    "queue_size": (int,),
    "max_sessions": (int,),
    "judge_sample_ratio": (int, float),
    "judge_calls_per_hour": (int,),
    "judge_timeout_s": (int, float),
}
"""Of what is no text."""

_READERS: Mapping[str, Callable[[str, object], object]] = {
    "providers": _names,
    "windows": _windows,
    "encoder": _plug_in,
    "detectors": _plug_ins,
    "disabled_detectors": _names,
    "detector_options": _options,
}


def read_variable(name: str, text: str, variable: str) -> object:
    """Read a setting as it is written in the environment variable `variable`.

    Raises:
        ConfigError: it is malformed.

    """
    read, form = _FORMS.get(name, (str, "text"))
    try:
        return read(text.strip())
    except ValueError:
        message = f"{variable}={text!r}: must be {form}"
        raise ConfigError(message) from None


def _read_list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _read_pairs(text: str) -> dict[str, str]:
    """Read `name=value,name=value`."""
    pairs = {}
    for item in _read_list(text):
        name, _, value = item.rpartition("=")
        if not name.strip():
            raise ValueError(item)
        pairs[name.strip()] = value
    return pairs


def _read_windows(text: str) -> dict[str, int]:
    return {model: int(tokens) for model, tokens in _read_pairs(text).items()}


def _read_options(text: str) -> dict[str, dict[str, float]]:
    options: dict[str, dict[str, float]] = {}
    for name, value in _read_pairs(text).items():
        detector, dot, option = name.partition(".")
        if not dot:
            raise ValueError(name)
        number = float(value)
        # What counts must be whole, and a variable cannot say which of both it means.
        options.setdefault(detector.strip(), {})[option.strip()] = (
            int(number) if number.is_integer() else number
        )
    return options


_NUMBER = (float, "a number")
_WHOLE = (int, "a whole number")
_LIST = (_read_list, "a list of names with commas between")
_FORMS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "providers": _LIST,
    "idle_timeout_s": _NUMBER,
    "flush_timeout_s": _NUMBER,
    "store_ttl_s": _NUMBER,
    "queue_size": _WHOLE,
    "max_sessions": _WHOLE,
    "windows": (_read_windows, "model=tokens,model=tokens"),
    "detectors": _LIST,
    "disabled_detectors": _LIST,
    "detector_options": (_read_options, "detector.option=number,detector.option=number"),
    "judge_sample_ratio": _NUMBER,
    "judge_calls_per_hour": _WHOLE,
    "judge_timeout_s": _NUMBER,
}
