"""Words are cut as uncased BERT cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.text.wordpiece import cut, split

PIECES = {p: i for i, p in enumerate(["cafe", "un", "##able", "##ly", "a", "##b", "中", "…", "ל"])}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop!", ["don", "'", "t", "stop", "!"]),
        ("a_b\tC\n", ["a", "_", "b", "c"]),
        ("中文 text中", ["中", "文", "text", "中"]),
        ("…so I\u2019ve", ["…so", "i\u2019ve"]),
        (" \n", []),
    ],
)
def test_marks_and_ideographs_stand_alone(text, words):
    assert split(text) == words


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        pytest.param("café", ["cafe"], id="accent"),
        pytest.param("cafe\u0301", ["cafe"], id="accent-apart"),
        pytest.param("unablely", ["un", "##able", "##ly"], id="longest-first"),
        pytest.param("unknown", [], id="all-or-nothing"),
        pytest.param("…cafe…", ["…", "cafe", "…"], id="other-marks"),
        pytest.param("a\u200bb", ["a", "##b"], id="formatting"),
        pytest.param("לָ", ["ל"], id="points"),
        pytest.param("a" + "b" * 100, [], id="too-long"),
    ],
)
def test_a_word_is_cut_into_the_longest_known_pieces(word, pieces):
    assert cut(word, PIECES, 6) == [PIECES[piece] for piece in pieces]


@given(st.text())
def test_any_text_can_be_cut(text):
    for word in split(text):
        assert set(cut(word, PIECES, 6)) <= set(PIECES.values())
