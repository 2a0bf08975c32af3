"""Lineage: what it says of a list, given the list before."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.calls import Message, ToolCall
from otel_sessions.lineage import KEPT_MESSAGES, Chain
from otel_sessions.listings import Listing, message_digest, message_tokens

texts = st.text(max_size=30)
some_messages = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant", "tool"]), texts),
    max_size=12,
)


@pytest.fixture(scope="session")
def take(key):
    """Compare a list with a chain, take it in, and give the match."""

    def take(chain, messages, reply=None):
        listing = Listing(messages, key)
        match = chain.compare(listing)
        said_back = None if reply is None else Message("assistant", reply)
        chain.advance(listing, match, said_back, key)
        return match

    return take


@pytest.fixture(scope="session")
def relate(take):
    """Tell how a second list relates to a first one and the reply to it."""

    def relate(first, reply, second):
        chain = Chain()
        take(chain, first, reply)
        return take(chain, second)

    return relate


def said(who, count, start=0):
    """Texts that are long enough to belong to one conversation only."""
    return [
        f"{who} says sentence number {start + i} of this one conversation" for i in range(count)
    ]


def dialogue(chat, turns, system=None):
    """A history of whole turns."""
    pairs = zip(said("user", turns), said("assistant", turns), strict=True)
    return chat(*(text for pair in pairs for text in pair), system=system)


SYSTEM = "You help customers of a shop with their orders."
REPLY = said("assistant", 1, start=3)[0]
# The history that cases start from: system prompt, three turns, a question; REPLY answers it.
# Index:      0       1  2  3  4  5  6  7


@pytest.fixture(scope="session")
def before(chat):
    return [*dialogue(chat, 3, SYSTEM), Message("user", said("user", 1, start=3)[0])]


def and_then(messages):
    return [*messages, Message("assistant", REPLY), Message("user", "And what now?")]


def parts(message):
    """The same content in another format, as its reader gives it."""
    return Message(message.role, f" {message.text}\n")


KEPT = [
    pytest.param(and_then, "continued", id="goes-on"),
    pytest.param(list, "repeated", id="retry-or-regenerate"),
    pytest.param(lambda m: [*m, Message("user", "Hello?")], "continued", id="aborted-not-kept"),
    pytest.param(lambda m: m[:6], "earlier", id="an-older-reply-made-again"),
    pytest.param(
        lambda m: [*m[:-1], Message("user", "Or rather something else.")], "forked", id="edited"
    ),
    pytest.param(
        lambda m: [*m[:5], Message("user", "Another way.")], "forked", id="edited-further-back"
    ),
    pytest.param(lambda m: and_then(m[1:]), "continued", id="system-prompt-removed"),
    pytest.param(
        lambda m: and_then([Message("system", "Be brief."), *m[1:]]), "continued", id="and-changed"
    ),
    pytest.param(
        lambda m: and_then([Message("system", "Today is Monday."), *m]), "continued", id="and-added"
    ),
    pytest.param(
        lambda m: and_then([*m[:4], Message("system", "Be brief."), *m[4:]]),
        "continued",
        id="system-message-in-the-middle",
    ),
    pytest.param(lambda m: and_then([parts(x) for x in m]), "continued", id="other-format"),
    pytest.param(
        lambda m: and_then([*m[:-1], Message("user", "Only the question, without its documents")]),
        "continued",
        id="last-request-rewritten",
    ),
    pytest.param(
        lambda m: [*m, Message("assistant", "(cleaned)"), Message("user", "And what now?")],
        "continued",
        id="reply-rewritten",
    ),
    pytest.param(
        lambda m: and_then([*m[:3], Message("user", "[redacted]"), *m[4:]]),
        "continued",
        id="message-in-the-middle-rewritten",
    ),
    pytest.param(
        lambda m: [Message("user", "Which is the capital?")],
        "unrelated",
        id="nothing-shared",
    ),
]


@pytest.mark.parametrize(("change", "relation"), KEPT)
def test_what_is_not_a_loss(before, relate, change, relation):
    """Nothing of it is counted as dropped."""
    match = relate(before, REPLY, change(before))
    assert match.relation == relation
    assert match.dropped == ()


ANSWERS = ("the first answer of all of them", "the second answer of all of them")
SUMMARY = "Summary so far: the customer asked about two orders, and both were found and sent again."

LOST = [
    pytest.param(lambda m: and_then([m[0], *m[2:]]), "truncated", [1], id="head"),
    pytest.param(lambda m: and_then([m[0], *m[5:]]), "truncated", [1, 2, 3, 4], id="longer-head"),
    pytest.param(lambda m: and_then([*m[:3], *m[5:]]), "truncated", [3, 4], id="middle"),
    pytest.param(lambda m: and_then([*m[:2], *m[3:]]), "truncated", [2], id="one-reply"),
    pytest.param(
        lambda m: and_then([m[0], m[1], m[4], m[5], m[7]]), "truncated", [2, 3, 6], id="scattered"
    ),
    pytest.param(
        lambda m: [Message("assistant", REPLY), Message("user", "And what now?")],
        "truncated",
        [1, 2, 3, 4, 5, 6, 7],
        id="all-but-the-reply",
    ),
    pytest.param(
        lambda m: and_then([m[0], Message("user", SUMMARY), *m[5:]]),
        "compacted",
        [2, 3, 4],
        id="summary-in-their-place",
    ),
    pytest.param(
        lambda m: and_then([Message("system", f"{SYSTEM}\n{SUMMARY}"), *m[5:]]),
        "compacted",
        [1, 2, 3, 4],
        id="summary-in-the-system-prompt",
    ),
    pytest.param(
        lambda m: and_then([Message("system", "Other words, no longer."), *m[3:]]),
        "truncated",
        [1, 2],
        id="head-and-system-prompt-together",
    ),
]


@pytest.mark.parametrize(("change", "relation", "gone"), LOST)
def test_what_is_a_loss(before, relate, change, relation, gone):
    """The relation says of which kind, the tokens of the dropped say of what size."""
    match = relate(before, REPLY, change(before))
    assert match.relation == relation
    tokens = [tokens for _, tokens in match.dropped]
    assert sum(tokens) == pytest.approx(sum(message_tokens(before[i]) for i in gone), abs=2)
    assert len(tokens) == len(gone)


def test_a_sliding_window_loses_more_and_more(chat, take):
    """What left long ago still counts as lost, and each step tells what is newly lost."""
    history, chain = dialogue(chat, 12), Chain()
    missing, shares, newly = [], [], []
    for end in range(1, len(history), 2):
        match = take(chain, history[:end][-5:], history[end].text)
        newly.append(len(match.dropped))
        missing.append(len(chain.missing))
        shares.append(chain.lost_share)
    assert newly == [0, 0, 0, *[2] * 9]
    assert missing == [0, 0, 0, *range(2, 20, 2)]
    assert shares[:3] == [0, 0, 0]
    assert shares[2:] == sorted(shares[2:])
    assert shares[-1] == pytest.approx(18 / 23, abs=0.02)


def test_what_comes_back_is_no_longer_lost(chat, take):
    """An application that sends the whole history again has lost nothing."""
    history, chain = dialogue(chat, 4), Chain()
    take(chain, history[:5], history[5].text)
    assert take(chain, history[4:7], history[7].text).relation == "truncated"
    assert len(chain.missing) == 4
    match = take(chain, [*history, Message("user", "All there again?")])
    assert match.relation == "continued"
    assert len(match.restored) == 4
    assert (len(chain.missing), chain.lost_share) == (0, 0.0)


def test_tool_arguments_are_compared_as_data(take):
    """The order of keys, white space, and decoded or not: all the same call."""
    chain, question = Chain(), Message("user", "Where is my order?")
    result = Message("tool", "Sent.", tool_call_id="1")

    def tool(arguments):
        return Message("assistant", "", (ToolCall("find", arguments, "1"),))

    take(chain, [question])
    take(chain, [question, tool('{"a": 1, "b": [2]}'), result])
    for arguments in ('{"b":[2],"a":1}', {"b": [2], "a": 1}):
        assert take(chain, [question, tool(arguments), result]).relation == "repeated"
    assert take(chain, [question, tool('{"a": 2, "b": [2]}'), result]).relation == "forked"


def test_a_message_is_what_it_says(key):
    """Blanks around it and the format of its arguments are not."""

    def tool(arguments):
        return Message("assistant", "", (ToolCall("find", arguments, "1"),))

    def same(*messages):
        return len({message_digest(message, key) for message in messages}) == 1

    assert same(Message("user", "Hi"), Message("user", " Hi\n"))
    assert same(tool('{"a": 1, "b": 2}'), tool('{"b":2,"a":1}'), tool({"b": 2, "a": 1}))
    assert same(Message("system", "One prompt."), Message("system", "Another."))
    assert not same(Message("user", "Hi"), Message("assistant", "Hi"))
    assert not same(Message("user", "Hi"), Message("user", "Hi", other_parts=1))
    assert not same(tool("{"), tool("}"))
    assert not same(Message("tool", "Ok", tool_call_id="1"), Message("tool", "Ok"))


def test_replies_to_a_repeated_list_all_count(chat, take):
    """The user goes on from whichever of the regenerated replies was liked best."""
    for liked in ANSWERS:
        chain = Chain()
        for answer in ANSWERS:
            take(chain, chat("Tell me a joke."), answer)
        # The request is rewritten on its way into the history, so the reply alone has to tell.
        match = take(chain, chat("Tell me a joke, please.", liked, "Another one."))
        assert (match.relation, match.new_from) == ("continued", 2)


def test_regenerating_for_ever_takes_no_more_memory(chat, take):
    """A classifier that sends the same list a thousand times is remembered in few bytes."""
    chain = Chain()
    for i in range(1000):
        take(chain, chat("Is this spam?"), f"Answer {i}")
    assert chain.size_bytes < 4096


@given(history=some_messages, reply=texts, new=some_messages.filter(bool))
def test_a_list_that_only_grew_goes_on(take, history, reply, new):
    """Whatever is said in it, nothing is lost of a list that has all that was there, and more."""
    chain = Chain()
    take(chain, history, reply)
    match = take(chain, [*history, Message("assistant", reply), *new])
    assert match.relation in ("continued", "first")
    assert match.relation == "continued" or not history
    assert match.dropped == ()


@given(turns=st.integers(2, 12), more=st.integers(1, 3), data=st.data())
def test_one_missing_message_is_noticed(chat, take, turns, more, data):
    """Wherever it was: of different messages none can go unseen."""
    history, chain = dialogue(chat, turns + more), Chain()
    for end in range(1, 2 * turns, 2):
        take(chain, history[:end], history[end].text)
    gone = data.draw(st.integers(0, 2 * turns - 2))
    shown = history[: 2 * turns + 1]
    match = take(chain, [*shown[:gone], *shown[gone + 1 :]])
    assert (match.relation, len(match.dropped)) == ("truncated", 1)


class Lazy(Sequence):
    """Counts the messages that are read."""

    def __init__(self, messages):
        self.messages = messages
        self.read = 0

    def __len__(self):
        return len(self.messages)

    def __getitem__(self, index):
        self.read += 1
        return self.messages[index]


def test_the_cost_follows_what_is_new(chat, take):
    """Of 2,000 messages that were there before, only a handful is read again."""
    history, chain = dialogue(chat, 1002, SYSTEM), Chain()
    take(chain, history[:2000], history[2000].text)
    for end in (2002, 2004):
        lazy = Lazy(history[:end])
        assert take(chain, lazy, history[end].text).relation == "continued"
        assert lazy.read <= 16


@pytest.mark.parametrize("turns", [KEPT_MESSAGES // 2 - 1, KEPT_MESSAGES + 40])
def test_the_newest_messages_of_a_very_long_list(key, turns):
    """Beyond the limit it goes on, a loss near its end is seen, and memory is bounded."""
    history = [
        Message(("user", "assistant")[i % 2], f"sentence number {i} of it")
        for i in range(2 * turns)
    ]
    chain = Chain()

    def take(messages, reply):
        listing = Listing(messages, key)
        match = chain.compare(listing)
        chain.advance(listing, match, reply, key)
        return match

    take(history[:1], history[1])
    for end in range(3, len(history) - 3, 2):
        # A list object that shares its messages, so that the test is not quadratic.
        assert take(View(history, end), history[end]).relation == "continued"
    assert len(chain.digests) <= 2 * KEPT_MESSAGES
    end = len(history) - 3
    shown = history[:end]
    match = take([*shown[:-20], *shown[-18:]], None)
    assert match.relation == "truncated"
    assert len(match.dropped) == 2


class View(Lazy):
    """The first messages of a list, without a copy."""

    def __init__(self, messages, end):
        super().__init__(messages)
        self.end = end

    def __len__(self):
        return self.end


def test_estimated_tokens_by_role(chat, take):
    """What the model is shown is known by role, however the list came about."""
    history = dialogue(chat, 2, SYSTEM)
    grown, whole = Chain(), Chain()
    take(grown, history[:2], history[2].text)
    take(grown, history[:4])
    take(whole, history[:4])
    expected = {"system": 0, "user": 0, "assistant": 0}
    for message in history[:4]:
        expected[message.role] += message_tokens(message)
    assert grown.shown_tokens == whole.shown_tokens == expected
