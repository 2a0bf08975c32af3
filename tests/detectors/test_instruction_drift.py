"""The signal of replies that no longer keep what was demanded."""

from dataclasses import replace

import pytest

from otel_sessions.detectors.instruction_drift import instruction_drift
from otel_sessions.signals import WARNING
from otel_sessions.text.features import FeatureReader

READER = FeatureReader(b"a key", lambda _: b"")
GERMAN = "Das ist kein Problem, und wir haben noch zwei Karten f\u00fcr Sie."
ENGLISH = "That is no problem, and we still have two tickets for you."
LONG = "We have two tickets. They are in row four. The price is nine euros. Shall I book them?"
ASKING = "Do you have two tickets for Friday, and what do they cost?"
FRAGEN = "Haben Sie noch zwei Karten f\u00fcr Freitag, und was kosten die?"


@pytest.fixture
def held(talk):
    """Turns under a system prompt, of a user who asks the same in each unless lines say it."""

    def build(prompt, *replies, asking=ASKING):
        turns = talk(*(line for reply in replies for line in (asking, reply)))
        return [replace(turns[0], system=READER.read(prompt)), *turns[1:]] if prompt else turns

    return build


@pytest.mark.parametrize(
    ("prompt", "kept", "broken"),
    [
        pytest.param("Always answer in German.", GERMAN, ENGLISH, id="language"),
        pytest.param("Respond only with JSON.", '{"tickets": 2}', ENGLISH, id="json"),
        pytest.param("Never use bullet points.", ENGLISH, "We have:\n- two\n- three", id="no-list"),
        pytest.param("Use no markdown.", ENGLISH, "We have **two**.", id="no-markdown"),
        pytest.param("Do not use emojis.", ENGLISH, "Two! \U0001f389", id="no-emoji"),
        pytest.param("Answer in at most two sentences.", ENGLISH, LONG, id="sentences"),
        pytest.param("Keep replies under 12 words.", ENGLISH, LONG * 2, id="words"),
        pytest.param("Limit replies to 70 characters.", ENGLISH, LONG * 2, id="characters"),
        pytest.param('Never say "problem".', LONG, ENGLISH, id="forbidden-word"),
        pytest.param("Always include 'row four'.", LONG, ENGLISH, id="required-words"),
        pytest.param("Start every reply with 'Well then'.", "Well then. Two.", ENGLISH, id="start"),
        pytest.param(
            "End every reply with 'Anything else?'", "Two. Anything else?", LONG, id="end"
        ),
    ],
)
def test_what_was_kept_and_is_not_any_more(held, prompt, kept, broken):
    """Each kind of demand is a warning once it is broken, and not before."""
    assert instruction_drift(held(prompt, kept, kept), min_severity=0.0) is None
    signal = instruction_drift(held(prompt, kept, kept, broken))
    assert signal is not None
    assert signal.severity >= WARNING


def test_what_was_never_kept_is_milder(held):
    """It may have been misunderstood, here or by the model."""
    signal = instruction_drift(held("Always answer in German.", *[ENGLISH] * 4))
    assert signal is not None
    assert signal.severity < WARNING


def test_it_is_graver_the_longer_it_was_kept_and_the_longer_it_lasts(held):
    """One slip is less than the end of a habit."""

    def severity(kept, broken):
        replies = [GERMAN] * kept + [ENGLISH] * broken
        return instruction_drift(held("Always answer in German.", *replies)).severity

    assert severity(1, 1) < severity(3, 1) < severity(3, 2) < severity(3, 3) < 1


def test_a_user_who_writes_one_language_demands_it(held):
    """Nobody has to say so."""
    signal = instruction_drift(held(None, GERMAN, GERMAN, ENGLISH, asking=FRAGEN))
    assert signal is not None
    assert signal.severity >= WARNING
    assert instruction_drift(held(None, ENGLISH, ENGLISH, ENGLISH)) is None


def test_a_demand_of_the_user_counts_from_then_on(talk):
    """And may take back what the prompt demanded."""
    turns = talk(ASKING, ENGLISH, "From now on, answer in German.", GERMAN, ASKING, GERMAN)
    prompted = [replace(turns[0], system=READER.read("Answer in English.")), *turns[1:]]
    assert instruction_drift(prompted) is None
    broken = [*prompted, *talk(ASKING, ENGLISH)]
    assert instruction_drift(broken).severity >= WARNING


def test_another_prompt_takes_back_what_the_one_before_demanded(held):
    """Only the newest counts."""
    turns = held("Always answer in German.", GERMAN, GERMAN, ENGLISH)
    turns[2] = replace(turns[2], system=READER.read("You sell tickets."))
    assert instruction_drift(turns) is None


def test_the_same_demand_in_another_prompt_holds_from_the_first(held):
    """A prompt with the time of day in it demands nothing new."""
    turns = held("Always answer in German. It is 9.", GERMAN, GERMAN, ENGLISH)
    turns[2] = replace(turns[2], system=READER.read("Always answer in German. It is 10."))
    assert instruction_drift(turns).severity >= WARNING


def test_one_request_in_a_language_demands_none(talk):
    """Somebody who quotes or tries one has not gone over to it."""
    turns = talk(ASKING, ENGLISH, FRAGEN, ENGLISH)
    assert instruction_drift(turns, min_severity=0.0) is None


def test_a_demand_for_one_reply_is_over_after_it(talk):
    """It did not say that it holds for all."""
    assert instruction_drift(talk("Explain it in one sentence.", ENGLISH, ASKING, LONG)) is None


@pytest.mark.parametrize(
    ("prompt", "kept", "reply", "asking"),
    [
        pytest.param("Answer in at most 3 sentences.", ENGLISH, LONG, ASKING, id="hardly-too-long"),
        pytest.param("Answer in German.", GERMAN, "OK, 2 x Berlin.", ASKING, id="no-language"),
        pytest.param("Answer in German.", GERMAN, '{"the": "and"}', ASKING, id="json"),
        pytest.param("Use bullet points.", "- a b\n- c d", "Yes.", ASKING, id="short-for-a-list"),
        pytest.param(
            'Never mention "problem".', LONG, ENGLISH, "Is that a problem?", id="the-user-said-it"
        ),
        pytest.param(
            None, ENGLISH, GERMAN, "How do I say that in German, please?", id="translation"
        ),
        pytest.param("If they are rude, answer in German.", ENGLISH, LONG, ASKING, id="condition"),
        pytest.param("", "", ENGLISH, ASKING, id="nothing-demanded"),
    ],
)
def test_what_only_looks_like_it(held, prompt, kept, reply, asking):
    """No signal where the reply may be as it is."""
    assert instruction_drift(held(prompt, kept, kept, reply, asking=asking)) is None


@pytest.mark.parametrize(
    "fields",
    [{"complete": False}, {"outcome": "aborted"}, {"finish_reason": "length"}, {"reply": None}],
)
def test_a_reply_that_is_not_all_there_is_not_held(held, fields):
    """Other signals tell of it."""
    *before, newest = held("Respond only with JSON.", "{}", "{}", ENGLISH)
    assert instruction_drift([*before, replace(newest, **fields)]) is None
