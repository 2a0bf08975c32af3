"""Encoders: whatever a user's own gives, what is kept of it compares alike."""

import math
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from otel_sessions.comparisons import similarities
from otel_sessions.encoders import MAX_LENGTH, PROBES, OwnEncoder
from otel_sessions.errors import ConfigError
from otel_sessions.records import VECTOR_BYTES
from otel_sessions.texts import TextFeatures


def around_zero(encode):
    """Give the texts that an encoder is tried on opposite directions: nothing in common."""

    def encode_or_oppose(text):
        if text not in PROBES:
            return encode(text)
        at = PROBES.index(text)
        axis = [0.0] * len(encode(text))
        axis[0] = -1.0 if at % 2 else 1.0
        return axis

    return encode_or_oppose


def vectors(length):
    """Give each text a direction of its own."""

    def encode(text):
        return np.random.default_rng(zlib.crc32(text.encode())).standard_normal(length).tolist()

    return around_zero(encode)


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
    base = far("base")

    @around_zero
    def encode(text):
        return [x + 0.3 * y for x, y in zip(base, far(text), strict=True)]

    own = OwnEncoder(encode, "encode")
    assert kept_cosine(own("a"), own("b")) == pytest.approx(
        cosine(encode("a"), encode("b")), abs=0.03
    )


@pytest.mark.parametrize("length", [64, 384])
def test_a_common_direction_is_taken_away(length):
    """Else every text would look like every other to thresholds that were measured without it."""

    def encode(text):
        own = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(length)
        return 0.5 * own / np.linalg.norm(own) + np.full(length, (0.75 / length) ** 0.5)

    texts = [f"text {at}" for at in range(20)]
    pairs = [(a, b) for a in texts for b in texts if a < b]
    own = OwnEncoder(encode, "encode")
    given = [cosine(encode(a), encode(b)) for a, b in pairs]
    kept = [kept_cosine(own(a), own(b)) for a, b in pairs]
    assert sum(given) / len(given) > 0.7
    assert sum(kept) / len(kept) < 0.2
    assert kept_cosine(own("text 1"), own("text 1")) == pytest.approx(1)


def test_what_all_texts_have_is_no_direction():
    """A text that shows nothing else is as one without meaning."""

    def encode(text):
        return [1.0, 0.0] if text == "text" else [1.0, 1e-9 * len(text)]

    assert OwnEncoder(encode, "encode")("text") == b""


def test_directions_are_the_same_in_every_release():
    """Vectors of two processes meet in one store; a change here would part them."""
    first = OwnEncoder(around_zero(lambda _: [1.0] + [0.0] * 299), "encode")("text")
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
    spread = around_zero(lambda _: [127.0, -127.0, 0.0])
    own = OwnEncoder(lambda text: form(spread(text)), "encode")
    assert own("text") == bytes([127, 129, 0]) + bytes(VECTOR_BYTES - 3)


def test_nothing_has_no_direction():
    """As with the built-in encoder, nothing is kept of it."""
    own = OwnEncoder(around_zero(lambda text: [float(len(text)), 0.0]), "encode")
    assert own("") == b""
    assert own("text")


def test_one_that_knows_none_of_the_texts_that_it_is_tried_on():
    """It may know the words of its domain alone."""
    own = OwnEncoder(lambda text: [float("kettle" in text), 0.0], "encode")
    assert own("a kettle")
    assert own("a train") == b""


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
        pytest.param(lambda text: [1.0] * len(text), "one length", id="of-many-lengths"),
        pytest.param(lambda _: [1.0, 2.0], "the same direction", id="always-the-same"),
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
    own = OwnEncoder(around_zero(lambda text: [1.0] * (3 if text == "longer" else 2)), "mine")
    with pytest.raises(ValueError, match="3 numbers, before it were 2"):
        own("longer")


def test_a_fault_costs_the_vector(tracking, talking, faults):
    """Words are compared all the same; nothing of the text or the error is logged."""

    def encode(text):
        if text not in PROBES:
            raise KeyError(text)
        return [1.0, float(len(text))]

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
        return [1.0, float(len(text))]

    OwnEncoder(encode, "mine")("text")
    assert set(enabled) == {False}
    assert is_instrumentation_enabled()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_any_numbers(numbers):
    """Give a vector that can be kept."""
    own = OwnEncoder(around_zero(lambda _: numbers), "mine")
    assert len(own("text")) in (0, VECTOR_BYTES)
