"""Ids and content by setting: what leaves the collector is what its operator chose."""

import hashlib

import pytest

from otel_sessions import names

KEY = "a-secret"
PERSON = "anna@example.com"
IDS = {
    names.SESSION_ID: "support-4711",
    names.SESSION_PREVIOUS_ID: "support-4710",
    names.CONVERSATION_ID: "support-4711",
    names.USER_ID: PERSON,
    "enduser.id": PERSON,
}
OTHERS = {
    "user.email": PERSON,
    "user.name": PERSON,
    "traceloop.association.properties.customer": PERSON,
}


def hashed(word, key=KEY):
    return hashlib.sha256(f"{key}{word}".encode()).hexdigest()


@pytest.fixture
def passed_on(collector, backend, span, http):
    """Send a span through a collector with settings; returns its attributes, and all bytes."""

    def send(attributes, **variables):
        seen = backend()
        running = collector("otlp", OTEL_SESSIONS_BACKEND=seen.url, **variables)
        assert running.send(span("t", attributes=attributes)) == 200
        http.until(lambda: seen.spans, what="a span")
        (found,) = seen.spans.values()
        return found.attributes, b"".join(body for _, _, body in seen.requests)

    return send


def test_ids_stay_unless_they_are_to_be_hashed(passed_on):
    found, _ = passed_on(IDS | OTHERS)
    assert found == IDS | OTHERS


def test_hashed_ids_are_the_same_everywhere_and_lead_to_nobody(passed_on):
    """A session stays one session, in every collector with the key; names of people are gone."""
    found, sent = passed_on(
        IDS | OTHERS | {names.TURN: 3}, OTEL_SESSIONS_IDS="hash", OTEL_SESSIONS_ID_KEY=KEY
    )
    assert found == {name: hashed(word) for name, word in IDS.items()} | {names.TURN: 3}
    assert PERSON.encode() not in sent
    assert b"support-471" not in sent


def test_an_id_that_is_a_number_is_hashed_too(passed_on):
    found, _ = passed_on(
        {names.SESSION_ID: 4711}, OTEL_SESSIONS_IDS="hash", OTEL_SESSIONS_ID_KEY=KEY
    )
    assert found == {names.SESSION_ID: hashed(4711)}


@pytest.mark.parametrize(("setting", "kept"), [("keep", True), ("Keep", False), ("", False)])
def test_content_is_kept_by_one_word_only(passed_on, setting, kept):
    """Whatever else is written removes it."""
    content = {"gen_ai.input.messages": "Hello", "input.value": "Hello"}
    found, _ = passed_on(content | {names.TURN: 1}, OTEL_SESSIONS_CONTENT=setting)
    assert found == ({names.TURN: 1} | content if kept else {names.TURN: 1})
