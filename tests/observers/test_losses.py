"""A session that the application's store no longer has is told as lost when it next speaks."""

import json
import secrets

import pytest

from otel_sessions import clocks
from otel_sessions.calls import Message

redis = pytest.importorskip("redis")


class Bot:
    """An application as many are: the conversation is loaded, sent to a model, and saved."""

    def __init__(self, tracked, load, save):
        self.tracked, self.load, self.save = tracked, load, save

    def say(self, session_id, text, reply="A dull reply.", **fields):
        messages = [Message(role, said) for role, said in self.load(session_id)]
        messages.append(Message("user", text))
        self.tracked.track(list(messages), reply, session_id, **fields)
        if reply is not None:
            messages.append(Message("assistant", reply))
            self.save(session_id, [(message.role, message.text) for message in messages])


@pytest.fixture
def tracked(tracking, watched, monkeypatch):
    """A tracker that hears of the application's stores; both live by its clock."""
    made = tracking(lost=watched.stores.lost, emitters=(watched.stores,))
    monkeypatch.setattr(clocks, "now_ns", lambda: round(made.now_s * 1e9))
    return made


def lost(tracked, name="session_lost"):
    """Session, turn, label and cause of each loss that was told."""
    found = [report.found for report in tracked.heard.signals]
    return [
        (each.session_id, each.turn, each.signal.label, each.signal.cause)
        for each in found
        if each.signal.name == name
    ]


TOPICS = ["a parcel", "an invoice", "a refund", "an address", "a voucher", "a manager"]


class TestRedis:
    """With a real server."""

    @pytest.fixture
    def server(self, redis_servers):
        return redis_servers("--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru")

    @pytest.fixture
    def client(self, server):
        with redis.Redis.from_url(server.url) as client:
            yield client

    @pytest.fixture
    def bot(self, client, tracked):
        return Bot(
            tracked,
            lambda session_id: json.loads(client.get(f"chat:{session_id}") or "[]"),
            lambda session_id, history: client.set(f"chat:{session_id}", json.dumps(history)),
        )

    def test_a_session_that_was_evicted(self, server, client, bot, tracked, watched, waiting_until):
        """By others that fill the memory; the other session raises nothing."""
        called_back = []
        tracked.tracker.on_signal(called_back.append)
        store = watched.observe(client, key_pattern="chat:{session_id}")
        waiting_until(lambda: store.capacity)
        for topic in TOPICS[:3]:
            bot.say("evicted", f"Tell me about {topic}.")
            bot.say("kept", f"Tell me about {topic}.")
        assert lost(tracked) == []
        with redis.Redis.from_url(server.url) as other:
            while other.exists("chat:evicted"):
                other.get("chat:kept")
                other.set(secrets.token_hex(8), secrets.token_bytes(50_000))
            other.set("chat:kept", json.dumps([("user", "a"), ("assistant", "b")]))
        waiting_until(lambda: store.capacity.evictions)
        tracked.heard.signals.clear()
        bot.say("evicted", "And about the money?")
        bot.say("evicted", "When will it come?")
        assert lost(tracked) == [("evicted", 4, "critical", "evicted")]
        assert lost(tracked, "context_reset") == [("evicted", 4, "critical", "evicted")]
        assert [found.signal.name for found in called_back] == ["context_reset", "session_lost"]
        assert [turn.healthy for turn in tracked.heard.turns if turn.session_id == "evicted"] == [
            *(True, True, True),
            *(False, True),
        ]
        health = tracked.tracker.health("evicted")
        assert health.score < 0.7
        assert {found.signal.name for found in health.signals} == {"session_lost", "context_reset"}
        assert watched.told("sessions.lost", "store", "cause") == {"redis/evicted": 1}
        assert watched.told("evictions")[""] > 0

    def test_a_store_that_was_started_again(
        self, server, client, bot, tracked, watched, waiting_until, faults
    ):
        """Without its data, as Redis does unless it is told to save."""
        store = watched.observe(client, key_pattern="chat:{session_id}")
        waiting_until(lambda: store.capacity)
        bot.say("s", "Where is my parcel?")
        run = store.poll.filling.newest.run
        server.stop()
        server.start()
        waiting_until(lambda: store.poll.filling.newest.run != run)
        bot.say("s", "It is number five.")
        assert lost(tracked) == [("s", 2, "critical", "restarted")]

    def test_a_time_to_live_that_was_over(self, client, bot, tracked, watched):
        """The clock goes on for us alone, so the key is taken away for it."""
        watched.observe(client, key_pattern="chat:{session_id}")
        bot = Bot(
            tracked,
            lambda session_id: json.loads(client.get(f"chat:{session_id}") or "[]"),
            lambda session_id, history: client.set(
                f"chat:{session_id}", json.dumps(history), ex=60
            ),
        )
        bot.say("s", "Where is my parcel?")
        tracked.now_s += 61
        with redis.Redis(connection_pool=client.connection_pool) as other:
            other.delete("chat:s")
        bot.say("s", "It is number five.")
        assert lost(tracked) == [("s", 2, "critical", "expired")]


class Chats:
    """An application's own store: a dict with a face."""

    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def set(self, key, value, ttl=None):
        self.kept[key] = value

    def delete(self, key):
        del self.kept[key]


@pytest.fixture
def chats():
    return Chats()


@pytest.fixture
def bot(tracked, chats):
    """A bot with such a store, whose key is the session's id."""

    def save(session_id, history):
        chats.set(session_id, history)

    return Bot(tracked, lambda session_id: chats.get(session_id) or [], save)


@pytest.fixture
def observed(watched, chats):
    return watched.observe(chats, key_pattern="{session_id}")


def test_a_lost_history_is_told_once(bot, chats, observed, tracked):
    """And again only if it was there in between."""
    bot.say("s", "Where is my parcel?")
    chats.kept.clear()
    bot.say("s", "It is number five.")
    bot.say("s", "When will it come?")
    chats.kept.clear()
    bot.say("s", "Is it blue?")
    assert [turn for _, turn, _, _ in lost(tracked)] == [2, 4]
    assert {cause for _, _, _, cause in lost(tracked)} == {"unknown"}


def test_growth(bot, chats, observed, tracked, watched):
    """What each turn adds is told with the next, because it is stored after the reply."""
    sizes = []
    for topic in TOPICS:
        bot.say("s", f"Tell me about {topic}.")
        sizes.append(sum(len(part) for said in chats.kept["s"] for part in said))
    assert watched.told("session.growth", "store") == {"object": (5, sizes[-2])}
    assert watched.told("session.size") == {"": (11, 2 * sum(sizes) - sizes[-1])}


def test_a_session_that_nobody_took_away(bot, chats, observed, tracked):
    """A new session is not there yet; one that ended may be deleted."""
    bot.say("s", "Where is my parcel?")
    bot.say("s", "It is number five.")
    chats.delete("s")
    bot.say("s", "Something else: how do I pay?")
    bot.say("other", "Hello?")
    assert lost(tracked) == []


def test_a_session_that_was_never_answered(bot, chats, observed, tracked):
    """It was not saved, so it has nothing to lose."""
    bot.say("s", "Where is my parcel?", None, outcome="failed", error_type="500")
    bot.say("s", "Hello, is anybody there?")
    assert lost(tracked) == []


def test_a_session_that_the_application_has_from_elsewhere(bot, chats, observed, tracked):
    """A cache that lets go of sessions; the model is shown all, so it only informs."""
    database = {}
    bot.load = lambda key: chats.get(key) or database.get(key, [])
    bot.save = lambda key, value: (chats.set(key, value), database.update({key: value}))
    bot.say("s", "Where is my parcel?")
    chats.kept.clear()
    bot.say("s", "It is number five.")
    assert lost(tracked) == [("s", 2, "info", "unknown")]
    assert [turn.healthy for turn in tracked.heard.turns] == [True, True]


def test_an_application_without_memory(bot, chats, observed, tracked):
    """What it keeps may be something else than messages; that it is gone is known all the same."""
    bot.load = lambda key: [] if chats.get(key) is None else []  # noqa: RUF034 - only looked up
    for topic in TOPICS:
        bot.say("s", f"Tell me about {topic}.")
    chats.kept.clear()
    bot.say("s", "And about the money?")
    assert lost(tracked) == [("s", 7, "critical", "unknown")]


def test_a_session_that_comes_back(bot, chats, observed, tracked):
    """A replica was late: it is found when it is looked for again."""
    bot.say("s", "Where is my parcel?")
    kept = dict(chats.kept)
    chats.kept.clear()
    chats.get("s")
    chats.kept.update(kept)
    bot.say("s", "It is number five.")
    assert lost(tracked) == []


def test_a_time_to_live(bot, chats, observed, tracked):
    """As a `set` was told it."""
    bot.save = lambda key, value: chats.set(key, value, ttl=60)
    bot.say("s", "Where is my parcel?")
    tracked.now_s += 61
    chats.kept.clear()
    bot.say("s", "It is number five.")
    assert lost(tracked) == [("s", 2, "critical", "expired")]


def test_a_title_is_not_the_conversation(bot, chats, observed, tracked):
    """A side call with a prompt of its own comes first, and the loss waits for the conversation."""
    bot.say("s", "Where is my parcel?")
    chats.kept.clear()
    history = chats.get("s") or []
    title = [Message("system", "Write a title."), Message("user", "User: It is number five.")]
    tracked.track(title, "Five", "s")
    tracked.track([*history, Message("user", "It is number five.")], "Fine.", "s")
    assert lost(tracked) == [("s", 2, "critical", "unknown")]
    assert [call.turn for call in tracked.heard.calls] == [1, None, 2]


def test_an_analysis_that_comes_late(bot, chats, observed, tracked, calling):
    """By then the application is turns ahead, and each loss is still told in its turn."""
    late = []
    tracked.tracker.track, track = (
        lambda call, span: late.append((call, span)),
        tracked.tracker.track,
    )
    for question in ("Where is my parcel?", "When will it come?"):
        bot.say("s", question)
    chats.kept.clear()
    for question in ("Is it blue?", "How large is it?"):
        bot.say("s", question)
    for call, span in late:
        track(call, span)
    assert lost(tracked) == [("s", 3, "critical", "unknown")]


def test_what_was_not_found_after_a_call_began_is_of_the_next(bot, chats, observed, tracked):
    """The analysis comes later than the application goes on."""
    bot.say("s", "Where is my parcel?")
    bot.say("s", "It is number five.")
    messages = [Message(role, said) for role, said in chats.get("s")]
    chats.kept.clear()
    tracked.now_s += 100
    chats.get("s")
    tracked.now_s -= 100
    tracked.track([*messages, Message("user", "When will it come?")], "Soon.", "s")
    assert lost(tracked) == []
    tracked.now_s += 200
    tracked.track([Message("user", "Is it blue?")], "It is.", "s")
    assert lost(tracked) == [("s", 4, "critical", "unknown")]


def test_a_store_that_holds_no_sessions(bot, chats, observed, tracked):
    """A pattern that never fits what is written makes no alarm, turn after turn."""
    bot.load = lambda key: [] if chats.get(f"wrong-{key}") else chats.kept.get(key, [])
    bot.save = lambda key, value: chats.kept.update({key: value})
    for at in range(25):
        bot.say(f"s{at}", "Where is my parcel?")
    tracked.heard.signals.clear()
    bot.load = lambda key: chats.get(key) or []
    chats.kept.clear()
    bot.say("s1", "It is number five.")
    assert lost(tracked) == []


def test_another_process_takes_a_session_up(bot, chats, watched, tracked):
    """It has not seen the session stored, but where it would be; other keys may never have been."""
    watched.observe(chats, key_pattern="{session_id}")
    watched.observe(chats, key_pattern="{session_id}:{part}", name="parts")
    chats.kept["s"] = [("user", "Where is my parcel?"), ("assistant", "A dull reply.")]
    bot.say("s", "It is number five.")
    chats.get("s:summary")
    bot.say("s", "When will it come?")
    assert lost(tracked) == []
    tracked.tracker.end("s", "resolved")
