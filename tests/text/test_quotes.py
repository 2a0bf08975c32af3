"""What is pasted does not speak for the writer; what is the writer's own stays to the letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.text.quotes import own_words

ANSWER = "Thanks, but the amount is still wrong."
LONG = "I have waited for three weeks, and nobody has told me anything at all about where it went"


@pytest.mark.parametrize(
    ("pasted", "own"),
    [
        pytest.param(
            "Why?\n```\nraise ValueError('no')\n```\nPlease fix it.",
            "Why? Please fix it.",
            id="fence",
        ),
        pytest.param("Why?\n```python\nraise ValueError", "Why?", id="fence-left-open"),
        pytest.param(
            "It crashes:\nTraceback (most recent call last):\n"
            '  File "shop.py", line 3, in pay\n    charge(card)\nValueError: card is useless\n'
            "What now?",
            "It crashes: What now?",
            id="python-trace",
        ),
        pytest.param(
            "Help!\njava.lang.IllegalStateException: you said no\n"
            "\tat shop.Pay.charge(Pay.java:17)\n\tat shop.Pay.main(Pay.java:3)\n",
            "Help!",
            id="java-trace",
        ),
        pytest.param(
            "See\n2026-01-31 12:00:01 ERROR I cannot connect\n2026-01-31 12:00:02 INFO again\nok?",
            "See ok?",
            id="log",
        ),
        pytest.param(
            "[ERROR] payment refused\nwhat does it mean?", "what does it mean?", id="level"
        ),
        pytest.param(
            "Is it right?\nfor (;;) {\n  wait();\n}\nThanks", "Is it right? Thanks", id="code"
        ),
        pytest.param(f"{ANSWER}\n> you are useless\n> all of you", ANSWER, id="reply-above"),
        pytest.param(
            f"On Mon, 5 Jan 2026 at 10:00, Ann wrote:\n> you are useless\n\n{ANSWER}",
            ANSWER,
            id="reply-below",
        ),
        pytest.param(
            f"{ANSWER}\n\nOn Mon, 5 Jan 2026 at 10:00, Ann wrote:\nyou are useless\nall of you",
            ANSWER,
            id="reply-above-without-marks",
        ),
        pytest.param(
            f"{ANSWER}\n\nFrom: Ann\nSent: Monday\nTo: Bob\nSubject: anger\n\nyou are useless",
            ANSWER,
            id="mail-headers",
        ),
        pytest.param(
            f"{ANSWER}\n-----Original Message-----\nyou are useless", ANSWER, id="original-message"
        ),
        pytest.param(
            "What went wrong?\nCustomer: I already told you\nAgent: sorry\n**Customer**: useless!",
            "What went wrong?",
            id="chat",
        ),
        pytest.param(f'Translate "{LONG}" to French', "Translate to French", id="long-quotation"),
    ],
)
def test_pasted_parts_are_left_out(pasted, own):
    """Only the writer's own lines remain."""
    assert own_words(pasted).split() == own.split()


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order?",
        "First line.\nSecond line.\n\n- a list\n- of two",
        'Rename it to "Blue Sky Ltd"',
        "Me: two tickets.\nYou: one.",
        "Price: 3\nColour: red\nPrice: 5\nColour: blue",
        "From: Leeds\nTo: York\nDate: 5 May",
        "On Monday my mother wrote: nothing.\nSo what?",
        "if (a) {\nwhat does this line mean?",
        "class starts at nine.\nimport duties are high.\nfrom here on I walk.",
        "5 > 3\nand 2 < 4",
        "2026-01-31 is fine\n12:00 too",
    ],
)
def test_own_lines_stay(text):
    """Lists, short quotations, values and prose are the writer's own."""
    assert own_words(text) == text


@pytest.mark.parametrize("text", ["```\nx = 1\n```", "> a\n> b", "[INFO] up\n[ERROR] down"])
def test_nothing_may_be_left(text):
    """A paste alone leaves nothing."""
    assert own_words(text) == ""


@given(
    st.text(st.characters(codec=None))
    | st.text('`\n>"{};: OnFrom:wrote-[ERROR]\u201c', max_size=300)
)
def test_what_is_left_was_there(text):
    """Whatever is written, what is left are characters of it."""
    assert len(own_words(text)) <= len(text)
