"""A chat service in FastAPI and its 200 users, in a process of its own; prints what was exported.

Half of the users talk to OpenAI's client, half to Anthropic's; of each, half by an async generator
that holds its session over every `yield`, half in a thread pool. Each user has a model of the same
name, so that a call that went to another session shows.

`chat_service.py ids|lineage`: with the user's session stated, or left to the message lists.
"""

import asyncio
import functools
import importlib
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import httpx2
import openai
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_sessions

USERS = 200
TURNS = 4


def reply_to(body):
    """Answer in words that no other conversation has."""
    return f"{body['model']} hears answer {len(body['messages'])} of the long conversation."


def openai_answer(request):
    """Answer as OpenAI does."""
    body = json.loads(request.content)
    known = {"id": "c", "created": 1, "model": body["model"]}
    if body.get("stream"):
        words = reply_to(body).split(" ")
        deltas = [
            {"content": f"{word} " if i < len(words) - 1 else word} for i, word in enumerate(words)
        ]
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        chunks = [known | {"object": "chat.completion.chunk", "choices": [c]} for c in choices]
        return _events([f"data: {json.dumps(c)}" for c in chunks] + ["data: [DONE]"])
    message = {"role": "assistant", "content": reply_to(body)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    completion = known | {"object": "chat.completion", "choices": [choice]}
    return httpx2.Response(200, json=completion)


def anthropic_answer(request):
    """Answer as Anthropic does."""
    body = json.loads(request.content)
    message = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    text = reply_to(body)
    if not body.get("stream"):
        done = {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}
        return httpx2.Response(200, json=message | done)
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return _events([f"event: {e['type']}\ndata: {json.dumps(e)}" for e in events])


def _events(events):
    headers = {"content-type": "text/event-stream"}
    return httpx2.Response(200, content="".join(f"{e}\n\n" for e in events), headers=headers)


def make_clients():
    """Make a synchronous and an asynchronous client of each kind."""
    clients = {}
    for name, answer in (("openai", openai_answer), ("anthropic", anthropic_answer)):
        package = importlib.import_module(name)
        brand = {"openai": "OpenAI", "anthropic": "Anthropic"}[name]
        transport = httpx2.MockTransport(answer)
        given = {"api_key": "k", "max_retries": 0}
        clients[name, "pool"] = getattr(package, brand)(
            http_client=httpx2.Client(transport=transport), **given
        )
        clients[name, "generator"] = getattr(package, f"Async{brand}")(
            http_client=httpx2.AsyncClient(transport=transport), **given
        )
    return clients


def make_service(session):
    """Make the service; `session(user)` states whose session a request is, or nothing."""
    service, clients, pool = FastAPI(), make_clients(), ThreadPoolExecutor(16)

    def ask(client, user, messages):
        if isinstance(client, openai.OpenAI):
            answer = client.chat.completions.create(model=user, messages=messages)
            return answer.choices[0].message.content
        answer = client.messages.create(model=user, messages=messages, max_tokens=99)
        return answer.content[0].text

    async def stream(client, user, messages):
        with session(user):
            if isinstance(client, openai.AsyncOpenAI):
                chunks = await client.chat.completions.create(
                    model=user, messages=messages, stream=True
                )
                async for chunk in chunks:
                    yield chunk.choices[0].delta.content or ""
            else:
                events = await client.messages.create(
                    model=user, messages=messages, max_tokens=99, stream=True
                )
                async for event in events:
                    if event.type == "content_block_delta":
                        yield event.delta.text

    async def in_pool(client, user, messages):
        with session(user):
            asking = functools.partial(ask, client, user, messages)
            text = await asyncio.get_running_loop().run_in_executor(pool, asking)
        yield text

    @service.post("/chat/{user}/{name}/{style}")
    async def chat(user: str, name: str, style: str, request: Request):
        messages = (await request.json())["messages"]
        answer = stream if style == "generator" else in_pool
        texts = answer(clients[name, style], user, messages)
        events = (f"data: {json.dumps(text)}\n\n" async for text in texts)
        return StreamingResponse(events, media_type="text/event-stream")

    return service


async def talk(http, number):
    """Be one user: say something, hear all of the answer, go on."""
    user = f"user-{number}"
    client = ("openai", "anthropic")[number % 2]
    style = ("generator", "pool")[number // 2 % 2]
    messages = []
    for turn in range(TURNS):
        messages.append({"role": "user", "content": f"{user} wonders about matter {turn}."})
        async with http.stream(
            "POST", f"/chat/{user}/{client}/{style}", json={"messages": messages}
        ) as response:
            lines = [line async for line in response.aiter_lines()]
        heard = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
        messages.append({"role": "assistant", "content": "".join(heard)})
        assert messages[-1]["content"].startswith(user), messages[-1]


async def be_all_users(port):
    """Talk all at once."""
    limits = httpx2.Limits(max_connections=USERS)
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=300, trust_env=False
    ) as http:
        await asyncio.gather(*(talk(http, number) for number in range(USERS)))


def main(mode):
    """Serve, talk, print."""
    exporter, tracing = InMemorySpanExporter(), TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(tracing)
    otel_sessions.instrument()
    session = otel_sessions.session if mode == "ids" else lambda _: nullcontext()
    # On a busy machine a user may come back to a connection after the 5 s that are usual.
    config = uvicorn.Config(
        make_service(session), port=0, log_level="warning", timeout_keep_alive=120
    )
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    try:
        asyncio.run(be_all_users(listening.getsockname()[1]))
    finally:
        server.should_exit = True
        serving.join()
    if not otel_sessions.flush(120):
        sys.exit("not analysed in time")
    spans = exporter.get_finished_spans()
    calls = [span for span in spans if "gen_ai.operation.name" in span.attributes]
    sys.stdout.write(json.dumps([dict(span.attributes) for span in calls]))
    otel_sessions.uninstrument()


if __name__ == "__main__":
    main(sys.argv[1])
