"""Wrappers come and go without a trace, and a fault of ours stays ours."""

import inspect
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest
import wrapt
from opentelemetry.instrumentation.utils import suppress_instrumentation, unwrap

from otel_sessions.calls import Reply
from otel_sessions.executors import Carrier
from otel_sessions.pipeline import Hooks
from otel_sessions.providers import (
    PROVIDERS,
    _patch,
    _recording,
    _steps,
    _streams,
    carry_call,
    patch,
)
from otel_sessions.providers._provider import Target


@pytest.fixture
def plain(openai, connected):
    """A client that was made before anything was patched."""
    with openai.OpenAI(**connected) as client:
        yield client


@pytest.fixture
def create(openai):
    """Read the method as it stands in the client's class."""
    from openai.resources.chat.completions import Completions  # noqa: PLC0415 - may be absent

    return lambda: vars(Completions)["create"]


def test_clients_made_before_are_seen(plain, watch, asked):
    """Patching works on the class, and takes itself away again."""
    patched = patch(PROVIDERS[0], watch.hooks)
    plain.chat.completions.create(**asked)
    patched.remove()
    plain.chat.completions.create(**asked)
    assert len(watch.calls) == 1


def test_removal_restores_the_class(create, watch):
    """After removal the class holds the very function that it held before."""
    before = create()
    patched = patch(PROVIDERS[0], watch.hooks)
    assert create() is not before
    patched.remove()
    patched.remove()
    assert create() is before


def test_patching_twice_counts_once(plain, create, watch, asked):
    """A second patch finds the first and does nothing."""
    patches = [patch(PROVIDERS[0], watch.hooks)]
    once = create()
    patches.append(patch(PROVIDERS[0], watch.hooks))
    assert create() is once
    plain.chat.completions.create(**asked)
    for patched in patches:
        patched.remove()
    plain.chat.completions.create(**asked)
    assert len(watch.calls) == 1


def test_another_tools_wrapper_survives(plain, create, watch, asked, openai):
    """A wrapper above ours stays in place when ours is switched off, and ours can come back."""
    from openai.resources.chat.completions import Completions  # noqa: PLC0415

    seen = []
    before = create()
    first = patch(PROVIDERS[0], watch.hooks)
    theirs = wrapt.FunctionWrapper(
        create(), lambda wrapped, _, args, kwargs: (seen.append(1), wrapped(*args, **kwargs))[1]
    )
    Completions.create = theirs
    first.remove()
    assert create() is theirs
    plain.chat.completions.create(**asked)
    assert (len(seen), len(watch.calls)) == (1, 0)
    second = patch(PROVIDERS[0], watch.hooks)
    plain.chat.completions.create(**asked)
    assert (len(seen), len(watch.calls)) == (2, 1)
    second.remove()
    assert create() is theirs
    Completions.create = before


def test_another_tool_may_come_and_go(plain, create, watch, asked, openai):
    """Ours works on, and goes without a trace, after OpenTelemetry has unwrapped one above it."""
    from openai.resources.chat.completions import Completions  # noqa: PLC0415

    before = create()
    patched = patch(PROVIDERS[0], watch.hooks)
    wrapt.wrap_function_wrapper(
        Completions, "create", lambda wrapped, _, args, kwargs: wrapped(*args, **kwargs)
    )
    unwrap(Completions, "create")
    plain.chat.completions.create(**asked)
    assert len(watch.calls) == 1
    patched.remove()
    assert create() is before


def test_bound_methods_pass_on_after_removal(plain, watch, asked):
    """Clients keep bound methods; those that are ours go straight through when switched off."""
    patched = patch(PROVIDERS[0], watch.hooks)
    kept, raw = plain.chat.completions.create, plain.chat.completions.with_raw_response
    patched.remove()
    assert kept(**asked).choices[0].message.content == "Hello there."
    assert raw.create(**asked).status_code == 200
    assert watch.seen == []


def test_a_call_inside_a_call_counts_once(client, watch, asked, monkeypatch):
    """A framework's own call within a client's call belongs to it."""
    send = client._client.send
    nested = []

    def sending(*args, **kwargs):
        if not nested:
            nested.append(1)
            client.chat.completions.create(**asked)
        return send(*args, **kwargs)

    monkeypatch.setattr(client._client, "send", sending)
    client.chat.completions.create(**asked)
    assert len(watch.calls) == len(nested) == 1
    client.chat.completions.create(**asked)
    assert len(watch.calls) == 2


def test_a_call_that_a_client_hands_to_a_thread_counts_once(client, watch, asked, monkeypatch):
    """It is part of the call in whose course it was handed over; the application's work is not."""
    send = client._client.send

    def send_within_a_thread(*args, **options):
        monkeypatch.setattr(client._client, "send", send)
        pool.submit(client.chat.completions.create, **asked).result()
        return send(*args, **options)

    monkeypatch.setattr(client._client, "send", send_within_a_thread)
    carrier = Carrier(carry_call)
    with ThreadPoolExecutor(1) as pool:
        client.chat.completions.create(**asked)
        assert len(watch.spans) == 1
        pool.submit(client.chat.completions.create, **asked).result()
    carrier.remove()
    assert len(watch.spans) == 2


def test_calls_in_a_loop_over_a_stream_count(client, watch, asked):
    """A stream is no call in progress: what its reader does counts."""
    for chunk in client.chat.completions.create(**asked, stream=True):
        if chunk.choices[0].finish_reason:
            client.chat.completions.create(**asked)
    assert len(watch.calls) == 2


def test_suppressed_instrumentation_is_respected(client, watch, asked):
    """Nothing is recorded where OpenTelemetry is told to be silent."""
    with suppress_instrumentation():
        client.chat.completions.create(**asked)
    assert watch.seen == []


def boom(*args, **kwargs):
    raise ZeroDivisionError


READERS = [f.name for f in fields(PROVIDERS[0]) if f.name.startswith(("read_", "has_", "is_"))]
HOOKS = [f.name for f in fields(Hooks)]


@pytest.mark.parametrize("broken", [*READERS, *HOOKS])
def test_a_fault_of_ours_stays_ours(*, plain, watch, asked, server, caplog, openai, broken):
    """With any reader or hook failing, calls, streams and errors are the client's own."""
    provider = replace(PROVIDERS[0], **{broken: boom}) if broken in READERS else PROVIDERS[0]
    hooks = replace(watch.hooks, **{broken: boom}) if broken in HOOKS else watch.hooks
    patched = patch(provider, hooks)
    try:
        assert plain.chat.completions.create(**asked).choices[0].message.content == "Hello there."
        with plain.chat.completions.create(**asked, stream=True) as stream:
            assert len(list(stream)) == 4
        with plain.chat.completions.create(**asked, stream=True) as stream:
            next(stream)
        server.reply({"error": {"message": "no"}}, 400)
        with pytest.raises(openai.BadRequestError):
            plain.chat.completions.create(**asked)
    finally:
        patched.remove()
    ended = {"read_opening": 0, "ambient": 0, "start_span": 0, "submit": 0}.get(broken, 4)
    assert len(watch.calls) == ended
    if broken == "read_reply":
        assert watch.calls[0].reply == Reply()
    said = [r.getMessage() for r in caplog.records if r.name == "otel_sessions"]
    assert said
    assert len(said) == len(set(said))
    assert all("ZeroDivisionError" in line and "Hi!" not in line for line in said)
    caplog.clear()


def inner_functions():
    """Every function between the edges where the application enters and the readers."""
    edges = {"__call__", "__next__", "__anext__", "__iter__", "__aiter__", "__getattr__", "__del__"}
    edges |= {"place", "_wrap", "remove", "close", "aclose", "patch", "_is_patched", "put"}
    edges |= {"_call", "_call_later", "_next_inside", "_anext_inside", "throw"}
    for module in (_patch, _recording, _steps, _streams):
        own = [thing for thing in vars(module).values() if inspect.isroutine(thing)]
        own = [thing for thing in own if thing.__module__ == module.__name__]
        classes = [thing for thing in vars(module).values() if inspect.isclass(thing)]
        for holder in [c for c in classes if c.__module__ == module.__name__]:
            methods = [name for name, thing in vars(holder).items() if inspect.isfunction(thing)]
            yield from ((holder, name) for name in methods if name not in edges)
        yield from ((module, thing.__name__) for thing in own if thing.__name__ not in edges)


@pytest.mark.parametrize(
    ("holder", "name"), [*inner_functions()], ids=lambda part: getattr(part, "__name__", part)
)
async def test_an_inner_fault_changes_no_call(
    *, client, async_client, asked, server, caplog, openai, monkeypatch, holder, name
):
    """With any function of ours failing, calls, streams and errors are the client's own."""
    monkeypatch.setattr(holder, name, boom)
    create, acreate = client.chat.completions.create, async_client.chat.completions.create
    assert create(**asked).choices[0].message.content == "Hello there."
    assert (await acreate(**asked)).choices[0].message.content == "Hello there."
    assert len(list(create(**asked, stream=True))) == 4
    assert len([chunk async for chunk in await acreate(**asked, stream=True)]) == 4
    with create(**asked, stream=True) as stream:
        next(stream)
    with client.chat.completions.with_streaming_response.create(**asked) as response:
        assert b"Hello there." in response.read()
    for _ in range(2):
        server.reply({"error": {"message": "no"}}, 400)
    with pytest.raises(openai.BadRequestError):
        create(**asked)
    with pytest.raises(openai.BadRequestError):
        await acreate(**asked)
    caplog.clear()


def test_the_wrapper_looks_like_the_method(create, patched):
    """Name, signature and docstring are the client's."""
    method = create()
    assert method.__name__ == "create"
    assert inspect.signature(method) == inspect.signature(method.__wrapped__)
    assert inspect.getdoc(method) == inspect.getdoc(method.__wrapped__)


LATE = """
import sys
from otel_sessions.providers import PROVIDERS, patch
patched = patch(PROVIDERS[0], None)
assert "openai" not in sys.modules
from openai.resources.chat.completions import Completions
wrapper = vars(Completions)["create"]
assert wrapper._self_wrapper.patch is patched
patched.remove()
assert vars(Completions)["create"] is wrapper.__wrapped__
"""


def test_a_client_imported_later_is_patched(openai):
    """Patching imports no client; it waits until the application does."""
    subprocess.run([sys.executable, "-c", LATE], check=True)


def test_an_absent_target_is_skipped(watch, caplog):
    """Versions of a client differ; what is not there is no fault."""
    caplog.set_level(logging.DEBUG, "otel_sessions")
    absent = ("json:Nothing.here", "json:JSONDecoder.nothing", "json:no", "no_such_client:Chat.no")
    patch(replace(PROVIDERS[0], targets=tuple(map(Target, absent))), watch.hooks).remove()
    assert caplog.records == []
