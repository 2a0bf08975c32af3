"""Features: what is kept of a text, read once before the text is let go.

Words and values are kept as keyed digests: equal ones can be found again within a session, but
neither read back nor looked up without the key.

A text over `READ_CHARACTERS` characters is sampled: three eighths of that from its start, as much
from its end and a quarter from its middle, because requests stand at the ends of what people paste.
`chars` and `tokens` always describe the whole text.

What is pasted or quoted does not speak for its writer: acts are read from the rest, and so are
values, questions and claims unless nothing is left.
"""

from collections.abc import Callable
from hashlib import blake2b

from otel_sessions.records import (
    ASK_VECTOR_BYTES,
    CUE_BYTES,
    FROM,
    TO,
    WORD_BYTES,
    Ask,
    Form,
    Value,
    pack_ask,
    pack_demands,
    pack_value,
)
from otel_sessions.text.acts import read_acts
from otel_sessions.text.claims import read_claims
from otel_sessions.text.demands import read_demands, read_shape
from otel_sessions.text.forms import read_form
from otel_sessions.text.languages import read_language
from otel_sessions.text.literals import figures_in, parts
from otel_sessions.text.phrasing import plain_words
from otel_sessions.text.question_phrases import NAMING
from otel_sessions.text.questions import read_questions
from otel_sessions.text.quotes import own_words
from otel_sessions.text.tokens import estimate_tokens
from otel_sessions.text.values import read_values
from otel_sessions.text.words import content_words, sentence_frame, split_words
from otel_sessions.texts import TextFeatures

READ_CHARACTERS = 8_192
MAX_WORDS = 64
MIN_SUBJECT = 40
"""Characters of a writer's own that tell what a text is about; with less, what is pasted does."""
FRAME_BYTES = 3
"""Enough for the 128 texts of a session, and an integer of this size takes the least memory."""
KNOWN_WORDS = 8_192
"""Words whose digests are remembered, at about 150 bytes each; then it begins anew."""

_ENDS = {"from": FROM, "to": TO}


class FeatureReader:
    """Reads texts with one key and one encoder.

    Digests can be compared only where both are the same, so all processes that share a store share
    a key. About 0.25 ms for a message of 80 tokens, by part in `benchmarks.signals.costs`.
    """

    def __init__(self, key: bytes, encode: Callable[[str], bytes]) -> None:
        """Take a key of 1 to 64 bytes and an encoder.

        Args:
            key: what the digests of words and values depend on.
            encode: text to a vector of `VECTOR_BYTES` bytes, or to none of a text without meaning.

        """
        self._encode = encode
        # Copying a state that has the key costs a third of making one.
        self._word = blake2b(key=key, digest_size=WORD_BYTES, person=b"word")
        self._value = blake2b(key=key, digest_size=WORD_BYTES, person=b"value")
        self._frame = blake2b(key=key, digest_size=FRAME_BYTES, person=b"frame")
        self._known: dict[int, tuple[bytes, ...]] = {}
        self._cues: dict[int, bytes] = {}

    def read(self, text: str) -> TextFeatures:
        """Read any text: lone surrogates, binary and megabytes included."""
        sample = text if len(text) <= READ_CHARACTERS else _sampled(text)
        own = own_words(sample)
        spoken = own or sample
        subject = own if len(own) >= MIN_SUBJECT else sample
        words = split_words(subject)
        plain = plain_words(spoken)
        # The smallest digests are an arbitrary choice of words, but the same one for equal texts.
        distinct = sorted(self._word_digests(words))
        form = read_form(sample, whole=sample is text)
        return TextFeatures(
            chars=len(text),
            tokens=estimate_tokens(text),
            vector=self._encode(subject),
            words=b"".join(distinct[:MAX_WORDS]),
            frame=int.from_bytes(_digest(self._frame, sentence_frame(words)), "big"),
            packed_values=self._values(spoken),
            asks=self._asks(spoken),
            claims=read_claims(spoken, self._claim_word, plain),
            acts=read_acts(
                own,
                words if subject == own else split_words(own),
                plain if spoken is own else None,
            ),
            demands=pack_demands(
                read_shape(spoken, words, self._claim_word),
                read_demands(own, words, self._claim_word),
            ),
            form=form | Form.PASTED if 2 * len(own) < len(sample.strip()) else form,
            language=read_language(subject, words),
        )

    def figures(self, text: str, limit: int) -> bytes:
        """Return the digests of the first long figures of a text, as its values would have."""
        found = figures_in(text[:READ_CHARACTERS], limit)
        return b"".join(_digest(self._value, figure) for figure in found)

    def _values(self, text: str) -> bytes:
        return b"".join(
            pack_value(
                Value(
                    _digest(self._value, value.text),
                    value.kind,
                    _ENDS.get(value.cue) or self._named(value.cue),
                    b"".join(_digest(self._value, part)[:2] for part in parts(value)),
                )
            )
            for value in read_values(text)
        )

    def _named(self, cue: str) -> bytes:
        return self._claim_word(NAMING.get(cue, cue)) if cue else b""

    def _asks(self, text: str) -> bytes:
        return b"".join(
            pack_ask(
                Ask(
                    question.kind,
                    question.flags,
                    tuple(map(self._cue, question.topics)),
                    self._encode(question.clause)[:ASK_VECTOR_BYTES],
                )
            )
            for question in read_questions(text)
        )

    def _cue(self, word: str) -> bytes:
        """Return the head of the digest that a word has in `words`."""
        digests = self._digests_of(word) if word else ()
        return min(digests)[:CUE_BYTES] if digests else bytes(CUE_BYTES)

    def _claim_word(self, word: str) -> bytes:
        cue = self._cues.get(hash(word))
        if cue is None:
            digests = self._digests_of(word) or (_digest(self._word, word),)
            cue = min(digests)[:CUE_BYTES]
            if len(self._cues) >= KNOWN_WORDS:
                self._cues.clear()
            self._cues[hash(word)] = cue
        return cue

    def _word_digests(self, words: list[str]) -> set[bytes]:
        found: list[bytes] = []
        for word in set(words):
            known = self._known.get(hash(word))
            found += self._digests_of(word) if known is None else known
        return set(found)

    def _digests_of(self, word: str) -> tuple[bytes, ...]:
        # Words are known again by Python's own hash, so that none is kept.
        known = self._known.get(hash(word))
        if known is None:
            known = tuple(_digest(self._word, stem) for stem in content_words([word]))
            if len(self._known) >= KNOWN_WORDS:
                self._known.clear()
            self._known[hash(word)] = known
        return known


def _digest(keyed: blake2b, text: str) -> bytes:
    state = keyed.copy()
    state.update(text.encode("utf-8", "surrogatepass"))
    return state.digest()


def _sampled(text: str) -> str:
    end = READ_CHARACTERS * 3 // 8
    middle = (len(text) - READ_CHARACTERS // 4) // 2
    return "\n".join((text[:end], text[middle : middle + READ_CHARACTERS // 4], text[-end:]))
