"""Conversations: whose session a call is, and what it is in it."""

from dataclasses import replace

import pytest

from otel_sessions.calls import Message
from otel_sessions.conversations import Conversations
from otel_sessions.listings import Listing

SYSTEM = "You help customers of a shop with their orders."
TITLES = "You write a title of at most five words for a conversation."
ANSWERS = [
    "Your order number 4711 left our house yesterday and arrives tomorrow.",
    "Of course, the invoice is on its way to the address that we have.",
    "We are open from nine to five on every day but Sunday, in all towns.",
    "There is a guarantee of two years on everything that we have sold you.",
    "The return is free of charge, and the label is attached to this mail.",
]


@pytest.fixture
def conversations(key):
    return Conversations(key, max_sessions=100, instance="pod-1")


@pytest.fixture
def place(conversations, calling, key):
    """Place a call, and give the placement."""

    def place(messages, reply="A dull reply.", session_id=None, **fields):
        call = calling(messages, reply, session_id, **fields)
        return conversations.place(call, None if messages is None else Listing(messages, key))

    return place


@pytest.fixture
def talk(place, talking):
    """A conversation under an id, with two turns behind it."""
    talk = talking(place, "s", system=SYSTEM)
    talk.say("Where is my order?", ANSWERS[0])
    talk.say("Can I have an invoice?", ANSWERS[1])
    return talk


class TestStated:
    """The id is given; the question is what the call is."""

    def test_turns_follow_each_other(self, place, talking):
        """Each message of the user opens a turn with a key of its own."""
        talk = talking(place, "s")
        placements = [talk.say(f"Question {i}?") for i in range(5)]
        assert {p.session_id for p in placements} == {"s"}
        assert {p.part for p in placements} == {"turn"}
        assert len({p.turn_key for p in placements}) == 5
        assert [p.change.kind for p in placements] == ["first", *["continued"] * 4]

    def test_tools_stay_in_their_turn(self, place, talking, tool_use):
        """What an agent does until the user speaks again is one turn."""
        talk = talking(place, "s")
        talk.messages.append(Message("user", "Where is my order?"))
        call, result = tool_use("find_order", {"id": 7}, "It is in Lyon.", "t1")
        opened = talk.send(call)
        talk.messages.append(result)
        went_on = talk.send("It is in Lyon.")
        assert (opened.part, went_on.part) == ("turn", "same_turn")
        assert opened.turn_key == went_on.turn_key
        assert went_on.request_at is None

    @pytest.mark.parametrize("first_reply", [None, "One answer."], ids=["failed", "regenerated"])
    def test_the_same_list_again_is_the_same_turn(self, place, talking, first_reply):
        """A retry and a regenerated reply repeat a turn."""
        talk = talking(place, "s")
        talk.say("Hello?", ANSWERS[0])
        sent = [*talk.messages, Message("user", "And now?")]
        first, again = place(sent, first_reply, "s"), place(sent, "Another answer.", "s")
        assert (again.part, again.repeated) == ("same_turn", True)
        assert first.turn_key == again.turn_key

    def test_an_edit_is_a_turn_and_no_loss(self, talk, place):
        """The user changes the last request: a new turn in the same session."""
        edited = [*talk.messages[:-2], Message("user", "Can I have a receipt?")]
        placement = place(edited, ANSWERS[2], "s")
        assert (placement.part, placement.change.kind) == ("turn", "forked")
        assert placement.change.dropped_messages == 0

    def test_a_cut_history_says_how_much_is_gone(self, talk, place):
        """Messages, and their share of the tokens that are known."""
        cut = [*talk.messages[:1], *talk.messages[3:], Message("user", "And now?")]
        change = place(cut, session_id="s").change
        assert (change.kind, change.dropped_messages, change.newly_dropped_messages) == (
            "truncated",
            2,
            2,
        )
        assert 0.4 < change.lost_share < 0.7

    def test_a_side_call_before_the_first_turn(self, place, talking, chat):
        """A guard asks about the first message before the assistant does."""
        guard = chat("Is this safe: Where is my order?", system="Answer yes or no.")
        place(guard, "Yes.", "s")
        talk = talking(place, "s", system=SYSTEM)
        first = talk.say("Where is my order?", ANSWERS[0])
        second = talk.say("Can I have an invoice?", ANSWERS[1])
        assert [first.part, second.part] == ["aside", "turn"]
        assert second.joined == (first.turn_key,)
        assert second.lost == ()

    def test_a_title_at_the_end_is_no_reset(self, talk, place, conversations, chat):
        """A list with nothing in common and another system prompt stays beside the session."""
        title = place(chat("Where is my order? Can I have ...", system=TITLES), "Order", "s")
        assert title.part == "aside"
        assert conversations.undecided("s") is None
        assert talk.say("Thanks!").change.kind == "continued"

    def test_a_classifier_before_every_turn(self, place, talking, chat):
        """It neither makes turns nor loses anything, however often it is asked."""
        talk, parts = talking(place, "s", system=SYSTEM), []
        for i, answer in enumerate(ANSWERS):
            placement = talk.say(f"Question {i}?", answer)
            guard = place(chat(f"Question {i}?", system="Is it spam?"), "no", "s")
            parts.append((placement.part, placement.change.dropped_messages))
            assert guard.part != "turn"
        assert parts == [("turn", 0)] * 5

    def test_a_guard_before_every_turn(self, place, talking, chat):
        """From the second turn on it is known which of the two lists is the conversation."""
        talk, parts = talking(place, "s", system=SYSTEM), []
        for i, answer in enumerate(ANSWERS):
            guard = place(chat(f"Is this safe: question {i}?", system="Yes or no?"), "Yes.", "s")
            parts.append((guard.part, talk.say(f"Question {i}?", answer).part))
        assert parts == [("turn", "aside"), *[("aside", "turn")] * 4]

    def test_a_sub_agent_in_the_first_turn(self, place, talking):
        """Though it went on before the conversation did, the conversation comes back."""
        talk = talking(place, "s", system=SYSTEM)
        talk.say("Where is my order?", ANSWERS[0])
        agent = talking(place, "s", system="You think step by step and use tools.")
        for i in range(3):
            agent.say(f"Observation {i}: nothing found yet.", f"Action: search page {i} of it.")
        placements = [talk.say(f"Question {i}?", answer) for i, answer in enumerate(ANSWERS)]
        assert {p.part for p in placements} == {"turn"}
        assert {p.lost for p in placements} == {()}

    def test_a_side_call_of_several_calls(self, talk, place, chat, tool_use):
        """A sub-agent that uses tools is still beside the session."""
        task = chat("Find the weather in Lyon.", system="You are a researcher.")
        call, result = tool_use("weather", {"city": "Lyon"}, "Rain.", "w1")
        first = place(task, call, "s")
        second = place([*task, call, result], "It rains in Lyon today.", "s")
        assert (first.part, second.part) == ("aside", "aside")
        assert first.turn_key == second.turn_key
        assert talk.say("Thanks!").part == "turn"

    @pytest.mark.parametrize("system", [SYSTEM, None], ids=["with-prompt", "without-prompt"])
    def test_a_reset_is_certain_once_the_user_goes_on(self, place, talking, system):
        """The history is gone; the next message of the user shows that it was not a side call."""
        talk = talking(place, "s", system=system)
        for i, answer in enumerate(ANSWERS):
            talk.say(f"Question {i}?", answer)
        fresh = talking(place, "s", system=system)
        fresh_start = fresh.say("Where were we?", "I am sorry, we have not talked before today.")
        confirmed = fresh.say("But you said ...", ANSWERS[0])
        assert fresh_start.part == "aside"
        assert (confirmed.part, confirmed.lost) == ("turn", (fresh_start.turn_key,))
        assert confirmed.lost_cause == "unknown"
        assert fresh.say("Go on.").lost == ()

    def test_a_reset_after_which_the_user_greets_alike(self, place, talking):
        """The first message is known, but nothing else of what the session had."""
        talk = talking(place, "s", system=SYSTEM)
        for question, answer in zip(
            ["Hi!", "Where is it?", "And the bill?"], ANSWERS, strict=False
        ):
            talk.say(question, answer)
        fresh = talking(place, "s", system=SYSTEM)
        greeted = fresh.say("Hi!", "Good morning, what can I do for you today?")
        assert fresh.say("You know, my order.").lost == (greeted.turn_key,)

    def test_a_first_reply_made_again(self, place, talking, chat):
        """Right after it, and beside a conversation that goes on, it is no loss."""
        talk = talking(place, "s", system=SYSTEM)
        talk.say("Hi!", ANSWERS[0])
        again = place(chat("Hi!", system=SYSTEM), ANSWERS[1], "s")
        talk.say("Where is it?", ANSWERS[2])
        later = place(chat("Hi!", system=SYSTEM), ANSWERS[4], "s")
        talk.say("And the bill?", ANSWERS[3])
        beside = place(chat("Hi!", system=SYSTEM), "A greeting", "s")
        assert (again.part, later.part, beside.part) == ("same_turn", "outside", "aside")
        assert talk.say("Thanks!").lost == ()

    def test_a_reset_after_the_system_prompt_changed(self, talk, place, talking):
        """What counts is the prompt that the session has now, not the one it began with."""
        talk.messages[0] = Message("system", "From now on you answer in verses only.")
        talk.say("Are you open today?", ANSWERS[2])
        fresh = talking(place, "s", system="From now on you answer in verses only.")
        lost = fresh.say("Where were we?", ANSWERS[3])
        assert fresh.say("Go on.").lost == (lost.turn_key,)

    def test_a_reset_at_the_end_is_undecided(self, talk, place, talking, conversations):
        """Same prompt, only the user's words, and nothing after it."""
        fresh = talking(place, "s", system=SYSTEM).say("Where were we?", "We just met.")
        assert conversations.undecided("s") == (fresh.turn_key, "unknown")

    @pytest.mark.parametrize("system", [SYSTEM, None], ids=["with-prompt", "without-prompt"])
    def test_an_application_without_memory(self, place, chat, system):
        """Single questions under one id, each sent by itself, are turns; nothing is lost."""
        placements = [
            place(chat(f"Question {i}?", system=system), a, "s") for i, a in enumerate(ANSWERS)
        ]
        turns = {p.turn_key for p in placements if p.part == "turn"}
        turns |= {key for p in placements for key in p.joined}
        assert turns == {p.turn_key for p in placements}
        assert {p.lost for p in placements} == {()}
        assert "reset" not in {p.change.kind for p in placements}

    @pytest.mark.parametrize("system", [SYSTEM, None], ids=["with-prompt", "without-prompt"])
    def test_an_application_that_lost_its_memory(self, place, talking, chat, system):
        """After a history, every question that comes without it is a loss; until it is back."""
        talk = talking(place, "s", system=system)
        for i, answer in enumerate(ANSWERS[:2]):
            talk.say(f"Question {i}?", answer)
        placements = [
            place(chat(f"And question {i}?", system=system), a, "s") for i, a in enumerate(ANSWERS)
        ]
        lost = {key for p in placements for key in p.lost}
        lost |= {p.turn_key for p in placements if p.change.kind == "reset"}
        assert lost == {p.turn_key for p in placements}
        history = chat("And question 4?", ANSWERS[4], "Now you remember?", system=system)
        assert place(history, "Yes.", "s").change.kind == "continued"
        assert place(chat("And a title?", system=system), "Title", "s").part == "aside"

    def test_a_memory_that_comes_back(self, place, talking, chat):
        """Whatever was thought meanwhile, the conversation goes on where it was."""
        talk = talking(place, "s", system=SYSTEM)
        talk.say("Where is my order?", ANSWERS[0])
        talk.say("Can I have an invoice?", ANSWERS[1])
        for i in range(5):
            place(chat(f"Suggest answer {i} to this.", system=SYSTEM), f"Suggestion {i}", "s")
        back = [talk.say(f"And question {i}?", answer) for i, answer in enumerate(ANSWERS)]
        assert {(p.part, p.lost, p.change.kind) for p in back} == {("turn", (), "continued")}

    @pytest.mark.parametrize("system", [SYSTEM, None], ids=["with-prompt", "without-prompt"])
    def test_title_and_summary_with_the_same_prompt(self, place, talking, chat, system):
        """Two side calls that look like the user's are no loss."""
        talk = talking(place, "s", system=system)
        talk.say("Where is my order?", ANSWERS[0])
        talk.say("Can I have an invoice?", ANSWERS[1])
        title = place(chat("Give this conversation a title.", system=system), "Order", "s")
        summary = place(chat("Sum this up in a line.", system=system), "Order, invoice", "s")
        assert [(p.part, p.lost) for p in (title, summary)] == [("aside", ())] * 2
        assert talk.say("Thanks!").lost == ()

    def test_a_call_that_cannot_be_read_is_a_turn(self, place):
        """A generator given as messages hides what was said, not that something was."""
        first, second = place(None, session_id="s"), place([], session_id="s")
        assert (first.part, second.part) == ("turn", "turn")
        assert first.turn_key != second.turn_key


class TestFound:
    """No id is given; the list has to tell."""

    def test_a_conversation_is_one_session(self, place, talking):
        """New at first, found by its history from then on."""
        talk = talking(place, None, system=SYSTEM)
        placements = [talk.say(f"Question {i}?", answer) for i, answer in enumerate(ANSWERS)]
        assert [p.source for p in placements] == ["new", *["lineage"] * 4]
        assert len({p.session_id for p in placements}) == 1

    @pytest.mark.parametrize("answers", [("Hello!", "Hello!"), ("Hello!", "Hi, how are you?")])
    def test_two_users_who_say_hi(self, place, talking, answers):
        """They stay two, also when they get the same reply, and whoever speaks first."""
        talks = [talking(place, None), talking(place, None)]
        greetings = [talk.say("hi", answer) for talk, answer in zip(talks, answers, strict=True)]
        assert len({p.session_id for p in greetings}) == 2
        ids = [
            [talk.say(f"I am user {i}, line {n}", ANSWERS[n + i]).session_id for n in range(3)]
            for i, talk in enumerate(talks)
        ]
        assert [len(set(row)) for row in ids] == [1, 1]
        assert {ids[0][0], ids[1][0]} == {p.session_id for p in greetings}

    def test_threads_tell_the_same_words_apart(self, place, talking):
        """What was said is equal; who made the call is not."""
        talks = [talking(place, None), talking(place, None), talking(place, None)]
        greetings = [talk.say("hi", "Hello!", lane=i + 1) for i, talk in enumerate(talks)]
        answers = [talk.say(f"I am user {i}", lane=i + 1) for i, talk in enumerate(talks)]
        assert [p.session_id for p in answers] == [p.session_id for p in greetings]

    def test_many_conversations_at_a_time(self, place, talking):
        """Interleaved in any order, each call comes to its own."""
        talks = [talking(place, None, system=SYSTEM) for _ in range(8)]
        ids = [set() for _ in talks]
        for turn in range(6):
            for i in range(8)[:: -1 if turn % 2 else 1]:
                placement = talks[i].say(f"Question {turn} of {i}?", f"{ANSWERS[turn % 5]} {i}")
                ids[i].add(placement.session_id)
        assert [len(each) for each in ids] == [1] * 8
        assert len(set.union(*ids)) == 8

    def test_a_retry_after_a_failure(self, place, talking):
        """The list without an answer is sent again: the same turn of the same session."""
        talk = talking(place, None)
        failed = talk.say("hi", None, outcome="failed")
        again = talk.send("Hello!")
        assert (again.session_id, again.part) == (failed.session_id, "same_turn")

    def test_a_regenerated_reply(self, place, talking):
        """Once a conversation has a reply in its list, the same list is the same turn."""
        talk = talking(place, None)
        talk.say("hi", "Hello!")
        sent = [*talk.messages, Message("user", "Tell me a joke.")]
        first, again = place(sent, "One joke."), place(sent, "Another joke.")
        assert (again.session_id, again.part) == (first.session_id, "same_turn")

    def test_an_edit_is_a_fork(self, place, talking):
        """A message rewritten after it was answered leads to a session of its own."""
        talk = talking(place, None, system=SYSTEM)
        talk.say("Where is my order?", ANSWERS[0])
        old = talk.say("Can I have an invoice?", ANSWERS[1])
        edited = [*talk.messages[:-2], Message("user", "Can I have a receipt?")]
        fork = place(edited, ANSWERS[2])
        assert fork.session_id != old.session_id
        assert (fork.previous_id, fork.change.kind) == (old.session_id, "forked")
        assert talk.say("Thanks.").session_id == old.session_id
        branch = [*edited, Message("assistant", ANSWERS[2]), Message("user", "Thanks!")]
        assert place(branch).session_id == fork.session_id

    @pytest.mark.parametrize("keep", [1, 3, 5])
    def test_a_cut_list_is_found(self, place, talking, keep):
        """Whatever is left with the newest reply leads to the session."""
        talk = talking(place, None, system=SYSTEM)
        for i, answer in enumerate(ANSWERS):
            known = talk.say(f"Question {i}?", answer)
        placement = place([*talk.messages[-keep:], Message("user", "And now?")])
        assert (placement.session_id, placement.source) == (known.session_id, "lineage")
        assert placement.change.kind == "truncated"

    def test_rewritten_replies_are_found(self, place, talking):
        """An application that cleans replies up is still followed."""
        talk, ids = talking(place, None), set()
        for i, answer in enumerate(ANSWERS):
            question = f"Question number {i}, which is long enough to be one of a kind?"
            ids.add(talk.say(question, answer).session_id)
            talk.messages[-1] = Message("assistant", answer.upper())
        assert len(ids) == 1

    def test_a_call_that_cannot_be_read_is_alone(self, place):
        """Without messages nothing can be found."""
        assert place(None).session_id != place(None).session_id


class TestMemory:
    """What is remembered is bounded."""

    def test_the_least_recent_is_forgotten(self, key, calling, talking):
        """With it goes every trace in the index."""
        conversations = Conversations(key, max_sessions=3)

        def place(messages, reply, session_id):
            return conversations.place(calling(messages, reply, session_id), Listing(messages, key))

        talks = [talking(place, None, system=SYSTEM) for _ in range(5)]
        ids = [talk.say(f"Question {i}?", ANSWERS[i]).session_id for i, talk in enumerate(talks)]
        assert [conversations.get(each) is not None for each in ids] == [False] * 2 + [True] * 3
        for each in ids:
            conversations.forget(each)
        assert len(conversations._index) == 0

    def test_the_index_does_not_grow_with_turns(self, conversations, place, talking):
        """A conversation of any length has the same number of entries."""
        talk, sizes = talking(place, "s"), []
        for i in range(300):
            talk.say(f"Question {i}?", f"{ANSWERS[i % 5]} {i}")
            sizes.append(len(conversations._index))
        assert max(sizes) <= 80
        assert sizes[-1] == sizes[100]

    def test_nor_with_regenerated_replies(self, conversations, place, chat):
        """Ten thousand drafts of one reply leave few entries."""
        for i in range(500):
            place(chat("Draft a poem."), f"{ANSWERS[i % 5]} {i}", "s")
        assert len(conversations._index) <= 100

    def test_nor_with_side_calls(self, conversations, place, talk, chat):
        """Of a thousand lists with nothing in common, few are kept."""
        for i in range(1000):
            place(chat(f"Is this spam: {i}?", system="Answer yes or no."), "no", "s")
        conversation = conversations.get("s")
        assert len(conversation.asides) <= 4
        assert len(conversations._index) <= 80


class TestRemembered:
    """The provider keeps the history: a request names the reply from which it goes on."""

    @pytest.fixture
    def go_on(self, calling, conversations, key):
        """Place a call that holds only what is new."""

        def go_on(text, reply_id, previous=None, *, role="user", session_id=None, kept=True):
            call = calling([Message(role, text)], "A dull reply.", session_id)
            request = replace(
                call.request,
                remembered=previous is not None or not kept,
                previous_reply_id=previous,
            )
            reply = replace(call.reply, id=reply_id, resumable=True)
            call = replace(call, request=request, reply=reply)
            return conversations.place(call, Listing(call.request.messages, key))

        return go_on

    def test_a_chain_of_replies_is_a_session(self, go_on):
        """Each goes on from the reply before it, and nothing is missing."""
        first = go_on("Where is my order?", "r1")
        second = go_on("And the invoice?", "r2", "r1")
        third = go_on("Thank you.", "r3", "r2")
        assert {first.session_id} == {second.session_id, third.session_id}
        assert [p.source for p in (first, second, third)] == ["new", "lineage", "lineage"]
        assert [p.part for p in (first, second, third)] == ["turn"] * 3
        assert len({p.turn_key for p in (first, second, third)}) == 3
        assert {p.change.kind for p in (second, third)} == {"continued"}

    def test_results_of_tools_stay_in_their_turn(self, go_on):
        """Without a message of the user the turn goes on."""
        asked = go_on("Where is my order?", "r1")
        went_on = go_on("In Lyon.", "r2", "r1", role="tool")
        assert (went_on.part, went_on.turn_key) == ("same_turn", asked.turn_key)

    def test_the_same_request_again_is_the_same_turn(self, go_on):
        """A retry goes on from the same reply with the same words."""
        go_on("Where is my order?", "r1")
        second = go_on("And the invoice?", None, "r1")
        again = go_on("And the invoice?", "r2", "r1")
        assert (again.part, again.repeated, again.turn_key) == ("same_turn", True, second.turn_key)

    def test_two_chains_are_two_sessions(self, go_on):
        """The same words from another reply are another session's."""
        go_on("Hello.", "a1")
        go_on("Hello there, good day.", "b1")
        assert go_on("Thanks.", "a2", "a1").session_id != go_on("Thanks.", "b2", "b1").session_id

    def test_a_stated_conversation_counts(self, go_on):
        """With an id for the conversation, every message of the user is a turn of it."""
        placements = [go_on("Yes.", f"r{i}", session_id="s", kept=False) for i in range(3)]
        assert {p.session_id for p in placements} == {"s"}
        assert len({p.turn_key for p in placements}) == 3

    def test_an_unknown_reply_starts_a_session(self, go_on):
        """What another process was told is not known here."""
        assert go_on("And now?", "r9", "r8").source == "new"
