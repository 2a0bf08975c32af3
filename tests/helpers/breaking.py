"""Functions of ours, and how one is made to fail wherever it is referred to."""

import inspect
import types
from collections.abc import Iterable
from typing import Any

import pytest

Functions = dict[str, tuple[Any, str]]
"""Full names, each with the module or class that has the function, and its name there."""


def functions_of(modules: Iterable[types.ModuleType]) -> Functions:
    """Give every function and method that is defined in one of the modules."""
    found: Functions = {}
    for module in modules:
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value):
                found[f"{module.__name__}.{name}"] = (module, name)
            elif inspect.isclass(value):
                for method, function in vars(value).items():
                    if isinstance(function, types.FunctionType):
                        found[f"{module.__name__}.{value.__name__}.{method}"] = (value, method)
    return found


def break_function(monkeypatch: pytest.MonkeyPatch, functions: Functions, name: str) -> None:
    """Make one of the functions raise, also where another module has imported it."""

    def broken(*args: object, **kwargs: object) -> None:
        message = f"{name} was made to fail"
        raise RuntimeError(message)

    owner, attribute = functions[name]
    original = vars(owner)[attribute]
    monkeypatch.setattr(owner, attribute, broken)
    for module in {home for home, _ in functions.values() if inspect.ismodule(home)}:
        for alias, value in list(vars(module).items()):
            if value is original:
                monkeypatch.setattr(module, alias, broken)
