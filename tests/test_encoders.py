"""Encoders: whatever a user's own gives, what is kept of it compares alike."""

import math
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from otel_sessions.comparisons import similarities
from otel_sessions.encoders import MAX_LENGTH, OwnEncoder
from otel_sessions.errors import ConfigError
from otel_sessions.texts import VECTOR_BYTES, TextFeatures


def vectors(length):
    """Give each text a direction of its own."""

    def encode(text):
        return np.random.default_rng(zlib.crc32(text.encode())).standard_normal(length).tolist()

    return encode


def cosine(a, b):
    return sum(map(math.prod, zip(a, b, strict=True))) / (math.hypot(*a) * math.hypot(*b))


def kept_cosine(a, b):
    (found,) = similarities(TextFeatures(1, 1, vector=a), [TextFeatures(1, 1, vector=b)])
    return found


@pytest.mark.parametrize("length", [2, 100, VECTOR_BYTES, 384])
def test_cosines_are_kept(length):
    """Of short vectors nearly to the digit, of longer ones within four deviations."""
    encode = vectors(length)
    own = OwnEncoder(encode, "encode")
    bound = 4 * math.sqrt(max(0, 1 / VECTOR_BYTES - 1 / length)) + 0.02
    for a, b in [("one", "two"), ("two", "three"), ("one", "one")]:
        assert len(own(a)) == VECTOR_BYTES
        assert kept_cosine(own(a), own(b)) == pytest.approx(cosine(encode(a), encode(b)), abs=bound)


def test_near_texts_stay_near():
    """What is projected loses little where it matters."""
    far = vectors(384)

    def encode(text):
        base = far("base")
        return [x + 0.3 * y for x, y in zip(base, far(text), strict=True)]

    own = OwnEncoder(encode, "encode")
    assert kept_cosine(own("a"), own("b")) == pytest.approx(
        cosine(encode("a"), encode("b")), abs=0.03
    )


def test_directions_are_the_same_in_every_release():
    """Vectors of two processes meet in one store; a change here would part them."""
    first = OwnEncoder(lambda _: [1.0] + [0.0] * 299, "encode")("text")
    expected = [-58, 49, 63, 69, -65, -50, 50, 51]
    # Another library of linear algebra may round otherwise.
    assert np.frombuffer(first[:8], np.int8).tolist() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda x: x, id="list"),
        pytest.param(tuple, id="tuple"),
        pytest.param(lambda x: np.array(x, np.float32), id="array"),
        pytest.param(lambda x: [round(y) for y in x], id="whole-numbers"),
        pytest.param(lambda x: np.array(x).astype(np.int8).tobytes(), id="signed-bytes"),
        pytest.param(lambda x: bytearray(np.array(x).astype(np.int8).tobytes()), id="bytearray"),
        pytest.param(lambda x: [y * 1e300 for y in x], id="large"),
        pytest.param(lambda x: [y * 1e-300 for y in x], id="small"),
    ],
)
def test_forms(form):
    """Numbers of any size and signed bytes mean the same direction."""
    own = OwnEncoder(lambda _: form([127.0, -127.0, 0.0]), "encode")
    assert own("text") == bytes([127, 129, 0]) + bytes(VECTOR_BYTES - 3)


def test_nothing_has_no_direction():
    """As with the built-in encoder, nothing is kept of it."""
    own = OwnEncoder(lambda text: [0.0, 0.0] if text == "" else [1.0, 0.0], "encode")
    assert own("") == b""
    assert own("text")


@pytest.mark.parametrize(
    ("encode", "told"),
    [
        pytest.param(lambda: [1.0], "TypeError", id="no-argument"),
        pytest.param(lambda _: None, "numbers", id="nothing"),
        pytest.param(lambda _: 1.0, "numbers", id="one-number"),
        pytest.param(lambda _: [], "numbers", id="empty"),
        pytest.param(lambda _: [0.0] * (MAX_LENGTH + 1), "16,384 numbers", id="too-long"),
        pytest.param(lambda _: [[1.0, 2.0]], "(1, 2)", id="a-batch"),
        pytest.param(lambda _: "text", "ValueError", id="text"),
        pytest.param(lambda _: {"a": 1.0}, "TypeError", id="mapping"),
        pytest.param(lambda _: [1.0, float("nan")], "finite", id="nan"),
        pytest.param(lambda _: {}["key"], "KeyError", id="fails"),
    ],
)
def test_an_encoder_that_cannot_be_used(encode, told):
    """It is tried at set-up; the error says how it was named and what is wrong."""
    with pytest.raises(ConfigError) as raised:
        OwnEncoder(encode, "mine")
    assert "encoder=mine" in str(raised.value)
    assert told in str(raised.value)


def test_a_coroutine_function():
    """The worker has no event loop; no warning of a coroutine that nobody awaits."""

    async def encode(text):
        return [1.0]

    with pytest.raises(ConfigError, match="no coroutine function"):
        OwnEncoder(encode, "mine")


def test_another_length():
    """A vector that cannot be compared with the others is a fault of the encoder."""
    own = OwnEncoder(lambda text: [1.0] * (2 if text == "longer" else 1), "mine")
    with pytest.raises(ValueError, match="2 numbers, before it were 1"):
        own("longer")


def test_a_fault_costs_the_vector(tracking, talking, faults):
    """Words are compared all the same; nothing of the text or the error is logged."""

    def encode(text):
        if text != "Where is my order?":
            raise KeyError(text)
        return [1.0]

    tracked = tracking(encode=OwnEncoder(encode, "mine"))
    talk = talking(tracked.track)
    talk.say("Where is the parcel that I sent last week?", "Let me look for it.")
    talk.say("Where is the parcel that I sent last week?", "Let me look for it again.")
    assert [name for _, name, _ in tracked.heard.named] == ["repeated_question"]
    (fault,) = faults()
    assert "KeyError" in fault
    assert "parcel" not in fault


def test_an_encoder_that_calls_a_model_is_not_watched():
    """Its calls are not the application's, and reading them would call it again."""
    enabled = []

    def encode(text):
        enabled.append(is_instrumentation_enabled())
        return [1.0]

    OwnEncoder(encode, "mine")("text")
    assert enabled == [False, False]
    assert is_instrumentation_enabled()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_any_numbers(numbers):
    """Give a vector that can be kept."""
    given = iter([[1.0, 0.0, 0.0], numbers])
    own = OwnEncoder(lambda _: next(given), "mine")
    assert len(own("text")) in (0, VECTOR_BYTES)
