"""The whole benchmark, on files written here."""

import json

import pytest

from benchmarks.signals.__main__ import main

KEYS = {"signal", "set", "level", "n", "positives", "auroc", "ap", "precision", "recall", "f1"}
FIGURES = {"auroc", "ap", "precision", "recall", "f1"}


def agent(session_id, *, loops, **labels):
    """A session whose model looks an order up, three times over or once."""
    messages = [{"role": "user", "content": "Where is order 17?"}]
    for i in range(3 if loops else 1):
        call = {"id": f"t{i}", "name": "find", "arguments": {"order": 17}}
        messages += [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"t{i}", "content": "not shipped"},
        ]
    messages.append({"role": "assistant", "content": "It has not been shipped."})
    return {"session_id": session_id, "messages": messages, **labels}


@pytest.fixture
def run(tmp_path, capsys):
    def run_benchmark(*arguments):
        path = tmp_path / "figures.json"
        status = main(["--json", str(path), "--jobs", "1", *map(str, arguments)])
        shown = capsys.readouterr()
        return status, json.loads(path.read_text()) if path.exists() else None, shown

    return run_benchmark


def test_each_label_gives_a_row_with_all_its_figures(run, written):
    sessions = [
        agent(str(i), loops=i < 4, labels={"tool_loop": i < 4, "session_failure": i < 5})
        for i in range(10)
    ]
    written(*sessions, name="agents.jsonl")
    status, figures, shown = run("--data", written(name="empty.jsonl").parent)
    assert (status, set(figures)) == (0, {"results", "false_alarms", "turns_per_s"})
    health, loop = figures["results"]
    assert set(loop) == KEYS | {"interval", "baseline"}
    assert set(loop["interval"]) == set(loop["baseline"]) == FIGURES
    assert [loop[key] for key in ("signal", "set", "level")] == ["tool_loop", "agents", "session"]
    assert [loop[key] for key in ("n", "positives", "auroc", "f1")] == [10, 4, 1.0, 1.0]
    assert [health[key] for key in ("signal", "positives", "auroc")] == ["health", 5, 0.9]
    # No session is so bad that its health alarms, so what precision would be is not known.
    assert (health["precision"], health["interval"]["precision"]) == (None, None)
    known = [(row, name) for row in (health, loop) for name in FIGURES if row[name] is not None]
    assert len(known) == 2 * len(FIGURES) - 1
    assert all(row["interval"][name][0] <= row[name] for row, name in known)
    assert "tool_loop" in shown.out
    assert figures["turns_per_s"] > 0


def test_alarms_are_counted_in_sessions_that_passed(run, written):
    sessions = [agent(str(i), loops=i < 3, labels={"session_failure": i >= 8}) for i in range(10)]
    sessions.append(agent("nobody knows", loops=True))
    sessions[5]["messages"].append({"role": "user", "content": "Thanks, bye."})
    _, figures, _ = run("--data", written(*sessions, name="agents.jsonl"))
    alarms = figures["false_alarms"]["agents"]
    assert [alarms[key] for key in ("sessions", "n_sessions", "turns")] == ["passed", 8, 8]
    assert [alarms["warning"], alarms["critical"]] == [37.5, 0.0]
    # One warning of what may be wrong leaves a turn healthy.
    assert [alarms["unhealthy"], alarms["unhealthy_of_failed"]] == [0.0, 0.0]
    assert alarms["signals"]["tool_loop"] == {"warning": 37.5, "critical": 0.0}
    low, high = alarms["interval"]["warning"]
    assert low < 37.5 < high


def test_labels_of_turns_go_before_those_of_sessions(run, written, talk):
    turn_labels = [{"i": 1, "signal": "tool_loop", "label": 0}]
    sessions = [
        agent("a", loops=True, turn_labels=[{"i": 5, "signal": "tool_loop", "label": 1}]),
        {"session_id": "b", "messages": talk("a", "b"), "turn_labels": turn_labels},
    ]
    for session in sessions:
        session["labels"] = {"tool_loop": session["session_id"] == "a"}
    _, figures, _ = run("--data", written(*sessions))
    assert [(row["level"], row["n"]) for row in figures["results"]] == [("turn", 2)]


def test_failure_is_measured_on_turns_and_on_sessions(run, written, talk):
    sessions = [
        {
            "session_id": str(failed),
            "messages": talk("a", "b"),
            "labels": {"session_failure": failed},
            "turn_labels": [{"i": 1, "signal": "session_failure", "label": failed}],
        }
        for failed in (0, 1)
    ]
    _, figures, _ = run("--data", written(*sessions))
    rows = [(row["signal"], row["level"]) for row in figures["results"]]
    assert sorted(rows) == [("health", "session"), ("health", "turn")]


def test_what_cannot_be_used_is_told_and_skipped(run, written, talk):
    session = {"session_id": "s", "messages": talk("a", "b"), "labels": {"weather": 1}}
    status, figures, shown = run("--data", written(session, "{", name="mine.jsonl"))
    assert (status, figures["results"]) == (0, [])
    assert "mine.jsonl:2: skipped" in shown.err
    assert "mine: no detector for the label 'weather' (1 sessions)" in shown.out
    assert figures["false_alarms"]["mine"]["turns"] == 1


def test_labels_that_say_nothing_are_told(run, written, talk):
    """A label that is left out without a word makes figures that nobody can explain."""
    turn_labels = [
        {"i": 1, "signal": "drift", "label": None},
        {"i": 1, "signal": "drift", "label": 2},
        {"i": "1", "signal": "drift", "label": 1},
        {"i": 1, "label": 1},
    ]
    labels = {"drift": "yes", "repeat": None, "raw": {"drift": "yes"}}
    session = {"session_id": "s", "messages": talk("a", "b"), "labels": labels}
    _, _, shown = run("--data", written(session | {"turn_labels": turn_labels}, name="mine.jsonl"))
    assert "mine: 4 labels left out" in shown.out
    assert "None" not in shown.out


def test_a_set_that_is_not_there_is_told_with_those_that_are(run, written, talk):
    session = {"session_id": "s", "messages": talk("a", "b")}
    folder = written(session, name="one.jsonl").parent
    written(session, name="two.jsonl.gz")
    status, figures, shown = run("--data", folder, "--only", "two", "--only", "tow")
    assert (status, figures) == (2, None)
    assert "--only tow: must be one of one, two" in shown.err


def test_a_file_that_cannot_be_written_is_told_before_the_run(written, talk, tmp_path, capsys):
    path = written({"session_id": "s", "messages": talk("a", "b")})
    assert main(["--data", str(path), "--json", str(tmp_path / "none" / "f.json")]) == 2
    shown = capsys.readouterr()
    assert (shown.out, "can be written" in shown.err) == ("", True)


def test_only_the_named_sets_are_read(run, written, talk):
    session = {"session_id": "s", "messages": talk("a", "b")}
    folder = written(session, name="one.jsonl").parent
    written(session, name="two.jsonl.gz")
    _, figures, _ = run("--data", folder, "--only", "two")
    assert set(figures["false_alarms"]) == {"two"}


def test_processes_find_what_one_finds(run, written):
    sessions = [agent(str(i), loops=i % 3 == 0, labels={"tool_loop": i < 50}) for i in range(160)]
    path = written(*sessions)
    _, alone, _ = run("--data", path)
    _, together, _ = run("--data", path, "--jobs", "2")
    assert alone["results"] == together["results"]
    assert alone["false_alarms"] == together["false_alarms"]


@pytest.mark.parametrize("name", ["nowhere", "empty.jsonl"])
def test_no_session_is_a_mistake_that_is_told(run, written, name):
    path = written(name="empty.jsonl").with_name(name)
    status, figures, shown = run("--data", path)
    assert (status, figures) == (2, None)
    assert "no session" in shown.err
