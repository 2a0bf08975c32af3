"""The signals' page is true: it is current, it has every signal, and its examples fire."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.signals.runs import score
from benchmarks.signals.sessions import Line, read_session
from otel_sessions.detectors import DETECTORS
from otel_sessions.health import OF_THE_SESSION
from otel_sessions.signals import WARNING

ROOT = Path(__file__).parent.parent
NOTES = yaml.safe_load((ROOT / "docs" / "signals.yaml").read_text("utf-8"))
SHIPPED = [detector.__name__ for detector in DETECTORS]
EXAMPLES = [name for name in SHIPPED if "example" in NOTES["signals"].get(name, {})]


def messages(example):
    """Read an example: who says what, and which tool gives what."""
    for number, line in enumerate(example):
        ((role, said),) = line.items()
        if role == "tool":
            name, arguments, result = re.fullmatch(r"(\w+)\((.*)\) -> (.*)", said).groups()
            call = {"id": f"t{number}", "name": name, "arguments": {"given": arguments}}
            yield {"role": "assistant", "content": "", "tool_calls": [call]}
            yield {"role": "tool", "tool_call_id": f"t{number}", "content": result}
        else:
            yield {"role": role, "content": said}


def test_the_page_is_current():
    """It says what docstrings, notes and figures say."""
    script = str(ROOT / "scripts" / "make_signals.py")
    ran = subprocess.run([sys.executable, script, "--check"], check=False, capture_output=True)
    assert ran.returncode == 0, ran.stdout


def test_every_signal_has_its_notes():
    """What ships is explained, and what is explained is in a family."""
    grouped = [name for family in NOTES["families"] for name in family["signals"]]
    assert sorted(SHIPPED) == sorted(grouped)
    assert sorted(grouped) == sorted(NOTES["signals"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_its_signal_in_its_last_turn(name):
    """What operators read is what the detector does."""
    record = {"session_id": name, "messages": list(messages(NOTES["signals"][name]["example"]))}
    line = Line(Path("example.jsonl"), 1, json.dumps(record).encode())
    *earlier, last = score(read_session(line)).turns
    assert last.severities[name] >= (0.05 if name in OF_THE_SESSION else WARNING), last.severities
    assert [turn.number for turn in earlier if turn.signals.get(name, 0.0) >= WARNING] == []
