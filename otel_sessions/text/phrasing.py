"""Phrasing: English text brought to one plain form, and phrases found in it.

The plain form has no capitals, contractions or common slips ("ive allready told u" becomes "i have
already told you"), and a full stop of its own wherever a sentence, line or clause ends, so that one
phrase matches many ways of writing it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

STOP = "."
"""Stands for every end of a sentence, and before the first word."""
INSTEAD = 1 << 30
"""With this bit a phrase means something else than the phrases that begin it or lie in it: "can not
wait" is no "can not"."""

_KEPT = "abcdefghijklmnopqrstuvwxyz0123456789'*"
_ENDS = ".!?;:\n"
_DECIMAL = re.compile(r"(\d)\.(?=\d)")
"""A point that ends no sentence."""
_PLAIN = {
    code: chr(code) if chr(code) in _KEPT else STOP if chr(code) in _ENDS else " "
    for code in range(128)
}
_EXPANSIONS = """
    i'm im: i am
    i've ive: i have
    i'll: i will
    i'd: i would
    you're youre ur: you are
    you've youve: you have
    you'll youll: you will
    we're: we are
    we've weve: we have
    we'll: we will
    they're theyre: they are
    it's: it is
    that's thats: that is
    there's theres: there is
    what's whats: what is
    let's lets: let us
    don't dont dnt: do not
    doesn't doesnt: does not
    didn't didnt: did not
    can't cant cannot: can not
    couldn't couldnt: could not
    won't wont: will not
    wouldn't wouldnt: would not
    shouldn't shouldnt: should not
    isn't isnt: is not
    aren't arent: are not
    wasn't wasnt: was not
    weren't werent: were not
    haven't havent: have not
    hasn't hasnt: has not
    hadn't hadnt: had not
    ain't aint: is not
    u ya: you
    wat wut: what
    pls plz plse: please
    allready alredy alreddy alrady alrdy: already
    nevermind nvm: never mind
    apologise: apologize
    apologised: apologized
"""
_EXPANDED: Mapping[str, str] = {
    short: full.strip()
    for shorts, _, full in (line.partition(":") for line in _EXPANSIONS.strip().splitlines())
    for short in shorts.split()
}


def plain_words(text: str) -> list[str]:
    """Return the words of `text` in plain form; `STOP` at each end of a sentence and at the start.

    Characters that are not ASCII are left out. About 4 µs for 80 tokens.
    """
    if not text.isascii():
        text = text.replace("\u2019", "'").encode("ascii", "ignore").decode()
    if "." in text:
        text = _DECIMAL.sub(r"\1", text)
    words = text.lower().translate(_PLAIN).replace(STOP, f" {STOP} ").split()
    if not _EXPANDED.keys().isdisjoint(words):
        words = " ".join([_EXPANDED.get(word, word) for word in words]).split()
    return [STOP, *words, STOP]


@dataclass(frozen=True, slots=True)
class _Node:
    """Where the words of a phrase have led to."""

    meaning: int
    """Of the phrase that ends here; 0 if none does."""
    following: "Mapping[str, _Node]"


class Phrases:
    """Phrases in plain form, each with what it means, as a tree of words.

    Finding them costs about 6 µs for 80 tokens, however many there are. The tree is made when it
    is first needed: 5,000 phrases take 15 ms, and 0.4 MB.
    """

    def __init__(self, listed: Sequence[tuple[int, str]]) -> None:
        """Take meanings and phrases.

        Args:
            listed: a meaning, which is bits, and phrases with commas. `[a|b c|]` in a phrase stands
                for any of these, an empty one included.

        """
        self._listed = listed
        self._made: Mapping[str, _Node] | None = None

    @property
    def _first(self) -> Mapping[str, _Node]:
        # `cached_property` has a lock until Python 3.12, and a fork may come while it is held.
        if self._made is None:
            self._made = self._tree()
        return self._made

    def _tree(self) -> Mapping[str, _Node]:
        tree: _Tree = {}
        for meaning, phrases in self._listed:
            for phrase in phrases.split(","):
                for words in _variants(phrase):
                    branch = tree
                    for word in words:
                        branch = branch.setdefault(word, {})
                    branch[""] = branch.get("", 0) | int(meaning)
        return _shared(tree, {}).following

    def meanings(self, words: Sequence[str]) -> int:
        """Return the meanings of all phrases that are found in words in plain form."""
        first, end = self._first, len(words)
        found = at = 0
        while at < end:
            node: _Node | None = first.get(words[at])
            at += 1
            if node is None:
                continue
            here, follows = 0, at
            while node is not None:
                if node.meaning >= INSTEAD:
                    here, at = node.meaning - INSTEAD, follows
                else:
                    here |= node.meaning
                if follows == end:
                    break
                node = node.following.get(words[follows])
                follows += 1
            found |= here
        return found


_Tree = dict[str, Any]
"""Trees by word, and the meaning of what ends there by the empty word."""


def _shared(tree: _Tree, known: dict[object, _Node]) -> _Node:
    """Make a node of a tree; equal ones are one, because most phrases end alike."""
    meaning = tree.pop("", 0)
    following = {word: _shared(branch, known) for word, branch in tree.items()}
    key = (meaning, *((word, id(node)) for word, node in following.items()))
    return known.setdefault(key, _Node(meaning, following))


def _variants(phrase: str) -> Iterator[list[str]]:
    parts = [
        part.split("|") if at % 2 else [part]
        for at, part in enumerate(phrase.replace("]", "[").split("["))
    ]
    for chosen in product(*parts):
        yield " ".join(chosen).split()
