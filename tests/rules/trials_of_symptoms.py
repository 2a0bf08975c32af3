"""Trials of symptoms: objectives whose error budget burns too fast."""

from trials import Series, Trial, histogram


def burn(alert, slo, series, summary, *, tenants, labels=None):
    """Make the trial of a page or a ticket, long enough to fill the window that it looks at."""
    fast = alert.endswith("Fast")
    known = {"severity": "page" if fast else "ticket", "kind": "symptom", "slo": slo}
    times = (
        {"step_s": 120, "before": 40, "bad": 36, "after": 30, "little": 0.005}
        if fast
        else {"step_s": 1800, "before": 14, "bad": 54, "after": 16, "little": 0.005}
    )
    return Trial(alert, series, known | (labels or {}), summary, tenants=tenants, **times)


def turns(good, bad):
    return [
        Series('llm_session_turn_evaluated_total{healthy="true", turn_bucket="1"}', 9.9, good),
        Series('llm_session_turn_evaluated_total{healthy="false", turn_bucket="4-7"}', 0.1, bad),
    ]


def signals(name, bad):
    return [
        Series(f'llm_session_signals_total{{signal="{name}", severity="critical"}}', 0.01, bad),
        Series('llm_session_turn_evaluated_total{healthy="true", turn_bucket="1"}', 10, 10),
    ]


def durations(late):
    return histogram(
        "llm_session_turn_duration_seconds",
        'turn_bucket="16-31"',
        {"20.48": (9.9, 10 - late), "+Inf": (10, 10)},
    )


LATE = {"turn_bucket": "16-31"}
TRIALS = [
    burn(
        "LlmSessionTurnsUnhealthyFast",
        "healthy-turns",
        turns(2, 8),
        "80% of the turns of shop are unhealthy (5% are allowed)",
        tenants=50,
    ),
    burn(
        "LlmSessionTurnsUnhealthySlow",
        "healthy-turns",
        turns(8, 2),
        "20% of the turns of shop are unhealthy (5% are allowed)",
        tenants=50,
    ),
    burn(
        "LlmSessionSessionsUnhealthySlow",
        "healthy-sessions",
        [
            Series('llm_session_ended_total{healthy="true", reason="idle"}', 9.7, 6),
            Series('llm_session_ended_total{healthy="false", reason="idle"}', 0.3, 4),
        ],
        "40% of the sessions of shop that ended were unhealthy (10% are allowed)",
        tenants=50,
    ),
    burn(
        "LlmSessionContextLostFast",
        "kept-context",
        signals("context_reset", 2),
        "20% of the turns of shop lost the conversation before them (1% is allowed)",
        tenants=200,
    ),
    burn(
        "LlmSessionContextLostSlow",
        "kept-context",
        signals("context_truncated", 0.5),
        "5% of the turns of shop lost the conversation before them (1% is allowed)",
        tenants=200,
    ),
    burn(
        "LlmSessionResponsesIncompleteFast",
        "complete-responses",
        signals("call_failed", 6),
        "60% of the turns of shop got no reply or a part of one (3% are allowed)",
        tenants=200,
    ),
    burn(
        "LlmSessionResponsesIncompleteSlow",
        "complete-responses",
        signals("partial_response", 1.2),
        "12% of the turns of shop got no reply or a part of one (3% are allowed)",
        tenants=200,
    ),
    burn(
        "LlmSessionTurnsLateFast",
        "turn-latency",
        durations(9),
        "90% of the turns 16-31 of shop take longer than 20.48s (5% are allowed)",
        tenants=200,
        labels=LATE,
    ),
    burn(
        "LlmSessionTurnsLateSlow",
        "turn-latency",
        durations(2),
        "20% of the turns 16-31 of shop take longer than 20.48s (5% are allowed)",
        tenants=200,
        labels=LATE,
    ),
    burn(
        "LlmSessionMonitorLosesCallsSlow",
        "monitored-calls",
        [
            Series('llm_session_pipeline_calls_total{result="analysed"}', 1000, 990),
            Series('llm_session_pipeline_calls_total{result="dropped"}', 0, 6),
            Series('llm_session_pipeline_calls_total{result="failed"}', 0, 4),
        ],
        "1% of the calls of shop are not analysed (0.1% are allowed)",
        tenants=200,
    ),
]
