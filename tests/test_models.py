"""A model's window and price: found under every name it goes by, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.calls import Usage
from otel_sessions.models import Model, cost_usd, find_model

MODEL = Model(window=1000, input_usd=2.0, output_usd=10.0, cache_read_usd=0.5)


@pytest.mark.parametrize(
    ("name", "provider", "listed"),
    [
        pytest.param("GPT-4o ", None, "gpt-4o", id="case-and-space"),
        pytest.param("openai/gpt-4o", None, "gpt-4o", id="router-prefix"),
        pytest.param("gpt-4o-2031-01-31", None, "gpt-4o", id="new-edition"),
        pytest.param("gpt-4o", "no-such-host", "gpt-4o", id="unknown-host"),
        pytest.param("claude-sonnet-4-5-latest", "anthropic", "claude-sonnet-4-5", id="latest"),
        pytest.param(
            "claude-sonnet-4-5@20250929", "gcp.vertex_ai", "claude-sonnet-4-5", id="at-date"
        ),
        pytest.param("models/gemini-2.5-pro", "gcp.gemini", "gemini-2.5-pro", id="resource-path"),
        pytest.param(
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws.bedrock",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            id="resource-name",
        ),
        pytest.param("openai/gpt-oss-120b", "groq", "groq/openai/gpt-oss-120b", id="host"),
    ],
)
def test_one_model_has_many_names(name, provider, listed):
    assert find_model(name, provider) == find_model(listed) != None  # noqa: E711 - one chain


def test_windows_and_prices_of_well_known_models():
    """Three rows written out, so that no column takes the place of another."""
    assert find_model("gpt-4o-mini") == Model(128_000, 0.15e-6, 0.6e-6, 0.075e-6)
    assert find_model("claude-sonnet-4-5") == Model(200_000, 3e-6, 15e-6, 0.3e-6)
    assert find_model("gpt-4o-2024-05-13") == Model(128_000, 5e-6, 15e-6)


def test_regions_may_have_prices_of_their_own():
    here = find_model("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert here.window == find_model("claude-sonnet-4-5").window
    assert here.input_usd > find_model("claude-sonnet-4-5").input_usd


@pytest.mark.parametrize(
    "name",
    [
        "",
        None,
        "my-model",
        "gpt",
        "gpt-4o-turbo-ultra",
        "gpt-3.5-turbo-0613",
        "us",
        "ft:my-model:org::1",
    ],
)
def test_unknown_models_are_not_guessed(name):
    assert find_model(name) is None


def test_fine_tunes_have_the_window_of_their_base():
    assert find_model("ft:gpt-4o-mini-2024-07-18:org::id").input_usd == 0.3e-6
    assert find_model("ft:gpt-4-turbo:org::id") == Model(window=128_000)


@given(st.text(), st.none() | st.text())
def test_no_name_raises(name, provider):
    assert isinstance(find_model(name, provider), Model | None)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(input_tokens=100, output_tokens=10), 300.0),
        (Usage(input_tokens=100, output_tokens=10, cache_read_tokens=40), 240.0),
        (Usage(input_tokens=100, output_tokens=10, cache_read_tokens=900), 150.0),
        (Usage(input_tokens=0, output_tokens=0), 0.0),
        (Usage(input_tokens=100), None),
        (Usage(output_tokens=10), None),
        (Usage(), None),
    ],
)
def test_cost(usage, expected):
    assert cost_usd(MODEL, usage) == expected


def test_cost_without_a_price_is_unknown():
    usage = Usage(input_tokens=100, output_tokens=10, cache_read_tokens=100)
    assert cost_usd(Model(window=1000), usage) is None
    assert cost_usd(Model(input_usd=2.0, output_usd=10.0), usage) == 300.0
