"""Show 4 of the main job: context loss on recorded calls, with and without session ids.

Needs the labelled sessions beside the project; skipped without. Precision and recall are per
recorded session; a call counts as continuing if it still sends a message of its conversation,
system prompts aside, that an earlier call sent or got.
"""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared/data/dev/p_calls.jsonl.gz"
LOSS = {"context_reset", "context_truncated"}
DISTURBED = {"retry", "regenerate", "side_call", "parts_format", "system_changed"}

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the labelled sessions are not here")


@pytest.fixture(scope="module")
def records():
    with gzip.open(DATA, "rt") as lines:
        return {record["session_id"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module", params=["with-ids", "without-ids"])
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def replayed(otel_sessions_program, mode):
    options = ["--ids"] if mode == "with-ids" else []
    ran = otel_sessions_program("replay", DATA, "--json", "--details", *options)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def lossy(replayed):
    """Recorded ids in whose sessions context loss was seen, at any severity."""
    return {
        session["recorded_id"]
        for session in replayed["sessions"]
        if LOSS & {signal["signal"] for signal in session["signals"]}
    }


def signals(replayed):
    return {
        session["recorded_id"]: {(s["turn"], s["signal"]) for s in session["signals"]}
        for session in replayed["sessions"]
    }


def without_disturbance(record):
    calls = [call for call in record["calls"] if call != ["side"]]
    once = [call for call, before in zip(calls, [None, *calls], strict=False) if call != before]
    kept = {k: v for k, v in record.items() if k not in {"fmt", "system_swap", "side_messages"}}
    return {**kept, "calls": once}


def kind(record):
    return record["labels"]["raw"]["kind"]


def test_precision(records, replayed):
    found = lossy(replayed)
    wrong = [kind(records[i]) for i in found if not records[i]["labels"]["context_loss"]]
    assert len(wrong) <= 0.01 * len(found), Counter(wrong)


def test_recall_with_ids(records, replayed, mode):
    if mode == "without-ids":
        pytest.skip("a reset that leaves nothing cannot be seen without an id")
    labelled = {i for i, record in records.items() if record["labels"]["context_loss"]}
    missed = [kind(records[i]) for i in labelled - lossy(replayed)]
    assert len(missed) <= 0.01 * len(labelled), Counter(missed)


def test_what_loses_nothing_makes_no_turn(records, replayed, mode):
    if mode == "without-ids":
        pytest.skip("a side call without an id is a session of its own")
    harmless = {i: r for i, r in records.items() if not r["labels"]["context_loss"]}
    turns = {s["recorded_id"]: s["turns"] for s in replayed["sessions"]}
    wrong = {i: (turns[i], spoken(r)) for i, r in harmless.items() if turns[i] != spoken(r)}
    assert wrong == {}


def test_what_loses_nothing_raises_nothing(
    records, replayed, mode, otel_sessions_program, tmp_path
):
    """Without its retries, side calls and changes, a session gives the same signals."""
    if mode == "without-ids":
        pytest.skip("a side call without an id is a session of its own")
    plain = [without_disturbance(r) for r in records.values() if kind(r) in DISTURBED]
    path = tmp_path / "plain.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in plain))
    ran = otel_sessions_program("replay", path, "--json", "--ids")
    expected = signals(json.loads(ran.stdout))
    got = signals(replayed)
    more = {(kind(records[i]), *places) for i in expected if (places := got[i] - expected[i])}
    assert more == set()


def test_two_conversations_are_never_joined(replayed):
    assert [s["also"] for s in replayed["sessions"] if "also" in s] == []


def test_calls_that_continue_are_joined(records, replayed):
    sessions = {
        (call["recorded_id"], call["index"]): call["session_id"]
        for call in replayed["calls_detail"]
    }
    continuing, joined = 0, 0
    for recorded_id, record in records.items():
        first = {}  # index of a message -> the first call that knew it
        for number, indices in enumerate(record["calls"]):
            sent = [i for i in indices if i != "side" and record["messages"][i]["role"] != "system"]
            known = [first[i] for i in sent if i in first]
            if known:
                continuing += 1
                joined += sessions[recorded_id, number] == sessions[recorded_id, min(known)]
            for i in [*sent, *(i + 1 for i in sent[-1:])]:
                first.setdefault(i, number)
    assert joined >= 0.99 * continuing, f"{joined} of {continuing}"


def spoken(record):
    """Number of turns: user messages that were the newest of a call that is no side call."""
    roles = [message["role"] for message in record["messages"]]
    asked = [[i for i in call if i != "side" and roles[i] == "user"] for call in record["calls"]]
    talks = [users for users, call in zip(asked, record["calls"], strict=True) if call != ["side"]]
    # What the assistant does before the user has spoken is a turn, too.
    return len({users[-1] if users else None for users in talks})
