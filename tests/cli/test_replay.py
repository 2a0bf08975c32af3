"""Replay of small recordings, as a user runs it."""

import contextlib
import json
import os
import pty
import subprocess
import sys

import pytest

from otel_sessions.cli import views
from otel_sessions.cli.observations import SessionSeen


def talk(session_id, *texts, **more):
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
    return {"session_id": session_id, "messages": messages, **more}


LAMP = talk("lamp", "Do you sell lamps?", "Yes, many.", "Red ones?", "Two kinds.", "Good.", "Fine.")
BIKE = talk("bike", "My bike has a flat tyre.", "Do you have a spare tube?", "Yes.", "Great.")


@pytest.fixture
def replay(otel_sessions_program):
    def replay(*arguments, **variables):
        ran = otel_sessions_program("replay", "--json", *arguments, **variables)
        assert ran.returncode == 0, ran.stderr
        return {s["recorded_id"]: s for s in json.loads(ran.stdout)["sessions"]}

    return replay


@pytest.mark.parametrize("ids", [True, False])
def test_each_recording_is_one_session_with_its_turns(replay, recorded, ids):
    sessions = replay(recorded(LAMP, BIKE, name="r.jsonl.gz"), *(["--ids"] if ids else []))
    counts = {name: (s["turns"], s["calls"]) for name, s in sessions.items()}
    assert counts == {"lamp": (3, 3), "bike": (2, 2)}
    assert {s["id_source"] for s in sessions.values()} == {"session" if ids else "lineage"}
    assert all((s["session_id"] == name) is ids for name, s in sessions.items())


def test_a_lost_history_is_seen_in_the_turn_that_lost_it(replay, recorded):
    lost = talk("lost", *(w for i in range(5) for w in (f"What is {i}?", f"It is {i}.")))
    lost["calls"] = [[0], [0, 1, 2], [0, 1, 2, 3, 4], [6], [6, 7, 8]]
    (session,) = replay(recorded(lost), "--ids").values()
    assert session["signals"] == [{"turn": 4, "signal": "context_reset", "severity": 1.0}]
    assert session["health"] < 0.65


def test_tools_are_replayed(replay, recorded):
    call = {"id": "1", "name": "find", "arguments": {"a": 1}}
    looping = [
        {"role": "user", "content": "Where is my order?"},
        *(
            message
            for number in "1234"
            for message in (
                {"role": "assistant", "content": "", "tool_calls": [{**call, "id": number}]},
                {"role": "tool", "tool_call_id": number, "content": "no result"},
            )
        ),
        {"role": "assistant", "content": "I cannot find it."},
    ]
    (session,) = replay(recorded({"session_id": "loop", "messages": looping})).values()
    assert (session["turns"], session["calls"]) == (1, 5)
    assert [s["signal"] for s in session["signals"]] == ["tool_loop"]


def test_limit_is_of_all_files_together(replay, recorded):
    cake = talk("cake", "How long do I bake it?", "40 minutes.")
    files = recorded(LAMP, name="a.jsonl"), recorded(BIKE, cake, name="b.jsonl")
    assert set(replay(*files, "--limit", "2")) == {"lamp", "bike"}


def test_details_list_every_call(otel_sessions_program, recorded):
    ran = otel_sessions_program("replay", "--json", "--details", "--ids", recorded(LAMP))
    calls = json.loads(ran.stdout)["calls_detail"]
    assert calls == [
        {"recorded_id": "lamp", "index": i, "session_id": "lamp", "turn": i + 1} for i in range(3)
    ]


def test_a_broken_line_is_reported_and_skipped(otel_sessions_program, recorded):
    ran = otel_sessions_program("replay", "--json", recorded(LAMP, "{", BIKE))
    assert ran.returncode == 0
    assert len(json.loads(ran.stdout)["sessions"]) == 2
    assert "recorded.jsonl:2: skipped" in ran.stderr


def test_sessions_without_a_reply_are_told(otel_sessions_program, recorded):
    """Nothing can be replayed of them, and an empty table alone would not say so."""
    ran = otel_sessions_program("replay", "--json", recorded(talk("shy", "Hello?"), LAMP))
    assert (ran.returncode, len(json.loads(ran.stdout)["sessions"])) == (0, 1)
    assert "1 sessions have no reply, so no call is made of them" in ran.stderr


def test_the_table_is_for_people_and_has_no_colours_in_a_file(otel_sessions_program, recorded):
    ran = otel_sessions_program("replay", recorded(LAMP), NO_COLOR="1")
    assert "Recordings: 1. Sessions: 1, turns: 3, calls: 3." in ran.stdout
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["nowhere.jsonl"], "nowhere.jsonl", id="no-file"),
        pytest.param(["{file}", "--otlp", "127.0.0.1:4318"], "base URL", id="no-url"),
        pytest.param(["{file}", "--otlp", "http://127.0.0.1:9"], "No OTLP receiver", id="refused"),
        pytest.param(["{empty}"], "No session in", id="nothing-recorded"),
        pytest.param(["{file}", "--limit", "0"], "a whole number from 1", id="limit"),
        pytest.param(["{file}", "--limit", "x"], "a whole number from 1", id="limit-is-a-word"),
    ],
)
def test_what_cannot_start_says_why(otel_sessions_program, recorded, arguments, says):
    paths = {"file": recorded(LAMP), "empty": recorded("", name="empty.jsonl")}
    ran = otel_sessions_program("replay", *(a.format(**paths) for a in arguments))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_progress_counts_calls(recorded, tmp_path):
    """One session of hundreds of turns takes minutes, and a bar of sessions would stand still."""
    seen, terminal = pty.openpty()
    program = "import sys; from otel_sessions.cli import main; sys.exit(main())"
    with (tmp_path / "out").open("w") as out:
        ran = subprocess.run(
            [sys.executable, "-c", program, "replay", recorded(LAMP)],
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "120"},
            stdout=out,
            stderr=terminal,
            timeout=120,
            check=False,
        )
    os.close(terminal)
    shown = _drained(seen)
    assert ran.returncode == 0, shown
    assert "/3" in shown
    assert "calls" in shown


def _drained(terminal):
    """Read what has been written to a terminal that is closed at its other end."""
    read = b""
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 4096):
            read += piece
    os.close(terminal)
    return read.decode()


def test_a_signal_that_goes_on_and_on_is_one_entry():
    signals = {(turn, "slow_progress"): 0.1 + turn / 100 for turn in range(3, 60)}
    seen = SessionSeen("s", signals=signals | {(5, "tool_loop"): 0.9})
    *_, worst = views.replay_result([seen])
    (shown,) = worst.columns[-1].cells
    assert "slow_progress (57 turns of 3-59, up to 0.69)" in shown
    assert "tool_loop (5, 0.90)" in shown
    assert shown.count("slow_progress") == 1
