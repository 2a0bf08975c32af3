"""Config: keyword over variable over default, and one clear error for each mistake."""

from dataclasses import FrozenInstanceError, fields

import pytest

from otel_sessions.config import PREFIX, Config
from otel_sessions.errors import ConfigError, OtelSessionsError

# One value that is not the default for each setting, as a keyword and as it is written outside.
SETTINGS = {
    "providers": (["openai"], ("openai",), "openai"),
    "store": ("memory:///", "memory:///", " memory:/// "),
    "processing": ("inline", "inline", "inline"),
    "idle_timeout_s": (60, 60, "60"),
    "queue_size": (5, 5, "5"),
    "max_sessions": (7, 7, " 7 "),
    "flush_timeout_s": (0.5, 0.5, "0.5"),
    "key": ("a long secret", "a long secret", "a long secret"),
    "windows": ({"a:b": 5}, {"a:b": 5}, "a:b = 5,"),
}


# What a variable says while the keyword says otherwise.
OTHERS = {"processing": "background", "key": "another secret", "windows": "c=9"}


def test_every_setting_is_tested():
    """A new one adds its line above."""
    assert SETTINGS.keys() == {field.name for field in fields(Config)}


def test_without_anything_there_are_defaults():
    """Also if variables are empty, or belong to others."""
    assert Config.load({}) == Config()
    assert Config.load({PREFIX + "STORE": " ", "OTEL_SERVICE_NAME": "x"}) == Config()


@pytest.mark.parametrize("name", SETTINGS)
def test_keyword_over_variable_over_default(name):
    """A keyword that is `None` is not given."""
    given, expected, written = SETTINGS[name]
    variable = {PREFIX + name.upper(): written}
    assert getattr(Config.load({}, **{name: given}), name) == expected
    assert getattr(Config.load(variable), name) == expected
    assert getattr(Config.load(variable, **{name: None}), name) == expected
    assert getattr(Config(), name) != expected
    other = {PREFIX + name.upper(): OTHERS.get(name, "9")}
    assert getattr(Config.load(other, **{name: given}), name) == expected


WRONG = [
    ({"stoer": "memory://"}, "stoer", "store"),
    ({"providers": "openai"}, "'openai'", "list of provider names"),
    ({"providers": [7]}, "7", "provider name"),
    ({"store": 7}, "store=7", "str"),
    ({"processing": "later"}, "'later'", "'background' or 'inline'"),
    ({"idle_timeout_s": 0.5}, "0.5", "between 1 and 31,536,000"),
    ({"idle_timeout_s": float("nan")}, "nan", "between"),
    ({"idle_timeout_s": "60"}, "'60'", "int or float"),
    ({"idle_timeout_s": True}, "True", "int or float"),
    ({"queue_size": 0}, "0", "between 1 and 1,000,000"),
    ({"queue_size": 2.5}, "2.5", "int"),
    ({"max_sessions": -1}, "-1", "between 1 and 10,000,000"),
    ({"flush_timeout_s": 301}, "301", "between 0 and 300"),
    ({"key": "short"}, "key", "at least 8 characters"),
    ({"windows": {"a": 0}}, "'a'", "between 1 and"),
    ({"windows": {"a": "5"}}, "'5'", "tokens"),
    ({"windows": "a=5"}, "a=5", "Mapping"),
]


@pytest.mark.parametrize(("given", "wrong", "allowed"), WRONG, ids=lambda v: str(v)[:30])
def test_a_wrong_keyword(given, wrong, allowed):
    """The error says what was given and what is allowed."""
    with pytest.raises(ConfigError) as raised:
        Config.load({}, **given)
    message = str(raised.value)
    assert next(iter(given)) in message
    assert wrong in message
    assert allowed in message


MALFORMED = [
    ("IDLE_TIMEOUT_S", "soon", "number"),
    ("FLUSH_TIMEOUT_S", "1s", "number"),
    ("QUEUE_SIZE", "2.5", "whole number"),
    ("MAX_SESSIONS", "many", "whole number"),
    ("WINDOWS", "gpt-4o", "model=tokens"),
    ("WINDOWS", "gpt-4o=lots", "model=tokens"),
    ("WINDOWS", "=5", "model=tokens"),
]


@pytest.mark.parametrize(("name", "written", "allowed"), MALFORMED)
def test_a_malformed_variable(name, written, allowed):
    """The error names the variable, for that is where the user has to look."""
    with pytest.raises(ConfigError) as raised:
        Config.load({PREFIX + name: written})
    message = str(raised.value)
    assert f"{PREFIX}{name}={written!r}" in message
    assert allowed in message


@pytest.mark.parametrize("key", ["short", 12345678, b"a long secret"])
def test_a_wrong_key_is_not_told(key):
    """Errors end up in logs."""
    with pytest.raises(ConfigError) as raised:
        Config.load({}, key=key)
    assert str(key) not in str(raised.value)


def test_the_key_is_not_shown():
    """Nor is it where a configuration is printed."""
    assert "a long secret" not in repr(Config(key="a long secret"))


def test_errors_have_a_common_base():
    """A caller can catch all of ours, or think of them as wrong values."""
    assert issubclass(ConfigError, OtelSessionsError)
    assert issubclass(ConfigError, ValueError)


def test_a_configuration_does_not_change():
    """It is read once."""
    with pytest.raises(FrozenInstanceError):
        Config().store = "memory://"
