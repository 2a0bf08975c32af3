"""Players: an application that has the scripted conversations through the real `openai` client.

It does what applications do: it keeps a list of messages, sends it with each call, appends what
came back. What a script wants broken is broken here (lost messages, a stream that is left) or by
the server (errors, delays, a lost connection).
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import openai

import otel_sessions
from otel_sessions.cli import replies
from otel_sessions.cli.model_servers import Promises
from otel_sessions.cli.observations import Origin
from otel_sessions.cli.replies import Reply
from otel_sessions.cli.scripts import Script, Step
from otel_sessions.cli.sdk import Telemetry

MODEL = "gpt-4o-mini"

Report = Callable[[Sequence[str]], None]
"""Told the name of a script after each of its steps."""


class Player:
    """Plays scripts against one server; safe with many threads."""

    def __init__(
        self,
        base_url: str,
        promises: Promises,
        telemetry: Telemetry,
        pause_s: float,
        report: Report,
    ) -> None:
        self._base_url = base_url
        self._promises = promises
        self._telemetry = telemetry
        self._pause_s = pause_s
        self._report = report

    def play(self, script: Script) -> None:
        """Make all calls of the script, one after the other."""
        if script.style.startswith("async"):
            asyncio.run(self._play_async(script))
        else:
            self._play_sync(script)

    def _play_sync(self, script: Script) -> None:
        with sync_client(self._base_url) as client:
            for number, step, heard, request in self._calls(script):
                with self._served(script, number), _trouble(step):
                    answer = client.chat.completions.create(**request)
                    if not request["stream"]:
                        heard.append(answer.choices[0].message.content or "")
                        continue
                    with answer as stream:
                        for chunk in stream:
                            heard.append(_text(chunk))
                            if len(heard) == step.leaves_after:
                                break

    async def _play_async(self, script: Script) -> None:
        async with _async_client(self._base_url) as client:
            for number, step, heard, request in self._calls(script):
                with self._served(script, number), _trouble(step):
                    answer = await client.chat.completions.create(**request)
                    if not request["stream"]:
                        heard.append(answer.choices[0].message.content or "")
                        continue
                    async with answer as stream:
                        async for chunk in stream:
                            heard.append(_text(chunk))
                            if len(heard) == step.leaves_after:
                                break

    def _calls(self, script: Script) -> Iterator[tuple[int, Step, list[str], dict[str, Any]]]:
        """Yield for each step its number, itself, a list for the texts that come, the request."""
        messages: list[dict[str, Any]] = []
        waiting: list[str] = []  # ids of the tool calls that the last reply made
        for number, step in enumerate(script.steps):
            if step.forgets:
                del messages[step.forgets]
            messages += [_result(*pair) for pair in zip(waiting, step.results, strict=True)]
            if step.user is not None:
                messages.append({"role": "user", "content": step.user})
            heard: list[str] = []
            streamed = script.style.endswith("streamed")
            yield (
                number,
                step,
                heard,
                {
                    "model": MODEL,
                    "messages": [{"role": "system", "content": script.system}, *messages],
                    "extra_headers": self._promises.promise(step.reply),
                    "stream": streamed,
                    **({"stream_options": {"include_usage": True}} if streamed else {}),
                },
            )
            calls = step.reply.tool_calls if isinstance(step.reply, Reply) else ()
            waiting = [call["id"] for call in calls]
            if heard:
                messages.append(replies.message(Reply("".join(heard), calls)))
            self._report([script.name])
            if step.user is not None:
                time.sleep(self._pause_s)  # each script has a thread to itself

    @contextmanager
    def _served(self, script: Script, number: int) -> Iterator[None]:
        """Be inside a request of the application, under the script's session id if it has one."""
        known = otel_sessions.session(script.session_id) if script.session_id else nullcontext()
        with self._telemetry.request(Origin(script.name, number)), known:
            yield


def sync_client(base_url: str) -> openai.OpenAI:
    """Open a client that goes to `base_url` whatever proxies the environment names."""
    transport = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=base_url, http_client=transport, api_key="none", max_retries=0)


def _async_client(base_url: str) -> openai.AsyncOpenAI:
    transport = openai.DefaultAsyncHttpxClient(trust_env=False)
    return openai.AsyncOpenAI(
        base_url=base_url, http_client=transport, api_key="none", max_retries=0
    )


def _trouble(step: Step) -> AbstractContextManager[None]:
    """Bear the error that a step is written to raise; its class differs by client version."""
    scripted = not isinstance(step.reply, Reply) or step.reply.breaks_after is not None
    return suppress(Exception) if scripted else nullcontext()


def _text(chunk: Any) -> str:  # noqa: ANN401 - the client is an optional dependency
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


def _result(call_id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}
