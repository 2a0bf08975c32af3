"""A text has a direction; texts about the same have similar ones; nothing can break it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import VECTOR_BYTES
from otel_sessions.text.embedding import MAX_WORDS, TABLE, Embedding, encode

SCRIPTS = Path(__file__).parents[2] / "scripts"


def direction(vector):
    values = np.frombuffer(vector, np.int8).astype(float)
    return values / np.linalg.norm(values)


def cosine(a, b):
    return float(direction(encode(a)) @ direction(encode(b)))


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("I want my money back", "Please refund my payment", "What is the weather like in Paris?"),
        ("How do I reset my password?", "I forgot my login", "Where is my parcel?"),
        ("The flight leaves at noon", "departure of the plane", "I like Italian food"),
        ("Is the doctor free on Monday?", "book a medical appointment", "delete the file"),
    ],
)
def test_texts_about_the_same_are_close(text, near, far):
    assert cosine(text, near) > cosine(text, far) + 0.2


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\ud800", "\x00\x01", "\u0301", "\U000e0041" * 9, "x" * 101]
)
def test_no_known_piece_is_no_direction(text):
    assert encode(text) == b""


def test_case_accents_and_order_do_not_matter():
    assert encode("Cafe au LAIT") == encode("lait au café")


@given(st.text(st.characters(codec=None)))
def test_any_text_has_a_direction_that_uses_all_bits_or_none(text):
    vector = encode(text)
    assert not vector or len(vector) == VECTOR_BYTES
    assert not vector or np.abs(np.frombuffer(vector, np.int8).astype(int)).max() == 127


@pytest.mark.parametrize(
    "middle", ["middle " * 200_000, "中" * 5_000, "\ud83d" * 5_000, "x" * 10**6]
)
def test_of_a_long_text_only_start_and_end_are_read(middle):
    start, end = "refund order " * (MAX_WORDS // 4), " cancel flight" * (MAX_WORDS // 4)
    assert encode(start + middle + end) == encode(start + end)


def test_a_long_text_is_not_even_lowered_as_a_whole():
    class Text(str):
        __slots__ = ()

        def lower(self):
            raise AssertionError

    assert encode(Text("refund " * 1000)) == encode("refund " * 1000)


def test_many_words_in_few_characters_are_cut_as_well():
    start, end = "a b " * (MAX_WORDS // 4), "c d " * (MAX_WORDS // 4)
    assert encode(start + "e f " * 200 + end) == encode(start + end)


def test_a_direction_is_the_same_however_much_was_read_before():
    embedding = Embedding(TABLE)
    text = "Where is my order? I paid 12.50 for it."
    first = embedding.encode(text)
    again = embedding.encode(text)
    for i in range(100):
        embedding.encode(" ".join(f"w{i * 100 + j}" for j in range(100)))
    assert first == again == embedding.encode(text)
    assert len(embedding._kept) <= 4096


def test_no_word_is_kept():
    embedding = Embedding(TABLE)
    embedding.encode("canary")
    assert "canary" not in repr(embedding._kept)
    assert set(map(type, embedding._kept)) == {int}


def test_threads_agree():
    texts = [f"order {i} of customer {i % 7} is late" for i in range(200)]
    embedding = Embedding(TABLE)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(embedding.encode, texts)) == list(map(encode, texts))


def test_import_loads_neither_numpy_nor_the_table():
    code = """
import sys
from otel_sessions.text import embedding
print("numpy" in sys.modules, embedding._default.cache_info().currsize)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "0"]


def test_another_file_is_refused(tmp_path):
    (tmp_path / "table.bin").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match=r"table\.bin is no table"):
        Embedding(tmp_path / "table.bin")


def test_making_the_table_again_gives_the_same_bytes(tmp_path, monkeypatch):
    """On a small made-up model; `make_embedding.py --check` does it for the real one."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    from _fit import fit  # noqa: PLC0415 - the scripts are no package
    from make_embedding import pack  # noqa: PLC0415

    def make():
        draw = np.random.default_rng(7)
        alone = draw.normal(size=(90, 384)).astype(np.float32)
        rows = [sorted(draw.integers(0, 80, 6).tolist()) for _ in range(400)]
        return pack([f"p{i}" for i in range(90)], fit(alone, rows, alone[rows].mean(axis=1)))

    (tmp_path / "table.bin").write_bytes(make())
    assert make() == (tmp_path / "table.bin").read_bytes()
    assert len(Embedding(tmp_path / "table.bin").encode("p1 nothing p89")) == VECTOR_BYTES
