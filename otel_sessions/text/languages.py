"""Languages: which language a text is in, by its script and its commonest words.

A script that one language alone writes says it; elsewhere the short words say it that make up half
of any running text. A text with less than two of them, or with as many of two languages, is in no
known language: "OK, Berlin" is any.
Known: Arabic, Bengali, Bulgarian, Chinese, Czech, Danish, Dutch, English, Finnish, French, German,
Greek, Hebrew, Hindi, Hungarian, Indonesian, Italian, Japanese, Korean, Norwegian, Persian, Polish,
Portuguese, Romanian, Russian, Spanish, Swedish, Tamil, Telugu, Thai, Turkish, Ukrainian and
Vietnamese.
About 5 µs for 80 tokens.
"""

import string
from collections.abc import Sequence

_WORDS_READ = 256
_CHARACTERS_READ = 1024
_MIN_SCORE = 1.5
"""Of the commonest words; one that k languages share counts 1/k. Two of one's own are enough."""
_MIN_SHARE = 0.1
"""Of all words of a text: a third is usual, and a few are in any list of names."""
_MARGIN = 1.3
"""How many times as much as the second language the first must have."""
_WRITES_MORE = 3
"""A character that stands for a syllable or a word says as much as this many letters."""

_LETTERS = string.ascii_letters.encode()
_LATIN_BYTES = bytes(range(0xC7))
"""What UTF-8 is made of up to U+01BF, and all bytes that go on with a character."""

_COMMONEST = {
    "en": """
        the and of to is that it you for with this are not have was but what your be can will would
        there their they from which how when my please could should about been has we a i am an at
        as on by or if no so do he she them his her me all any some more like get know don't i'm
        it's one who just did does were had than then these too very yes let its our out up
    """,
    "de": """
        der die das und ist nicht ich sie es ein eine mit auf f\u00fcr den dem zu von wie wir auch
        aber sind wird wurde kann haben hat bei oder wenn noch mir mich ihre bitte sich dass nach
        nur zum zur einen einer
    """,
    "fr": """
        le les la des et est pas vous je une pour que qui dans avec sur ce nous sont mais ou votre
        vos mon c'est j'ai il elle du au aux par plus d'un cette \u00eatre bonjour s'il qu'il
    """,
    "es": """
        el los la las que y es en un una por con para no su se lo del como pero est\u00e1 m\u00e1s
        mi tu muy usted hay puede cuando qu\u00e9 sus al ya tiene gracias este esta
    """,
    "pt": """
        o os as que e \u00e9 em um uma por com para n\u00e3o seu sua se do da dos das no na mas mais
        voc\u00ea est\u00e1 eu meu ao como muito obrigado pode tem foi s\u00e3o
    """,
    "it": """
        il lo gli la le che e \u00e8 di un una per con non si sono ma del della nel come pi\u00f9 mi
        ci anche questo questa ho ha suo sua alla dei delle grazie pu\u00f2
    """,
    "nl": """
        de het een en is niet ik je van dat op te met voor zijn er maar ook aan bij naar kan wij uw
        deze heeft hebben wordt nog wel geen moet dit als
    """,
    "sv": """
        och det att \u00e4r inte jag en ett som p\u00e5 f\u00f6r med av till har du den om kan ska
        var vi men fr\u00e5n eller hur vad
    """,
    "da": """
        og det at er ikke jeg en et som p\u00e5 for med af til har du den om kan skal var vi men fra
        eller hvordan hvad
    """,
    "no": """
        og det at er ikke jeg en et som p\u00e5 for med av til har du den om kan skal var vi men fra
        eller hvordan hva
    """,
    "fi": """
        ja on ei ett\u00e4 se en mutta olen t\u00e4m\u00e4 my\u00f6s niin kun kuin voi mit\u00e4
        ovat sen ole h\u00e4n min\u00e4 sin\u00e4 tai jos
    """,
    "pl": """
        i w nie na si\u0119 z do to jest \u017ce jak o za ale czy po od jestem s\u0105 dla mam tak
        tego przez prosz\u0119 mo\u017ce ma
    """,
    "cs": """
        a v ne na se je \u017ee to  z do jak o za ale po od jsem jsou pro m\u00e1m tak kter\u00e9
        pros\u00edm nebo jako by co
    """,
    "ro": """
        \u0219i \u00een nu pe se este c\u0103 cu din la o un pentru mai sunt de care dar ce am
        a\u021bi v\u0103 acest sau fi
    """,
    "hu": """
        a az \u00e9s nem hogy is van egy meg ez de ha csak vagy mint lehet k\u00e9rem nekem volt ezt
        m\u00e1r
    """,
    "tr": """
        ve bir bu da de i\u00e7in ile ne \u00e7ok var yok ben sen o gibi daha ama l\u00fctfen
        m\u0131 mi de\u011fil olarak nas\u0131l
    """,
    "id": """
        dan yang di itu dengan untuk tidak ini dari saya anda ada akan bisa apa ke pada atau sudah
        adalah dapat
    """,
    "vi": """
        v\u00e0 l\u00e0 c\u1ee7a kh\u00f4ng c\u00f3 t\u00f4i b\u1ea1n cho \u0111\u01b0\u1ee3c
        m\u1ed9t n\u00e0y v\u1edbi trong \u0111\u1ec3 c\u00e1c nh\u1eefng
    """,
    "ru": """
        \u0438 \u0432 \u043d\u0435 \u043d\u0430 \u044f \u0447\u0442\u043e \u0441 \u044d\u0442\u043e
        \u043a\u0430\u043a \u0432\u044b \u043f\u043e \u043d\u043e \u043c\u044b \u0443
        \u0434\u043b\u044f \u043e\u0442 \u0438\u043b\u0438 \u0435\u0441\u043b\u0438
        \u0443\u0436\u0435 \u043c\u043e\u0436\u043d\u043e \u0435\u0441\u0442\u044c
        \u043c\u043d\u0435
    """,
    "uk": """
        \u0456 \u0432 \u043d\u0435 \u043d\u0430 \u044f \u0449\u043e \u0437 \u0446\u0435 \u044f\u043a
        \u0432\u0438 \u043f\u043e \u0430\u043b\u0435 \u043c\u0438 \u0443 \u0434\u043b\u044f
        \u0432\u0456\u0434 \u0430\u0431\u043e \u044f\u043a\u0449\u043e \u0432\u0436\u0435
        \u043c\u043e\u0436\u043d\u0430 \u0454 \u043c\u0435\u043d\u0456 \u0442\u0430
    """,
    "bg": """
        \u0438 \u0432 \u043d\u0435 \u043d\u0430 \u0430\u0437 \u0447\u0435 \u0441
        \u0442\u043e\u0432\u0430 \u043a\u0430\u043a \u0432\u0438\u0435 \u043f\u043e \u043d\u043e
        \u043d\u0438\u0435 \u0437\u0430 \u043e\u0442 \u0438\u043b\u0438 \u0430\u043a\u043e
        \u0432\u0435\u0447\u0435 \u0435 \u0441\u0430 \u0434\u0430 \u0441\u0435
    """,
    "ar": """
        \u0641\u064a \u0645\u0646 \u0639\u0644\u0649 \u0625\u0644\u0649 \u0623\u0646
        \u0647\u0630\u0627 \u0647\u0630\u0647 \u0644\u0627 \u0645\u0627 \u0647\u0644 \u0623\u0648
        \u0645\u0639 \u0639\u0646 \u0643\u0627\u0646 \u0623\u0646\u0627 \u0627\u0644\u062a\u064a
    """,
    "fa": """
        \u062f\u0631 \u0627\u0632 \u0628\u0647 \u06a9\u0647 \u0627\u06cc\u0646 \u0631\u0627
        \u0628\u0627 \u0627\u0633\u062a \u0628\u0631\u0627\u06cc \u0622\u0646 \u0645\u0646
        \u0634\u0645\u0627 \u0686\u0647 \u06cc\u06a9 \u0648 \u0647\u0645
    """,
    "hi": """
        \u0939\u0948 \u0915\u0947 \u0915\u093e \u0915\u0940 \u092e\u0947\u0902 \u0938\u0947
        \u0915\u094b \u0914\u0930 \u092a\u0930 \u092e\u0948\u0902 \u0928\u0939\u0940\u0902
        \u092f\u0939 \u0906\u092a \u0915\u094d\u092f\u093e \u092d\u0940 \u0939\u0948\u0902
    """,
}
_ALONE = {
    "el": (b"\xce", b"\xcf"),
    "he": (b"\xd7",),
    "hi": (b"\xe0\xa4", b"\xe0\xa5"),
    "bn": (b"\xe0\xa6", b"\xe0\xa7"),
    "ta": (b"\xe0\xae", b"\xe0\xaf"),
    "te": (b"\xe0\xb0", b"\xe0\xb1"),
    "th": (b"\xe0\xb8", b"\xe0\xb9"),
    "ko": (b"\xea", b"\xeb", b"\xec", b"\xed"),
    "ja": (b"\xe3\x81", b"\xe3\x82", b"\xe3\x83"),
    "zh": (b"\xe4", b"\xe5", b"\xe6", b"\xe7", b"\xe8", b"\xe9"),
}
"""How the characters of a script begin in UTF-8, by the language that it says."""


def _by_word() -> dict[str, tuple[tuple[str, ...], float]]:
    """Give the languages that have a word among their commonest, and what it counts for each."""
    known: dict[str, list[str]] = {}
    for language, words in _COMMONEST.items():
        for word in words.split():
            known.setdefault(word, []).append(language)
    return {word: (tuple(languages), 1 / len(languages)) for word, languages in known.items()}


_LANGUAGES = _by_word()
_TELLING = frozenset(_LANGUAGES)


def read_language(text: str, words: Sequence[str]) -> str:
    """Return the ISO 639-1 code of the language of `text`; empty if unsure.

    Args:
        text: as it was written.
        words: its words in lower case; the first 256 are read.

    """
    if not text.isascii():
        alone = _by_script(text[:_CHARACTERS_READ])
        if alone:
            return alone
    scores: dict[str, float] = {}
    known = set(words[:_WORDS_READ])
    # In one order, so that sums and ties come out the same in every process.
    for word in sorted(known & _TELLING):
        languages, weight = _LANGUAGES[word]
        for language in languages:
            scores[language] = scores.get(language, 0.0) + weight
    first, second = _two_best(scores)
    enough = max(_MIN_SCORE, _MIN_SHARE * len(known), _MARGIN * scores.get(second, 0.0))
    return first if scores.get(first, 0.0) >= enough else ""


def _two_best(scores: dict[str, float]) -> tuple[str, str]:
    best = sorted(scores, key=lambda language: -scores[language])[:2]
    return (*best, "", "")[0], (*best, "", "")[1]


def _by_script(sample: str) -> str:
    """Return the language that alone writes in the script of most of the sample; else nothing."""
    data = sample.encode("utf-8", "surrogatepass")
    if not data.translate(None, _LATIN_BYTES):
        return ""
    counts = {language: sum(map(data.count, leads)) for language, leads in _ALONE.items()}
    language = max(counts, key=counts.__getitem__)
    if counts["ja"] and language == "zh":
        language = "ja"  # Japanese writes Chinese characters too, Chinese no kana
    letters = len(data) - len(data.translate(None, _LETTERS))
    said = counts["ja"] + counts["zh"] if language == "ja" else counts[language]
    weight = _WRITES_MORE if language in ("ja", "zh", "ko") else 1
    return language if said * weight > letters and said > 1 else ""
