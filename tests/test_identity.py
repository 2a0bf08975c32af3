"""Identity: who says whose session a call is, and who is believed."""

import asyncio
import contextvars
import threading

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import TracerProvider

from otel_sessions import session
from otel_sessions.calls import GivenId
from otel_sessions.identity import MAX_ID_CHARS, ambient, new_id


@pytest.fixture
def attached():
    """Set baggage, or make a span the active one, until the test ends."""
    tokens = []

    def attach(*, span=None, **entries):
        current = context.get_current()
        for name, value in entries.items():
            current = baggage.set_baggage(name.replace("__", "."), value, current)
        if span is not None:
            started = TracerProvider().get_tracer("test").start_span("work", attributes=span)
            current = trace.set_span_in_context(started, current)
        tokens.append(context.attach(current))

    yield attach
    for token in reversed(tokens):
        context.detach(token)


def given_id():
    return ambient().given


def test_nothing_is_stated():
    """Then nothing is made up."""
    assert ambient() == ambient(None)
    assert given_id() is None


def test_the_order_of_those_who_say(attached):
    """`session()` before baggage before the provider before the active span."""
    attached(span={"session.id": "by-span"})
    assert given_id() == GivenId("by-span", "span")
    assert ambient("by-provider").given == GivenId("by-provider", "provider")
    attached(session__id="by-baggage")
    assert ambient("by-provider").given == GivenId("by-baggage", "baggage")
    with session("by-session"):
        assert ambient("by-provider").given == GivenId("by-session", "session")
    assert given_id().source == "baggage"


@pytest.mark.parametrize("name", ["gen_ai.conversation.id", "session.id"])
def test_the_names_of_the_conventions_are_known(attached, name):
    """In baggage as well as on a span."""
    attached(span={name: "a"})
    assert given_id().value == "a"
    attached(**{name.replace(".", "__"): "b"})
    assert given_id().value == "b"


@pytest.mark.parametrize("value", ["", 7, None])
def test_what_is_no_id_is_passed_over(attached, value):
    """An empty entry, or one of another type, states nothing."""
    attached(session__id=value)
    assert given_id() is None


def test_blocks_nest_and_the_innermost_counts():
    """What the inner one leaves open is taken from the outer."""
    with session("outer", user_id="u", agent="a"):
        with session("inner"):
            around = ambient()
            assert (around.given.value, around.user_id, around.agent) == ("inner", "u", "a")
        with session(agent="b"):
            around = ambient()
            assert (around.given.value, around.agent) == ("outer", "b")
        assert ambient().agent == "a"
    assert given_id() is None


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_id_leaves_the_id_open(empty):
    """An application that has no id yet need not leave the block away."""
    with session(empty, user_id="u"):
        assert given_id() is None
        assert ambient().user_id == "u"


def test_ids_of_any_type_and_length():
    """Numbers are written out; long ids are cut, and stay different."""
    with session(4711):
        assert given_id().value == "4711"
    long = []
    for last in "ab":
        with session("x" * 5000 + last):
            long.append(given_id().value)
    assert len(set(long)) == 2
    assert all(len(each) <= MAX_ID_CHARS for each in long)
    with session("\ud800" * 300):
        assert len(given_id().value) <= MAX_ID_CHARS


def test_an_error_ends_the_block():
    """It goes on to the caller, and nothing is left behind."""
    with pytest.raises(KeyError), session("s"):
        raise KeyError
    assert given_id() is None


def test_decorated_functions():
    """Each call is a block, also a recursive one."""

    @session("s")
    def deep(n):
        return deep(n - 1) if n else given_id().value

    assert deep(3) == "s"
    assert deep.__name__ == "deep"
    assert given_id() is None


async def test_decorated_coroutines_do_not_mix():
    """Tasks at the same time each have their own."""

    async def ask():
        await asyncio.sleep(0)
        return given_id().value

    asked = [session(f"s{i}")(ask)() for i in range(10)]
    assert await asyncio.gather(*asked) == [f"s{i}" for i in range(10)]
    assert given_id() is None


async def test_async_with():
    """Across `await`, and inherited by tasks that start inside."""
    async with session("s"):
        task = asyncio.create_task(asyncio.sleep(0, given_id()))
        await asyncio.sleep(0)
        assert given_id().value == "s"
        assert (await task).value == "s"
    assert given_id() is None


def generator():
    yield


async def async_generator():
    yield


@pytest.mark.parametrize("function", [generator, async_generator])
def test_generators_cannot_be_decorated(function):
    """Their block would stay open in the caller between two values."""
    with pytest.raises(TypeError, match=rf"{function.__name__}.*put `with session"):
        session("s")(function)


def test_a_generator_that_is_closed_elsewhere():
    """Its block ends in another context, and that one is left as it was."""

    def stream():
        with session("inside"):
            yield

    running = stream()
    contextvars.copy_context().run(next, running)
    with session("here"):
        running.close()
        assert given_id().value == "here"
    assert given_id() is None


def test_a_thread_starts_without_a_session():
    """Threads do not inherit context; those that are given it do."""
    seen = []
    with session("s"):
        copied = contextvars.copy_context()
        for run in (
            lambda: seen.append(given_id()),
            lambda: copied.run(lambda: seen.append(given_id().value)),
        ):
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
    assert seen == [None, "s"]


@pytest.mark.parametrize(("propagate", "told"), [(False, None), (True, "s")])
def test_baggage_only_if_asked_for(propagate, told):
    """Baggage is sent to the model's vendor, so an id goes there by wish alone."""
    with session("s", propagate=propagate):
        assert baggage.get_baggage("session.id") == told
    assert baggage.get_baggage("session.id") is None


def test_new_ids_differ():
    """They are 32 hexadecimal digits."""
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in ids)


def test_who_makes_a_call_is_known_again():
    """A thread and a task each have a lane, the same for all their calls."""

    async def task():
        first = ambient().lane
        await asyncio.sleep(0)
        return first, ambient().lane

    async def tasks():
        return await asyncio.gather(task(), task())

    (one, one_again), (two, two_again) = asyncio.run(tasks())
    assert one == one_again != two == two_again
    lanes = [ambient().lane]
    thread = threading.Thread(target=lambda: lanes.append(ambient().lane))
    thread.start()
    thread.join()
    assert lanes[0] == ambient().lane != lanes[1]


def test_who_is_told_whose_call_it_is_needs_no_lane():
    """With an id there is nothing to decide."""
    with session("s"):
        assert ambient().lane == 0
