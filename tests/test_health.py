"""Health: what its formula promises, and that a person can recompute it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.health import (
    OF_THE_SESSION,
    WEIGHTS,
    SessionScore,
    healthy,
    session_health,
    session_left,
    turn_health,
)
from otel_sessions.signals import CRITICAL, WARNING, Signal
from otel_sessions.turns import Turn, turns_until_full

shares = st.floats(0, 1)
signals = st.builds(Signal, st.sampled_from([*WEIGHTS, "a_users_own"]), shares)


@pytest.mark.parametrize(
    ("turn_signals", "expected"),
    [
        pytest.param([], 1.0, id="nothing-seen"),
        pytest.param([Signal("context_reset", 1.0)], 0.0, id="certain-and-heaviest"),
        pytest.param([Signal("tool_loop", 0.6)], 0.61, id="one-warning"),
        pytest.param([Signal("tool_loop", 0.4)], 0.87, id="an-information-counts-half"),
        pytest.param([Signal("a_users_own", 0.5)], 0.6, id="unknown-names-count"),
        pytest.param(
            [Signal("tool_loop", 0.6), Signal("partial_response", 0.6)], 0.61 * 0.46, id="noisy-or"
        ),
    ],
)
def test_turn_health(turn_signals, expected):
    """A turn's health is the product of what each signal leaves."""
    assert turn_health(turn_signals) == pytest.approx(expected)


FACTS = (
    "call_failed",
    "context_overflow",
    "context_reset",
    "context_truncated",
    "session_lost",
)
HARMFUL = [
    *(name for name, weight in WEIGHTS.items() if weight and name not in OF_THE_SESSION),
    "a_users_own",
]
informing = st.floats(0, WARNING, exclude_max=True)


@given(name=st.sampled_from(FACTS), severity=st.floats(WARNING, 1))
def test_one_warning_of_a_fact_is_unhealthy(name, severity):
    """Half of the history is gone, or nobody answered: no opinion is in it."""
    assert not healthy(turn_health([Signal(name, severity)]))


@pytest.mark.parametrize("name", sorted(set(HARMFUL) - set(FACTS)))
def test_one_bare_warning_of_a_conclusion_is_not_unhealthy_but_a_critical_is(name):
    """It may be wrong; the objective must not be used up by noise."""
    assert healthy(turn_health([Signal(name, WARNING)]))
    assert not healthy(turn_health([Signal(name, CRITICAL)]))


@given(pair=st.lists(st.sampled_from(HARMFUL), min_size=2, max_size=2, unique=True))
def test_two_warnings_are_unhealthy(pair):
    """Two conclusions that agree are hardly both wrong."""
    assert not healthy(turn_health([Signal(name, WARNING) for name in pair]))


@given(name=st.sampled_from(HARMFUL), severity=informing)
def test_one_information_is_never_unhealthy(name, severity):
    """It only informs."""
    assert healthy(turn_health([Signal(name, severity)]))


@given(turn_signals=st.lists(signals, max_size=9), more=signals)
def test_more_signals_never_heal(turn_signals, more):
    """Health stays in its range, and another signal only lowers it."""
    assert 0 <= turn_health([*turn_signals, more]) <= turn_health(turn_signals) <= 1


def test_the_example_of_the_docs():
    """The figures in the module's docstring are what the code gives."""
    assert session_health([1, 1, 0.4]) == pytest.approx(0.61)


@pytest.mark.parametrize(
    ("turn_healths", "expected"),
    [
        pytest.param([], 1.0, id="no-turn"),
        pytest.param([0.4], 0.4, id="one-turn"),
        pytest.param([1] * 50, 1.0, id="all-well"),
        pytest.param([0.0] + [1] * 50, 0.5, id="the-worst-is-not-forgotten"),
    ],
)
def test_session_health(turn_healths, expected):
    """Half is the worst turn, half what happened lately."""
    assert session_health(turn_healths) == pytest.approx(expected)


@given(turn_signals=st.lists(st.builds(Signal, st.sampled_from(sorted(OF_THE_SESSION)), shares)))
def test_what_is_said_of_the_session_lowers_no_turn(turn_signals):
    """It lowers the session instead."""
    assert turn_health(turn_signals) == 1.0
    left = session_left(turn_signals)
    assert session_health([1.0, 1.0], [left]) == left
    assert session_left([Signal("tool_loop", 1.0)]) == 1.0


@given(left=st.lists(shares, min_size=1))
def test_the_least_that_is_left_stays(left):
    """A user who could not get on remembers it; a turn that is judged again counts once."""
    score = SessionScore()
    for number, share in enumerate(left, 1):
        score = score.after(number, 1.0, 0.0).after(number, 1.0, share)
    assert score.score == session_health([1.0] * len(left), left) == min(left)
    assert score.after(1, 1.0, 0.0).score == 0.0


@given(turn_healths=st.lists(shares, min_size=1))
def test_a_session_is_between_its_worst_and_its_best_turn(turn_healths):
    """A session is no better than its best turn and no worse than its worst."""
    score = session_health(turn_healths)
    assert min(turn_healths) - 1e-9 <= score <= max(turn_healths) + 1e-9


@given(turn_healths=st.lists(shares, min_size=1), first_seen=shares)
def test_a_turn_that_is_judged_again_counts_once(turn_healths, first_seen):
    """An agent's turn is judged after each call; only the last verdict stays."""
    score = SessionScore()
    for number, health in enumerate(turn_healths, 1):
        score = score.after(number, first_seen).after(number, health)
    assert score.score == pytest.approx(session_health(turn_healths))


def test_a_late_verdict_on_an_older_turn_only_worsens():
    """What arrives late is not lost, and does not become the newest turn."""
    score = SessionScore().after(1, 0.9).after(2, 1.0)
    assert score.after(1, 0.0).score < score.score
    assert score.after(1, 1.0) == score


@pytest.mark.parametrize(
    ("tokens", "turns"),
    [
        pytest.param([1_000, 2_000, 3_000, 4_000], 6.0, id="one-thousand-each-turn"),
        pytest.param([1_000, 2_000, 3_000, 10_000], 0.0, id="full"),
        pytest.param([1_000, 2_000, 3_000], None, id="too-few-turns"),
        pytest.param([1_000, 2_000, 3_000, 2_000], None, id="just-cut"),
        pytest.param([1_000, None, 3_000, 4_000], None, id="unknown-tokens"),
        pytest.param([], None, id="no-turns"),
    ],
)
def test_turns_until_full(tokens, turns):
    """The median growth goes on until the window is full."""
    session = [Turn(session_id="s", key=1, input_tokens=t, window=10_000) for t in tokens]
    assert turns_until_full(session) == turns
