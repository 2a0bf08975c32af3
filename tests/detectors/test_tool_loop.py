"""The signal of tools that are called again and again."""

import pytest

from otel_sessions.detectors.tool_loop import tool_loop


@pytest.mark.parametrize(
    ("turns", "severity"),
    [
        pytest.param(["get:1=a get:1=a get:1=a"], 0.5, id="three-times-in-a-turn"),
        pytest.param(["get:1=a", "get:1=a", "get:1=a"], 0.5, id="once-in-each-of-three-turns"),
        pytest.param(["get:1=a put:2=b get:1=a put:2=b get:1=a put:2=b"], 0.5, id="two-take-turns"),
        pytest.param(["get:1=a " * 6], 0.75, id="six-times"),
        pytest.param(["get:1=a get:1=a"], None, id="twice-to-be-sure"),
        pytest.param(["get:1=a get:2=a get:3=a get:4=a"], None, id="other-arguments"),
        pytest.param(["get:1=a find:1=a put:1=a"], None, id="other-tools"),
        pytest.param(["poll:1=10% poll:1=40% poll:1=70% poll:1=done"], None, id="polling-progress"),
        pytest.param(["page:1=a page:2=b page:3=c page:4=d"], None, id="paging"),
        pytest.param(["get:1=a get:1=a put:1=ok get:1=b"], None, id="looked-again-after-a-change"),
        pytest.param(["get:1=a get:1=a get:1"], None, id="third-result-still-unknown"),
        pytest.param(["get:1=a get:1=a get:1=a", ""], None, id="over-when-no-tool-is-called"),
        pytest.param(["get:1=a get:1=a get:1=a", "put:2=b"], None, id="over-with-another-call"),
        pytest.param(["get:1=a", "", "get:1=a", "", "", "get:1=a"], 0.5, id="long-pauses"),
        pytest.param(["a:1=!e b:2=!f a:3=!g b:4=!h a:5=!i b:6=!j"], None, id="six-errors-happen"),
        pytest.param([" ".join(f"a:{i}=!{i}" for i in range(8))], 0.5, id="eight-errors-do-not"),
        pytest.param(
            [" ".join(f"a:{i}=!{i}" for i in range(7)) + " b:1=ok a:9=!"],
            None,
            id="a-success-between",
        ),
        pytest.param([""], None, id="no-tools"),
    ],
)
def test_severity(using, turns, severity):
    """A loop is the same call with the same result; severity grows with their number."""
    signal = tool_loop(using(*turns))
    assert (signal and signal.severity) == (severity and pytest.approx(severity))


@pytest.mark.parametrize(
    ("turn", "severity"),
    [
        pytest.param("get:1=a get:1=a", 0.25, id="twice"),
        pytest.param("get:1=a get:2=a", None, id="once-each"),
        pytest.param("get:1 get:1 get:1", None, id="at-once-and-not-yet-answered"),
        pytest.param("a:1=!e a:2=!f a:3=!g a:4=!h a:5=!i", 0.2, id="five-errors"),
        pytest.param("a:1=!e a:2=!f", None, id="two-errors"),
    ],
)
def test_below_a_warning(using, turn, severity):
    """What is on the way to a loop is graded too, if somebody asks for it."""
    signal = tool_loop(using(turn), min_severity=0.0)
    assert (signal and signal.severity) == (severity and pytest.approx(severity))
    assert tool_loop(using(turn)) is None
