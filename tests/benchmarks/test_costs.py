"""Costs: every part is measured, and the conversation is one in which detectors have work."""

import json

from benchmarks.signals.costs import TURNS, conversation, main
from otel_sessions.detectors import DETECTORS
from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader


def test_each_part_has_a_cost(tmp_path, capsys):
    """All readers together, all detectors together, and each of them."""
    assert main(["--rounds", "1", "--json", str(tmp_path / "costs.json")]) == 0
    features, detectors = json.loads((tmp_path / "costs.json").read_text()).values()
    assert list(detectors) == ["detectors", *(detector.__name__ for detector in DETECTORS)]
    assert features["features"] > 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed for name in (*features, *detectors))


def test_messages_are_of_the_size_that_is_promised():
    """80 tokens a message, each with a vector, values and a question."""
    turns = conversation(FeatureReader(b"k", encode).read)
    assert len(turns) == TURNS
    for turn in turns:
        assert 75 <= turn.request.tokens <= 90
        assert 75 <= turn.reply.tokens <= 90
        assert turn.request.vector
        assert turn.request.packed_values
        assert turn.tools
