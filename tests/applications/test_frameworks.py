"""Frameworks that lead conversations: their id reaches our spans, and each call counts once."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

APPLICATION = Path(__file__).with_name("frameworks.py")
PACKAGES = {
    "langgraph": "langgraph",
    "langgraph_async": "langgraph",
    "langchain": "langchain_openai",
    "llama_index": "llama_index",
    "agents": "agents",
    "pydantic_ai": "pydantic_ai",
}
"""Application -> what it needs; `.ci/frameworks` has them."""
LONG_S = 300


@pytest.mark.parametrize("name", PACKAGES)
def test_the_conversation_of_a_framework(name):
    """Two questions are two turns of the session that the framework names."""
    if importlib.util.find_spec(PACKAGES[name]) is None:
        pytest.skip(f"needs {PACKAGES[name]}; .ci/frameworks has it")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    environ |= {"OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    environ |= {"OPENAI_AGENTS_DISABLE_TRACING": "0", "LANGSMITH_TRACING": "false"}
    done = subprocess.run(
        [sys.executable, APPLICATION, name],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout.splitlines()[-1])
    assert {call["session.id"] for call in calls} == {"the-conversation"}
    assert {call["llm_session.id.source"] for call in calls} == {"framework"}
    assert [call["llm_session.turn"] for call in calls] == [1, 2]
