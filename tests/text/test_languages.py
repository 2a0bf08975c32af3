"""Languages of texts, and that a text that tells none is in none."""

import pytest

from otel_sessions.text.languages import read_language
from otel_sessions.text.words import split_words


def language(text):
    return read_language(text, split_words(text))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Where is my order? It was supposed to arrive on Monday."),
        ("de", "Wo ist meine Bestellung? Sie sollte am Montag ankommen und ist nicht da."),
        ("fr", "J'attends la commande depuis lundi et je ne sais pas que faire."),
        ("es", "No ha llegado el pedido y el lunes es muy tarde."),
        ("pt", "O pedido n\u00e3o chegou na segunda e eu estou em casa."),
        ("it", "Il mio ordine non \u00e8 qui e doveva arrivare ieri."),
        ("nl", "Ik wacht al een week, en er is niet veel dat je kan doen."),
        ("sv", "Det var inte min v\u00e4ska, och jag har ett kvitto."),
        ("pl", "Gdzie jest m\u00f3j zam\u00f3wiony but? Nie ma go w domu."),
        ("tr", "Bu \u00e7ok uzun s\u00fcrd\u00fc ve kimse yok."),
        ("ru", "\u0427\u0442\u043e \u044d\u0442\u043e?"),
        ("uk", "\u0449\u043e \u0446\u0435"),
        ("ar", "\u0647\u0644 \u0647\u0630\u0627 \u0645\u0646 \u0623\u0646\u0627"),
        ("ja", "\u6ce8\u6587\u306f\u3069\u3053\u3067\u3059\u304b"),
        ("zh", "\u6211\u7684\u5305\u88f9\u5728\u54ea\u91cc"),
        ("zh", "\u6211\u60f3\u5199\u4e00\u4e2a Python script"),
        ("ko", "\uc8fc\ubb38\uc740 \uc5b4\ub514\uc5d0"),
        ("th", "\u0e2d\u0e22\u0e39\u0e48\u0e17\u0e35\u0e48\u0e44\u0e2b\u0e19"),
        ("el", "\u03a0\u03bf\u03cd \u03b5\u03af\u03bd\u03b1\u03b9;"),
        ("he", "\u05d0\u05d9\u05e4\u05d4 \u05d4\u05d4\u05d6\u05de\u05e0\u05d4"),
        ("hi", "\u092e\u0947\u0930\u093e \u0911\u0930\u094d\u0921\u0930"),
    ],
)
def test_running_text_tells_its_language(code, text):
    """By its script or its commonest words."""
    assert language(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "OK", "Berlin", "no", "4711", "hm hm hm", "Caf\u00e9", "\ud800", "\U0001f600", "\u6771"],
)
def test_what_may_be_any_language_is_none(text):
    """A name, a number or one word tells nothing."""
    assert language(text) == ""


def test_a_foreign_name_does_not_change_the_language():
    """What is talked about in a text is not what it is written in."""
    assert language("What does \u6771\u4eac mean, and how do you say it?") == "en"
