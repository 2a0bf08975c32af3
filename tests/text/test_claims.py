"""What a text states, and what only sounds like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import ClaimKind, StanceFlag
from otel_sessions.text.claims import read_claims
from otel_sessions.texts import TextFeatures


def digest(word: str) -> bytes:
    """Keep the head of a word, so that a failing test can be read."""
    return word.encode("utf-8", "surrogatepass")[:3].ljust(3, b"_")


def read(text: str) -> TextFeatures:
    return TextFeatures(chars=0, tokens=0, claims=read_claims(text, digest))


def stated(text: str) -> list[tuple[ClaimKind, str]]:
    return [(kind, b" ".join(words).decode()) for kind, words in read(text).stated]


BESIDES = {ClaimKind.NAMED, ClaimKind.MEASURED}
"""What a statement of another kind may have in it."""


@pytest.mark.parametrize(
    ("text", "kind", "first"),
    [
        ("We don't have a refund policy.", ClaimKind.REFUSED, "ref"),
        ("As per our terms refunds aren't available.", ClaimKind.REFUSED, "ref"),
        ("Unfortunately, vouchers cannot be extended.", ClaimKind.REFUSED, "ext"),
        ("I'm unable to waive the fee.", ClaimKind.REFUSED, "wai"),
        ("Gift wrapping is 4.99 and cannot be waived.", ClaimKind.REFUSED, "wai"),
        ("No extension was granted to you.", ClaimKind.DISAVOWED, "ext"),
        ("You may take a payment holiday.", ClaimKind.COMMITTED, "pay"),
        ("The parcel is on its way.", ClaimKind.COMMITTED, "par"),
        ("Consider it refunded.", ClaimKind.COMMITTED, "ref"),
        ("Your bags travel at no extra charge.", ClaimKind.COMMITTED, "fre"),
        ("You'll have to pay for the visit.", ClaimKind.CHARGED, "fre"),
        ("Visits are charged at 65 pounds.", ClaimKind.CHARGED, "fre"),
        ("Refunds are against our policy.", ClaimKind.REFUSED, "ref"),
        ("This ticket is non-refundable.", ClaimKind.REFUSED, "ref"),
        ("There is no discount for outages.", ClaimKind.REFUSED, "dis"),
        ("I never promised a discount.", ClaimKind.DISAVOWED, "dis"),
        ("There must be a misunderstanding, no upgrade was offered.", ClaimKind.DISAVOWED, "upg"),
        ("The museum is not open on Mondays.", ClaimKind.NEGATED, "mus"),
        ("Your parcel has not arrived yet.", ClaimKind.NOT_YET, "arr"),
        ("I'll refund the fee.", ClaimKind.COMMITTED, "ref"),
        ("We can offer you a voucher.", ClaimKind.COMMITTED, "vou"),
        ("I've upgraded your room.", ClaimKind.COMMITTED, "upg"),
        ("I would be happy to replace the lamp.", ClaimKind.COMMITTED, "rep"),
        ("Would you like me to cancel the trip?", ClaimKind.COMMITTED, "can"),
        ("You are entitled to compensation.", ClaimKind.COMMITTED, "com"),
        ("You will be reimbursed.", ClaimKind.COMMITTED, "rei"),
        ("The claim has been approved.", ClaimKind.COMMITTED, "cla"),
        ("If it is unopened, we will refund it.", ClaimKind.COMMITTED_IF, "ref"),
        ("If it was not dropped, the repair is covered.", ClaimKind.COMMITTED_IF, "dro"),
        ("Palo_Alto is near", ClaimKind.NAMED, "pal"),
        ("Then turn left at Mill Road", ClaimKind.NAMED, "mil"),
        ("It is 3 miles away.", ClaimKind.MEASURED, "mil"),
        ("I expect heavy traffic.", ClaimKind.MEASURED, "tra"),
    ],
)
def test_statements(text, kind, first):
    """Each is of one kind, and its most telling word comes first."""
    said = [(found, words[:3]) for found, words in stated(text) if found not in BESIDES - {kind}]
    assert said == [(kind, first)]


@pytest.mark.parametrize(
    "text",
    [
        "No problem!",
        "Don't hesitate to write.",
        "Don't worry about it.",
        "It arrives no later than the date we named.",
        "I will look into it.",
        "How can I help?",
        "Whether or not it rains.",
        "What a lovely day.",
        "",
        "...",
        "\U0001f600",
    ],
)
def test_nothing_is_stated(text):
    """Courtesy, plans to look and questions claim nothing."""
    assert not [kind for kind, _ in stated(text) if kind != ClaimKind.MEASURED]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("I don't agree with you.", StanceFlag.DISPUTES),
        ("Are you sure?", StanceFlag.DISPUTES),
        ("You're right, it is the other one.", StanceFlag.YIELDS),
        ("I stand corrected.", StanceFlag.YIELDS),
        ("While that may be so, trains are faster.", StanceFlag.CONCEDES),
        ("I maintain that trains are faster.", StanceFlag.HOLDS),
        ("Here is a counterargument.", StanceFlag.OPPOSES),
        ("Never mind.", StanceFlag.RETRACTS),
        ("Please don't cancel it.", StanceFlag.RETRACTS),
        ("I have checked the file.", StanceFlag.EXPLAINS),
        ("You promised it.", StanceFlag.CITES),
        ("Play devil's advocate.", StanceFlag.OTHER_SIDE),
        ("Say that again.", StanceFlag.AGAIN),
        ("Another one?", StanceFlag.OTHER),
        ("Yes, on Friday.", StanceFlag.YES),
        ("No, on Friday.", StanceFlag.NO),
        ("No problem, on Friday.", StanceFlag.YES),
        ("The train leaves on Friday.", StanceFlag.NONE),
    ],
)
def test_stances(text, flags):
    """Where a text stands is told by its phrases."""
    found = read(text).stance.flags
    assert found & flags == flags
    assert flags or not found


def test_judging_words_balance():
    """From against to in favour; a single word is no verdict."""
    against = read("It is a harmful, risky and costly failure.").stance.balance
    neutral = read("It is a bus with benefits and risks.").stance.balance
    favour = read("It is a safe, reliable and helpful improvement.").stance.balance
    assert against < -0.3 < neutral < 0.3 < favour


@pytest.mark.parametrize("text", ["No tenemos la culpa.", "Nous ne remboursons rien."])
def test_other_languages_have_no_stance(text):
    """English words that others have too do not speak for them."""
    assert not read(text).stance.flags & ~StanceFlag.NO


@given(st.text(max_size=300))
def test_any_text_is_small(text):
    """Whatever is written, at most some 200 bytes are kept."""
    assert len(read_claims(text, digest)) <= 3 + 13 * 4 * 6


def test_cost_is_bounded():
    """A text of nothing but promises and denials keeps the first of each."""
    text = "I will refund it. We do not refund it. " * 200
    assert len(read(text).stated) == 8
