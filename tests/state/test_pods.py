"""Sessions over several processes: they go on, losses have a cause, ends happen once."""

import itertools

import pytest

SYSTEM = "You help customers of a shop with their orders."


def question(i):
    return f"Question number {i}: where is parcel {i * 7919} of {chr(97 + i % 26) * 4}?"


def answer(i):
    return f"Answer number {i}: parcel {i * 7919} lies in {chr(97 + i % 26) * 5} until {i}."


def numbers(tracked):
    return [(report.session_id, report.number) for report in tracked.heard.turns]


class TestGoingOn:
    """What another process has led goes on here."""

    @pytest.mark.parametrize("session_id", ["s", None], ids=["stated", "unnamed"])
    def test_a_shared_history_that_wanders(self, process, talking, resets, session_id):
        """Ten turns over three processes are one session without any signal."""
        pods = [process(f"pod-{i}:1") for i in range(3)]
        turn = itertools.cycle(pods)

        def send(*sent, **fields):
            return next(turn).track(*sent, **fields)

        talk = talking(send, session_id, system=SYSTEM)
        reports = [talk.say(question(i), answer(i)) for i in range(10)]
        assert len({report.session_id for report in reports}) == 1
        assert [report.turn for report in reports] == list(range(1, 11))
        assert [r for pod in pods for r in pod.heard.named] == []
        assert sum(len(pod.heard.starts) for pod in pods) == 1

    def test_a_restart(self, process, talking, resets):
        """The same history goes on in a new process, with or without a stated id."""
        for session_id in ("s", None):
            before, after = process("pod-1:1"), process("pod-1:2")
            talk = talking(before.track, session_id, system=SYSTEM)
            first = talk.say(question(1), answer(1))
            talk.say(question(2), answer(2))
            talk._send = talking(after.track, session_id)._send
            report = talk.say(question(3), answer(3))
            assert (report.session_id, report.turn) == (first.session_id, 3)
            assert after.heard.starts == []
            assert resets(before, after) == []

    def test_the_health_goes_on(self, process, talking):
        """The turns of the other process count, too."""
        one, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(one.track)
        talk.say(question(1), None, outcome="failed", error_type="500")
        talk.say(question(2), answer(2))
        talk._send = talking(other.track)._send
        talk.say(question(3), answer(3))
        health = other.tracker.health("s")
        assert health.turns == 3
        assert health.score < 1.0

    def test_another_key_is_another_world(self, process, talking, resets):
        """Numbers go on; nothing is compared that cannot be."""
        one, other = process("pod-1:1"), process("pod-2:1", key=b"another key")
        talk = talking(one.track, system=SYSTEM)
        talk.say(question(1), answer(1))
        talk._send = talking(other.track)._send
        assert talk.say(question(2), answer(2)).turn == 2
        assert resets(one, other) == []


class TestLosses:
    """Histories that are gone, and why."""

    @pytest.mark.parametrize(
        ("instance", "started_s", "silence_s", "cause"),
        [
            ("pod-2:1", 0, 0, "instance_changed"),
            ("pod-1:2", 0, 0, "instance_changed"),
            ("pod-1:2", 100, 0, "process_restarted"),
            ("pod-1:1", 0, 4000, "expired"),
            ("pod-2:1", 0, 4000, "expired"),
        ],
        ids=["pod", "worker", "restart", "expired", "expired-elsewhere"],
    )
    def test_a_lost_history(
        self, process, talking, resets, start_s, instance, started_s, silence_s, cause
    ):
        """It is told where the user goes on from nothing."""
        before = process("pod-1:1")
        talk = talking(before.track, system=SYSTEM)
        for i in range(3):
            talk.say(question(i), answer(i))
        after = process(instance, started_s=start_s + started_s)
        after.now_s = before.now_s + 200 + silence_s
        fresh = talking(after.track, system=SYSTEM)
        fresh.say("And that parcel?", "Which parcel do you mean?")
        assert fresh.say("The one you found.", "I found none.").turn == 5
        assert resets(after) == [(4, cause)]

    def test_three_processes_with_a_memory_each(self, process, talking, resets):
        """Behind a round-robin switch each new history is a reset, and then they diverge."""
        pods = [process(f"pod-{i}:1") for i in range(3)]
        talks = [talking(pod.track, system=SYSTEM) for pod in pods]
        for i in range(12):
            pods[i % 3].now_s = max(pod.now_s for pod in pods)
            talks[i % 3].say(question(i), answer(i))
        causes = [cause for _, cause in resets(*pods)]
        assert causes.count("instance_changed") == 2
        assert causes.count("diverged") >= 5
        assert set(causes) == {"instance_changed", "diverged"}

    def test_a_message_that_was_edited_is_no_divergence(self, process, talking, chat, resets):
        """The other process had this history and one more turn."""
        one, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(one.track, system=SYSTEM)
        talk.say(question(1), answer(1))
        talk._send = talking(other.track)._send
        talk.say(question(2), answer(2))
        sent = chat(question(1), answer(1), question(7), system=SYSTEM)
        one.track(sent, answer(7))
        assert resets(one, other) == []


class TestEnds:
    """Each session ends once, by whom it may be."""

    def test_a_session_of_a_dead_process_is_ended_by_another(self, process, talking):
        """It tells the whole session."""
        dead, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(dead.track)
        for i in range(3):
            talk.say(question(i), answer(i), model="gpt-4o")
        other.now_s = dead.now_s
        other.sweep_after(1801)
        (end,) = other.heard.ends
        assert (end.session_id, end.reason, end.turns, end.calls) == ("s", "idle", 3, 3)
        assert (end.labels.provider, end.started_ns) == (
            "openai",
            dead.heard.calls[0].call.started_ns,
        )
        other.sweep_after(10)
        dead.sweep_after(1900)
        dead.sweep_after(1900)
        assert (len(other.heard.ends), len(dead.heard.ends)) == (1, 0)
        assert len(dead.tracker._sessions) == 0

    def test_an_explicit_end_elsewhere(self, process, talking):
        """Whoever is asked ends it, and nobody after."""
        one, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(one.track)
        talk.say(question(1), answer(1))
        other.tracker.end("s", "resolved")
        one.tracker.end("s", "resolved")
        assert [end.outcome for end in other.heard.ends] == ["resolved"]
        assert one.heard.ends == []
        assert talk.say(question(2), answer(2)).turn == 2
        assert [start.reopened for start in one.heard.starts] == [False, True]

    def test_an_end_that_was_taken_and_not_told(self, process, talking):
        """Another process tells it as it was: the whole session, its reason and outcome."""
        dead, other = process("pod-1:1", export=lambda: False), process("pod-2:1")
        talk = talking(dead.track)
        for i in range(2):
            talk.say(question(i), answer(i))
        dead.tracker.end("s", "resolved")
        other.sweep_after(0)
        assert (dead.heard.ends, other.heard.ends) == ([], [])
        other.store._lease_s = -1
        other.sweep_after(0)
        other.sweep_after(0)
        (end,) = other.heard.ends
        assert (end.reason, end.outcome, end.turns, end.calls) == ("explicit", "resolved", 2, 2)
        assert not dead.tracker.ends.finish(lambda: False)
        assert dead.heard.ends == []

    def test_a_session_that_goes_on_while_its_end_is_told_elsewhere(self, process, talking):
        """It is led on, and ends again."""
        dead, other = process("pod-1:1", export=lambda: False), process("pod-2:1")
        talking(dead.track).say(question(1), answer(1))
        dead.tracker.end("s", "resolved")
        talk = talking(other.track)
        talk.say(question(2), answer(2))
        other.store._lease_s = -1
        other.sweep_after(0)
        assert talk.say(question(3), answer(3)).turn == 3
        other.tracker.end("s", "unresolved")
        other.sweep_after(0)
        assert [end.outcome for end in other.heard.ends] == ["resolved", "unresolved"]
        assert [start.reopened for start in other.heard.starts] == [True]

    def test_an_end_tells_what_others_did_since(self, process, talking):
        """Whoever is asked, with the turns of all."""
        one, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(one.track)
        talk.say(question(1), answer(1))
        talk._send = talking(other.track)._send
        talk.say(question(2), answer(2))
        one.tracker.end("s", "resolved")
        assert [end.turns for end in one.heard.ends] == [2]

    def test_an_undecided_list_at_the_end(self, process, talking, chat):
        """It becomes a turn, and there is one end all the same."""
        one, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(one.track)
        talk.say(question(1), answer(1))
        talk.say(question(2), answer(2))
        one.track(chat("And that parcel?"), "Which parcel do you mean?")
        one.sweep_after(1801)
        assert [end.turns for end in one.heard.ends] == [3]
        other.now_s, other.store._lease_s = one.now_s, -1
        other.sweep_after(0)
        assert other.heard.ends == []

    def test_a_process_that_stops_ends_nothing(self, process, talking):
        """Its sessions go on elsewhere."""
        one, other = process("pod-1:1"), process("pod-2:1")
        talk = talking(one.track)
        talk.say(question(1), answer(1))
        one.tracker.end_all()
        assert one.heard.ends == []
        talk._send = talking(other.track)._send
        assert talk.say(question(2), answer(2)).turn == 2
        assert other.heard.starts == []


def test_who_serves_all_turns_reads_nothing(process, talking):
    """One append a call, and no other question after the first."""
    one = process()
    talk = talking(one.track)
    for i in range(5):
        talk.say(question(i), answer(i))
    assert [operation for operation, _ in one.store_faults] == ["catch_up", *["append"] * 5]


def test_texts_are_let_go(process, talking):
    """Nothing of a call is kept once it is analysed."""
    one = process()
    talking(one.track).say(question(1), answer(1))
    assert one.tracker._handovers.alone is None
