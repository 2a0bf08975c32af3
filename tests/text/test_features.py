"""Features of texts: what is kept, what is equal, and that no text can break or slow the reader."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_sessions.comparisons import overlap
from otel_sessions.records import VECTOR_BYTES
from otel_sessions.text.features import MAX_WORDS, FeatureReader
from otel_sessions.text.values import MAX_VALUES

READER = FeatureReader(b"a key", lambda _: b"")
any_text = st.text(st.characters(exclude_categories=()))


@given(text=any_text)
@example(text="")
@example(text="\ud800\udfff \ud800")
@example(text='named "\ud800"')
@example(text="\u202e\u05e9\u05dc\u05d5\u05dd 12:30 \u0645\u0631\u062d\u0628\u0627\u061f")
@example(text="\U0001f469\u200d\U0001f4bb" * 50)
@example(text=bytes(range(256)).decode("latin-1") * 40)
@example(text="\u0661\u0662\u0663 \u00b2\u00bd \u2167 \u0130stanbul")
def test_any_text_can_be_read(text):
    """Features keep to their bounds, whatever was written, and the same text gives the same."""
    features = READER.read(text)
    assert features == READER.read(text)
    assert features.chars == len(text)
    assert (features.tokens == 0) == (text == "")
    assert len(features.words) <= 4 * MAX_WORDS
    assert len(features.value_set) <= MAX_VALUES
    digests = [features.words[i : i + 4] for i in range(0, len(features.words), 4)]
    assert digests == sorted(set(digests))


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.",
        "1",
        "1,",
        "a@",
        "a1-",
        "\ud800",
        "\u4f60\u597d",
        " ",
        "word ",
        "{'a': 1}, ",
        "\u00e9_",
    ],
)
def test_a_megabyte_does_not_hang_the_reader(unit, patiently):
    """No text makes the reader's time grow with its length, or worse: it takes milliseconds."""
    text = (unit * 1_000_000)[:1_000_000]
    with patiently():
        features = READER.read(text)
    assert features.chars == 1_000_000


def test_both_ends_of_a_long_text_are_read():
    """A question before or after a pasted log is found."""
    log = "x = y\n" * 100_000
    asked = READER.read("Which invoice failed?")
    for text in (f"Which invoice failed?\n{log}", f"{log}\nWhich invoice failed?"):
        assert overlap(READER.read(text), asked) >= 0.5


def test_digests_depend_on_the_key():
    """Without the key, features of a guessed text cannot be compared."""
    text = "My account is 12345678"
    other = FeatureReader(b"another key", lambda _: b"")
    assert not READER.read(text).value_set & other.read(text).value_set
    assert overlap(READER.read(text), other.read(text)) == 0


def test_the_encoder_sees_the_text():
    """The vector is whatever the encoder makes of it."""
    reader = FeatureReader(b"a key", lambda text: text.encode().ljust(VECTOR_BYTES))
    assert reader.read("a text").vector == b"a text".ljust(VECTOR_BYTES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cancel my order", "please CANCEL the orders!"),
        ("booking a flight", "I booked flights"),
        ("shipping cities", "ship it to the city"),
        ("what's the agent\u2019s address", "agent's address?"),
        ("\u9000\u6b3e\u8ba2\u5355", "\u9000\u6b3e\u8ba2\u5355"),
    ],
)
def test_same_content(one, other):
    """Case, function words and common endings do not count."""
    assert overlap(READER.read(one), READER.read(other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("yes please do that", "yes please do that"),
        ("cancel my order", "track a parcel"),
        ("", ""),
    ],
)
def test_no_shared_content(one, other):
    """Function words alone are no content, and nothing is shared with nothing."""
    assert overlap(READER.read(one), READER.read(other)) == 0
