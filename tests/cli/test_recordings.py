"""What a recording becomes: the calls that an application made."""

import json

import pytest

from otel_sessions.cli.recordings import BrokenLine, read_files, read_recording

SYSTEM = {"role": "system", "content": "Be kind."}
TALK = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": "b"},
    {"role": "user", "content": "c"},
    {"role": "assistant", "content": "d"},
]


def sent(**record):
    calls = read_recording({"session_id": "s", **record}).calls
    return ["".join(_text(m) for m in call.messages) + ">" + call.reply.text for call in calls]


def _text(message):
    content = message["content"]
    return content if isinstance(content, str) else f"[{content[0]['text']}]"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(TALK, ["a>b", "abc>d"], id="one-call-for-each-reply"),
        pytest.param(TALK[:3], ["a>b"], id="an-unanswered-message-was-not-sent"),
        pytest.param(
            [{"role": "assistant", "content": "hi"}, *TALK[:2]], ["hia>b"], id="greeting-is-history"
        ),
        pytest.param(
            [SYSTEM, {"role": "assistant", "content": "hi"}, *TALK[:2]],
            ["Be kind.hia>b"],
            id="greeting-after-the-system-prompt",
        ),
        pytest.param([], [], id="nothing"),
    ],
)
def test_without_calls_all_before_a_reply_was_sent(messages, expected):
    assert sent(messages=messages) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"calls": [[0], [0, 1, 2]]}, ["a>b", "abc>d"], id="indices"),
        pytest.param({"calls": [[0], [2]]}, ["a>b", "c>d"], id="lost"),
        pytest.param({"calls": [[0, 1]]}, ["ab>Understood."], id="reply-not-recorded"),
        pytest.param(
            {"calls": [[0], ["side"]], "side_messages": [{"role": "user", "content": "title?"}]},
            ["a>b", "title?>Support conversation"],
            id="side-call",
        ),
        pytest.param(
            {"calls": [[0], [0, 1, 2]], "fmt": {"from_call": 1, "style": "parts"}},
            ["a>b", "[a][b][c]>d"],
            id="parts",
        ),
        pytest.param(
            {"calls": [[0], [0]], "system_swap": {"from_call": 1, "system": "New."}},
            ["a>b", "New.a>b"],
            id="system-inserted",
        ),
    ],
)
def test_with_calls_exactly_the_listed_messages_were_sent(more, expected):
    assert sent(messages=TALK, **more) == expected


def test_a_swapped_system_prompt_replaces_the_old_one():
    swap = {"from_call": 1, "system": "New."}
    got = sent(messages=[SYSTEM, *TALK], calls=[[0, 1], [0, 1]], system_swap=swap)
    assert got == ["Be kind.a>b", "New.a>b"]


@pytest.mark.parametrize("arguments", ['{"x": 1}', {"x": 1}])
def test_tool_calls_are_sent_as_openai_writes_them(arguments):
    called = {"id": "t1", "name": "find", "arguments": arguments}
    messages = [
        TALK[0],
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "name": "find", "content": "7"},
        {"role": "assistant", "content": "Seven."},
    ]
    first, second = read_recording({"session_id": "s", "messages": messages}).calls
    (replied,) = first.reply.tool_calls
    assert replied["function"]["name"] == "find"
    assert json.loads(replied["function"]["arguments"]) == {"x": 1}
    assert second.messages[1] == {"role": "assistant", "content": None, "tool_calls": [replied]}
    assert second.messages[2] == {"role": "tool", "tool_call_id": "t1", "content": "7"}


STOP = {"role": "user", "tool_calls": [{"id": "t1", "name": "stop", "arguments": {}}]}
STOPPED = {"role": "tool", "tool_call_id": "t1", "content": "Sure?"}


def steps(messages):
    """Of each step what was sent, the messages that are known then, and the one that came back."""
    found = read_recording({"session_id": "s", "messages": messages}).steps
    return [
        ("".join(m["role"][0] for m in step.messages), [*step.sent], step.reply_at)
        for step in found
    ]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(TALK, [("u", [0], 1), ("uau", [0, 1, 2], 3)], id="all-answered"),
        pytest.param(
            TALK[:3], [("u", [0], 1), ("uau", [0, 1, 2], None)], id="the-last-message-was-not"
        ),
        pytest.param(
            [*TALK[:2], STOP, STOPPED, TALK[2], TALK[3]],
            [
                ("u", [0], 1),
                ("ua", [0, 1], 2),
                ("uaat", [0, 1, 2, 3], None),
                ("uaatu", [0, 1, 2, 3, 4], 5),
            ],
            id="a-model-that-plays-the-user-calls-a-tool",
        ),
        pytest.param(
            [*TALK[:2], STOP | {"content": "c"}, STOPPED],
            [("u", [0], 1), ("uau", [0, 1, 2], 2), ("uauat", [0, 1, 2, 3], None)],
            id="and-says-something",
        ),
    ],
)
def test_steps_are_the_calls_and_those_without_a_recorded_reply(messages, expected):
    assert steps(messages) == expected


def test_tool_calls_may_be_recorded_as_openai_writes_them():
    """What an application keeps is what it sends, so that is what users have."""
    function = {"name": "find", "arguments": '{"x": 1}'}
    called = {"id": "t1", "type": "function", "function": function}
    messages = [TALK[0], {"role": "assistant", "content": None, "tool_calls": [called]}]
    (call,) = read_recording({"session_id": "s", "messages": messages}).calls
    assert call.reply.tool_calls == (called,)


def called(**call):
    return [{"role": "assistant", "content": "", "tool_calls": call["calls"]}]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[]", "a line must be an object, not []"),
        ('"x"', 'a line must be an object, not "x"'),
        ('{"a": 1', "it is no JSON object in one line: Expecting ',' delimiter"),
        ({"session_id": "s"}, "it has no 'messages'"),
        ({"session_id": "s", "messages": "hi"}, 'messages must be a list, not "hi"'),
        ({"session_id": "s", "messages": [3]}, "message 0 must be an object, not 3"),
        ({"session_id": "s", "messages": [{"content": "x"}]}, "it has no 'role'"),
        ({"session_id": "s", "messages": TALK, "calls": 5}, "calls must be a list, not 5"),
        ({"session_id": "s", "messages": TALK, "calls": [5]}, "call 0 must be a list, not 5"),
        ({"session_id": "s", "messages": TALK, "calls": [[]]}, "call 0 lists no message"),
        (
            {"session_id": "s", "messages": TALK, "calls": [[0], [0, 4]]},
            "call 1 lists message 4, and there are 4 from 0",
        ),
        (
            {"session_id": "s", "messages": called(calls="find")},
            'tool_calls must be a list, not "find"',
        ),
        (
            {"session_id": "s", "messages": called(calls=["find"])},
            'a tool call must be an object, not "find"',
        ),
    ],
)
def test_a_broken_line_says_what_is_wrong_in_words_of_the_format(recorded, line, expected):
    (read,) = read_files([recorded(line)])
    assert str(read).endswith(f":1: skipped, {expected}")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda packed: packed[: len(packed) // 2], id="cut"),
        pytest.param(lambda packed: b"plain" + packed, id="no-gzip"),
        pytest.param(lambda packed: packed[:60] + bytes(20) + packed[80:], id="altered"),
    ],
)
def test_a_file_that_breaks_off_is_told_with_its_name(recorded, damage):
    path = recorded(
        *({"session_id": str(i), "messages": TALK} for i in range(99)), name="r.jsonl.gz"
    )
    path.write_bytes(damage(path.read_bytes()))
    *_, last = read_files([path])
    assert "r.jsonl.gz" in str(last)
    assert "the file breaks off" in str(last)


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_a_broken_line_is_named_and_the_others_are_read(recorded, name):
    good = {"session_id": "s", "messages": TALK}
    lines = [
        good,
        "{not json",
        "",
        {"messages": []},
        "[]",
        {"session_id": "t", "messages": [3]},
        good,
    ]
    read = list(read_files([recorded(*lines, name=name)]))
    assert [r.number for r in read if isinstance(r, BrokenLine)] == [2, 4, 5, 6]
    assert [r.session_id for r in read if not isinstance(r, BrokenLine)] == ["s", "s"]
    assert f"{name}:2: skipped" in str(read[1])
