"""Plug-ins: a user's detectors run beside ours, and every mistake is told at set-up."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

import otel_sessions
from otel_sessions.config import Config
from otel_sessions.detectors import DETECTORS
from otel_sessions.errors import ConfigError
from otel_sessions.plugins import GROUP, load_detectors, load_encoder
from otel_sessions.records import VECTOR_BYTES
from otel_sessions.signals import Signal
from otel_sessions.turns import Turn


def short_reply(turns: Sequence[Turn], /, *, min_tokens: int = 3, severity: float = 0.6):
    """A detector as a user writes it."""
    reply = turns[-1].reply
    if reply is None or reply.tokens >= min_tokens:
        return None
    return Signal("short_reply", severity, f"{reply.tokens} tokens")


def encode(text):
    return [1.0, -1.0] if len(text) % 2 else [-1.0, 1.0]


class Stateful:
    """A callable without a name."""

    def __call__(self, turns):
        return None


def of_the_name(name, function=lambda turns: None):
    def detector(turns):
        return function(turns)

    detector.__name__ = name
    return detector


@pytest.fixture
def replying(asking):
    """A turn with this reply."""

    def build(text):
        (turn,) = asking(text)
        return [replace(turn, request=None, reply=turn.request)]

    return build


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package with entry points on the path, as pip does."""

    def install(points, source=""):
        (tmp_path / "their_detectors.py").write_text(source, "utf-8")
        info = tmp_path / "their_detectors-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: their-detectors\nVersion: 1.0\n", "utf-8")
        lines = "\n".join(f"{name} = {value}" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}\n", "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "their_detectors", raising=False)

    return install


SOURCE = """
from otel_sessions import Signal

def always(turns, /, *, severity=0.6):
    return Signal("always_there", severity, "as ever")

async def asynchronous(turns):
    return None

def without_turns():
    return None
"""


def names(detectors, turns):
    """Names of the signals that turns give."""
    found = (detector(turns) for detector in detectors)
    return [signal.name for signal in found if signal is not None]


class TestDetectors:
    """Which run, and in which order."""

    def test_the_built_in_ones(self):
        """In the order of the tuple."""
        assert len(load_detectors(Config())) == len(DETECTORS)

    def test_one_of_the_users(self, replying):
        """Behind ours, with the name of the function."""
        detectors = load_detectors(Config(detectors=(short_reply,)))
        assert len(detectors) == len(DETECTORS) + 1
        assert names(detectors, replying("Hi")) == ["short_reply"]

    def test_with_thresholds_bound(self, replying):
        """A partial keeps its function's name."""
        bound = partial(short_reply, min_tokens=1)
        detectors = load_detectors(Config(detectors=(bound,)))
        assert names(detectors, replying("Hi")) == []

    def test_by_reference(self, install, asking):
        """As a variable names it."""
        install({}, SOURCE.replace("def always", "def always_there"))
        config = Config.load({"OTEL_SESSIONS_DETECTORS": "their_detectors:always_there"})
        assert names(load_detectors(config), asking("Hi")) == ["always_there"]

    def test_an_installed_one(self, install, asking):
        """Under the name of its entry point."""
        install({"always_there": "their_detectors:always"}, SOURCE)
        assert names(load_detectors(Config()), asking("Hi")) == ["always_there"]

    def test_switched_off(self, install, asking):
        """Ours, the user's and installed ones; an installed one is not even imported."""
        install({"always_there": "their_detectors:always"}, "raise RuntimeError")
        off = ("tool_loop", "short_reply", "always_there")
        detectors = load_detectors(Config(detectors=(short_reply,), disabled_detectors=off))
        assert len(detectors) == len(DETECTORS) - 1

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(lambda turns: None, "'<lambda>' must be lower_snake_case", id="lambda"),
            pytest.param(Stateful(), "'' must be lower_snake_case", id="nameless"),
            pytest.param(of_the_name("Loud"), "'Loud' must be lower_snake_case", id="capitals"),
            pytest.param(of_the_name("judge_it"), "must not begin with 'judge_'", id="judge"),
            pytest.param(of_the_name("tool_loop"), "'tool_loop' already", id="of-ours"),
            pytest.param(of_the_name("twice"), "'twice' already", id="twice"),
            pytest.param("tests_of_nobody:f", "'tests_of_nobody'", id="no-module"),
            pytest.param("their_detectors:f", "'f'", id="no-function"),
            pytest.param("their_detectors:__name__", "must be a callable", id="no-callable"),
            pytest.param("their_detectors:asynchronous", "must be a function", id="async"),
            pytest.param("their_detectors:without_turns", "positional argument", id="no-argument"),
        ],
    )
    def test_one_that_cannot_be_used(self, install, given, told):
        """The error says which and why."""
        install({}, SOURCE)
        with pytest.raises(ConfigError) as raised:
            load_detectors(Config(detectors=(of_the_name("twice"), given)))
        assert "detectors: " in str(raised.value)
        assert told in str(raised.value)

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            pytest.param("broken", "their_detectors:absent", "AttributeError", id="broken"),
            pytest.param("gone", "their_other_detectors:f", "ModuleNotFoundError", id="gone"),
        ],
    )
    def test_an_installed_one_that_cannot_be_loaded(self, install, faults, name, value, told):
        """It is logged, and the others run; the application starts."""
        install({name: value, "always_there": "their_detectors:always"}, SOURCE)
        assert len(load_detectors(Config())) == len(DETECTORS) + 1
        (fault,) = faults()
        assert name in fault
        assert told in fault

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            pytest.param("tool_loop", "their_detectors:always", "already", id="of-ours"),
            pytest.param("a-b", "their_detectors:always", "lower_snake_case", id="name"),
            pytest.param("later", "their_detectors:asynchronous", "a function", id="async"),
            pytest.param("doc", "their_detectors:__name__", "a function", id="no-callable"),
        ],
    )
    def test_an_installed_one_that_cannot_be_used(self, install, caplog, name, value, told):
        """It is logged with the reason, and left out."""
        install({name: value}, SOURCE)
        with caplog.at_level(logging.WARNING):
            assert len(load_detectors(Config())) == len(DETECTORS)
        assert f"the installed detector '{name}' is left out" in caplog.text
        assert told in caplog.text


class TestOptions:
    """Thresholds that a user sets."""

    def test_of_ours(self):
        """The default moves."""
        half_full = [Turn(session_id="s", key=1, input_tokens=500, window=1000)]
        assert names(load_detectors(Config()), half_full) == []
        options = {"context_pressure": {"warning": 0.5}}
        detectors = load_detectors(Config(detector_options=options))
        assert names(detectors, half_full) == ["context_pressure"]

    def test_of_others(self, install, replying):
        """A user's and an installed detector have their keywords bound alike."""
        install({"always_there": "their_detectors:always"}, SOURCE)
        written = "short_reply.min_tokens=9,short_reply.severity=0.9,always_there.severity=0.7"
        variables = {"OTEL_SESSIONS_DETECTOR_OPTIONS": written}
        config = Config.load(variables, detectors=[short_reply])
        found = [detector(replying("Hi there")) for detector in load_detectors(config)]
        severities = {signal.name: signal.severity for signal in found if signal}
        assert severities == {"short_reply": 0.9, "always_there": 0.7}

    def test_of_one_that_is_off(self):
        """No mistake: it may be on elsewhere."""
        options = {"tool_loop": {"min_repeats": 4}}
        config = Config(disabled_detectors=("tool_loop",), detector_options=options)
        assert len(load_detectors(config)) == len(DETECTORS) - 1

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"disabled_detectors": ("tool_lop",)}, ["'tool_lop'", "tool_loop"]),
            ({"detector_options": {"tool_lop": {}}}, ["'tool_lop'", "tool_loop"]),
            ({"detector_options": {"tool_loop": {"min": 3}}}, ["'min'", "min_repeats"]),
            ({"detector_options": {"tool_loop": {"min_repeats": 3.5}}}, ["3.5", "whole number"]),
            ({"detector_options": {"partial_response": {"severities": 1}}}, ["severities"]),
            ({"detector_options": {"context_reset": {"min": 3}}}, ["'min'", "no options"]),
        ],
    )
    def test_a_mistake(self, settings, told):
        """The error says what was given and what is allowed."""
        with pytest.raises(ConfigError) as raised:
            load_detectors(Config(**settings))
        assert all(each in str(raised.value) for each in told)


class TestPromises:
    """What a detector says becomes a metric's label and part of health."""

    @pytest.mark.parametrize(
        "signal",
        [
            pytest.param(Signal("made_up_4711", 0.6), id="another-name"),
            pytest.param(Signal("theirs", 1.5), id="too-severe"),
            pytest.param(Signal("theirs", float("nan")), id="nan"),
            pytest.param(Signal("theirs", None), id="no-severity"),
            pytest.param(0.6, id="a-number"),
        ],
    )
    def test_what_is_no_signal_of_its_name(self, signal, tracking, talking, faults):
        """Counts as a fault: no label, no effect on health."""
        theirs = of_the_name("theirs", lambda turns: signal)
        tracked = tracking(detectors=load_detectors(Config(detectors=(theirs,))))
        talking(tracked.track).say("Where is my order?")
        assert tracked.heard.named == []
        assert tracked.tracker.health("s").score == 1.0
        assert len(faults()) == 1

    def test_one_that_fails(self, tracking, talking, faults):
        """The others are heard, and nothing of the error is told."""

        def fail(turns):
            raise KeyError("my account number is 4711")

        given = (of_the_name("theirs", fail), of_the_name("after_it", lambda _: AFTER))
        tracked = tracking(detectors=load_detectors(Config(detectors=given)))
        talking(tracked.track).say("Where is my order?")
        assert tracked.heard.named == [(1, "after_it", "warning")]
        assert "4711" not in "".join(faults())

    def test_it_counts_for_health(self, tracking, talking):
        """With the weight of a signal that is not in the table."""
        theirs = of_the_name("after_it", lambda _: AFTER)
        tracked = tracking(detectors=load_detectors(Config(detectors=(theirs,))))
        talking(tracked.track).say("Where is my order?")
        assert tracked.tracker.health("s").score == pytest.approx(1 - 0.8 * 0.5)


AFTER = Signal("after_it", 0.5, "as ever")


class TestEncoder:
    """Given as it is, or by reference."""

    def test_the_built_in_one(self):
        """Without a setting."""
        assert len(load_encoder(Config())("Where is my order?")) == VECTOR_BYTES

    def test_a_callable(self):
        """It gives what is kept."""
        assert load_encoder(Config(encoder=encode))("text")[:2] == bytes([129, 127])

    def test_by_reference(self, install):
        """As a variable names it."""
        install({}, "def encode(text):\n    return [-1.0, len(text) % 2 - 0.5]\n")
        config = Config.load({"OTEL_SESSIONS_ENCODER": "their_detectors:encode"})
        assert len(load_encoder(config)("text")) == VECTOR_BYTES

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param("their_detectors:encod", "cannot be imported", id="no-function"),
            pytest.param("their_detectors.encode:f", "cannot be imported", id="no-module"),
            pytest.param("their_detectors:__name__", "must be a callable", id="no-callable"),
            pytest.param("their_detectors:without_turns", "failed on a text", id="no-argument"),
        ],
    )
    def test_one_that_cannot_be_used(self, install, given, told):
        """The error says what was given."""
        install({}, SOURCE)
        with pytest.raises(ConfigError) as raised:
            load_encoder(Config(encoder=given))
        assert given in str(raised.value)
        assert told in str(raised.value)


class TestInstrument:
    """All of it by one line."""

    @pytest.fixture(autouse=True)
    def without_export(self, monkeypatch):
        for signal in ("TRACES", "METRICS", "LOGS"):
            monkeypatch.setenv(f"OTEL_{signal}_EXPORTER", "none")
        yield
        otel_sessions.uninstrument()

    def test_they_are_used(self):
        """The tracker gets the detectors, the reader the encoder."""
        handle = otel_sessions.instrument(detectors=[short_reply], encoder=encode)
        assert len(handle.monitor.tracker._detectors) == len(DETECTORS) + 1

    @pytest.mark.parametrize(
        "settings",
        [
            {"encoder": lambda text: None},
            {"detectors": [lambda turns: None]},
            {"disabled_detectors": ["tool_lop"]},
            {"detector_options": {"tool_loop": {"min": 3}}},
        ],
        ids=lambda settings: next(iter(settings)),
    )
    def test_a_mistake_is_told_before_anything_starts(self, settings):
        """The next try, without it, works."""
        with pytest.raises(otel_sessions.ConfigError):
            otel_sessions.instrument(**settings)
        assert otel_sessions.instrument().monitor is not None

    def test_a_mistake_shows_where_the_sdk_is_disabled(self, monkeypatch):
        """Not only in production."""
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
        with pytest.raises(otel_sessions.ConfigError):
            otel_sessions.instrument(disabled_detectors=["tool_lop"])
