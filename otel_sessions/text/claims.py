"""Claims: what a text states, so that a later text can be seen to say the opposite.

A vector is blind to "not" and to swapped names and figures, and these make a contradiction. So each
clause is read for what it denies or promises, with up to four words that say what it is about; the
text for names and figures; and the whole for where it stands: does it grant, give up or hold a
position, and do its judging words speak for or against.

What counts is what the negation belongs to: "no problem" or "don't hesitate" deny nothing.
Languages: English; in others little is found. About 50 µs for 80 tokens, 1 ms for the longest text.
Packed, a reply takes 6 to 32 bytes on average (dev sets), at most 200.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise

from otel_sessions.records import CLAIM_WORDS, Claim, ClaimKind, Stance, StanceFlag, pack_claims
from otel_sessions.text.claim_phrases import (
    BLAND,
    CONDITIONS,
    DISAVOWED,
    GIVEN,
    GIVING,
    HARMLESS_AFTER,
    HARMLESS_BEFORE,
    IDLE,
    REFUSED,
    REFUSING,
    ROOTS,
    RULES,
    SAME,
    TOLERANT,
)
from otel_sessions.text.phrasing import STOP, Phrases, plain_words
from otel_sessions.text.promises import BEING, DONE, promise_at
from otel_sessions.text.stance_phrases import JUDGED, OPENING_FLAGS, STANCES
from otel_sessions.text.words import FUNCTION_WORDS, word_set

MAX_CLAIMS = 4
"""Denials and promises, of each sort; the first ones are kept."""
_OPENING_WORDS = 32
"""Words in which a text says whether it grants something."""
_NEUTRAL_WORDS = 6
"""Judging words that are added as neutral, so that two of them are no verdict."""
_REACH = 6
"""Words after a negation among which something is refused."""

_NEGATIONS = word_set("not no non never nor neither none nothing nobody without")
_BREAKS = word_set("but however although though because whereas so")
_STARTS = word_set("i we you it there they this that our")
"""What begins a clause of its own after "and"."""
_SPEAKING = word_set("i we you")
_AUXILIARY = word_set("do will would can could are am have had may must did")
_VERBS = BEING | _AUXILIARY
_JOINING = word_set("that which what who how when where whether as than until while let unless if")
"""Words that tie a clause to the one before."""
_DENYING = _NEGATIONS | REFUSING | {"against"}
_UNTELLING = FUNCTION_WORDS | BLAND | _DENYING
_ARTICLES = word_set("a an the this that your my any each every")
"""A past form after one of these is an adjective ("a cancelled order cannot be restored")."""
_DEGREES = word_set("no heavy moderate light little high low full free open closed")
_NAME = re.compile(r"[a-z,] ([A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,3})")
_JOINED_NAME = re.compile(r"(?<!\w)[A-Za-z]+(?:_[A-Za-z.]+)+(?!\w)")

DigestWord = Callable[[str], bytes]


def read_claims(text: str, digest: DigestWord, plain: Sequence[str] | None = None) -> bytes:
    """Return what `text` states, packed; empty if it has no words.

    Args:
        text: as it was written.
        digest: a keyed digest of a word's stem.
        plain: its words in plain form, if they are known.

    """
    plain = plain_words(text) if plain is None else plain
    if len(plain) <= len((STOP, STOP)):
        return b""
    claims: list[Claim] = []
    counts = [0] * len(ClaimKind)
    for clause in _clauses(plain):
        kind, about = _statement(clause)
        if kind is not None and counts[kind] < MAX_CLAIMS:
            counts[kind] += 1
            claims.append(Claim(kind, _digests(_with_another(about), digest)))
    names = islice(dict.fromkeys(_names(text)), CLAIM_WORDS)
    measures = islice(_measures(plain), CLAIM_WORDS)
    for kind, found in ((ClaimKind.NAMED, names), (ClaimKind.MEASURED, measures)):
        digests = _digests(found, digest)
        if digests:
            claims.append(Claim(kind, digests))
    return pack_claims(_stance(plain), claims)


def _digests(words: Iterable[str], digest: DigestWord) -> tuple[bytes, ...]:
    return tuple(digest(word)[:3] for word in islice(words, CLAIM_WORDS))


def _with_another(words: Iterable[str]) -> Sequence[str]:
    """Give the most telling words, with another word for one of them as the last."""
    telling = list(islice(dict.fromkeys(words), CLAIM_WORDS))
    others = [SAME[word] for word in telling if word in SAME and SAME[word] not in telling]
    return [*telling[: CLAIM_WORDS - 1], others[0]] if others else telling


def _clauses(words: Sequence[str]) -> Iterator[Sequence[str]]:
    start = 0
    for at, word in enumerate(words):
        ends = word == STOP or word in _BREAKS
        if ends or (word == "and" and words[at + 1] in _STARTS):
            if at > start:
                yield words[start:at]
            start = at + 1
        elif word in _SPEAKING and at > start + 1 and _begins(words, start, at):
            yield words[start:at]
            start = at


def _begins(words: Sequence[str], start: int, at: int) -> bool:
    """Tell whether a clause of its own begins, as behind a comma ("it is free you do not pay")."""
    return (
        words[at + 1] in _AUXILIARY
        and words[at - 1] not in _JOINING
        and not _VERBS.isdisjoint(words[start:at])
        and CONDITIONS.isdisjoint(words[start:at])
    )


def _statement(clause: Sequence[str]) -> tuple[ClaimKind | None, Iterable[str]]:
    """Tell what a clause denies or promises, and the words that it is about."""
    paid = not _PAID.isdisjoint(clause)
    if paid and _FREE_OF.meanings(clause):
        return ClaimKind.COMMITTED, (_FREE, *_paid_for(clause))
    another = not _ANOTHER.isdisjoint(clause)
    charges = paid and not another and bool(_CHARGED.meanings(clause[1:]))
    if clause[0] in ("no", "nope") and (charges or _ANSWERED.issuperset(clause[1:2])):
        clause = clause[1:]  # "no, the first one is free" answers, and denies nothing here
    denied = _denied_at(clause) if clause else None
    supposed = denied is not None and not _SUPPOSING.isdisjoint(clause[:denied])
    if denied is not None and not supposed:
        of_subject = clause[denied] == "not" and (
            clause[denied - 1] in BEING or not _HOLDING.isdisjoint(clause[denied + 1 : denied + 2])
        )
        kind = _denial(clause, denied)
        if kind == ClaimKind.REFUSED and not _ANOTHER.isdisjoint(clause[:denied]):
            kind = ClaimKind.NEGATED
        if kind == ClaimKind.NEGATED and not _PASSING.isdisjoint(clause):
            kind = ClaimKind.NOT_YET
        return kind, _about(clause, 0 if of_subject else denied)
    promised = promise_at(clause)
    if promised is None:
        return (ClaimKind.CHARGED, (_FREE, _WAIVED, *_paid_for(clause))) if charges else (None, ())
    conditional = supposed or not CONDITIONS.isdisjoint(clause)
    kind = ClaimKind.COMMITTED_IF if conditional else ClaimKind.COMMITTED
    return kind, _about(clause, promised)


def _denied_at(clause: Sequence[str]) -> int | None:
    if _DENYING.isdisjoint(clause):
        return None
    for at, word in enumerate(clause):
        if word in REFUSING:
            return at
        if word == "against" and not RULES.isdisjoint(clause[at : at + _REACH]):
            return at
        if word in _NEGATIONS and not (at and clause[at - 1] in _NOT_BEFORE[word == "no"]):
            following = next((w for w in clause[at + 1 : at + 3] if w not in _FILLING), "")
            if following not in HARMLESS_AFTER:
                return at
    return None


_NOT_BEFORE = (HARMLESS_BEFORE, HARMLESS_BEFORE | _ARTICLES)
"""What no negation follows; and no "no", which is a name behind an article ("your no-claims")."""
_ANSWERED = FUNCTION_WORDS - {"more", "such"}
_FREE, _WAIVED = "free", "waive"
_PAID = word_set(
    """
    charge charges charged cost costs fee fees surcharge billed pay owe chargeable payable price
    """
)
"""Words without which a clause says nothing of what is free or charged for."""
_FREE_OF = Phrases(
    [
        (
            1,
            """
            [no|without] [any|extra|additional|further|hidden|] [charge|charges|cost|costs|fee|fees|
            surcharge], not be [charged|billed], not charge you, nothing to pay, costs nothing,
            [pay|owe] nothing, not [pay|owe|cost] [anything|you anything]
            """,
        )
    ]
)
"""That something is free, by what it is free of."""
_CHARGED = Phrases(
    [
        (
            1,
            """
            charged, [cost|costs], chargeable, payable, billed, [have|need] to pay, must pay,
            [fee|fees|charge|charges|price] [still|] [stands|stand|remains|remain|applies|apply]
            """,
        )
    ]
)
"""That something is to be paid for."""
_HOLDING = word_set("apply exist qualify count work")
"""Verbs whose subject tells what is refused ("credits do not apply")."""
_PASSING = word_set("yet still currently now moment today tonight")
"""Words that make a denial one for now."""
_SUPPOSING = word_set("if unless provided")
_FILLING = word_set("any a an")


def _denial(clause: Sequence[str], at: int) -> ClaimKind:
    if DISAVOWED.meanings(clause) or (clause[at] == "no" and _was_given(clause[at:])):
        return ClaimKind.DISAVOWED
    before, after = clause[:at], clause[at + 1 : at + 1 + _REACH]
    if clause[at] == "no" and ("there" in before[-2:] or list(before[-2:]) == ["we", "have"]):
        return ClaimKind.REFUSED
    doer, helper = before[-2:] if len(before) > 1 else ("", "")
    relieves = doer == "you" and not _BURDENS.isdisjoint(after[:1])
    if helper == "do" and (relieves or doer == "we" or (doer == "i" and after[:1] != ["have"])):
        harmless = relieves or not TOLERANT.isdisjoint(after[:1])
        return ClaimKind.NEGATED if harmless else ClaimKind.REFUSED
    if helper in _UNABLE and doer in ("i", "we") and IDLE.isdisjoint(after[:1]):
        return ClaimKind.REFUSED
    refuses = clause[at] in REFUSING or clause[at] == "against"
    if refuses or (clause[at] == "not" and before and before[-1] in _UNABLE):
        verb = next((word for word in after if word not in FUNCTION_WORDS), "")
        given = not verb or verb in BLAND or verb in GIVING or verb in GIVEN
        given = given or (after[:1] == ["be"] and (verb in DONE or verb.endswith("ed")))
        return ClaimKind.REFUSED if given or not REFUSED.isdisjoint(after) else ClaimKind.NEGATED
    return ClaimKind.NEGATED if _WITHHELD.isdisjoint(after) else ClaimKind.REFUSED


def _was_given(clause: Sequence[str]) -> bool:
    """Tell "no extension was granted", which denies a fact, from "no extension is granted"."""
    return any(
        word in ("was", "were") and following in GIVEN and _PASSING.isdisjoint(clause)
        for word, following in pairwise(clause)
    )


_BURDENS = word_set("pay owe need lose have")
"""Verbs of what nobody minds not having to do."""
_WITHHELD = REFUSED | GIVEN
_UNABLE = word_set("can could will")


def _about(clause: Sequence[str], at: int) -> Iterator[str]:
    """Give the telling words of a clause: from `at` on first, then those before."""
    before = STOP
    if "back" in clause and not _HAVING.isdisjoint(clause):
        yield "refund"
    for word in (*clause[at:], *clause[:at]):
        if (
            word.isalpha()
            and word not in _UNTELLING
            and not (word in GIVEN and before in _ARTICLES)
        ):
            yield ROOTS.get(word, word)
        before = word


def _paid_for(clause: Sequence[str]) -> Iterator[str]:
    """Give what is free or charged for, without the words that say that it is."""
    return (word for word in _about(clause, 0) if word not in _PAID)


_ANOTHER = word_set("second third another later")
"""What is refused to these was not what was promised ("a second bag is not included")."""
_HAVING = word_set("get getting have pay paid give receive money")
"""With a "back", what makes it a refund."""


def _names(text: str) -> Iterator[str]:
    """Give what is written with capitals within a sentence, or joined by underscores."""
    for name in _NAME.findall(text):
        yield name.lower().replace(" ", "")
    if "_" in text:
        for name in _JOINED_NAME.findall(text.lower()):
            if name.partition("_")[0] not in _DEGREES:
                yield name.replace("_", "")


def _measures(words: Sequence[str]) -> Iterator[str]:
    # Words that begin with a digit, and no others, come before the colon.
    for at in [i for i, word in enumerate(words) if word in _DEGREES or "0" <= word < ":"]:
        noun = words[at + 1]
        if noun.isalpha() and len(noun) > len("pm") and noun not in FUNCTION_WORDS:
            yield noun
            yield words[at]


def _stance(words: Sequence[str]) -> Stance:
    flags = STANCES.meanings(words) | OPENING_FLAGS.meanings(words[:_OPENING_WORDS])
    if flags & _YES:
        flags &= ~_NO
    judged = [JUDGED[word] for word in words if word in JUDGED]
    return Stance(_stance_flags(flags), sum(judged) / (len(judged) + _NEUTRAL_WORDS))


_YES, _NO = int(StanceFlag.YES), int(StanceFlag.NO)
_stance_flags = cache(StanceFlag)
"""Operations on flags and making them take 0.5 µs each, on integers and remembering a tenth."""
