"""Trials of causes: tickets about what makes, or will make, an objective fail."""

from trials import ENDS, LITTLE, RESETS, TENANT, Series, Trial, histogram

GAUGES = {
    RESETS: "a gauge counts nothing",
    TENANT: "a store is one, whoever fills it",
    LITTLE: "a store is full, whatever the traffic",
}


def cause(alert, slo, series, summary, *, labels=None, **more):
    known = {"severity": "ticket", "kind": "cause", **({"slo": slo} if slo else {})}
    return Trial(alert, series, known | (labels or {}), summary, **more)


# A week and more before, half a day bad, and then as long as it may take.
WEEK = {"step_s": 3600, "before": 192, "bad": 12, "after": 12}


def of_version(version, well, bad):
    return [
        Series(f'llm_session_turn_evaluated_total{{healthy="{healthy}", {version}}}', *rate)
        for healthy, rate in (("true", well), ("false", bad))
    ]


def newcomer(alert, label, summary):
    """An old one is there all the time; the new one comes with the bad time and goes after it."""
    return cause(
        alert,
        "healthy-turns",
        [
            *of_version(f'{label}="old"', (99, 50), (1, 0.5)),
            *of_version(f'{label}="new"', (None, 40), (None, 10)),
        ],
        summary,
        labels={label: "new"},
        **WEEK,
        little=0.1,
        skip={TENANT: "in the file of the alert: what is new has tenants of its own"},
    )


TRIALS = [
    cause(
        "LlmSessionSignalJumps",
        "healthy-turns",
        [
            Series('llm_session_signals_total{signal="contradiction", severity="warning"}', 1, 20),
            Series('llm_session_turn_evaluated_total{healthy="true"}', 100, 100),
        ],
        "contradiction in 20% of the turns of shop in 2h, more than 3 times its usual share",
        labels={"signal": "contradiction"},
        **(WEEK | {"step_s": 1800, "before": 400}),
        little=0.05,
    ),
    newcomer(
        "LlmSessionVersionWorse",
        "service_version",
        "20% of the turns of shop with the new version new are unhealthy,"
        " more than 1.5 times the share before it",
    ),
    newcomer(
        "LlmSessionModelWorse",
        "gen_ai_request_model",
        "20% of the turns of shop with the new model new are unhealthy,"
        " more than 1.5 times the share before it",
    ),
    cause(
        "LlmSessionWindowFills",
        "kept-context",
        histogram(
            "llm_session_context_utilization",
            'gen_ai_request_model="gpt-4o"',
            {"0.5": (95, 0), "0.9": (99, 5), "0.95": (100, 100), "+Inf": (100, 100)},
            sums=(40, 92),
        ),
        "Calls of shop fill 94.74% of the window of gpt-4o (95th percentile);"
        " 90% is exceeded, or will be within 3d",
        labels={"gen_ai_request_model": "gpt-4o"},
        step_s=600,
        little=0.01,
    ),
    cause(
        "LlmSessionUnreliableWithLength",
        "healthy-turns",
        [
            *histogram(
                "llm_session_turn_health",
                'turn_bucket="1"',
                {"0.4": (0, 0), "0.5": (1, 1), "0.99": (5, 5), "+Inf": (100, 100)},
            ),
            *histogram(
                "llm_session_turn_health",
                'turn_bucket="8-15"',
                {"0.4": (0, 20), "0.5": (8, 20), "0.99": (12, 20), "+Inf": (100, 100)},
            ),
        ],
        "Health of the turns 8-15 of shop spreads by 0.79 of 1 (90th minus 10th percentile;"
        " 0.5 is the limit)",
        labels={"turn_bucket": "8-15"},
        step_s=3600,
        before=30,
        bad=30,
        after=30,
        little=0.05,
    ),
    cause(
        "LlmSessionCostJumps",
        None,
        [
            Series('llm_session_cost_USD_total{gen_ai_request_model="gpt-4o"}', 1, 6),
            Series('llm_session_started_total{reopened="false"}', 20, 20),
        ],
        "A session of shop costs 0.300 USD on average, more than 2 times its usual cost",
        **(WEEK | {"bad": 26, "after": 36}),
        little=0.05,
    ),
    cause(
        "LlmSessionStoreFills",
        "kept-context",
        [
            Series(
                'llm_session_store_app_memory_utilization_ratio{store="history", backend="redis"}',
                0.4,
                0.95,
                gauge=True,
            ),
        ],
        "Session store history of shop uses 95% of its memory limit;"
        " it is above 90% or will be full within 3d",
        labels={"store": "history", "backend": "redis"},
        step_s=120,
        skip=GAUGES,
    ),
    cause(
        "LlmSessionStoreLosesSessions",
        "kept-context",
        [
            Series('llm_session_store_app_sessions_lost_total{store="h", cause="evicted"}', 0, 5),
            Series('llm_session_store_app_lookups_total{store="h", result="hit"}', 100, 95),
            Series('llm_session_store_app_lookups_total{store="h", result="miss"}', 0, 5),
        ],
        "5% of the look-ups in session store h of shop miss a session that had turns (evicted)",
        labels={"store": "h", "cause": "evicted"},
        step_s=120,
    ),
    cause(
        "LlmSessionStoreSlow",
        "turn-latency",
        histogram(
            "llm_session_store_app_operation_duration_seconds",
            'store="h", operation="get"',
            {"0.1": (100, 50), "0.5": (100, 100), "+Inf": (100, 100)},
        ),
        "One get in a hundred of session store h of shop takes 492ms or longer"
        " (0.25s is the limit)",
        labels={"store": "h", "operation": "get"},
        step_s=120,
        little=0.02,
        tenants=500,
    ),
    *(
        cause(
            alert,
            slo,
            [
                Series(f'{metric}_count{{{label}="redis", error_type="timeout"}}', 0, 5),
                Series(f'{metric}_count{{{label}="redis"}}', 100, 95),
            ],
            f"5% of the operations of {store} redis of shop fail (1% is the limit)",
            labels={label: "redis"},
            step_s=120,
        )
        for alert, slo, metric, label, store in (
            (
                "LlmSessionStoreFails",
                "kept-context",
                "llm_session_store_app_operation_duration_seconds",
                "store",
                "session store",
            ),
            (
                "LlmSessionMonitorStoreFails",
                "monitored-calls",
                "llm_session_store_operation_duration_seconds",
                "backend",
                "the monitor's store",
            ),
        )
    ),
    cause(
        "LlmSessionCollectorDown",
        "monitored-calls",
        [Series('up{job="llm-sessions", instance="c:8889"}', 1, 0, gauge=True)],
        "The collector at c:8889 answers no scrape (0 of 1): nothing is known of any session",
        labels={"job": "llm-sessions", "instance": "c:8889"},
        step_s=120,
        skip=GAUGES,
    ),
    cause(
        "LlmSessionTurnsMissing",
        "monitored-calls",
        [Series('llm_session_turn_evaluated_total{healthy="true"}', 30, 0)],
        "No turn of shop in 1h; a day ago there were 60 turns",
        **(WEEK | {"step_s": 1800, "before": 350}),
        skip={
            TENANT: "others have turns",
            ENDS: "that nothing comes is what it tells",
        },
    ),
]
