"""Questions: what information a text asks for, sentence by sentence.

"What's your account number?", "Could you give me the number of your account again?" and "please
provide your account number" ask for the same: a kind of value, up to three words that say which
one, and perhaps an end of a journey or a period ("from where", "return date").

Not read as asking: offers ("anything else?", "shall I book it?"), confirmations ("is that right?",
"did you say Leeds?") and what is told in passing. Languages: English; silent in others.
About 15 µs for a sentence that asks, 2 µs for a text without any.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from otel_sessions.text.words import FUNCTION_WORDS, content_words, phrases, split_words, word_set
from otel_sessions.texts import AskFlag, ValueKind

MAX_ASKS = 4
MAX_TOPICS = 3
_MAX_SENTENCES = 40
"""Of a longer text, the last ones: questions stand at the end."""
_MAX_ASKING_WORDS = 48
"""A longer sentence tells more than it asks."""
_MAX_LEAD = 3
"""Words before what a further clause asks for ("and your zip code")."""
_OPEN_KINDS = (ValueKind.OTHER, ValueKind.CHOICE)
_MAX_FRAGMENT_WORDS = 5
"""A question without a verb that asks ("Number of tickets?") is at most this long."""


class Question(NamedTuple):
    """One thing that a text asks for."""

    kind: ValueKind
    topics: tuple[str, ...]
    """Words that say which value it is, without those that only say its kind."""
    flags: AskFlag
    clause: str
    """What asks, without what only leads up to it."""


_KINDS: Mapping[str, ValueKind] = {
    word: kind
    for kind, words in {
        ValueKind.EMAIL: "email emails e-mail mail",
        ValueKind.PHONE: "phone telephone mobile cellphone",
        ValueKind.CODE: """
            id ids code codes pin reference zip zipcode postcode identifier serial password pnr vin
            iban""",
        ValueKind.NAME: """
            name names surname lastname firstname who who's whom whose recipient beneficiary""",
        ValueKind.MONEY: "amount price prices budget cost sum",
        ValueKind.TIME: "time times hour",
        ValueKind.DATE: "when when's date dates day days month birthday dob weekday",
        ValueKind.PLACE: """
            where where's city cities town area areas location address place destination region
            country state neighborhood neighbourhood street airport station""",
        ValueKind.NUMBER: "duration length quantity",
    }.items()
    for word in words.split()
}
_NAMING = {
    "zip": "zip",
    "zipcode": "zip",
    "postcode": "zip",
    "pin": "pin",
    "password": "password",
    "serial": "serial",
    "vin": "vin",
    "iban": "iban",
    "birthday": "birth",
    "dob": "birth",
    "surname": "last",
    "lastname": "last",
}
"""Words that say the kind of a value and also which one it is."""
_NUMBER_NOUNS = word_set("number numbers no")
_OWNERS = word_set("your the his her their this that my our")
_HOW = {"many": ValueKind.NUMBER, "long": ValueKind.NUMBER, "old": ValueKind.NUMBER}
_HOW["much"] = ValueKind.MONEY
_DURATION = word_set("long duration length")
_ASKING = word_set(
    "what whats what's which whichever when when's where where's who who's whom whose how"
)
_LEADS = word_set(
    """
    and so but or also then now okay ok sure certainly alright all great good perfect thanks thank
    you please well no yes yeah of course in at on for from to by until till with under into about
    beautiful exactly just absolutely sorry hello hi again finally first lastly right
    """
)
_REQUESTS = phrases(
    """
    please provide, please give, please tell, please share, please enter, please specify,
    please state, please say, please supply, please type, please send, please let me know,
    please choose, please select, please indicate, please include, provide me, provide your,
    provide the, give me, tell me, let me know, share your, share the, specify your, specify the,
    enter your, enter the, send me, may i have, can i have, could i have, can i get, could i get,
    may i get, may i know, i need your, i need to know, i'll need, i will need, i would need,
    i need the, i want to know, i'd like to know, i would like to know, need to have your,
    mind giving, mind telling, mind sharing, mind providing, able to provide, able to share,
    remind me, confirm your, verify your, confirm the, verify the
    """
)
_PREFERENCES = phrases(
    """
    any particular, any specific, any certain, any preferred, any preference, a particular,
    a specific, a certain, a preferred, a preference, some specific, some particular, a favorite,
    a favourite, your preferred, your favorite, your favourite, in particular, do you prefer
    """
)
_OFFERS = phrases(
    """
    anything else, something else, what else, would you like to, would you like me to,
    would you like us to, do you want to, do you want me to, do you want us to, do you wish to,
    shall i, shall we, should i, should we, can i help, may i help, i help you, i assist you,
    i be of, i do for you, may i assist, like to proceed, want to proceed, wish to proceed,
    would you prefer to, are you ready, do you need help, do you need any, do you have any,
    to know more, how about, what about
    """
)
_CONFIRMATIONS = phrases(
    """
    is that right, is this right, is that correct, is this correct, is that ok, is that okay,
    is it correct, that right, that correct, did you say, did you mean, do you mean, are you sure,
    correct me, confirm that, does that, does this, do these, is that what, sound good, sounds good,
    okay with you, work for you, works for you
    """
)
_CONFIRMED_LAST = word_set("right correct ok okay yes no")
_TELLING_FIRST = word_set("you you'd you'll you're i i'll i've we it that this there here")
_CLOSING_FIRST = word_set(
    """
    is are was were do does did have has had can could would will should may might isn't aren't
    don't doesn't didn't haven't hasn't wouldn't
    """
)
_CHECKS = word_set("confirm verify validate")
_CHECKED = (
    ValueKind.EMAIL,
    ValueKind.PHONE,
    ValueKind.CODE,
    ValueKind.NAME,
    ValueKind.DATE,
    ValueKind.PLACE,
)
"""What a text that asks to confirm something may ask for; of the rest it wants a yes."""
_SORTS = word_set(
    "type types kind kinds sort sorts category categories genre genres style cuisine class"
)
_STARTS = word_set(
    """
    from leave leaving depart departing departure origin start starting begin beginning pickup
    pick picking collect outbound checkin
    """
)
_ENDS = word_set(
    """
    return returning back drop dropoff end ending until till arrive arriving arrival destination
    headed heading checkout inbound
    """
)
_TRAVELLING = word_set("go going travel traveling travelling head")
_MORE = word_set("another second additional other next further new different more each")
_FORMS = word_set(
    """
    prefer preferred prefers preference preferences particular specific certain specify provide
    share enter proceed interested category categories type types kind kinds sort sorts plan
    planning wish intend desire desired require required requires search searching find happy
    certainly assist verify identity following detail details information exactly convenient
    comfortable suitable best mind associated file first confirm complete full valid current
    favorite favourite possible course hope hoping expect expected answer question problem
    absolutely long whether ought set today now use work works remind ready
    """
)
_LIST_SIGNS = re.compile(r"\s*(?:[-*\u2022]|\d{1,2}[.)])\s")
# The dot behind the number of an item ends nothing.
_SENTENCE_ENDS = re.compile(r"(?<=[?!:;])\s+|(?<=[^\d\s]\.)\s+|\n+")
_MAYBE = re.compile(
    r"\?|\b(?:please|provide|tell|give|let|need|share|specify|enter|have|what|which|when|where"
    r"|how|who)\b"
)
_CLAUSES = re.compile(r",\s*(?:and\s|or\s)?|\sand\s|\sor\s|/")
_FIGURES = re.compile(
    r"\d|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|tonight)\b"
)


def read_questions(text: str) -> list[Question]:
    """Return what `text` asks for, at most `MAX_ASKS`, in order."""
    if _MAYBE.search(text.lower()) is None:
        return []
    sentences = _SENTENCE_ENDS.split(text)[-_MAX_SENTENCES:]
    found: list[Question] = []
    listing = False
    for number, sentence in enumerate(sentences):
        words = split_words(sentence)
        if not words or len(words) > _MAX_ASKING_WORDS:
            continue
        if listing and _LIST_SIGNS.match(sentence):
            found += _asked(sentence, AskFlag.NONE)[:1]
        else:
            asking = _asks(sentence, words, last=number == len(sentences) - 1)
            listing = asking is not None and sentence.rstrip().endswith(":")
            if asking is not None:
                found += _asked(*asking)
        if len(found) >= MAX_ASKS:
            break
    return found[:MAX_ASKS]


def _asks(sentence: str, words: list[str], *, last: bool) -> tuple[str, AskFlag] | None:
    """Return the part of a sentence that asks, and how; `None` if it does not ask."""
    marked = sentence.rstrip().endswith("?")
    first = next((word for word in words if word not in _LEADS), words[-1])
    asks_first = first in _ASKING
    line = f" {' '.join(words)} "
    known = set(words)
    requests = _has(line, known, _REQUESTS) or (words[-1] == "please" and "your" in known)
    if not marked and not requests and not (asks_first and last):
        return None
    if asks_first and (
        (first == "how" and known.isdisjoint(_HOW)) or any(word.endswith("n't") for word in words)
    ):
        return None
    prefers = _has(line, known, _PREFERENCES)
    if not asks_first and (
        (marked and words[-1] in _CONFIRMED_LAST) or _has(line, known, _CONFIRMATIONS)
    ):
        return None
    if not (asks_first or requests or prefers) and _has(line, known, _OFFERS):
        return None
    if asks_first or requests or prefers:
        return sentence, AskFlag.NONE
    if first in _TELLING_FIRST or _FIGURES.search(sentence.lower()):
        return None
    open_question = not known.isdisjoint(_ASKING) or (
        first not in _CLOSING_FIRST and len(words) <= _MAX_FRAGMENT_WORDS
    )
    return sentence, AskFlag.NONE if open_question else AskFlag.CLOSED


def _asked(sentence: str, flags: AskFlag) -> list[Question]:
    """Read what each clause of an asking sentence asks for."""
    found: list[Question] = []
    for clause in _CLAUSES.split(sentence):
        words = split_words(clause)
        if not words:
            continue
        kind, distance = _kind(words := _from_asking_word(words))
        # A further clause asks for something only if it starts with that.
        if found and (kind is None or distance > _MAX_LEAD):
            continue
        question = _question(words, kind, flags, clause.strip())
        if question is None or (found and _same(question, found[-1])):
            continue
        if found and found[-1].kind in _OPEN_KINDS and kind is not None:
            found.pop()  # what only led up to it
        found.append(question)
    return found


def _same(question: Question, before: Question) -> bool:
    return question.kind is before.kind and not set(question.topics) - set(before.topics)


def _from_asking_word(words: list[str]) -> list[str]:
    start = next((i for i, word in enumerate(words) if word in _ASKING), 0)
    return words[start:]


def _question(
    words: list[str], kind: ValueKind | None, flags: AskFlag, clause: str
) -> Question | None:
    known = set(words)
    if kind is None:
        kind = ValueKind.OTHER if flags & AskFlag.CLOSED else ValueKind.CHOICE
    if not known.isdisjoint(_CHECKS):
        if kind not in _CHECKED:
            return None
        flags |= AskFlag.CHECK
    if not known.isdisjoint(_SORTS):
        flags |= AskFlag.SORT
    stems = dict.fromkeys(
        stem
        for word in words
        if _is_topic(word)
        for stem in sorted(content_words([_NAMING.get(word, word)]))
    )
    if not known.isdisjoint(_DURATION):
        stems = {"duration": None, **stems}
    if kind in _OPEN_KINDS and not stems and not flags & AskFlag.SORT:
        return None
    return Question(kind, tuple(stems)[:MAX_TOPICS], flags | _ends(words, known), clause)


def _is_topic(word: str) -> bool:
    return (
        word not in FUNCTION_WORDS
        and word not in _FORMS
        and (word not in _KINDS or word in _NAMING)
        and word not in _NUMBER_NOUNS
        and word not in _DURATION
        and word not in _CHECKS
    )


def _kind(words: Sequence[str]) -> tuple[ValueKind | None, int]:
    """Return the kind of value that the first telling word asks for, and where it stands."""
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else ""
        if word == "how":
            if after in _HOW:
                return _HOW[after], i
        elif word in _NUMBER_NOUNS:
            if after == "of" and words[i + 2 : i + 3] and words[i + 2] not in _OWNERS:
                return ValueKind.NUMBER, i
            return ValueKind.CODE, i
        elif word in _KINDS:
            kind = _KINDS[word]
            if kind not in (ValueKind.PHONE, ValueKind.EMAIL) and (
                after in _NUMBER_NOUNS or _KINDS.get(after) is ValueKind.CODE
            ):
                kind = ValueKind.CODE
            return kind, i
    return None, len(words)


def _ends(words: Sequence[str], known: set[str]) -> AskFlag:
    line = f" {' '.join(words)} "
    starts = not known.isdisjoint(_STARTS) or " check in " in line or " checking in " in line
    ends = not known.isdisjoint(_ENDS) or " check out " in line or " checking out " in line
    if not starts and not ends and words[0] in ("where", "what", "which"):
        ends = words[-1] == "to" or not known.isdisjoint(_TRAVELLING)
    flags = AskFlag.NONE if known.isdisjoint(_MORE) else AskFlag.MORE
    if starts != ends:
        flags |= AskFlag.START if starts else AskFlag.END
    return flags


def _has(line: str, known: set[str], wanted: Mapping[str, Sequence[str]]) -> bool:
    return any(phrase in line for first in wanted.keys() & known for phrase in wanted[first])
