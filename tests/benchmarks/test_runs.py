"""What a session becomes: turns with the messages, labels and severities that belong to them."""

import pytest

from benchmarks.signals.runs import score
from benchmarks.signals.sessions import Session, read_sessions
from otel_sessions.cli.recordings import BrokenLine
from otel_sessions.signals import Signal


def length(turns, /, *, min_severity=0.5):
    """A detector: how long the newest request is, in tens of characters."""
    request = turns[-1].request
    severity = request.chars / 10 if request else 0.0
    return Signal("length", severity, "long") if severity >= min_severity else None


def labelled(*rows):
    return [{"i": i, "signal": "length", "label": label} for i, label in rows]


def test_a_turn_has_its_messages_and_their_labels(read, talk):
    messages = [{"role": "assistant", "content": "Hello"}, *talk("a", "b", "c", "d")]
    labels = labelled((0, 1), (1, 0), (2, 1), (3, 0), (4, None))
    scored = score(read(messages=messages, turn_labels=labels), (length,))
    assert [turn.messages for turn in scored.turns] == [[1, 2], [3, 4]]
    assert [turn.labels for turn in scored.turns] == [{"length": True}, {"length": False}]
    assert scored.unplaced == 1, "a greeting belongs to no turn"


def test_tools_belong_to_the_turn_that_uses_them(read, talk):
    called = [{"id": "t", "name": "find", "arguments": {}}]
    messages = [
        *talk("a", "b", "c"),
        {"role": "assistant", "content": None, "tool_calls": called},
        {"role": "tool", "tool_call_id": "t", "content": "7"},
        {"role": "assistant", "content": "Seven."},
    ]
    scored = score(read(messages=messages, turn_labels=labelled((3, 0), (4, 1))), (length,))
    assert [turn.messages for turn in scored.turns] == [[0, 1], [2, 3, 4, 5]]
    assert [turn.labels for turn in scored.turns] == [{}, {"length": True}]
    assert len(scored.turns[1].calls) == 2


def test_a_message_without_a_reply_is_judged_and_nothing_is_made_up(read, talk):
    scored = score(read(messages=talk("a", "b", "12345678")), (length,))
    last = scored.turns[-1]
    assert last.signals == {"length": 0.8}
    assert (last.answered, last.recent[-1].reply) == (False, None)


def test_no_shipped_detector_minds_the_missing_reply(read, talk):
    scored = score(read(messages=talk("Where is my parcel?", "It arrives today.", "Good.")))
    assert scored.turns[-1].signals == {}


def test_severities_have_no_floor_but_the_tracker_keeps_to_it(read, talk):
    scored = score(read(messages=talk("abc", "b", "abcdefgh", "d")), (length,))
    assert [turn.severities["length"] for turn in scored.turns] == [0.3, 0.8]
    assert [turn.signals for turn in scored.turns] == [{}, {"length": 0.8}]
    assert scored.turns[0].health == 1.0
    assert scored.turns[1].health == pytest.approx(1 - 0.8 * 0.8)
    assert scored.health < scored.turns[0].health


def test_a_detector_that_raises_is_counted_and_the_others_run(read, talk, caplog):
    def broken(_turns, /):
        raise ValueError

    scored = score(read(messages=talk("abcdefgh", "b")), (broken, length))
    assert (scored.faults, scored.turns[0].signals) == (1, {"length": 0.8})
    caplog.clear()


@pytest.mark.parametrize(
    "record",
    [
        {"messages": []},
        {"messages": [{"role": "system", "content": "Be kind."}]},
        {"messages": [{"role": "assistant", "content": "Hello"}]},
        {"messages": [{"role": "user", "content": None}, {"role": "assistant", "content": None}]},
        {"messages": [{"role": "user"}, {"role": "assistant", "tool_calls": None}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]},
                {"role": "assistant", "content": ["b"]},
            ]
        },
        {"messages": [{"role": "user", "content": "\ud800 \x00 😀 שלום"}], "lang": "he"},
        {"messages": [{"role": "customer", "content": "a"}, {"role": "assistant", "content": ""}]},
        {"messages": [{"role": "user", "content": 7}, {"role": "assistant", "content": "b"}]},
        {"messages": [], "labels": None, "turn_labels": None, "model": None},
        {
            "messages": [{"role": "user", "content": "a"}],
            "labels": {"repeat": None, "raw": {"x": 1}, "drift": "yes"},
            "turn_labels": [{"i": 99, "signal": "drift", "label": 1}, {"i": 0}, {}],
        },
    ],
)
def test_odd_records_are_scored_without_a_fault(read, record):
    session = read(**record)
    assert isinstance(session, Session)
    assert score(session).faults == 0


def test_broken_lines_are_told_with_file_and_line(written, talk):
    good = {"session_id": "s", "messages": talk("a", "b")}
    path = written(good, "{", "[]", {"session_id": "t"}, good, name="mine.jsonl.gz")
    read = list(read_sessions([path]))
    assert [r.number for r in read if isinstance(r, BrokenLine)] == [2, 3, 4]
    assert {r.set_name for r in read if isinstance(r, Session)} == {"mine"}
    assert "mine.jsonl.gz:2: skipped" in str(read[1])


def test_a_file_that_breaks_off_is_told(written, talk):
    lines = [{"session_id": str(i), "messages": talk(f"a{i}", "b")} for i in range(2000)]
    path = written(*lines, name="mine.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-200])
    *read, last = read_sessions([path])
    assert isinstance(last, BrokenLine)
    assert "breaks off" in str(last)
    assert all(isinstance(session, Session) for session in read)


def test_no_gzip_file_is_told(tmp_path):
    path = tmp_path / "mine.jsonl.gz"
    path.write_text("{}")
    (read,) = read_sessions([path])
    assert isinstance(read, BrokenLine)
