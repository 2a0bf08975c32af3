"""Demand phrases: the wordings in which replies are demanded to be so or so.

All patterns are read on one sentence of at most a few hundred characters, most of them in lower
case, and repeat only up to a small bound.
"""

import re

from otel_sessions.records import DemandKind
from otel_sessions.text.words import word_set

_NAMES = """
    en english englisch anglais ingl\u00e9s
    de german deutsch allemand alem\u00e1n
    fr french franz\u00f6sisch fran\u00e7ais franc\u00e9s
    es spanish spanisch espagnol espa\u00f1ol
    it italian italienisch italien italiano
    pt portuguese portugiesisch portugais portugu\u00e9s
    nl dutch
    sv swedish
    da danish
    no norwegian
    fi finnish
    pl polish
    cs czech
    ro romanian
    hu hungarian
    tr turkish
    id indonesian
    vi vietnamese
    ru russian russisch russe ruso
    uk ukrainian
    bg bulgarian
    el greek
    he hebrew
    ar arabic arabisch arabe \u00e1rabe
    fa persian farsi
    hi hindi
    bn bengali
    ta tamil
    te telugu
    th thai
    ko korean
    ja japanese japanisch japonais japon\u00e9s
    zh chinese mandarin chinesisch chinois chino
"""
LANGUAGES = {
    name: line.split()[0] for line in _NAMES.strip().splitlines() for name in line.split()[1:]
}
"""ISO 639-1 codes by the names of languages."""
LANGUAGE = re.compile(rf"\b(?:{'|'.join(LANGUAGES)})\b")
BEFORE_LANGUAGE = re.compile(
    r"\b(?:in|to|auf|en|only|use)\s+(?:[\w']+\s+){0,2}$"
    r"|(?:^|\b(?:please|always|only|must|should|will)\s)\s*speak\s+(?:only\s)?$"
)
SPEAKING = re.compile(
    r"\b(?:answer|reply|respond|speak|talk|communicate|converse|continue|switch"
    r"|write (?:only )?(?=in)|answers|replies|responses?|messages|everything"
    r"|antworte|antworten|sprich|schreibe?"
    r"|r\u00e9ponds|r\u00e9pondez|parle|parlez|responde|responda|habla)\b"
)
ALTERNATIVE_BEFORE = re.compile(r"(?:\b(?:or|and|oder|und|ou|et|than|of)|,|/)\s*$")
ALTERNATIVE_AFTER = re.compile(
    rf"\s*(?:/|,?\s*(?:or|and|oder|und|ou|et)\b|,\s*(?:{'|'.join(LANGUAGES)})\b)"
)
"""Around the name of a language: one of several, to which no reply can be held."""
POLITE = re.compile(r"\b(?:please|only|bitte|nur|s'il|por favor)\b")
NEGATED = re.compile(r"\b(?:not|never|don't|avoid|without|nicht|kein|keine|pas|no)\b")
TRANSLATING = word_set(
    """
    translate translation translator translating \u00fcbersetze \u00fcbersetzen \u00fcbersetzung
    traduire traduis traduction traduce traducir traducci\u00f3n
    """
)

NUMBERS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
    )
} | {"a": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100}

FOREIGN = TRANSLATING.union(LANGUAGES)
FORMAT_WORDS = word_set(
    "json markdown emoji emojis bullet bullets bulleted list lists plaintext plain"
)
LIMIT_WORDS = word_set("sentence sentences word words character characters")
NAMING_WORDS = word_set("word words term terms name names mention say")
QUOTING_WORDS = word_set(
    """
    say saying mention mentioning use using write writing begin beginning start starting open
    opening end ending finish close closing conclude sign preface include add contain
    """
)
"""They demand something only of a text in quotes."""
TRIGGERS = FOREIGN | FORMAT_WORDS | LIMIT_WORDS | NAMING_WORDS
"""Without one of these words, or one of the ones before and a quotation, there is no demand."""
QUOTES = ('"', "\u201c", " '")

SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n|;\s")
CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|in case|where|depending|should the|once|except|how (?:do|to|can"
    r"|would|should)|wenn|falls)\b"
)
OTHER_SUBJECT = re.compile(
    r"\b(?:tools?|functions?|arguments?|parameters?|titles?|subject|headlines?|passwords?|quer(?:y|ies)"
    r"|files?|keys?|fields?|documents?|scripts?|program|endpoint|api|conversation|session|calls?|chat"
    r"|(?:each|per|every) (?:bullet|item|line|point|paragraph|section|heading|step|option))\b"
)
STANDING = re.compile(
    r"\b(?:always|from now on|every|each|all|never|only|for the rest|until|in future|throughout"
    r"|going forward|henceforth|immer|ab jetzt|toujours|siempre)\b"
)
REPLYING = re.compile(
    r"\b(?:answer|reply|respond|write|output|return|format|give|use|send|be|keep|limit|explain|describe"
    r"|summari[sz]e|tell|answers|replies|responses?|messages?|output|antworte)\b"
)

_WITHOUT = (
    r"\b(?:no|without|avoid|avoid using|never use|never using"
    r"|(?:do not|don't|must not) (?:ever )?use|(?:do not|don't|never) include|refrain from using)"
    r"\s+(?:any\s+)?(?:\w+ (?:or|and) )?"
)
_BULLETS = r"(?:bullet(?:ed)?(?:[ -]points?| lists?)?s?|bullets|numbered lists?)"
FORMATS: tuple[tuple[DemandKind, re.Pattern[str]], ...] = (
    (
        DemandKind.JSON,
        re.compile(
            r"\b(?:answer|reply|respond|output|return|format|write|give|send|answers|replies"
            r"|responses?|messages?)\b[^.]{0,60}?\bjson\b"
            r"|\b(?:only|valid|strictly|nothing but) [^.]{0,20}?\bjson\b|\bjson only\b"
        ),
    ),
    (DemandKind.NO_LIST, re.compile(rf"{_WITHOUT}(?:{_BULLETS}|lists)\b")),
    (
        DemandKind.LIST,
        re.compile(rf"\b(?:as|in|with|use|using)\s+(?:an? )?(?:short )?{_BULLETS}\b"),
    ),
    (
        DemandKind.NO_MARKUP,
        re.compile(rf"{_WITHOUT}markdown\b|\bplain ?text only\b|\b(?:only|in) plain ?text\b"),
    ),
    (DemandKind.NO_EMOJI, re.compile(rf"{_WITHOUT}emojis?\b")),
)
_NUMBER = rf"(\d{{1,5}}|{'|'.join(NUMBERS)})"
_UNIT = r"[ -](?:short |complete |full )?(sentence|word|character)s?\b"
LIMITS = (
    re.compile(
        r"\b(?:at most|no more than|not more than|maximum of|max\.?|up to|under|less than"
        r"|fewer than|within|below|limit\w*(?: \w+){0,4} to|keep(?: \w+){0,5} to|exceed(?:ing)?"
        r"|in|in just|in only)\s+"
        rf"{_NUMBER}{_UNIT}"
    ),
    re.compile(rf"\b{_NUMBER}{_UNIT}(?: or (?:less|fewer)| max(?:imum)?\b| at most)"),
)
SHORT_DEMAND = 60
"""Characters up to which a limit stands alone ("at most two sentences, please")."""

FORBIDDING = re.compile(
    r"\b(?:never|do not|don't|must not|may not|avoid|not allowed to|refrain from)\s+(?:ever\s+)?"
    r"(?:mention|say|use|write|saying|mentioning|using|writing)\b"
)
NAMED_WORDS = re.compile(
    r"\s*(?:the |our |your )?(?:words?|terms?|names?)\s+"
    r"((?:[\w-]{3,30}(?:,? (?:or|and|nor) |, )?){1,4})"
)
PROPER_NAME = re.compile(r"\b[Nn]ever (?:mention|say) ([A-Z][\w-]{2,30})\b")
REQUIRING = re.compile(
    r"\b(?:always|must|every \w+|each \w+|all \w+)\b[^.]{0,30}?\b(?:include|add|mention|contain)\b"
)
STARTING = re.compile(
    r"\b(?:start|begin|open|preface)(?:ing|s)?\b(?: [\w']+){0,6}? (?:with|by saying)\b"
)
ENDING = re.compile(
    r"\b(?:end|finish|close|conclude|sign off)(?:ing|s)?\b(?: [\w']+){0,6}? (?:with|by saying)\b"
)
REPLIES = re.compile(r"\b(?:reply|replies|answers?|responses?|messages?)\b")
"""What starts or ends with something, where it is not said that this is always so."""
QUOTED = re.compile("[\"\u201c]([^\"\u201c\u201d]{1,60})[\"\u201d]|(?<!\\w)'([^']{1,60})'(?!\\w)")
