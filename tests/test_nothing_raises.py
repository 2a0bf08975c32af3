"""With every function of ours made to fail in turn, the application's calls are as without us."""

import asyncio
import importlib
import json
import pkgutil

import openai
import pytest
from breaking import break_function, functions_of

import otel_sessions
from otel_sessions import monitors

httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")

SET_UP_ONLY = (
    "otel_sessions.cli",
    "otel_sessions.config",
    "otel_sessions.emit.sdk",
    "otel_sessions.errors",
)
"""Run before or beside the application's calls, and may raise there."""

ELSEWHERE = ("otel_sessions.observers", "otel_sessions.polls")
"""Not run by calls; made to fail in `tests/observers`."""

THE_CALL_ITSELF = {
    # These are what the application calls: they call the client, and a fault in their own few
    # lines would be one in the call. Everything that they use is made to fail here.
    "otel_sessions.providers._patch._Wrapper.__call__",
    "otel_sessions.providers._patch._call",
    "otel_sessions.providers._patch._follow",
    "otel_sessions.executors.Carrier.__call__",
    "otel_sessions.providers._streams._Iterator.__iter__",
    "otel_sessions.providers._streams._Iterator.__next__",
    "otel_sessions.providers._streams._Iterator.__aiter__",
    "otel_sessions.providers._streams._Iterator.__anext__",
    # The guard around everything else.
    "otel_sessions.faults.contained.__init__",
    "otel_sessions.faults.contained.__enter__",
    "otel_sessions.faults.contained.__exit__",
}


FUNCTIONS = functions_of(
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(otel_sessions.__path__, "otel_sessions.")
    if not info.name.startswith((*SET_UP_ONLY, *ELSEWHERE))
)
FAILING = sorted(
    name
    for name in FUNCTIONS
    if name not in THE_CALL_ITSELF
    and not name.startswith(("otel_sessions.instrumentation.", "otel_sessions.identity.session."))
    and name.rpartition(".")[2]
    not in ("__setattr__", "__delattr__", "__repr__", "__eq__", "__hash__")
)


def answer(request):
    body = json.loads(request.content)
    text = body["messages"][-1]["content"]
    if text == "fail":
        return httpx.Response(429, json={"error": {"message": "slow down", "code": "rate_limit"}})
    if not body.get("stream"):
        message = {"role": "assistant", "content": f"You said: {text}"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        return httpx.Response(200, json=completion("chat.completion", [choice], usage=usage))
    deltas = [{"role": "assistant", "content": "You "}, {"content": "said"}, {}]
    events = [
        completion("chat.completion.chunk", [{"index": 0, "delta": delta, "finish_reason": None}])
        for delta in deltas
    ]
    data = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return httpx.Response(200, text=data, headers={"content-type": "text/event-stream"})


def completion(kind, choices, **more):
    return {"id": "c1", "object": kind, "created": 1, "model": "gpt-4o", "choices": choices, **more}


def asking(text):
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}


def application():
    """A few calls of each kind; what they give, as plain data."""
    client = openai.OpenAI(
        api_key="k", max_retries=0, http_client=httpx.Client(transport=httpx.MockTransport(answer))
    )
    create = client.chat.completions.create
    seen = []
    with otel_sessions.session("s1", user_id="u1", agent="a1"):
        reply = create(**asking("Where is order 4711?"))
        seen.append((type(reply).__name__, reply.model_dump()))
        messages = [*asking("Where is order 4711?")["messages"]]
        messages += [{"role": "assistant", "content": reply.choices[0].message.content}]
        messages += [{"role": "user", "content": "Where is my order?"}]
        seen.append(create(model="gpt-4o", messages=messages).model_dump())
    stream = create(**asking("tell me"), stream=True)
    seen.append((type(stream).__name__, [chunk.model_dump() for chunk in stream]))
    left = create(**asking("tell me"), stream=True)
    seen.append(next(iter(left)).model_dump())
    left.close()
    raw = client.chat.completions.with_raw_response.create(**asking("raw"))
    seen.append((type(raw).__name__, raw.parse().model_dump()))
    try:
        create(**asking("fail"))
    except openai.RateLimitError as error:
        seen.append((error.status_code, str(error)))
    client.close()
    return [*seen, *asyncio.run(asynchronous())]


async def asynchronous():
    transport = httpx.MockTransport(answer)
    async with openai.AsyncOpenAI(
        api_key="k", max_retries=0, http_client=httpx.AsyncClient(transport=transport)
    ) as client:
        reply = await client.chat.completions.create(**asking("hello"))
        stream = await client.chat.completions.create(**asking("tell me"), stream=True)
        chunks = [chunk.model_dump() async for chunk in stream]
        return [(type(reply).__name__, reply.model_dump()), (type(stream).__name__, chunks)]


@pytest.fixture(scope="module")
def expected():
    """What the application gets without us."""
    return application()


@pytest.fixture
def no_export(monkeypatch, faults):
    for signal in ("TRACES", "METRICS", "LOGS"):
        monkeypatch.setenv(f"OTEL_{signal}_EXPORTER", "none")
    yield
    monkeypatch.undo()
    otel_sessions.uninstrument()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of __del__
@pytest.mark.parametrize("name", FAILING)
def test_a_fault_of_ours_changes_no_call(name, expected, no_export, monkeypatch):
    """Whatever fails, every call gives the same result of the same type, or the same error."""
    otel_sessions.instrument(processing="inline", idle_timeout_s=1800)
    break_function(monkeypatch, FUNCTIONS, name)
    assert application() == expected


def test_a_full_queue_changes_no_call(expected, no_export, monkeypatch):
    """Calls that are not analysed are calls all the same."""
    otel_sessions.instrument(queue_size=1)
    monkeypatch.setattr(monitors.Monitor, "_analyse", lambda *_: None)
    assert application() == expected


def test_many_functions_are_made_to_fail():
    """The list is not empty by mistake."""
    assert len(FAILING) > 200
    assert {name for name in THE_CALL_ITSELF if name in FUNCTIONS} == THE_CALL_ITSELF
