"""Readings: what of a call is kept in its turn."""

import pytest

from otel_sessions import readings
from otel_sessions.calls import Message, ToolCall, Usage
from otel_sessions.conversations import Conversations
from otel_sessions.readings import CallReader
from otel_sessions.turns import Turn


@pytest.fixture
def read(key, calling):
    """Place a call and read its turn."""
    reader = CallReader(key, lambda _: b"", windows={"mine": 1000}.get, instance="pod-1")
    conversations = Conversations(key, max_sessions=10)

    def read(messages, *args, **fields):
        call = calling(messages, *args, **fields)
        listing = reader.listing(call)
        return reader.turn(call, listing, conversations.place(call, listing))

    return read


def test_a_plain_call(read, chat, start_s):
    """Whole, so that a field that appears or goes is seen here."""
    turn = read(
        chat("Where is order 4711?", system="Be brief."),
        "In Lyon.",
        took_s=1.5,
        first_chunk_ns=round((start_s + 0.5) * 1e9),
        usage=Usage(input_tokens=12, output_tokens=3),
        model="mine",
    )
    assert turn == Turn(
        session_id="s",
        key=turn.key,
        started_s=start_s,
        ended_s=start_s + 1.5,
        instance="pod-1",
        provider="openai",
        model="mine",
        request=turn.request,
        system=turn.system,
        reply=turn.reply,
        messages_sent=2,
        input_tokens=12,
        output_tokens=3,
        window=1000,
        duration_s=1.5,
        time_to_first_chunk_s=0.5,
        finish_reason="stop",
    )
    assert (turn.request.chars, turn.reply.chars) == (20, 8)
    assert turn.system.chars == len("Be brief.")
    assert len(turn.request.value_set) == 1


def test_only_the_newest_message_of_the_user_is_the_request(read, chat):
    """What was said before is not read again."""
    assert read(chat("a first one", "yes", "the second")).request.chars == len("the second")


PROMPT = "You sell tickets. " * 5000


def test_system_messages_are_read_at_first_and_where_they_changed(read, chat):
    """They are the same in nearly every call, and long."""
    prompts = ["Be brief.", "Be brief.", "Be kind.", PROMPT, PROMPT, PROMPT + "Be brief.", None]
    systems = [read(chat("Hi", system=prompt)).system for prompt in prompts]
    read_chars = [system and system.chars for system in systems]
    assert read_chars == [9, None, 8, len(PROMPT), None, len(PROMPT) + 9, None]


def test_system_messages_that_change_in_each_call_are_read_now_and_then(read, chat):
    """The time of day in them must not cost a reading for each call."""
    systems = [read(chat("Hi", system=f"It is {n} o'clock.")).system for n in range(40)]
    were_read = [system is not None for system in systems]
    assert all(were_read[:4])
    assert sum(were_read) == 8


def test_each_session_has_system_messages_of_its_own(read, chat):
    """Another session's may be the same."""
    calls = [read(chat("Hi", system="Be brief."), session_id=name) for name in "abab"]
    assert [turn.system is not None for turn in calls] == [True, True, False, False]


def test_only_so_many_system_messages_are_known(read, chat, monkeypatch):
    """The oldest are forgotten, and read again."""
    monkeypatch.setattr(readings, "KEPT_PROMPTS", 2)
    calls = [read(chat("Hi", system="Be brief."), session_id=name) for name in "abcba"]
    assert [turn.system is not None for turn in calls] == [True, True, True, False, True]


@pytest.mark.parametrize("messages", [None, []])
def test_unreadable_messages_hide_only_themselves(read, messages):
    """The rest of the turn is there."""
    turn = read(messages, "In Lyon.", usage=Usage(input_tokens=9))
    assert (turn.request, turn.input_tokens, turn.reply.chars) == (None, 9, 8)


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        pytest.param({}, True, id="answered"),
        pytest.param({"outcome": "aborted"}, True, id="aborted"),
        pytest.param({"outcome": "failed", "reply": None, "error_type": "429"}, False, id="failed"),
        pytest.param(
            {"reply": Message("assistant", "", (ToolCall("find", "{}"),))}, False, id="uses-tools"
        ),
    ],
)
def test_a_turn_is_complete_unless_more_must_come(read, chat, fields, complete):
    """A failed call may be tried again, and a tool's result goes back to the model."""
    assert read(chat("Where is it?"), **fields).complete is complete


def test_a_failed_call_counts_as_a_failure(read, chat):
    """With the type of its error."""
    turn = read(chat("Hi"), None, outcome="failed", error_type="429", overflow=True)
    assert (turn.failures, turn.error_type, turn.overflow, turn.reply) == (1, "429", True, None)


def test_tools_are_digests(read, tool_use):
    """Equal arguments in any order are equal; results come with the next call of the turn."""
    question = Message("user", "Where is my order?")
    call, result = tool_use("find", {"a": 1, "b": 2}, "Error: not found", "t1")
    again, _ = tool_use("find", '{"b":2,"a":1}', "", "t2")
    other, _ = tool_use("find", {"a": 1, "b": 3}, "", "t3")
    first = read([question], call)
    second = read([question, call, result], again)
    third = read([question, call, result, again, Message("tool", "ok", tool_call_id="t2")], other)
    (used,), (used_again,), (used_otherwise,) = first.tools, second.tools, third.tools
    assert (used.result, used.failed) == (None, False)
    assert used.name == used_again.name == used_otherwise.name
    assert used.arguments == used_again.arguments != used_otherwise.arguments
    assert [(use_id, failed) for use_id, _, failed in second.tool_results] == [(used.id, True)]
    assert [(use_id, failed) for use_id, _, failed in third.tool_results] == [
        (used_again.id, False)
    ]


def test_figures_of_tools_are_kept_as_digests(read, tool_use):
    """Those of the newest results, like the values of texts."""
    messages = [Message("user", "Where is order 4711?")]
    call, result = tool_use("find", {}, '{"order": "90312-a", "items": 4711}', "t")
    first = read(messages, call)
    turn = read([*messages, call, result], "Order 90312-A is in Lyon.")
    width = len(turn.tool_values) // 2
    kept = {turn.tool_values[i : i + width] for i in (0, width)}
    assert first.tool_values == b""
    assert first.request.value_set | turn.reply.value_set == kept


def test_tools_without_ids_are_told_apart(read, chat):
    """Some servers give none."""
    turn = read(
        chat("Hi"), Message("assistant", "", (ToolCall("a", "{}"), ToolCall("b", "not JSON")))
    )
    assert len({tool.id for tool in turn.tools}) == 2


@pytest.mark.parametrize(
    ("model", "window"),
    [("mine", 1000), ("gpt-4o-2024-08-06", 128_000), ("nobody-knows-it", None), (None, None)],
)
def test_the_window_is_the_stated_one_or_the_tables(read, chat, model, window):
    """Or unknown, and then not guessed."""
    assert read(chat("Hi"), model=model).window == window
