"""Demands on replies, against sentences that only have their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import Demand, DemandKind, pack_demands
from otel_sessions.text.demands import MAX_DEMANDS, read_demands, read_shape
from otel_sessions.text.words import split_words
from otel_sessions.texts import TextFeatures


def standing(kind, *more):
    return Demand(kind, True, *more)  # noqa: FBT003 - a row of a table


def once(kind, *more):
    return Demand(kind, False, *more)  # noqa: FBT003


def digest(word):
    return word.encode()[:3].ljust(3, b"_")


def demands(text):
    return read_demands(text, split_words(text), digest)


def shape(text):
    return read_shape(text, split_words(text), digest)


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("Always answer in German.", standing(DemandKind.LANGUAGE, 0, b"de")),
        ("Reply only in French, whatever they write.", standing(DemandKind.LANGUAGE, 0, b"fr")),
        ("Can you answer in Spanish, please?", standing(DemandKind.LANGUAGE, 0, b"es")),
        ("English only please", standing(DemandKind.LANGUAGE, 0, b"en")),
        ("Bitte antworte auf Deutsch.", standing(DemandKind.LANGUAGE, 0, b"de")),
        ("Responde siempre en espa\u00f1ol.", standing(DemandKind.LANGUAGE, 0, b"es")),
        ("Respond only with valid JSON.", standing(DemandKind.JSON)),
        ("Return the result as JSON", once(DemandKind.JSON)),
        ("Do not use bullet points.", once(DemandKind.NO_LIST)),
        ("Give me three ideas as a bulleted list", once(DemandKind.LIST)),
        ("No markdown, please.", once(DemandKind.NO_MARKUP)),
        ("Never use any emojis.", standing(DemandKind.NO_EMOJI)),
        ("Keep your answers under 50 words.", once(DemandKind.MAX_WORDS, 50)),
        ("At most two sentences.", once(DemandKind.MAX_SENTENCES, 2)),
        ("Explain it in one sentence", once(DemandKind.MAX_SENTENCES, 1)),
        ("Sum it up in 3 sentences or less", once(DemandKind.MAX_SENTENCES, 3)),
        ("Limit all replies to 200 characters", standing(DemandKind.MAX_CHARACTERS, 200)),
        ('Never say "unfortunately".', standing(DemandKind.FORBIDDEN, 0, b"unf")),
        ("Don't use the word cheap.", once(DemandKind.FORBIDDEN, 0, b"che")),
        ("Never mention Contoso.", standing(DemandKind.FORBIDDEN, 0, b"con")),
        ('Always include "not legal advice".', standing(DemandKind.REQUIRED, 0, b"legadv")),
        ("Start every reply with 'Dear guest'", standing(DemandKind.START, 0, b"deague")),
        ('Always end with "Stay safe!"', standing(DemandKind.END, 0, b"safsta")),
    ],
)
def test_what_is_demanded(text, demand):
    """One demand a sentence, with what it says."""
    assert demands(text) == [demand]


@pytest.mark.parametrize(
    "text",
    [
        "Please be brief.",
        "Each bullet must be under 10 words.",
        "Passwords must be at most 20 characters.",
        "Tool arguments must be valid JSON.",
        'If the user is upset, say "I am sorry" in one sentence.',
        "How can I return JSON from a function?",
        "I have read all four words on the label.",
        "Use the card ending in 4711 and say hello to Ann.",
        'He said "never" and left.',
        "",
    ],
)
def test_what_demands_nothing_of_replies(text):
    """It is about something else, holds sometimes, or cannot be checked."""
    assert demands(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "How do I say thank you in Japanese?",
        "Answer in English or German.",
        "Translate this into German: good night",
        "Never reply in English.",
        "When the user writes French, answer in French.",
    ],
)
def test_where_languages_are_the_subject_any_may_follow(text):
    """No reply can be held to one."""
    assert demands(text) == [once(DemandKind.ANY_LANGUAGE)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("no end", 1),
        ("One. Two three four? Yes!", 3),
        ("Dr. Smith is here, e.g. in Rome, at No. 5.", 1),
        ("It is 4.5 km to go.", 1),
        ("You need:\n- apples\n- pears\n\nThat is all.", 3),
    ],
)
def test_sentences_are_counted(text, sentences):
    """A line without an end counts as one."""
    assert shape(text).sentences == sentences


def test_a_shape_has_the_words_at_both_ends():
    """The last one first, so that an ending can be looked for from its end."""
    found = shape("Dear guest, come back soon")
    assert (found.words, found.first, found.last) == (5, b"deaguecom", b"soobaccomgue")


def test_packed_demands_are_read_back():
    """Nothing is lost on the way into a turn."""
    said = shape("A short one.")
    wanted = demands('Answer in German. At most two sentences. Never say "cheap".')
    features = TextFeatures(1, 1, demands=pack_demands(said, wanted))
    assert features.demanded == wanted
    assert features.shape.words == said.words == 3
    assert len(features.demands) <= 24 + 16 * len(wanted)


@given(text=st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_read(text):
    """Whatever was written."""
    assert len(demands(text)) <= MAX_DEMANDS
    assert shape(text).words == len(split_words(text))


@pytest.mark.parametrize(
    "unit",
    ["in ", '"a', "'a ", "a. ", "no, ", "- a\n", "{\n", " \n", "never say a, ", "only json "],
)
def test_the_longest_sample_does_not_hang_the_reader(unit, patiently):
    """No wording makes the time grow worse than the text: it takes milliseconds."""
    text = (unit * 8192)[:8192]
    words = [*split_words(text), "json", "say"]
    with patiently():
        read_demands(text, words, digest)
        read_shape(text, words, digest)
