"""64 threads and 2,000 tasks that talk at once; prints of each session whose texts are in it.

Every text has the number of its user, which an encoder of this file turns into a vector: so what is
kept of a text still says whose it was. All calls of a round wait for each other in the model, so
that they are under way together. Every other user states no session id.
"""

import asyncio
import importlib
import json
import re
import sys
import threading
from contextlib import nullcontext
from hashlib import blake2b

import openai
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

import otel_sessions

httpx = importlib.import_module("httpx2" if int(openai.VERSION.split(".")[0]) >= 3 else "httpx")
THREADS, TASKS, TURNS = 64, 2_000, 2
BITS = 16
TAG = re.compile(r"user (\d+)")


def bits_of(text):
    """Write the number of a text's user as signs; of a text without one, something."""
    tag = TAG.search(text)
    number = int(tag[1]) if tag else int.from_bytes(blake2b(text.encode()).digest()[:2], "big")
    return [1.0 if number >> at & 1 else -1.0 for at in range(BITS)]


def user_of(vector):
    """Read it again."""
    signs = [byte < 128 for byte in vector[:BITS]]
    return sum(positive << at for at, positive in enumerate(signs))


def reply_to(request):
    asked = json.loads(request.content)["messages"]
    text = f"To user {TAG.search(asked[-1]['content'])[1]}: here is answer {len(asked)}, dear user."
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
    }
    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    return httpx.Response(200, json=answer | {"choices": [choice]})


class Meeting:
    """Lets tasks go on when all have come."""

    def __init__(self, count):
        self.count, self.here, self.all_here = count, 0, asyncio.Event()

    async def wait(self):
        self.here += 1
        if self.here == self.count:
            self.all_here.set()
        await self.all_here.wait()


def question(user, turn):
    return {"role": "user", "content": f"I am user {user} and this is my question {turn}."}


def session_of(user):
    return otel_sessions.session(f"s{user}") if user % 2 else nullcontext()


async def task(client, user, rounds):
    history = []
    for turn in range(TURNS):
        history.append(question(user, turn))
        with session_of(user):
            reply = await client.chat.completions.create(model="m", messages=history)
        history.append({"role": "assistant", "content": reply.choices[0].message.content})
        await rounds[turn].wait()


async def tasks():
    meetings = [Meeting(TASKS) for _ in range(2 * TURNS)]
    arrived = [0]

    async def answer(request):
        meeting = meetings[arrived[0] // TASKS]
        arrived[0] += 1
        await meeting.wait()
        return reply_to(request)

    http_client = httpx.AsyncClient(transport=httpx.MockTransport(answer), timeout=None)
    client = openai.AsyncOpenAI(api_key="k", max_retries=0, http_client=http_client, timeout=600)
    users = range(THREADS, THREADS + TASKS)
    await asyncio.gather(*(task(client, user, meetings[TURNS:]) for user in users))


def threads():
    barrier = threading.Barrier(THREADS)

    def answer(request):
        barrier.wait(300)
        return reply_to(request)

    http_client = httpx.Client(transport=httpx.MockTransport(answer))
    client = openai.OpenAI(api_key="k", max_retries=0, http_client=http_client, timeout=600)

    def talk(user):
        history = []
        for turn in range(TURNS):
            history.append(question(user, turn))
            with session_of(user):
                reply = client.chat.completions.create(model="m", messages=history)
            history.append({"role": "assistant", "content": reply.choices[0].message.content})

    started = [threading.Thread(target=talk, args=(user,)) for user in range(THREADS)]
    for each in started:
        each.start()
    return started


def main():
    trace.set_tracer_provider(TracerProvider())
    metrics.set_meter_provider(MeterProvider())
    _logs.set_logger_provider(LoggerProvider())
    handle = otel_sessions.instrument(providers=["openai"], encoder=bits_of)
    started = threads()
    asyncio.run(tasks())
    for each in started:
        each.join()
    if not otel_sessions.flush(300):
        sys.exit("not analysed in time")
    sessions = [
        (session_id, turn.number, [user_of(text.vector) for text in (turn.request, turn.reply)])
        for session_id, track in handle.monitor.tracker._sessions.items()
        for turn in track.recent
    ]
    otel_sessions.uninstrument()
    json.dump(sessions, sys.stdout)


if __name__ == "__main__":
    main()
