"""One plain form for many ways of writing, and phrases found in it."""

import pytest

from otel_sessions.text.phrasing import INSTEAD, Phrases, plain_words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I've ALREADY told you!", ". i have already told you . ."),
        ("ive allready told u", ". i have already told you ."),
        ("Don\u2019t, please", ". do not please ."),
        ("Order #4711: it's late", ". order 4711 . it is late ."),
        ("f*** caf\u00e9 \U0001f621", ". f*** caf ."),
        ("\ud800", ". ."),
        ("", ". ."),
    ],
)
def test_plain_words(text, plain):
    """Capitals, contractions, slips and marks do not matter; ends of sentences do."""
    assert plain_words(text) == plain.split()


PHRASES = Phrases(
    [
        (1, "can not, [i|we] will [surely|] help"),
        (2, ". no, will help"),
        (4, "can not, can not see"),
        (INSTEAD, "can not wait"),
        (INSTEAD | 8, "we will help nobody"),
    ]
)


@pytest.mark.parametrize(
    ("line", "meanings"),
    [
        ("you can not", 1 | 4),
        ("i will help", 1 | 2),
        ("we will surely help", 1),
        ("i can not wait", 0),
        ("i can not wait . no , i can not see", 1 | 2 | 4),
        ("we will help nobody", 8),
        ("no", 0),
        ("can", 0),
        ("", 0),
    ],
)
def test_meanings(line, meanings):
    """Phrases match whole words, each with all it means, unless a longer one says otherwise."""
    assert PHRASES.meanings(line.replace(",", "").split()) == meanings
