"""A whole application with a real Redis and a real client; in a process of its own, as SDKs are."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("redis")
pytest.importorskip("httpx2", reason="needs openai 3")

APPLICATION = """
import httpx2, json, openai, otel_sessions, redis, sys, time
from otel_sessions.testing import observed

def answer(request):
    message = {"role": "assistant", "content": "It is on its way to you, in a red van."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return httpx2.Response(200, json={"id": "c", "object": "chat.completion", "created": 1,
        "model": "gpt-test", "choices": [choice]})

client = openai.OpenAI(api_key="k", max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(answer)))
chats = redis.Redis.from_url(sys.argv[1], decode_responses=True)
other = redis.Redis.from_url(sys.argv[1])

def say(session_id, question):
    history = json.loads(chats.get(f"chat:{session_id}") or "[]")
    history.append({"role": "user", "content": question})
    with otel_sessions.session(session_id):
        made = client.chat.completions.create(model="gpt-test", messages=history)
    history.append({"role": "assistant", "content": made.choices[0].message.content})
    chats.set(f"chat:{session_id}", json.dumps(history))

def until(true):
    end_s = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)
"""

EVICTED = """
store = otel_sessions.observe_store(chats, key_pattern="chat:{session_id}", poll_s=0.1)
assert store.client is chats
with observed(processing="background") as seen:
    until(lambda: store.capacity)
    for question in ("Where is my parcel?", "When will it come?"):
        say("s1", question)
        say("s2", question)
    while other.exists("chat:s1"):
        other.get("chat:s2")
        other.set(f"filler:{time.monotonic_ns()}", b"x" * 50_000)
    until(lambda: store.capacity.evictions)
    say("s1", "It is a small one.")
    health = otel_sessions.health("s1", timeout_s=120)
    metrics = seen.metrics
lost = [found for found in seen.signals if found.signal.name == "session_lost"]
told = [(found.session_id, found.turn, found.signal.cause) for found in lost]
assert told == [("s1", 3, "evicted")], (seen.signals, health, metrics)
assert "session_lost" in {found.signal.name for found in health.signals}, health
assert health.score < 0.7, health
*_, call = [call for call in seen.calls if call["session.id"] == "s1"]
assert call["llm_session.turn"] == 3
assert "session_lost" in call["llm_session.signals"]
(event,) = [e.attributes for e in seen.events
    if e.attributes.get("gen_ai.evaluation.name") == "session_lost"]
assert event["llm_session.cause"] == "evicted"
assert event["gen_ai.evaluation.score.label"] == "critical"
((labels, count),) = metrics["llm_session.store.app.sessions.lost"]
assert (labels, count) == ({"store": "redis", "backend": "redis", "cause": "evicted"}, 1)
counted = {labels["signal"] for labels, _ in metrics["llm_session.signals"]}
assert "session_lost" in counted
assert "execute_command" not in vars(chats)
"""

FORKED = """
import os
store = otel_sessions.observe_store(chats, key_pattern="chat:{session_id}", poll_s=0.1)
with observed(processing="background") as seen:
    until(lambda: store.capacity)
    say("s1", "Where is my parcel?")
    assert otel_sessions.flush(60)
    child = os.fork()
    if not child:
        newest = store.poll.filling.newest
        chats.connection_pool.reset()
        say("s3", "Where is my parcel?")
        until(lambda: store.poll.filling.newest is not newest)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    say("s1", "When will it come?")
assert seen.signals == []
"""

NOT_INSTRUMENTED = """
with otel_sessions.observe_store(chats, key_pattern="chat:{session_id}") as store:
    say("s1", "Where is my parcel?")
    assert store.capacity is None
    assert "otel-sessions-stores" not in {t.name for t in __import__("threading").enumerate()}
assert "execute_command" not in vars(chats)
"""


@pytest.mark.parametrize("code", [EVICTED, FORKED, NOT_INSTRUMENTED])
def test_an_application(redis_servers, code):
    server = redis_servers("--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "60"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", APPLICATION + code, server.url],
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
