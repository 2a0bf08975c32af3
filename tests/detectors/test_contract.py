"""What every detector promises. A new one adds one line to DETECTORS and nothing else."""

import importlib
import pkgutil
from dataclasses import MISSING, fields, replace
from inspect import Parameter, signature

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions import detectors
from otel_sessions.detectors import DETECTORS
from otel_sessions.health import WEIGHTS
from otel_sessions.records import (
    Act,
    Demand,
    DemandKind,
    Form,
    Shape,
    Value,
    ValueKind,
    pack_demands,
    pack_value,
)
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import ContextChange, ToolUse, Turn, pack_tools

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.__name__)

texts = st.builds(
    TextFeatures,
    chars=st.integers(0, 10_000),
    tokens=st.integers(0, 3_000),
    vector=st.sampled_from([b"", bytes(256), bytes(range(256))]),
    words=st.sampled_from([b"", b"aaaabbbb", b"aaaabbbbcccc"]),
    packed_values=st.lists(
        st.builds(
            Value,
            st.sampled_from([b"aaaa", b"bbbb", b"cccc"]),
            st.sampled_from(ValueKind),
            st.sampled_from([bytes(3), b"cue"]),
        ),
        max_size=3,
    ).map(lambda values: b"".join(map(pack_value, values))),
    demands=st.builds(
        pack_demands,
        st.builds(
            Shape,
            st.integers(0, 100_000),
            st.integers(0, 300),
            st.sampled_from([b"", b"aaabbbccc"]),
            st.sampled_from([b"", b"aaabbbcccddd"]),
        ),
        st.lists(
            st.builds(
                Demand,
                st.sampled_from(DemandKind),
                st.booleans(),
                st.integers(0, 100_000),
                st.sampled_from([b"", b"de", b"aaa", b"aaabbb"]),
            ),
            max_size=3,
        ),
    ),
    acts=st.sampled_from(list(Act)),
    form=st.sampled_from(list(Form)),
    language=st.sampled_from(["", "en", "de"]),
)
tool_uses = st.builds(
    ToolUse,
    id=st.just(1),
    name=st.integers(0, 1),
    arguments=st.integers(0, 1),
    result=st.none() | st.integers(0, 1),
    failed=st.booleans(),
)
tokens = st.none() | st.integers(0, 10**9)
seconds = st.floats(0, 10**6)
contexts = st.builds(
    ContextChange,
    kind=st.sampled_from(["first", "continued", "forked", "truncated", "compacted", "reset"]),
    dropped_messages=st.integers(0, 500),
    lost_share=st.floats(0, 1),
)
some_turns = st.lists(
    st.builds(
        Turn,
        session_id=st.just("s"),
        key=st.integers(0, 9),
        complete=st.booleans(),
        model=st.none() | st.sampled_from("mn"),
        calls=st.integers(0, 20),
        request=st.none() | texts,
        system=st.none() | texts,
        reply=st.none() | texts,
        context=contexts,
        input_tokens=tokens,
        output_tokens=tokens,
        window=tokens,
        duration_s=seconds,
        time_to_first_chunk_s=st.none() | seconds,
        outcome=st.sampled_from(["completed", "failed", "aborted"]),
        finish_reason=st.none() | st.sampled_from(["stop", "length", "content_filter", "?"]),
        error_type=st.none() | st.text(),
        failures=st.integers(0, 9),
        overflow=st.booleans(),
        store_lost=st.none() | st.sampled_from(["evicted", "?"]),
        packed_tools=st.lists(tool_uses, max_size=6).map(pack_tools),
    ),
    min_size=1,
    max_size=9,
)


def test_every_file_is_registered_under_its_own_name():
    """File, function and signal share one name, and no file is forgotten."""
    files = {module.name for module in pkgutil.iter_modules(detectors.__path__)}
    assert files == {detector.__name__ for detector in DETECTORS}
    for name in files:
        module = importlib.import_module(f"otel_sessions.detectors.{name}")
        assert getattr(module, name) in DETECTORS


def test_every_detector_has_a_weight():
    """Health says how much each signal counts, and of no signal that does not exist."""
    assert WEIGHTS.keys() == {detector.__name__ for detector in DETECTORS}


@every_detector
def test_thresholds_are_keyword_defaults(detector):
    """Configuration can bind each threshold, and none has to."""
    first, *thresholds = signature(detector).parameters.values()
    assert first.kind is Parameter.POSITIONAL_ONLY
    assert all(p.kind is Parameter.KEYWORD_ONLY and p.default is not MISSING for p in thresholds)


@every_detector
@given(turns=some_turns)
def test_any_turns_give_the_same_signal_twice(detector, turns):
    """Whatever happened, a detector answers with its own name, in range, and again the same."""
    before = list(turns)
    signal = detector(turns)
    assert detector(tuple(turns)) == signal
    assert turns == before
    if signal is not None:
        assert signal.name == detector.__name__
        assert 0.0 <= signal.severity <= 1.0
        assert signal.explanation


@every_detector
@pytest.mark.parametrize("length", [1, 2, 64])
def test_turns_of_which_nothing_is_known_say_nothing(detector, length):
    """What is unknown is never read as bad."""
    required = {f.name for f in fields(Turn) if f.default is MISSING}
    assert required == {"session_id", "key"}
    unknown = Turn(session_id="s", key=1)
    assert detector([replace(unknown, key=i) for i in range(length)]) is None
