"""Acts: what English texts do, and silence about others."""

import pytest

from otel_sessions.records import Act
from otel_sessions.text.acts import read_acts
from otel_sessions.text.words import split_words


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("Where is my order?", Act.QUESTION),
        ("where is my order", Act.QUESTION),
        ("I'd like to cancel my subscription.", Act.QUESTION),
        ("Please send me the invoice", Act.QUESTION),
        ("tell me more about it", Act.QUESTION),
        ("Yes", Act.ACKNOWLEDGEMENT),
        ("ok, go ahead", Act.ACKNOWLEDGEMENT),
        ("Sounds good!", Act.ACKNOWLEDGEMENT),
        ("Yes, that's correct.", Act.ACKNOWLEDGEMENT),
        ("ok thanks", Act.ACKNOWLEDGEMENT | Act.THANKS),
        ("Yes, but can I change it?", Act.QUESTION | Act.AGREEMENT),
        ("Is that right?", Act.QUESTION),
        ("Thank you so much", Act.THANKS),
        ("Hello there", Act.GREETING),
        ("Good morning", Act.GREETING),
        ("No, I meant the blue one", Act.CORRECTION | Act.OBJECTION),
        ("Sorry, it is 5 not 6", Act.CORRECTION),
        ("Unfortunately that is out of stock.", Act.REFUSAL),
        ("I'm sorry, but there is no table left.", Act.REFUSAL | Act.APOLOGY),
        ("I like trains.", Act.NONE),
        ("ok 17", Act.NONE),
        ("", Act.NONE),
    ],
)
def test_acts(text, acts):
    """A text does what its words say, and sometimes several things."""
    assert read_acts(text, split_words(text)) == acts


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("no lo s\u00e9", Act.NONE),
        ("Was ist das", Act.NONE),
        ("S\u00ed, de acuerdo", Act.NONE),
        ("will ich nicht", Act.NONE),
        ("Merci beaucoup", Act.NONE),
        ("\u00bfD\u00f3nde est\u00e1 mi pedido?", Act.QUESTION),
        ("\u8ba2\u5355\u5728\u54ea\u91cc\uff1f", Act.QUESTION),
        ("\u0623\u064a\u0646 \u0637\u0644\u0628\u064a\u061f", Act.QUESTION),
    ],
)
def test_other_languages(text, acts):
    """Only a question mark speaks every language."""
    assert read_acts(text, split_words(text)) == acts
