"""Texts: what is kept of a text once it is let go.

Keyed digests, vectors, counts and flags only; nothing here can be read back.
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from otel_sessions.records import (
    ASKED,
    CLAIM,
    DEMAND,
    KINDS,
    NO_TOPIC,
    NO_WORD,
    SHAPE,
    STANCE,
    THREES,
    VALUE,
    VALUE_CUE,
    VALUE_DIGEST,
    VECTOR_BYTES,
    WORD_BYTES,
    WORDED,
    Act,
    Ask,
    AskFlag,
    Claim,
    ClaimKind,
    Demand,
    DemandKind,
    Form,
    Shape,
    Stance,
    StanceFlag,
    Value,
)

_HEAD = struct.Struct(f"<IIIIB?2s6H{VECTOR_BYTES}s")
"""Chars, tokens, frame, acts, form, whether there is a vector, language, where the records start
and end, vector: what every text has stands at a fixed place."""
_FIRST_END = 20
_NUMBER = struct.Struct("<I")
_ENDS = struct.Struct("<HH")
_WORDS_END = struct.Struct(f"<{_FIRST_END + 2}xH")
VECTOR = slice(_HEAD.size - VECTOR_BYTES, _HEAD.size)
"""Where the vector stands in `TextFeatures.packed`; zeros if there is none."""

# Making flags of a number takes 0.7 µs, remembering them a tenth.
_acts = cache(Act)
_ask_flags = cache(AskFlag)
_form = cache(Form)
_stance_flags = cache(StanceFlag)
_claim_kind = cache(ClaimKind)
_demand_kind = cache(DemandKind)
_NO_SHAPE = Shape(0, 0, b"", b"")


@cache
def _digests(number: int) -> struct.Struct:
    """Return what takes so many digests apart: half the cost of slicing."""
    return struct.Struct(f"{WORD_BYTES}s" * number)


@dataclass(frozen=True, slots=True, init=False)
class TextFeatures:
    """What is kept of one text, in one piece of memory.

    A dozen objects would take more than what they say. Reading a property takes 0.2 to 0.4 µs, so
    it is read once before a loop.
    """

    packed: bytes
    """A head and the records, each as long as it has to be."""

    def __init__(
        self,
        chars: int,
        tokens: int,
        *,
        vector: bytes = b"",
        words: bytes = b"",
        frame: int = 0,
        packed_values: bytes = b"",
        asks: bytes = b"",
        claims: bytes = b"",
        demands: bytes = b"",
        acts: Act = Act.NONE,
        form: Form = Form.NONE,
        language: str = "",
    ) -> None:
        """Pack what was read of a text; the property of the same name says what each is."""
        records = (words, packed_values, asks, claims, demands)
        ends = accumulate(map(len, records), initial=_HEAD.size)
        code = language.encode()
        head = _HEAD.pack(chars, tokens, frame, acts, form, bool(vector), code, *ends, vector)
        object.__setattr__(self, "packed", b"".join((head, *records)))

    @property
    def chars(self) -> int:
        """Length of the text."""
        return self._number(0)

    @property
    def tokens(self) -> int:
        """Estimated number of tokens."""
        return self._number(4)

    @property
    def frame(self) -> int:
        """Keyed digest of how it is put: its function words in order, content left blank."""
        return self._number(8)

    @property
    def acts(self) -> Act:
        """What it does, as far as its words say."""
        return _acts(self._number(12))

    def does(self, acts: int) -> bool:
        """Tell whether it does one of these at least, without the cost of operations on flags."""
        return bool(_NUMBER.unpack_from(self.packed, 12)[0] & int(acts))

    def is_in(self, forms: int) -> bool:
        """Tell whether it is written in one of these forms, at the cost of `does`."""
        return bool(self.packed[16] & int(forms))

    @property
    def form(self) -> Form:
        """How it is written."""
        return _form(self.packed[16])

    @property
    def language(self) -> str:
        """ISO 639-1 code; empty if unknown."""
        return self.packed[18:20].rstrip(b"\0").decode()

    @property
    def vector(self) -> bytes:
        """`VECTOR_BYTES` signed bytes, a direction in meaning; empty if nothing in it has one."""
        return self.packed[VECTOR] if self.packed[17] else b""

    @property
    def words(self) -> bytes:
        """Sorted distinct content words as `WORD_BYTES`-byte keyed digests; at most 64 words."""
        packed = self.packed
        return packed[_HEAD.size : _WORDS_END.unpack_from(packed)[0]]

    @property
    def word_count(self) -> int:
        """The number of digests in `words`."""
        number: int = (_WORDS_END.unpack_from(self.packed)[0] - _HEAD.size) // WORD_BYTES
        return number

    @property
    def packed_values(self) -> bytes:
        """Literal values (numbers, ids, addresses) in their order in the text; at most 16."""
        return self._record(1)

    @property
    def asks(self) -> bytes:
        """Information that the text asks for; packed by `text/questions.py`, read by `Ask`."""
        return self._record(2)

    @property
    def asked(self) -> list[Ask]:
        """What is asked for, in the order of the text."""
        return [
            Ask(
                KINDS[kind],
                _ask_flags(flags),
                tuple([topic for topic in topics if topic != NO_TOPIC]),
                vector,
            )
            for kind, flags, *topics, vector in ASKED.iter_unpack(self.asks)
        ]

    @property
    def claims(self) -> bytes:
        """What the text states; packed by `text/claims.py`, read by `Claim`."""
        return self._record(3)

    @property
    def stated(self) -> list[Claim]:
        """What it states, in the order of the text; about 1 µs each."""
        return self.claims_of(*ClaimKind)

    def claims_of(self, *kinds: ClaimKind, about: Collection[bytes] | None = None) -> list[Claim]:
        """Return what it states of these kinds, if the first word is one of `about`."""
        claims = self.claims
        found = []
        for at in range(STANCE.size, len(claims), CLAIM.size):
            if claims[at] in kinds and (about is None or claims[at + 1 : at + 4] in about):
                words = claims[at + 1 : at + CLAIM.size]
                told = [words[three] for three in THREES]
                while told and told[-1] == NO_WORD:
                    told.pop()
                found.append(Claim(_claim_kind(claims[at]), tuple(told)))
        return found

    @property
    def claim_kinds(self) -> bytes:
        """The kinds of `stated`, a byte each; a tenth of its cost."""
        return self.claims[STANCE.size :: CLAIM.size]

    def claimed(self, *kinds: ClaimKind) -> set[bytes]:
        """Return the words of what it states of these kinds; a third of the cost of `stated`."""
        claims = self.claims
        found: set[bytes] = set()
        for at in range(STANCE.size, len(claims), CLAIM.size):
            if claims[at] in kinds:
                words = claims[at + 1 : at + CLAIM.size]
                found.update([words[three] for three in THREES])
        found.discard(NO_WORD)
        return found

    @property
    def stance(self) -> Stance:
        """Where it stands; neutral if nothing is known."""
        claims = self.claims
        if not claims:
            return Stance(StanceFlag.NONE, 0.0)
        flags, balance = STANCE.unpack_from(claims)
        return Stance(_stance_flags(flags), balance / 127)

    @property
    def demands(self) -> bytes:
        """How replies are demanded to be, packed; see `demanded` and `shape`."""
        return self._record(4)

    @property
    def demanded(self) -> list[Demand]:
        """How replies are demanded to be, in the order of the text."""
        packed = self.demands
        if len(packed) <= SHAPE.size:
            return []
        return [
            Demand(_demand_kind(kind), standing, limit, what.rstrip(b"\0"))
            for kind, standing, limit, what in DEMAND.iter_unpack(packed[SHAPE.size :])
        ]

    @property
    def shape(self) -> Shape:
        """What can be held against demands; all zero if nothing is known."""
        packed = self.demands
        return Shape(*SHAPE.unpack_from(packed)) if packed else _NO_SHAPE

    @property
    def word_set(self) -> set[bytes]:
        """The digests in `words`."""
        words = self.words
        return set(_digests(len(words) // WORD_BYTES).unpack(words))

    @property
    def values(self) -> Iterator[Value]:
        """The values, in the order in which they appear."""
        return (
            Value(digest, KINDS[kind], cue, near)
            for digest, kind, cue, near in VALUE.iter_unpack(self.packed_values)
        )

    @property
    def value_cues(self) -> list[tuple[int, bytes]]:
        """The kinds and cues of the values; a tenth of the cost of `values`."""
        return list(VALUE_CUE.iter_unpack(self.packed_values))

    @property
    def value_set(self) -> set[bytes]:
        """The digests of the values that are no words: names, places and choices are in `words`."""
        return {
            digest
            for digest, kind in VALUE_DIGEST.iter_unpack(self.packed_values)
            if kind not in WORDED
        }

    def _number(self, at: int) -> int:
        number: int = _NUMBER.unpack_from(self.packed, at)[0]
        return number

    def _record(self, number: int) -> bytes:
        start, end = _ENDS.unpack_from(self.packed, _FIRST_END + 2 * number)
        return self.packed[start:end]
