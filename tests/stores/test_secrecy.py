"""What somebody learns who gets hold of a whole store but not of the key: no text, no value."""

import secrets
from hashlib import blake2b

import pytest

from otel_sessions.conversations import Conversations
from otel_sessions.digests import digest
from otel_sessions.notes import Notes
from otel_sessions.readings import CallReader
from otel_sessions.records import WORD_BYTES
from otel_sessions.stores import open_store
from otel_sessions.text.features import FeatureReader

KEY, OTHER_KEY = b"the key of the settings", b"a key that somebody guessed"
CANARIES = ("xylophone", "4532119", "anna.berg@example.com", "Quedlinburg", "hunter2hunter2")
SAID = (
    "My account is 4532119 and my mail is anna.berg@example.com, I play the xylophone.",
    "Please send it to Quedlinburg. The password was hunter2hunter2, can you change that?",
)
ANSWER = "I have changed the mail of account 4532119 to anna.berg@example.com in Quedlinburg."
DICTIONARY = (*CANARIES, *SAID, ANSWER, "yes", "account", "password", "mail")


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sessions.db"
    return request.getfixturevalue("redis_server").url


@pytest.fixture
def dump(url, tmp_path, tracking, talking):
    """Lead a conversation with some key; gives all bytes that the store has of it."""
    redis = pytest.importorskip("redis")

    def lead(key, tenant):
        store = open_store(url, max_sessions=10, key=key, tenant=tenant, ttl_s=60)
        tracked = tracking(
            store=store,
            notes=Notes(key),
            conversations=Conversations(key, max_sessions=10, instance="pod-1"),
            reader=CallReader(key, lambda _: b"", instance="pod-1"),
        )
        # Without a stated id, so that places in lists are stored, too.
        talk = talking(tracked.track, None, system="You help customers of xylophone shops.")
        for text in SAID:
            talk.say(text, ANSWER)
        store.close()
        if url.startswith("sqlite"):
            return b"".join(path.read_bytes() for path in tmp_path.iterdir())
        client = redis.Redis.from_url(url)
        parts = []
        for name in client.scan_iter(f"otel-sessions:1:{tenant}:*"):
            kind = client.type(name)
            parts.append(name)
            if kind == b"hash":
                parts += [part for pair in client.hgetall(name).items() for part in pair]
            elif kind == b"string":
                parts.append(client.get(name))
            else:
                parts += [member for member, _ in client.zscan_iter(name)]
        client.close()
        return b"\n".join(parts)

    return lambda key=KEY: lead(key, secrets.token_hex(4))


def fingerprints(text, key):
    """All that can be made of a value by what is stored of texts, with some key."""
    features = FeatureReader(key, lambda _: b"").read(text)
    words = features.words
    found = {words[at : at + WORD_BYTES] for at in range(0, len(words), WORD_BYTES)}
    found |= {value.digest for value in features.values}
    for parts in (("user", text), ("prompt", text), (text,)):
        found.add(digest(key, *parts).to_bytes(8, "little"))
        found.add(digest(key, *parts).to_bytes(8, "big"))
    return found


def confirmed(guesses, data):
    """Count the guesses that are found; four bytes may be there by chance, once in 300 runs."""
    return sum(guess in data for guess in guesses)


def test_no_text_is_in_it(dump):
    """In no spelling, and not in the other byte order of wide characters."""
    data = dump().lower()
    assert len(data) > 1_000
    for canary in CANARIES:
        for code in ("utf-8", "utf-16-le", "utf-16-be"):
            assert canary.lower().encode(code) not in data


def test_no_dictionary_confirms_a_value(dump):
    """Digests of what was said are in it, but nobody can make them without the key."""
    data = dump()
    known = [each for text in DICTIONARY for each in fingerprints(text, KEY)]
    # The attack works with the key; so it would be seen if one worked without.
    assert confirmed(known, data) >= 10
    guessed = set()
    for text in DICTIONARY:
        guessed |= fingerprints(text, OTHER_KEY) | fingerprints(text, bytes(1))
        guessed |= {blake2b(text.encode(), digest_size=size).digest() for size in (4, 8, 16, 32)}
    assert confirmed(guessed, data) <= 1


def test_the_same_words_under_another_key_have_nothing_in_common(dump):
    """Neither can two stores be compared."""
    digests = {each for text in DICTIONARY for each in fingerprints(text, KEY)}
    assert confirmed(digests, dump(OTHER_KEY)) <= 1
