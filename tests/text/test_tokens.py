"""Estimated tokens: near enough for every script, whatever the length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.text.tokens import SAMPLED_OVER, estimate_tokens

PROSE = "The order was sent on Monday and should arrive within three working days. "
CODE = "def total(items: list[int]) -> int:\n    return sum(x * 2 for x in items if x)\n"
CHINESE = (
    "\u60a8\u7684\u8ba2\u5355\u5df2\u7ecf\u53d1\u8d27\uff0c\u8bf7\u8010\u5fc3\u7b49\u5f85\u3002"
)


@pytest.mark.parametrize(
    ("text", "fewest", "most"),
    [
        pytest.param("", 0, 0, id="empty"),
        pytest.param("a", 1, 1, id="one-letter"),
        pytest.param(PROSE * 10, 130, 180, id="prose"),
        pytest.param(CODE * 10, 200, 320, id="code"),
        pytest.param(CHINESE * 10, 90, 200, id="chinese"),
        pytest.param("1234567890" * 10, 33, 60, id="digits"),
    ],
)
def test_estimate(text, fewest, most):
    """Estimates are within a third of what tokenizers of the day give."""
    assert fewest <= estimate_tokens(text) <= most


@pytest.mark.parametrize("unit", [PROSE, CODE, CHINESE])
def test_long_texts_are_sampled(unit):
    """A sampled text has as many tokens for each character as a short one."""
    short, long = unit * 20, unit * (20 * SAMPLED_OVER // len(unit))
    expected = estimate_tokens(short) * len(long) / len(short)
    assert estimate_tokens(long) == pytest.approx(expected, rel=0.02)


@given(text=st.text(st.characters(exclude_categories=()), min_size=1), more=st.text())
def test_more_text_is_never_fewer_tokens(text, more):
    """Every text has at least one token, and adding to it takes none away."""
    assert 1 <= estimate_tokens(text) <= estimate_tokens(text + more)
