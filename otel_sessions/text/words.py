"""Words: the words of a text, and which of them carry its content.

Function words ("the", "would", "please") say how something is asked, not what; leaving them out
makes the overlap of two texts an overlap of subjects. The list of function words is English: in
other languages all words count, which blurs overlaps but makes none up. Chinese, Japanese and Thai
do not separate words; there, pairs of neighbouring characters stand for them.
"""

import re
from collections.abc import Mapping, Sequence

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{2,}")
_MAX_LETTERS = 32
"""Longer runs of letters are no words (base64, DNA); their head stands for them."""
_MIN_STEM = 3
_FRAME_WORDS = 64
_ENDINGS = ("ing", "ed")
_VOWELS = frozenset("aeiouy")


def word_set(words: str) -> frozenset[str]:
    """Return the words of a list that is written as running text."""
    return frozenset(words.split())


def phrases(listed: str) -> Mapping[str, Sequence[str]]:
    """Return the phrases of a list with commas, each between blanks, by their first words.

    Looked for in words joined and enclosed by blanks, a phrase matches whole words only; and only
    those have to be looked for whose first word is there.
    """
    by_first: dict[str, list[str]] = {}
    for phrase in listed.split(","):
        words = phrase.split()
        by_first.setdefault(words[0], []).append(f" {' '.join(words)} ")
    return by_first


FUNCTION_WORDS = word_set(
    """
    a an the this that these those some any all both each every either neither no not nor none such
    i me my mine myself you your yours yourself he him his she her hers it its we us our ours they
    them their theirs who whom whose which what when where why how
    am is are was were be been being do does did done doing have has had having can could may might
    must shall should will would wont dont doesnt didnt cant couldnt isnt arent wasnt im ive youre
    thats whats wheres hows lets let
    and or but if then else so because as than while until though although however
    of at by for with without about into onto to from up down in out on off over under again there
    here now just only also too very really quite still yet even ever well more most much many
    please ok okay yes yeah yep no nope hi hello hey thanks thank sorry bye goodbye oh uh um hmm
    want need like would know get got give tell ask say said see look looking going go make take try
    help able wondering wonder mean think thing things something anything one ones care matter kind
    sort good great fine nice right sure correct
    next continue previous back again skip menu repeat retry start restart stop hit stand roll draw
    s t d m ll re ve th don doesn didn isn aren wasn won couldn wouldn shouldn hasn haven hadn ain
    """
)


def split_words(text: str) -> list[str]:
    """Return the words of `text` in order, in lower case; digits are not part of words."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def content_words(words: list[str]) -> set[str]:
    """Return the stems of those words that carry content, each once."""
    stems = {_stem(word) for word in set(words).difference(FUNCTION_WORDS) if len(word) > 1}
    for word in [stem for stem in stems if not stem.isascii()]:
        if run := _UNSPACED.search(word):
            characters = run.group()
            stems.discard(word)
            stems.update(characters[i : i + 2] for i in range(len(characters) - 1))
    return stems - FUNCTION_WORDS


def sentence_frame(words: list[str]) -> str:
    """Return the function words in order, with `_` for each run of content words.

    "Write a haiku about rain" and "Write a poem about snow" share the frame `_ a _ about _`.
    """
    frame: list[str] = []
    for word in words[:_FRAME_WORDS]:
        if word in FUNCTION_WORDS:
            frame.append(word)
        elif not frame or frame[-1] != "_":
            frame.append("_")
    return " ".join(frame)


def _stem(word: str) -> str:
    """Cut the English endings of plural, progress and past, as far as letters alone can tell."""
    if "'" in word:
        word = word.partition("'")[0]
    if len(word) <= _MIN_STEM:
        return word
    if len(word) > _MAX_LETTERS:
        return word[:_MAX_LETTERS]
    if word.endswith(("ies", "ie")) or (word[-1] == "y" and word[-2] not in _VOWELS):
        return word.rstrip("s").rstrip("e").rstrip("yi") + "i"
    if word[-1] == "s" and word[-2] not in "su":
        word = word[:-1]
    if word.endswith(_ENDINGS) and not word.endswith("eed"):
        stem = word[: -3 if word[-1] == "g" else -2]
        if len(stem) >= _MIN_STEM and not _VOWELS.isdisjoint(stem):
            doubled = stem[-1] == stem[-2] and stem[-1] not in "lse"
            return stem[:-1] if doubled else stem.removesuffix("e")
    return word.removesuffix("e")
