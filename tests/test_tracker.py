"""Tracker: how calls become turns, signals, health and ends."""

import sys
from dataclasses import fields, is_dataclass

import pytest

from otel_sessions.calls import Message, Usage
from otel_sessions.detectors import DETECTORS
from otel_sessions.health import turn_health
from otel_sessions.signals import Signal

LETTERS = str.maketrans("01", "ox")
SYSTEM = "You help customers of a shop with their orders."


@pytest.fixture
def tracked(tracking):
    return tracking()


@pytest.fixture
def talk(tracked, talking):
    return talking(tracked.track, "s", system=SYSTEM)


def question(i):
    return f"Question number {i}: where is parcel {i * 7919} of {chr(97 + i % 26) * 4}?"


def answer(i):
    return f"Answer number {i}: parcel {i * 7919} lies in {chr(97 + i % 26) * 5} until {i}."


def numbers(reports):
    return [report.number for report in reports]


class TestTurns:
    """What is counted, and when."""

    def test_each_turn_is_evaluated_once(self, tracked, talk):
        """At once if it is complete."""
        for i in range(4):
            talk.say(question(i), answer(i))
            assert numbers(tracked.heard.turns) == list(range(1, i + 2))
        tracked.tracker.end("s", "resolved")
        assert numbers(tracked.heard.turns) == [1, 2, 3, 4]
        assert [(r.turn, r.number) for r in tracked.heard.calls] == [(i, 1) for i in (1, 2, 3, 4)]

    def test_an_agents_calls_are_one_turn(self, tracked, talk, tool_use):
        """It is evaluated when the model no longer waits for tools."""
        talk.messages.append(Message("user", "Where is my order?"))
        for i in range(3):
            call, result = tool_use("find", {"page": i}, f"Nothing on page {i}.", f"t{i}")
            talk.send(call)
            talk.messages.append(result)
            assert tracked.heard.turns == []
        talk.send("It is in Lyon.")
        (turn,) = tracked.heard.turns
        assert (turn.number, turn.duration_s) == (1, 4.0)
        assert [(r.turn, r.number) for r in tracked.heard.calls] == [(1, 1), (1, 2), (1, 3), (1, 4)]
        (kept,) = tracked.store.end("s").recent
        assert [tool.result is not None for tool in kept.tools] == [True] * 3

    def test_an_agents_turn_that_never_completes_is_evaluated_at_the_next(
        self, tracked, talk, tool_use
    ):
        """The user speaks before the tool has answered."""
        talk.messages.append(Message("user", "Where is my order?"))
        talk.send(tool_use("find", {}, "", "t")[0])
        assert tracked.heard.turns == []
        talk.say("Never mind.")
        assert numbers(tracked.heard.turns) == [1, 2]

    def test_a_failed_turn_waits_for_a_retry(self, tracked, talk):
        """It is counted once, after the retry."""
        talk.say("Hi", None, outcome="failed", error_type="503")
        tracked.sweep_after(9)
        assert tracked.heard.turns == []
        talk.send("Hello!")
        assert numbers(tracked.heard.turns) == [1]
        assert tracked.heard.calls[-1].number == 2
        tracked.sweep_after(60)
        assert numbers(tracked.heard.turns) == [1]

    def test_a_failed_turn_that_nobody_retries_is_counted(self, tracked, talk):
        """By the sweep, ten seconds later, and as unhealthy."""
        talk.say("Hi", None, outcome="failed", error_type="503")
        tracked.sweep_after(10)
        (turn,) = tracked.heard.turns
        assert not turn.healthy
        talk.send("Hello!")
        tracked.sweep_after(10)
        assert numbers(tracked.heard.turns) == [1]

    def test_a_regenerated_reply_is_no_turn(self, tracked, talk):
        """Nor is it counted again."""
        talk.say("Hi", "Hello!")
        sent = [*talk.messages, Message("user", "Tell me a joke.")]
        for joke in ("One.", "Two.", "Three."):
            tracked.track(sent, joke)
        assert numbers(tracked.heard.turns) == [1, 2]

    def test_side_calls_are_no_turns(self, tracked, talk, chat):
        """Their spans say no turn and no health, their cost counts."""
        talk.say(question(1), answer(1))
        side = tracked.track(chat("Is it spam?", system="Yes or no."), "no", model="gpt-4o-mini")
        assert (side.turn, side.number, side.health, side.signals) == (None, None, None, ())
        assert side.labels.model == "gpt-4o-mini"
        talk.say(question(2), answer(2))
        assert numbers(tracked.heard.turns) == [1, 2]
        assert tracked.tracker.health("s").calls == 3

    def test_a_reset_becomes_a_turn_once_it_is_certain(self, tracked, talk, talking):
        """The call that had been set aside is the turn in which it happened."""
        for i in range(2):
            talk.say(question(i), answer(i))
        fresh = talking(tracked.track, "s", system=SYSTEM)
        assert fresh.say("And that parcel?", "Which parcel do you mean?").turn is None
        assert fresh.say("The one you found.", "I found none.").turn == 4
        assert numbers(tracked.heard.turns) == [1, 2, 3, 4]
        assert (3, "context_reset", "critical") in tracked.heard.named

    @pytest.mark.parametrize(
        ("last_words", "resets"), [("Are you still there?", 1), (question(0) + " In 5 words:", 0)]
    )
    def test_an_undecided_call_at_the_end(self, tracked, talk, chat, last_words, resets):
        """It was a reset, unless it quotes the conversation as a title's prompt does."""
        for i in range(2):
            talk.say(question(i), answer(i))
        tracked.track(chat(last_words, system=SYSTEM), "Parcel in Lyon")
        tracked.tracker.end("s", "unknown")
        assert [name for _, name, _ in tracked.heard.named].count("context_reset") == resets
        assert tracked.heard.ends[0].turns == 2 + resets


class Grumble:
    """A detector whose severities are scripted, one for each time that it is asked."""

    def __init__(self, *severities):
        self.severities = list(severities)

    def __call__(self, turns, /):
        severity = self.severities.pop(0) if self.severities else 0
        return Signal("grumble", severity, "scripted") if severity else None


class TestSignals:
    """What is told of them, and how often."""

    def test_once_for_each_turn(self, tracking, talking):
        """The next turn tells it again."""
        tracked = tracking(detectors=[Grumble(0.6, 0.6)])
        talk = talking(tracked.track)
        assert [talk.say("Hi").signals for _ in range(2)] == [("grumble",), ("grumble",)]
        assert tracked.heard.named == [(1, "grumble", "warning"), (2, "grumble", "warning")]

    def test_again_only_when_the_label_gets_graver(self, tracking, talking):
        """An agent's turn is judged after each call."""
        tracked = tracking(detectors=[Grumble(0.3, 0.4, 0.6, 0.7, 0.5, 0.9, 1.0)])
        talk = talking(tracked.track)
        talk.say("Hi")
        sent = [*talk.messages, Message("user", "And?")]
        for _ in range(6):
            tracked.track(sent)
        assert tracked.heard.named == [
            (1, "grumble", "info"),
            (2, "grumble", "info"),
            (2, "grumble", "warning"),
            (2, "grumble", "critical"),
        ]

    def test_health_follows_from_the_signals(self, tracking, talking):
        """Of the turn on its span and in its report, of the session on request."""
        tracked = tracking(detectors=[Grumble(0, 0.7)])
        talk = talking(tracked.track)
        reports = [talk.say("Hi"), talk.say("And?")]
        expected = turn_health([Signal("grumble", 0.7)])
        assert [r.health for r in reports] == [1.0, expected]
        assert [(r.health, r.healthy) for r in tracked.heard.turns] == [
            (1.0, True),
            (expected, False),
        ]
        health = tracked.tracker.health("s")
        assert (health.turns, health.calls, health.id_source) == (2, 2, "session")
        assert health.score == pytest.approx(0.5 * expected + 0.5 * (0.7 + 0.3 * expected))
        assert [(s.turn, s.signal.name) for s in health.signals] == [(2, "grumble")]

    def test_what_is_said_of_the_session_lowers_no_turn(self, tracking, talking):
        """Health on the turn's span stays, the session's does not."""

        def slow_progress(turns, /):
            return Signal("slow_progress", 0.4, "scripted") if len(turns) > 1 else None

        tracked = tracking(detectors=[slow_progress])
        talk = talking(tracked.track)
        assert [talk.say(line).health for line in ("Hi", "And?")] == [1.0, 1.0]
        assert tracked.tracker.health("s").score == pytest.approx(0.6)

    def test_callbacks_hear_each_signal(self, tracking, talking, faults):
        """One that raises is logged, and the others hear it too."""
        tracked, heard = tracking(detectors=[Grumble(0.6)]), []

        def broken(_):
            raise ZeroDivisionError

        for callback in (broken, heard.append):
            tracked.tracker.on_signal(callback)
        talking(tracked.track).say("Hi")
        assert [(s.session_id, s.turn, s.signal.severity) for s in heard] == [("s", 1, 0.6)]
        assert len(faults()) == 1
        assert "ZeroDivisionError" in faults()[0]

    def test_a_callback_may_ask_for_the_health(self, tracking, talking):
        """It runs in the middle of the analysis."""
        tracked, seen = tracking(detectors=[Grumble(0.6)]), []
        tracked.tracker.on_signal(
            lambda found: seen.append(tracked.tracker.health(found.session_id))
        )
        talking(tracked.track).say("Hi")
        assert seen[0].turns == 1

    def test_a_detector_that_fails_costs_its_signal(self, tracking, talking, faults):
        """The others are heard."""

        def broken(_):
            raise ZeroDivisionError

        tracked = tracking(detectors=[broken, Grumble(0.6)])
        talking(tracked.track).say("Hi")
        assert tracked.heard.named == [(1, "grumble", "warning")]
        assert len(faults()) == 1

    def test_an_emitter_that_fails_costs_its_own_telemetry(self, tracking, talking, faults):
        """The next one tells all."""

        class Broken:
            def __getattr__(self, name):
                raise ZeroDivisionError

        tracked = tracking()
        tracked.tracker._emitters = (Broken(), tracked.heard)
        talk = talking(tracked.track)
        assert talk.say("Hi").turn == 1
        tracked.tracker.end("s", "resolved")
        assert len(tracked.heard.ends) == 1
        assert faults()

    def test_all_detectors_are_silent_in_a_dull_session(self, tracked, talk):
        """Twenty turns of a healthy conversation."""
        for i in range(20):
            usage = Usage(input_tokens=100 + 40 * i, output_tokens=20)
            talk.say(question(i), answer(i), usage=usage, model="gpt-4o")
        assert tracked.heard.named == []
        assert tracked.tracker.health("s").score == 1.0


class TestEnds:
    """A session starts once, ends once, and may go on."""

    def test_start_and_explicit_end(self, tracked, talk):
        """What is told at the end is the whole session."""
        for i in range(3):
            talk.say(question(i), answer(i))
        tracked.tracker.end("s", "resolved")
        tracked.tracker.end("s", "resolved")
        tracked.sweep_after(10**6)
        (start,), (end,) = tracked.heard.starts, tracked.heard.ends
        assert (start.session_id, start.reopened, start.source) == ("s", False, "session")
        assert (end.reason, end.outcome, end.turns, end.calls) == ("explicit", "resolved", 3, 3)
        assert (end.ended_ns - end.started_ns) / 1e9 == 3.0
        assert (end.health, end.healthy, end.signals) == (1.0, True, 0)
        assert tracked.tracker.health("s") is None

    def test_an_unknown_session_does_not_end(self, tracked):
        """Nothing is told of what never was."""
        tracked.tracker.end("who", "resolved")
        assert tracked.heard.ends == []

    def test_silence_ends_a_session(self, tracked, talk):
        """Not before the time, and only once."""
        talk.say("Hi")
        tracked.sweep_after(1799)
        assert tracked.heard.ends == []
        tracked.sweep_after(2)
        tracked.sweep_after(2)
        assert [(end.reason, end.outcome) for end in tracked.heard.ends] == [("idle", "unknown")]

    def test_silence_after_an_unhealthy_turn_is_a_user_lost(self, tracked, talk):
        """The end says so, and a signal of the last turn that comes before it."""
        talk.say("Hi", "Hello!")
        talk.say("Where is my order?", None, outcome="failed", error_type="503")
        tracked.sweep_after(2000)
        (end,) = tracked.heard.ends
        found = tracked.heard.signals[-1].found
        assert (end.reason, end.outcome, end.signals) == ("idle", "abandoned", 2)
        assert (found.turn, found.signal.name) == (2, "user_abandoned")

    def test_who_says_how_it_went_was_not_lost(self, tracked, talk):
        """An outcome that is given stands, and an end that is not silence says nothing."""
        talk.say("Where is my order?", None, outcome="failed", error_type="503")
        tracked.tracker.end("s", "unknown")
        talk.say("Hello?", None, outcome="failed", error_type="503")
        tracked.tracker.end("s", "resolved")
        assert [end.outcome for end in tracked.heard.ends] == ["unknown", "resolved"]

    def test_a_late_turn_reopens_a_session(self, tracked, talk):
        """Its number goes on, and it is a start and an end more."""
        for i in range(2):
            talk.say(question(i), answer(i))
        tracked.sweep_after(2000)
        assert talk.say("Still there?").turn == 3
        tracked.sweep_after(2000)
        assert [start.reopened for start in tracked.heard.starts] == [False, True]
        assert [end.turns for end in tracked.heard.ends] == [2, 3]
        assert numbers(tracked.heard.turns) == [1, 2, 3]

    def test_starts_and_ends_balance_when_an_undecided_call_is_counted(self, tracked, talk, chat):
        """Else `llm_session.active` would count a session that is gone."""
        for i in range(2):
            talk.say(question(i), answer(i))
        tracked.track(chat("Are you still there?", system=SYSTEM), "Yes?")
        tracked.sweep_after(2000)
        found = [name for _, name, _ in tracked.heard.named]
        assert found == ["context_reset", "user_abandoned"]
        assert (len(tracked.heard.starts), len(tracked.heard.ends)) == (1, 1)

    def test_the_least_recent_is_evicted(self, tracking, talking):
        """Its end is told, and it is forgotten."""
        tracked = tracking(max_sessions=3)
        for i in range(5):
            talking(tracked.track, f"s{i}").say("Hi")
        assert [(end.session_id, end.reason) for end in tracked.heard.ends] == [
            ("s0", "evicted"),
            ("s1", "evicted"),
        ]
        assert tracked.conversations.get("s0") is None
        assert len(tracked.tracker._sessions) == 3

    def test_sessions_that_ended_make_room_first(self, tracking, talking):
        """A session that still runs is not pushed out of the store by ended ones."""
        tracked = tracking(max_sessions=3)
        running = talking(tracked.track, "running")
        running.say("Hi")
        for i in range(9):
            talking(tracked.track, f"s{i}").say("Hi")
            tracked.tracker.end(f"s{i}", "resolved")
        assert running.say("Still there?").turn == 2
        assert [s.session_id for s in tracked.heard.starts].count("running") == 1

    def test_the_end_of_the_process_ends_all(self, tracked, talking):
        """With the reason that it is."""
        for i in range(3):
            talking(tracked.track, f"s{i}").say("Hi")
        tracked.tracker.end_all()
        assert {end.reason for end in tracked.heard.ends} == {"shutdown"}
        assert len(tracked.heard.ends) == 3

    def test_the_surest_source_of_the_id_counts(self, tracked, talking, chat):
        """A session that was found first and named later was named."""
        talk = talking(tracked.track, None)
        found = talk.say("Hi", "Hello, this is the shop. How can I help you with your order?")
        tracked.track([*talk.messages, Message("user", "Thanks.")], session_id=found.session_id)
        assert tracked.tracker.health(found.session_id).id_source == "session"

    def test_feedback_is_passed_on(self, tracked, talk):
        """Also of a session that nobody knows."""
        talk.say("Hi")
        tracked.tracker.feedback("s", 0.25)
        tracked.tracker.feedback("who", 1.0)
        assert [(f.session_id, f.score) for f in tracked.heard.feedback] == [
            ("s", 0.25),
            ("who", 1.0),
        ]


class DownStore:
    """A store that cannot be reached."""

    shared = False

    def append(self, turn):
        raise ConnectionError

    def take_idle(self, before_s):
        raise ConnectionError

    def end(self, session_id, why):
        raise ConnectionError

    def close(self):
        pass


def test_a_store_that_is_down_costs_no_call(tracking, talking, faults):
    """Spans and their session ids go on, and each fault is timed and counted."""
    tracked = tracking(store=DownStore())
    talk = talking(tracked.track)
    reports = [talk.say("Hi") for _ in range(3)]
    tracked.sweep_after(10**6)
    tracked.tracker.end("s", "resolved")
    assert [r.session_id for r in reports] == ["s"] * 3
    assert tracked.store_faults == [("append", "ConnectionError")] * 3 + [
        ("take_idle", "ConnectionError"),
        ("end", "ConnectionError"),
    ]
    assert len(faults()) == 3


class TestMemory:
    """What a session takes is bounded, whatever it does."""

    def test_side_calls_do_not_pile_up(self, tracked, talk, chat):
        """A batch under one id: their texts are let go, too."""
        talk.say(question(1), answer(1))
        for i in range(200):
            tracked.track(chat(f"Is this spam: {i}?", system="Yes or no."), "no")
        assert len(tracked.tracker._sessions["s"].held) <= 4

    @pytest.mark.parametrize("window", [None, 20], ids=["whole-history", "sliding-window"])
    def test_a_session_of_a_thousand_turns(self, tracking, chat, window):
        """64 KiB in all, and 1.5 KiB for each turn that is kept."""
        vectors = iter(range(10**9))
        tracked = tracking(encode=lambda _: next(vectors).to_bytes(4, "big") * 64)
        history = chat(
            *(
                f"{who} says in line {i:010b} what people say in a chat".translate(LETTERS)
                for i in range(1001)
                for who in ("The user", "The assistant")
            )
        )
        for i in range(0, 2000, 2):
            sent = history[: i + 1] if window is None else history[max(0, i - window) : i + 1]
            tracked.track(sent, history[i + 1])
        session = tracked.tracker._sessions["s"]
        seen, kept = set(), len(session.recent)
        turns = bytes_of(session.recent, seen)
        rest = bytes_of([session, tracked.conversations.get("s")], seen)
        index = tracked.conversations._index
        rest += bytes_of([index._sessions, index._keys], seen)
        assert kept >= 32
        assert turns / kept <= 1536
        assert turns + rest <= 64 * 1024


def bytes_of(value, seen):
    """Sum the sizes of an object and all that only it holds."""
    if id(value) in seen or value is None or isinstance(value, type):
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif hasattr(value, "__dict__") and not isinstance(value, int):
        parts = [vars(value)]
    elif is_dataclass(value):
        parts = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, str | bytes | int | float) or not hasattr(value, "__iter__"):
        parts = []
    else:
        parts = [] if hasattr(value, "typecode") else list(value)
    return size + sum(bytes_of(part, seen) for part in parts)


def test_the_detectors_are_the_packages_own(tracked):
    """What these tests leave out is not replaced."""
    assert tracked.tracker._detectors == DETECTORS
