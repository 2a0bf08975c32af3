"""Texts: what is packed can be read again."""

from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import VECTOR_BYTES, Act, Form
from otel_sessions.texts import TextFeatures

RECORDS = ("words", "packed_values", "asks", "claims", "demands")

written = st.fixed_dictionaries(
    {
        "chars": st.integers(0, 10**9),
        "tokens": st.integers(0, 10**9),
        "vector": st.binary(min_size=VECTOR_BYTES, max_size=VECTOR_BYTES) | st.just(b""),
        "frame": st.integers(0, 2**32 - 1),
        "acts": st.sampled_from(list(Act)),
        "form": st.sampled_from(list(Form)),
        "language": st.sampled_from(["", "en", "th"]),
    }
    | {record: st.binary(max_size=40) for record in RECORDS}
)


@given(given_fields=written)
def test_each_field_is_read_as_it_was_written(given_fields):
    """No field runs into another, whatever their lengths."""
    text = TextFeatures(**given_fields)
    assert {name: getattr(text, name) for name in given_fields} == given_fields


def test_what_is_left_out_is_empty():
    """A text of which only the length is known has no records and no vector."""
    text = TextFeatures(4, 1)
    assert [getattr(text, name) for name in RECORDS] == [b""] * 5
    assert (text.vector, text.language, text.acts, text.form) == (b"", "", Act.NONE, Form.NONE)


def test_equal_texts_are_one_key():
    """They can stand in sets and as keys, and take one piece of memory each."""
    assert len({TextFeatures(4, 1, words=b"aaaa"), TextFeatures(4, 1, words=b"aaaa")}) == 1
