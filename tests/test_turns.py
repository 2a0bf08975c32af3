"""Turns: joining calls, and comparing what is kept of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.comparisons import containment, overlap, shared_words, similarities
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import KEPT_TOOL_VALUES, KEPT_TOOLS, ToolUse, Turn, join, pack_tools

WORDS = st.lists(
    st.sampled_from([b"aaaa", b"bbbb", b"cccc", b"dddd", b"\xff\xff\xff\xff"]), unique=True
)


def text(words=(), vector=b""):
    return TextFeatures(10, 3, vector=vector, words=b"".join(sorted(words)))


@given(newest=WORDS, earlier=st.lists(WORDS, max_size=5))
def test_words_are_shared_as_sets_share_them(newest, earlier):
    """The count is that of the plain intersection, for empty texts too."""
    counted = shared_words(text(newest), [text(words) for words in earlier])
    assert counted == [len(set(newest) & set(words)) for words in earlier]


@given(a=WORDS, b=WORDS)
def test_overlap_is_a_share(a, b):
    """Of all words of the two texts, whichever comes first."""
    both = set(a) | set(b)
    share = len(set(a) & set(b)) / len(both) if a and b else 0.0
    assert overlap(text(a), text(b)) == overlap(text(b), text(a)) == share


def test_containment_needs_some_words():
    """Two words in common are no quotation."""
    assert containment(text([b"aaaa", b"bbbb"]), text([b"aaaa", b"bbbb"])) == 0.0
    assert containment(text([b"aaaa", b"bbbb", b"cccc"]), text([b"aaaa", b"cccc"])) == 2 / 3


def test_similarity_is_a_cosine():
    """Opposite, equal and without a direction, in the order given."""
    east, west, north = (
        bytes([127] + [0] * 255),
        bytes([129] + [0] * 255),
        bytes([0, 9] + [0] * 254),
    )
    others = [text(vector=vector) for vector in (east, west, north, b"")]
    assert similarities(text(vector=east), others) == pytest.approx([1, -1, 0, 0], abs=1e-6)
    assert similarities(text(), others) == [0.0] * 4


class TestJoin:
    """Calls of one turn become one."""

    def test_results_find_their_tools(self):
        """What a tool gave is known with the next call."""
        asked = Turn("s", 1, packed_tools=pack_tools([ToolUse(1, 3, 5)]), complete=False)
        answered = join(asked, Turn("s", 1, tool_results=((1, 7, True),)))
        assert answered.tools == (ToolUse(1, 3, 5, result=7, failed=True),)
        assert answered.complete
        assert answered.calls == 2

    def test_a_regenerated_reply_replaces_its_tools(self):
        """The model decided anew; what it had wanted before never ran."""
        asked = Turn("s", 1, packed_tools=pack_tools([ToolUse(1, 3, 5)]))
        instead = Turn("s", 1, packed_tools=pack_tools([ToolUse(2, 3, 5)]), retries=1)
        assert [tool.id for tool in join(asked, instead).tools] == [2]

    def test_the_newest_figures_of_tools_are_kept(self):
        """A turn of many calls does not grow."""
        turn = Turn("s", 1)
        for i in range(KEPT_TOOL_VALUES + 5):
            turn = join(turn, Turn("s", 1, tool_values=bytes((0, 0, 0, i))))
        assert list(turn.tool_values[3::4]) == list(range(5, KEPT_TOOL_VALUES + 5))

    def test_the_newest_tools_are_kept(self):
        """However many an agent uses in one turn."""
        turn = Turn("s", 1)
        for i in range(KEPT_TOOLS + 5):
            turn = join(turn, Turn("s", 1, packed_tools=pack_tools([ToolUse(i, 3, 5)])))
        assert [tool.id for tool in turn.tools] == list(range(5, KEPT_TOOLS + 5))

    def test_unknown_is_not_zero(self):
        """A call without usage hides no figure of the others, and makes none up."""
        assert join(Turn("s", 1), Turn("s", 1)).output_tokens is None
        joined = join(Turn("s", 1, output_tokens=5, input_tokens=9), Turn("s", 1))
        assert (joined.output_tokens, joined.input_tokens) == (5, 9)
