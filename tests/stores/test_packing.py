"""Packing: what is written comes back, and what cannot be read is skipped."""

from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions import turns
from otel_sessions.stores.packing import Packing, PackingError
from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader
from otel_sessions.turns import ContextChange, ToolUse, Turn, pack_tools

KEY = b"a key of the tests"
UNWRITTEN = {"session_id": "s", "number": 3}

_words = st.text(max_size=40)
_numbers = st.integers(0, 2**64 - 1)
_counts = st.integers(0, 10**12)
_seconds = st.floats(allow_nan=False)
_tools = st.builds(
    ToolUse, *[st.integers(0, 2**32 - 1)] * 3, result=st.none(), failed=st.booleans()
)


@pytest.fixture(scope="module")
def packing():
    return Packing(Turn, KEY, without=tuple(UNWRITTEN))


@pytest.fixture(scope="module")
def texts():
    read = FeatureReader(KEY, encode).read
    return st.none() | _words.map(read) | st.just(read("Where is order 4711? I paid 30 euros."))


@pytest.fixture(scope="module")
def any_turn(texts):
    """Turns with any value in any field: a new field fails here until it can be written."""
    kinds = {
        "context": st.builds(
            ContextChange,
            st.sampled_from(("first", "truncated", "reset")),
            _counts,
            _counts,
            _seconds,
            st.none() | _words,
        ),
        "packed_tools": st.lists(_tools).map(pack_tools),
        "tool_results": st.lists(st.tuples(_numbers, _numbers, st.booleans())).map(tuple),
        **dict.fromkeys(("request", "reply", "system"), texts),
        **{name: st.just(value) for name, value in UNWRITTEN.items()},
    }
    by_type = {str: _words, int: _counts, float: _seconds, bool: st.booleans(), bytes: st.binary()}
    optional = {kind | None: st.none() | values for kind, values in by_type.items()}
    for field in fields(Turn):
        strategy = (by_type | optional).get(field.type, _words)
        kinds.setdefault(field.name, strategy)
    return st.builds(Turn, **kinds)


@given(data=st.data())
def test_what_is_written_comes_back(packing, any_turn, data):
    """Every field of every turn."""
    turn = data.draw(any_turn)
    assert packing.unpack(packing.pack(turn), **UNWRITTEN) == turn


@given(data=st.binary())
def test_what_is_not_known_is_skipped(packing, data):
    """Whatever stands there."""
    assert packing.unpack(data, **UNWRITTEN) is None
    assert packing.unpack(bytes((1,)) + data, **UNWRITTEN) is None


@pytest.mark.parametrize("at", [0, 1, 8, 9, 30, -1])
def test_a_damaged_record_is_skipped(packing, asking, at):
    """One bit at any place is enough."""
    data = bytearray(packing.pack(*asking("hi")))
    data[at] ^= 1
    assert packing.unpack(bytes(data), **UNWRITTEN) is None
    assert packing.unpack(bytes(data[:-1]), **UNWRITTEN) is None


def test_another_key_reads_nothing(packing, asking):
    """Its digests could not be compared either."""
    data = packing.pack(*asking("hi"))
    assert Packing(Turn, b"another", without=tuple(UNWRITTEN)).unpack(data, **UNWRITTEN) is None


def test_another_field_is_another_layout(asking):
    """Of an older or newer release."""

    @dataclass(frozen=True)
    class Older:
        key: int
        number: int = 1

    @dataclass(frozen=True)
    class Newer:
        key: int
        number: int | None = 1

    data = Packing(Older, KEY).pack(Older(7))
    assert Packing(Older, KEY).unpack(data) == Older(7)
    assert Packing(Newer, KEY).unpack(data) is None


def test_another_format_within_bytes_is_another_layout(packing, asking, monkeypatch):
    """Also if no field says so."""
    data = packing.pack(*asking("hi"))
    monkeypatch.setattr(turns, "KEPT_TOOLS", 65)
    assert Packing(Turn, KEY, without=tuple(UNWRITTEN)).unpack(data, **UNWRITTEN) is None


def test_a_number_that_is_too_long_is_an_error(packing, asking):
    """Not a wrong number."""
    (turn,) = asking("hi", input_tokens=2**64)
    with pytest.raises(PackingError):
        packing.pack(turn)


def test_a_turn_of_two_texts_is_small(packing, asking):
    """What a store is sized by."""
    text = " ".join(f"The parcel number {i} was sent to street {i} in the north." for i in range(9))
    read = FeatureReader(KEY, encode).read
    (turn,) = asking(text, reply=read(text), model="gpt-4o", provider="openai", instance="pod:1-a")
    data = packing.pack(replace(turn, input_tokens=900, output_tokens=80, window=128_000))
    assert len(data) <= 1536
    assert b"parcel" not in data
