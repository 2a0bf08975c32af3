"""The signal of replies that bloat, against those that have more to say."""

from itertools import repeat

import pytest

from otel_sessions.detectors.response_growth import response_growth
from otel_sessions.records import Form
from otel_sessions.signals import CRITICAL, WARNING
from otel_sessions.texts import TextFeatures


@pytest.fixture
def telling(series):
    """Turns whose replies and requests have so many tokens."""

    def build(replies, requests=None, form=Form.NONE, **fields):
        asked = requests or [20] * len(replies)
        return series(
            request=[TextFeatures(4 * n, n) for n in asked],
            reply=[n and TextFeatures(4 * n, n, form=form) for n in replies],
            **{name: list(repeat(value, len(replies))) for name, value in fields.items()},
        )

    return build


@pytest.mark.parametrize(
    ("replies", "at_least"),
    [
        pytest.param([50, 60, 50, 100, 210, 260, 270], WARNING, id="five-fold"),
        pytest.param([50, 60, 50, 200, 400, 420, 500], CRITICAL, id="eight-fold"),
        pytest.param([50, 400, 50, 100, 300, 60, 300], WARNING, id="in-spite-of-others-between"),
    ],
)
def test_replies_bloat(telling, replies, at_least):
    """Measured by the medians of the first and the newest."""
    signal = response_growth(telling(replies))
    assert signal is not None
    assert signal.severity >= at_least


@pytest.mark.parametrize(
    ("replies", "fields"),
    [
        pytest.param([50, 500, 500, 500, 500], {}, id="too-few-turns"),
        pytest.param([50] * 7, {}, id="no-growth"),
        pytest.param([50, 60, 50, 60, 50, 60, 900], {}, id="one-long-reply"),
        pytest.param([50, 60, 50, 100, 120, 130, 140], {}, id="hardly-longer"),
        pytest.param([4, 5, 4, 50, 60, 70, 80], {}, id="short-all-the-same"),
        pytest.param([900, 500, 400, 300, 200, 100, 90], {}, id="shorter"),
        pytest.param(
            [50, 60, 50, 200, 400, 400, 400],
            {"requests": [10, 10, 10, 80, 80, 80, 80]},
            id="requests-grow-too",
        ),
        pytest.param([50, 60, 50, 200, 400, 400, 400], {"form": Form.CODE}, id="code"),
        pytest.param([50, 60, 50, 200, 400, 400, 400], {"complete": False}, id="not-done"),
        pytest.param([50, 60, 50, 200, 400, 400, None], {}, id="no-reply-now"),
    ],
)
def test_what_only_looks_like_it(telling, replies, fields):
    """One long reply, little more, or more because more was asked."""
    signal = response_growth(telling(replies, **fields))
    assert signal is None or signal.severity < WARNING


def test_below_some_length_nothing_is_bloated(telling):
    """However much longer it is than the start."""
    assert response_growth(telling([20, 20, 20, 100, 110, 115, 118]), min_severity=0.0) is None


def test_only_replies_in_words_are_compared(telling):
    """Code between them is as long as what was asked for."""
    words = telling([50, 60, 50, 60, 50, 60, 50])
    code = telling([900, 900], form=Form.CODE)
    assert response_growth([*words[:6], *code, words[6]], min_severity=0.0) is None


def test_the_floor_changes_no_severity(telling):
    """It only hides what is below it."""
    turns = telling([50, 60, 50, 100, 210, 220, 230])
    assert response_growth(turns, min_severity=0.0) == response_growth(turns)
    assert response_growth(turns, min_severity=0.99) is None
