"""Records: what is kept of a text in pieces: its values, questions, claims, demands and shape.

Keyed digests, kinds and flags only. They are packed, because a session keeps up to 64 turns of two
texts each, and read again by `texts.TextFeatures`.
"""

import struct
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import NamedTuple

WORD_BYTES = 4
"""Enough to tell the few hundred words and values of one session apart."""
CUE_BYTES = 3
"""Of a word's digest, where it only names something: enough for the few words of one text."""
FROM, TO = b"\0\0\1", b"\0\0\2"
"""Cues of places; no word has these digests but by chance."""
NEAR_BYTES = 6
VECTOR_BYTES = 128
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
    OBJECTION = 8192
    """Says that the other one got it wrong ("that is not what I asked", "but you said")."""
    ANGER = 16384
    """Swears or insults."""
    EMPHASIS = 32768
    """Shouts: capitals, "??!"."""
    RECALL = 65536
    """Refers to what was said before, maybe only as filler ("like I said", "you said")."""
    ADMISSION = 131072
    """Says that it was wrong itself ("I apologize for the confusion", "my mistake")."""
    GIVING_UP = 262144
    """Gives up on being helped here ("forget it, I'll call")."""
    PUZZLED = 524288
    """Does not follow the other one ("what do you mean?", "huh?")."""
    TURNING = 1048576
    """Announces something else ("I also need", "by the way", "another question")."""


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
    PLACE = 11
    """Where something is ("in Leeds", "the north of town")."""
    UNKNOWN = 12
    """Says that a value is not known ("I don't remember it"); always the same digest."""


class Value(NamedTuple):
    """A literal value in a text."""

    digest: bytes
    """`WORD_BYTES` bytes; equal for the usual ways of writing one value."""
    kind: ValueKind
    cue: bytes
    """First `CUE_BYTES` of the digest of the content word that names it ("order" of "order 17");
    `FROM` or `TO` of a place that is said to be one or the other end; zeros if nothing names it."""
    near: bytes = bytes(NEAR_BYTES)
    """Of an id, a phone number or an e-mail address: two bytes each of the digests of its first
    half, of its second half and of its signs in any order, each with its length; zeros of others.
    Where one of the three is equal, one value is probably the other with a slip in it."""


WORDED = (ValueKind.NAME, ValueKind.CHOICE, ValueKind.PLACE, ValueKind.UNKNOWN)
KINDS = tuple(ValueKind)
VALUE = struct.Struct(f"{WORD_BYTES}sB{CUE_BYTES}s{NEAR_BYTES}s")
VALUE_DIGEST = struct.Struct(f"{WORD_BYTES}sB{CUE_BYTES + NEAR_BYTES}x")
VALUE_CUE = struct.Struct(f"{WORD_BYTES}xB{CUE_BYTES}s{NEAR_BYTES}x")


class AskFlag(IntFlag):
    """How something is asked for."""

    NONE = 0
    START = 1
    """Of a journey or a period, its start ("from where", "pick-up time")."""
    END = 2
    """Of a journey or a period, its end ("to which city", "return date")."""
    MORE = 4
    """Another one of the same kind ("the second passenger", "a different date")."""
    CLOSED = 8
    """Yes or no answers it."""
    CHECK = 16
    """Asks to confirm or verify what may be known."""
    OTHERS = 64
    """Of somebody else than the two who speak ("her booking")."""
    SORT = 32
    """Asks for the sort of a thing ("what kind of food")."""


class Ask(NamedTuple):
    """One thing that a text asks for."""

    kind: ValueKind
    """The sort of value that would answer it; `OTHER` if unknown."""
    flags: AskFlag
    topics: tuple[bytes, ...]
    """What it is about: first `CUE_BYTES` of the digests of up to three content words."""
    vector: bytes
    """Direction of the asking sentence: the first `ASK_VECTOR_BYTES` components; may be zeros."""


ASK_TOPICS = 3
ASK_VECTOR_BYTES = 32
"""Components are in order of importance; 32 tell questions apart as well as 256 do: AUROC .82
against .83 on p_reask_sgd, cosine with the nearest earlier question."""
_ASK = struct.Struct(f"BB{CUE_BYTES * ASK_TOPICS}s{ASK_VECTOR_BYTES}s")
ASKED = struct.Struct(f"BB{f'{CUE_BYTES}s' * ASK_TOPICS}{ASK_VECTOR_BYTES}s")
NO_TOPIC = bytes(CUE_BYTES)


class ClaimKind(IntEnum):
    """What sort of statement it is."""

    NEGATED = 0
    """Something is not so ("there is no garage", "it has not arrived")."""
    REFUSED = 1
    """Something is not given, possible or allowed ("we don't offer refunds")."""
    DISAVOWED = 2
    """Something was never said or agreed ("I never promised that")."""
    COMMITTED = 3
    """Something is promised, offered, granted or done ("I'll refund the fee")."""
    COMMITTED_IF = 4
    """The same, on a condition ("if it is unopened, we will refund it")."""
    NAMED = 5
    """Names in it; each word is the digest of a whole name."""
    MEASURED = 6
    """Pairs of a noun and its figure or degree ("3 miles", "no traffic")."""
    NOT_YET = 7
    """Something is not so for now ("it has not arrived yet")."""
    CHARGED = 8
    """Something is to be paid for ("visits are charged"); "free" and "waive" are its first words,
    because that is what it denies."""


class Claim(NamedTuple):
    """One thing that a text states."""

    kind: ClaimKind
    words: tuple[bytes, ...]
    """What it is about: first three bytes of the digests of up to four content words, the most
    telling one first; may be empty ("that is not possible")."""


CLAIM_WORDS = 4
CLAIM = struct.Struct(f"B{3 * CLAIM_WORDS}s")
THREES = [slice(i, i + 3) for i in range(0, 3 * CLAIM_WORDS, 3)]
NO_WORD = bytes(3)


class StanceFlag(IntFlag):
    """Where a text stands towards what was said before (English)."""

    NONE = 0
    CONCEDES = 1
    """Begins by granting the other side something ("I understand your concern", "While ...")."""
    YIELDS = 2
    """Gives up what it held ("you're right", "I stand corrected", "upon reflection")."""
    HOLDS = 4
    """Keeps to what it held ("I maintain", "my position")."""
    OPPOSES = 8
    """Announces the other side ("a counterargument", "on the contrary")."""
    DISPUTES = 16
    """Does not accept what was said ("I don't agree", "are you sure?")."""
    RETRACTS = 32
    """Takes an own wish back ("never mind", "I changed my mind")."""
    EXPLAINS = 64
    """Gives a new reason ("I checked with ...", "since you ...", "it turns out")."""
    CITES = 128
    """Holds the other to a word given ("you promised", "you said you would")."""
    OTHER_SIDE = 256
    """Wants another role or view ("devil's advocate", "pretend to be")."""
    AGAIN = 512
    """Wants the same again ("repeat that", "say it once more")."""
    OTHER = 1024
    """Wants something else ("another one", "any alternatives?")."""
    YES = 2048
    """Starts with a yes."""
    NO = 4096
    """Starts with a no."""


class Stance(NamedTuple):
    """Where a text stands."""

    flags: StanceFlag
    balance: float
    """From all against (-1) to all in favour (1), by the words that judge."""


STANCE = struct.Struct("<Hb")


def pack_claims(stance: Stance, claims: Iterable[Claim]) -> bytes:
    """Write claims as they stand in `TextFeatures.claims`."""
    head = STANCE.pack(stance.flags, round(127 * stance.balance))
    return head + b"".join(CLAIM.pack(kind, b"".join(words)) for kind, words in claims)


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
    MARKUP = 32
    """Has Markdown: headings, bold, fences, links, tables."""
    EMOJI = 64


class Shape(NamedTuple):
    """What of a text can be held against demands."""

    words: int
    sentences: int
    first: bytes
    """`CUE_BYTES` of the digests of its first three words."""
    last: bytes
    """The same of its last four, the last one first."""


class DemandKind(IntEnum):
    """What is demanded of replies."""

    LANGUAGE = 0
    """To be in a language; `what` is its ISO 639-1 code."""
    JSON = 1
    LIST = 2
    NO_LIST = 3
    NO_MARKUP = 4
    NO_EMOJI = 5
    MAX_SENTENCES = 6
    MAX_WORDS = 7
    MAX_CHARACTERS = 8
    FORBIDDEN = 9
    """Not to have all of these words."""
    REQUIRED = 10
    """To have all of these words."""
    START = 11
    END = 12
    ANY_LANGUAGE = 13
    """Nothing: other languages are the subject, so a reply may be in one."""


class Demand(NamedTuple):
    """How replies are demanded to be."""

    kind: DemandKind
    standing: bool
    """Says that it holds for all replies, and not only for the next."""
    limit: int = 0
    what: bytes = b""
    """A language's code, or `CUE_BYTES` of the digests of up to four words; for `END` the last one
    first."""


FIRST_WORDS, LAST_WORDS = 3, 4
SHAPE = struct.Struct(f"<HB{FIRST_WORDS * CUE_BYTES}s{LAST_WORDS * CUE_BYTES}s")
DEMAND_WORDS = 4
DEMAND = struct.Struct(f"<B?H{DEMAND_WORDS * CUE_BYTES}s")


def pack_demands(shape: Shape, demands: Iterable[Demand]) -> bytes:
    """Write a shape and demands as they stand in `TextFeatures.demands`: 24 bytes, 16 each."""
    head = SHAPE.pack(min(shape.words, 0xFFFF), min(shape.sentences, 0xFF), *shape[2:])
    return head + b"".join(
        DEMAND.pack(kind, standing, min(limit, 0xFFFF), what)
        for kind, standing, limit, what in demands
    )


def pack_value(value: Value) -> bytes:
    """Write a value as it stands in `packed_values`."""
    return VALUE.pack(*value)


def pack_ask(ask: Ask) -> bytes:
    """Write what is asked for as it stands in `asks`."""
    return _ASK.pack(ask.kind, ask.flags, b"".join(ask.topics[:ASK_TOPICS]), ask.vector)
