"""Figures against values that were computed by hand."""

import math

import pytest

from benchmarks.signals.figures import NAMES, Example, measure, measure_best, ratio_interval


def examples(*rows, threshold=0.5):
    return [
        Example(session, bool(positive), score, fired=score >= threshold)
        for session, (positive, score) in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [(1, 0.9), (0, 0.8), (1, 0.7), (0, 0.2)],
            # Of four pairs three are in order; precision is 1 at half the recall, then 2/3.
            [3 / 4, (1 + 2 / 3) / 2, 2 / 3, 1.0, 0.8],
            id="one-pair-in-the-wrong-order",
        ),
        pytest.param([(1, 0.6), (0, 0.6)], [0.5, 0.5, 0.5, 1.0, 2 / 3], id="a-tie-counts-half"),
        pytest.param([(1, 0.9), (0, 0.1)], [1.0, 1.0, 1.0, 1.0, 1.0], id="perfect"),
        pytest.param([(0, 0.9), (1, 0.1)], [0.0, 0.5, 0.0, 0.0, 0.0], id="upside-down"),
        pytest.param([(1, 0.2), (0, 0.1)], [1.0, 1.0, None, 0.0, 0.0], id="nothing-fired"),
        pytest.param([(0, 0.9), (0, 0.1)], [None, None, 0.0, None, None], id="no-positives"),
        pytest.param([(1, 0.9), (1, 0.1)], [None, None, 1.0, 0.5, 2 / 3], id="no-negatives"),
    ],
)
def test_by_hand(rows, expected):
    figures, intervals = measure(examples(*rows))
    assert [figures[name] for name in NAMES] == [
        value if value is None else pytest.approx(value) for value in expected
    ]
    assert {name for name, interval in intervals.items() if interval is None} == {
        name for name, value in figures.items() if value is None
    }


def test_an_interval_holds_its_figure_and_shrinks_with_more_sessions():
    rows = [(1, 0.9), (0, 0.8), (1, 0.7), (0, 0.2), (1, 0.4), (0, 0.3)]
    widths = []
    for times in (1, 20):
        figures, intervals = measure(examples(*rows * times))
        for name in NAMES:
            low, high = intervals[name]
            assert 0 <= low <= figures[name] <= high <= 1
        widths.append(intervals["auroc"][1] - intervals["auroc"][0])
    assert widths[1] < widths[0] / 2


def test_intervals_are_the_same_again():
    rows = examples((1, 0.9), (0, 0.8), (1, 0.7), (0, 0.2))
    assert measure(rows) == measure(rows)


def test_sessions_are_resampled_and_not_turns():
    """A hundred turns of two sessions are no more sure than two sessions."""
    rows = [(1, 0.9), (0, 0.8), (0, 0.95)]
    alone = [Example(n, bool(p), s, fired=True) for n, (p, s) in enumerate(rows)]
    many = [example for example in alone for _ in range(50)]
    assert measure(many)[1]["precision"] == pytest.approx(measure(alone)[1]["precision"])


def test_a_baseline_gets_the_threshold_that_suits_it_best():
    best = measure_best(examples((1, 9.0), (0, 8.0), (1, 7.0), (0, 2.0)))
    assert best == {
        "auroc": 0.75,
        "ap": pytest.approx(5 / 6),
        "precision": pytest.approx(2 / 3),
        "recall": 1.0,
        "f1": pytest.approx(0.8),
    }
    assert set(measure_best(examples((0, 1.0))).values()) == {None}


def test_the_interval_of_a_rate():
    low, high = ratio_interval([(1, 10), (3, 10), (2, 10)])
    assert 0.1 <= low < 0.2 < high <= 0.3
    assert ratio_interval([(2, 4), (3, 6)]) == (0.5, 0.5)
    assert ratio_interval([(0, 0)]) is None
    assert not any(map(math.isnan, ratio_interval([(0, 0), (1, 2)])))
