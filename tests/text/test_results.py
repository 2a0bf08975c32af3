"""Results of tools: which read like errors."""

import pytest

from otel_sessions.text.results import reads_like_error


@pytest.mark.parametrize(
    "text",
    [
        "Error: user not found",
        "Exception: boom",
        "Traceback (most recent call last):\n  File ...",
        "ValueError: invalid literal",
        "botocore.ClientError: denied",
        '{"error": "no such order"}',
        '{"error": {"code": 404}}',
        '{"status": "error", "message": "x"}',
        '{"success": false, "data": null}',
        '{"is_error": true}',
        "HTTP 503 Service Unavailable",
        "status code: 404",
        "Unable to reach the host",
        "permission denied",
    ],
)
def test_errors(text):
    """An error says so at its start, in words or in the usual fields."""
    assert reads_like_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sofia_li_9219",
        "ok",
        '{"order_id": "#W1", "status": "delivered"}',
        '{"error": null, "data": [1]}',
        '{"errors": [], "rows": 3}',
        '{"success": true}',
        '{"status": 200}',
        "The error rate fell by a third in May.",
        "Found 3 documents about exception handling.",
        "x" * 300 + " Error: too far down to be the result",
        "\ud800\x00\xff",
    ],
)
def test_no_errors(text):
    """Data that mentions errors is not one."""
    assert not reads_like_error(text)
