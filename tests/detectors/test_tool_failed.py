"""The signal of tools that give back errors."""

import pytest

from otel_sessions.detectors.tool_failed import tool_failed


@pytest.mark.parametrize(
    ("turns", "severity"),
    [
        pytest.param(["get:1=!e"], 0.3, id="one-informs"),
        pytest.param(["get:1=!e find:1=ok get:2=!e"], 0.4, id="two-inform"),
        pytest.param(["get:1=!e get:2=ok"], None, id="made-good"),
        pytest.param(["get:1=!e find:1=ok"], 0.3, id="another-tool-makes-nothing-good"),
        pytest.param(["get:1=ok get:2=!e"], 0.3, id="failed-after-it-had-worked"),
        pytest.param(
            ["a:1=!e a:2=!f a:3=!g a:4=!h a:5=!i a:6=ok"], 0.35, id="made-good-after-five"
        ),
        pytest.param(["a:1=!e b:1=!f c:1=!g"], 0.5, id="three-are-a-warning"),
        pytest.param([" ".join(f"a:{i}=!{i}" for i in range(20))], 0.8, id="at-most"),
        pytest.param(["get:1=ok put:1=done"], None, id="all-went-well"),
        pytest.param(["get:1"], None, id="no-result-yet"),
        pytest.param(["a:1=!e b:1=!f", "get:1=ok"], None, id="an-earlier-turns-failures"),
        pytest.param([""], None, id="no-tools"),
    ],
)
def test_severity(using, turns, severity):
    """Failures of the newest turn count, whatever the tools and their arguments."""
    signal = tool_failed(using(*turns))
    assert (signal and signal.severity) == (severity and pytest.approx(severity))


def test_the_floor_hides_what_only_informs(using):
    """Whoever does not want to be told of single failures says so."""
    assert tool_failed(using("get:1=!e"), min_severity=0.5) is None
