"""Texts: what is kept of a text once it is let go.

Keyed digests, vectors, counts and flags only; nothing here can be read back. The records in
`values`, `asks`, `claims` and `demands` are packed, because a session keeps up to 64 turns of two
texts each.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import NamedTuple

WORD_BYTES = 4
"""Enough to tell the few hundred words and values of one session apart."""
VECTOR_BYTES = 256
"""A vector is this many signed bytes."""


class Act(IntFlag):
    """What a text does, as far as its words say (English; nothing is set in other languages)."""

    NONE = 0
    QUESTION = 1
    """Asks or requests something."""
    ACKNOWLEDGEMENT = 2
    """Only agrees or confirms ("yes", "ok, go on")."""
    THANKS = 4
    GREETING = 8
    CORRECTION = 16
    """Changes a detail of what was said ("no, I meant the 5th")."""
    REFUSAL = 32
    """Says that something is not there or will not be done ("sorry, there is no ...")."""
    AGREEMENT = 64
    """Starts by agreeing and goes on ("yes, please change the address")."""
    COMPLAINT = 128
    """Shows anger or says that the help is bad ("this is useless", "WHY can't you")."""
    REMINDER = 256
    """Says that something was said before ("I already told you"); not as filler ("like I said")."""
    APOLOGY = 512
    PROMISE = 1024
    """Commits to something ("I will refund you", "we can offer you")."""
    DENIAL = 2048
    """Says that something was never said, agreed or possible ("we have no such policy")."""
    ESCALATION = 4096
    """Asks for, or hands over to, a person ("let me talk to a human", "I am transferring you")."""


class ValueKind(IntEnum):
    """What sort of value it is."""

    OTHER = 0
    NUMBER = 1
    MONEY = 2
    DATE = 3
    TIME = 4
    EMAIL = 5
    PHONE = 6
    CODE = 7
    """An id: of an order, an account, a flight; letters with digits, or many digits."""
    NAME = 8
    QUOTED = 9
    CHOICE = 10
    """A word that answers a question or fills a slot ("cheap", "north", "Italian")."""


class Value(NamedTuple):
    """A literal value in a text."""

    digest: bytes
    """`WORD_BYTES` bytes; equal for the usual ways of writing one value."""
    kind: ValueKind
    cue: bytes
    """First three bytes of the digest of the content word that names it ("order" of "order 17");
    zeros if none does."""


_VALUE = struct.Struct(f"{WORD_BYTES}sB3s")


class Form(IntFlag):
    """How a text is written."""

    NONE = 0
    JSON = 1
    """All of it, or one fenced block that is most of it, is JSON."""
    CODE = 2
    """Has code."""
    LIST = 4
    """Has bullets or numbers."""
    TABLE = 8
    PASTED = 16
    """Most of it is pasted: a log, a quoted mail, code."""


@dataclass(frozen=True, slots=True)
class TextFeatures:
    """What is kept of one text."""

    chars: int
    tokens: int
    """Estimated number of tokens."""
    vector: bytes = b""
    """`VECTOR_BYTES` signed bytes, a direction in meaning; empty if nothing in the text has one."""
    words: bytes = b""
    """Sorted distinct content words as `WORD_BYTES`-byte keyed digests; at most 64 words."""
    frame: int = 0
    """Keyed digest of how it is put: its function words in order, content left blank."""
    packed_values: bytes = b""
    """Literal values (numbers, ids, addresses) in the order in which they appear; at most 16."""
    asks: bytes = b""
    """Information that the text asks for; packed by `text/questions.py`, read by `Ask`."""
    claims: bytes = b""
    """What the text states; packed by `text/claims.py`, read by `Claim`."""
    demands: bytes = b""
    """How replies are demanded to be; packed by `text/demands.py`, read by `Demand`."""
    acts: Act = Act.NONE
    form: Form = Form.NONE
    language: str = ""
    """ISO 639-1 code; empty if unknown."""

    @property
    def word_set(self) -> set[bytes]:
        """The digests in `words`."""
        return {self.words[i : i + WORD_BYTES] for i in range(0, len(self.words), WORD_BYTES)}

    @property
    def values(self) -> Iterator[Value]:
        """The values, in the order in which they appear."""
        return (
            Value(digest, ValueKind(kind), cue)
            for digest, kind, cue in _VALUE.iter_unpack(self.packed_values)
        )

    @property
    def value_set(self) -> set[bytes]:
        """The digests of the values."""
        return {digest for digest, _, _ in _VALUE.iter_unpack(self.packed_values)}


def pack_value(value: Value) -> bytes:
    """Write a value as it stands in `packed_values`."""
    return _VALUE.pack(*value)
