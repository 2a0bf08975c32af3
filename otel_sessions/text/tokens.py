"""Tokens: how many tokens a text is, without a tokenizer.

Providers report usage, so an estimate only stands in where they did not, and divides a known total
among messages. Vocabularies are large files that differ between models; the kinds of characters
already say most of it. Of 33 recorded replies of the GPT-4 family (9 to 1,460 tokens) half are
within 9 %, eight in ten within 12 %.

About 1 µs for 400 characters. A text over `SAMPLED_OVER` characters is judged by four slices, so
the longest cost 0.4 ms.
Source: least squares on the replies of the recorded calls (prose and JSON); other scripts by the
length of UTF-8, which byte-level vocabularies start from.
"""

import string

SAMPLED_OVER = 16_384
"""Characters up to which all of a text is read."""
_SLICES = 4

_LETTERS = string.ascii_letters.encode()
_DIGITS = string.digits.encode()
_MARKS = string.punctuation.encode()
_BLANKS = b" \t"
_LEADS_OF_TWO = bytes(range(0xC2, 0xE0))
_LEADS_OF_THREE = bytes(range(0xE0, 0xF0))
_LEADS_OF_FOUR = bytes(range(0xF0, 0xF5))

_TOKENS_EACH: tuple[tuple[bytes, float], ...] = (
    (_LETTERS, 0.155),  # a common word is one token, with the blank before it
    (_BLANKS, 0.3),
    (_MARKS, 0.65),  # marks often stand together as one
    (_DIGITS, 0.45),  # up to three make one
    (b"\r\n", 0.5),
    (_LEADS_OF_TWO, 0.4),  # Greek, Cyrillic, Hebrew, Arabic, accents
    (_LEADS_OF_THREE, 0.85),  # Chinese, Japanese, Korean, Indic scripts
    (_LEADS_OF_FOUR, 2.0),  # emoji
)
"""Kinds of bytes and the tokens that each of them stands for."""


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text`; 0 only if it is empty."""
    if not text:
        return 0
    sample = text if len(text) <= SAMPLED_OVER else _slices(text)
    data = sample.encode("utf-8", "surrogatepass")
    tokens = 0.0
    left = data
    for kind, each in _TOKENS_EACH:
        rest = left.translate(None, kind)
        tokens += each * (len(left) - len(rest))
        left = rest
        if not left:
            break
    return max(1, round(tokens * len(text) / len(sample)))


def _slices(text: str) -> str:
    size = SAMPLED_OVER // _SLICES
    step = (len(text) - size) // (_SLICES - 1)
    return "".join(text[i * step : i * step + size] for i in range(_SLICES))
