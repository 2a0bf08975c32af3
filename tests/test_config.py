"""Config: keyword over variable over default, and one clear error for each mistake."""

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from otel_sessions.config import PREFIX, Config, misspelt
from otel_sessions.errors import ConfigError, OtelSessionsError

# One value that is not the default for each setting, as a keyword and as it is written outside.
SETTINGS = {
    "providers": (["openai"], ("openai",), "openai"),
    "store": ("memory:///", "memory:///", " memory:/// "),
    "store_ttl_s": (3600, 3600, "3600"),
    "tenant": ("team-a", "team-a", "team-a"),
    "processing": ("inline", "inline", "inline"),
    "idle_timeout_s": (60, 60, "60"),
    "queue_size": (5, 5, "5"),
    "max_sessions": (7, 7, " 7 "),
    "flush_timeout_s": (0.5, 0.5, "0.5"),
    "key": ("a long secret", "a long secret", "a long secret"),
    "windows": ({"a:b": 5}, {"a:b": 5}, "a:b = 5,"),
    "encoder": ("a.b:c", "a.b:c", "a.b:c"),
    "detectors": (["a.b:c"], ("a.b:c",), "a.b:c"),
    "disabled_detectors": (["tool_loop"], ("tool_loop",), "tool_loop"),
    "detector_options": (
        {"a": {"b": 0.5, "c": 2}, "d": {"e": 1}},
        {"a": {"b": 0.5, "c": 2}, "d": {"e": 1}},
        "a.b=0.5, a.c = 2,d.e=1",
    ),
    "completion_hook": ("upload", "upload", "upload"),
    "judge_sample_ratio": (0.5, 0.5, "0.5"),
    "judge_calls_per_hour": (3, 3, "3"),
    "judge_timeout_s": (2, 2, "2"),
}
JUDGE = {"judge_url": "http://127.0.0.1:1/v1", "judge_model": "m"}


# What a variable says while the keyword says otherwise.
OTHERS = {
    "store_ttl_s": "99",
    "processing": "background",
    "key": "another secret",
    "windows": "c=9",
    "encoder": "x:y",
    "detectors": "x:y",
    "detector_options": "a.b=9",
    "judge_sample_ratio": "0.9",
}


def test_every_setting_is_tested():
    """A new one adds its line above."""
    assert {*SETTINGS, *JUDGE, "judge_api_key"} == {field.name for field in fields(Config)}


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
    ({"store_ttl_s": 1}, "store_ttl_s=1", "between 60 and"),
    ({"tenant": "a b"}, "'a b'", "letters"),
    ({"tenant": "a" * 65}, "aaa", "64"),
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
    ({"encoder": 7}, "7", "'package.module:function'"),
    ({"encoder": "package.module"}, "'package.module'", "'package.module:function'"),
    ({"detectors": print}, "print", "list of detectors"),
    ({"detectors": "a.b:c"}, "a.b:c", "list of detectors"),
    ({"detectors": [7]}, "7", "callable"),
    ({"disabled_detectors": "tool_loop"}, "'tool_loop'", "list of detector names"),
    ({"disabled_detectors": [7]}, "7", "detector name"),
    ({"detector_options": {"a": 5}}, "5", "Mapping"),
    ({"detector_options": {"a": {"b": "5"}}}, "a.b='5'", "number"),
    ({"detector_options": {"a": {"b": True}}}, "a.b=True", "number"),
    ({"detector_options": {"a": {"b": float("nan")}}}, "a.b=nan", "finite"),
    ({"judge_sample_ratio": 1.1}, "1.1", "between 0 and 1"),
    ({"judge_calls_per_hour": 0}, "0", "between 1 and 10,000"),
    ({"judge_timeout_s": 0}, "0", "between 0.1 and 600"),
    ({"judge_url": "http://host/v1"}, "judge_model", "both or none"),
    ({"judge_model": "m"}, "judge_url", "both or none"),
    ({"judge_url": "host:8000", "judge_model": "m"}, "'host:8000'", "http://host:8000/v1"),
    ({"judge_url": "http://", "judge_model": "m"}, "'http://'", "http://host:8000/v1"),
    ({"judge_url": "http://[", "judge_model": "m"}, "'http://['", "http://host:8000/v1"),
    ({"judge_url": "http://h/ v1", "judge_model": "m"}, "'http://h/ v1'", "http://host:8000/v1"),
    ({"judge_url": "file:///etc/x", "judge_model": "m"}, "'file:", "http://host:8000/v1"),
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
    ("DETECTOR_OPTIONS", "tool_loop=5", "detector.option=number"),
    ("DETECTOR_OPTIONS", "tool_loop.min_repeats=few", "detector.option=number"),
    ("JUDGE_CALLS_PER_HOUR", "many", "whole number"),
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


class TestJudge:
    """What is set only together, and what is secret."""

    def test_url_and_model_come_together(self):
        """Whichever way each is given."""
        config = Config.load({PREFIX + "JUDGE_MODEL": "m"}, judge_url="https://host/v1")
        assert (config.judge_url, config.judge_model) == ("https://host/v1", "m")

    def test_the_key_comes_from_the_environment_only(self):
        """So that it stands in nobody's code; no message and no print shows it."""
        with pytest.raises(ConfigError) as raised:
            Config.load({}, judge_api_key="sk-secret", **JUDGE)
        assert "OTEL_SESSIONS_JUDGE_API_KEY" in str(raised.value)
        assert "sk-secret" not in str(raised.value)
        config = Config.load({PREFIX + "JUDGE_API_KEY": " sk-secret "}, **JUDGE)
        assert config.judge_api_key == "sk-secret"
        assert "sk-secret" not in repr(config)

    @pytest.mark.parametrize("key", ["sk secret", "sk-secret\n-2", "sk-secr\u00e9t"])
    def test_a_key_that_no_header_can_carry(self, key):
        """Told at set-up, without the key."""
        with pytest.raises(ConfigError) as raised:
            Config.load({PREFIX + "JUDGE_API_KEY": key}, **JUDGE)
        assert "printable" in str(raised.value)
        assert key not in str(raised.value)

    @pytest.mark.parametrize("url", ["http://me:hidden@host/v1", "ftp://me:hidden@host"])
    def test_a_url_with_a_password(self, url):
        """Refused without showing it."""
        with pytest.raises(ConfigError) as raised:
            Config.load({}, judge_url=url, judge_model="m")
        assert "password" in str(raised.value)
        assert "hidden" not in str(raised.value)


def test_errors_have_a_common_base():
    """A caller can catch all of ours, or think of them as wrong values."""
    assert issubclass(ConfigError, OtelSessionsError)
    assert issubclass(ConfigError, ValueError)


def test_a_configuration_does_not_change():
    """It is read once."""
    with pytest.raises(FrozenInstanceError):
        Config().store = "memory://"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("OTEL_SESSIONS_STORRE", "OTEL_SESSIONS_STORE"),
        ("OTEL_SESSION_STORE", "OTEL_SESSIONS_STORE"),
        ("OTEL_SESSIONS_IDLE_TIMEOUT", "OTEL_SESSIONS_IDLE_TIMEOUT_S"),
        ("OTEL_SESSIONS_DISABLED_DETECTOR", "OTEL_SESSIONS_DISABLED_DETECTORS"),
    ],
)
def test_a_misspelt_variable_is_found(variable, meant):
    """It would be ignored, and nobody would know why the setting does nothing."""
    assert misspelt({variable: "x", meant: "y", "PATH": "z"}) == {variable: meant}


def test_the_variables_of_the_collector_are_no_misspelt_ones():
    """Both may be set for the same process."""
    operate = (Path(__file__).parents[1] / "docs" / "operate.md").read_text()
    others = set(re.findall(r"OTEL_SESSIONS_[A-Z_]+", operate))
    assert len(others) > 20
    assert misspelt(dict.fromkeys(others, "x")) == {}
