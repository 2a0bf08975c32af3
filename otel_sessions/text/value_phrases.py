"""Value phrases: the words by which values are read in a text, and what stands beside them.

English. All lists were written for this package.
"""

from otel_sessions.text.words import word_set

DESCRIBED_SIGNS = ("digit", "character", "letter")
"""What is counted by how a value is described, not by a value ("the last four digits")."""
_NUMBERS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
NUMBER_WORDS = {word: str(number) for number, word in enumerate(_NUMBERS.split(), 2)} | {
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "hundred": "100",
}
DAYS = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday today tonight tomorrow yesterday
    """
)
TIMES = word_set("noon midnight")
HALVES_OF_DAY = {"am": "am", "pm": "pm", "a.m": "am", "p.m": "pm"}
PARTS_OF_DAY = {"morning": "am", "afternoon": "pm", "evening": "pm"}
PLACING = word_set("in at from to near")
COMPASS = word_set(
    """
    north south east west northern southern eastern western centre center central downtown uptown
    """
)
STREETS = word_set("street st road rd lane avenue ave boulevard blvd terrace crescent")
ALSO_STREETS = word_set("close court drive view row grove hill square gardens park walk mews")
"""The same behind one word and a number that counts nothing ("7 Quarry Close")."""
REASONING = word_set("because cuz")
COMING = word_set("next this last coming following")
PERIODS = word_set("week weekend month year")
PRICED = word_set(
    """
    cheap cheaper cheapest inexpensive affordable moderate moderately expensive pricey priced
    """
)
INTRODUCING = word_set("name name's this i'm am")
UNKNOWING = word_set("forgot forgotten unsure")
KNOWING = word_set("know remember recall idea clue sure")
"""With a negation before them, they say that something is not known."""
ANY = word_set("any anything anywhere anytime whatever whichever either")
NOT_CARING = word_set("care matter preference mind")
NEGATIONS = word_set("don't dont doesn't doesnt not no can't cant cannot never didn't didnt")
