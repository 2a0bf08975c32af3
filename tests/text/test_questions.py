"""Questions: what a text asks for, and what only looks like asking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import ASK_VECTOR_BYTES, AskFlag, ValueKind
from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader
from otel_sessions.text.questions import MAX_ASKS, MAX_TOPICS, read_questions

K = ValueKind
READER = FeatureReader(b"a key", encode)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("What's your account number?", [(K.CODE, ("account",))]),
        ("Could you give me the number of your account again?", [(K.CODE, ("account",))]),
        ("Please provide your account number.", [(K.CODE, ("account",))]),
        ("Sorry, I missed that. Your account number, please.", [(K.CODE, ("account",))]),
        ("So that I can check it, what is your account number?", [(K.CODE, ("account",))]),
        ("Before I send it, may I have your phone number?", [(K.PHONE, ())]),
        ("I'll need your email address.", [(K.EMAIL, ())]),
        ("May I ask for your account number?", [(K.CODE, ("account",))]),
        ("Could you repeat your account number?", [(K.CODE, ("account",))]),
        ("Please reply with your account number.", [(K.CODE, ("account",))]),
        ("What is your postcode?", [(K.CODE, ("zip",))]),
        ("And your last name?", [(K.NAME, ("last",))]),
        ("Who is travelling with you?", [(K.NAME, ("travell",))]),
        ("What's your date of birth?", [(K.DATE, ("birth",))]),
        ("When's your birthday?", [(K.DATE, ("birth",))]),
        ("On what day?", [(K.DATE, ())]),
        ("What time would suit you?", [(K.TIME, ("suit",))]),
        ("Which city should I look in?", [(K.PLACE, ())]),
        ("How many people are you?", [(K.NUMBER, ("peopl",))]),
        ("Number of guests?", [(K.NUMBER, ("peopl",))]),
        ("How old is your daughter?", [(K.NUMBER, ("age", "old", "daughter"))]),
        ("And how many tickets do you need?", [(K.NUMBER, ("ticket",))]),
        ("On which number can we call you?", [(K.PHONE, ("call",))]),
        ("Okay, tracking number please", [(K.CODE, ("track",))]),
        ("To which address shall we send it?", [(K.PLACE, ("address", "send"))]),
        ("How long will you stay?", [(K.NUMBER, ("duration", "stay"))]),
        ("How much would you like to spend?", [(K.MONEY, ("spend",))]),
        ("What kind of food do you like?", [(K.CHOICE, ("food",))]),
        ("Do you have a preferred colour?", [(K.CHOICE, ("colour",))]),
        ("Which plan are you on?", [(K.CHOICE, ("plan",))]),
        ("Which phone do you have?", [(K.CHOICE, ("phon",))]),
        ("What are the last four digits of the card?", [(K.CODE, ("last", "card"))]),
        ("What is the plan code?", [(K.CODE, ("plan",))]),
        ("Would you like to rent or to buy?", [(K.OTHER, ("rent", "buy"))]),
        ("May I ask why you want to leave?", [(K.CHOICE, ("reason", "leav"))]),
        ("Do you want a window seat?", [(K.OTHER, ("window", "seat"))]),
        ("Would you like to add insurance?", [(K.OTHER, ("insuranc",))]),
        ("Please tell me which payment method you prefer.", [(K.CHOICE, ("payment", "method"))]),
    ],
)
def test_what_is_asked_for(text, asked):
    """A kind of value, and words that say which one."""
    assert [(question.kind, question.topics) for question in read_questions(text)] == asked


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("What is your full name, your zip code and your phone number?", [K.NAME, K.CODE, K.PHONE]),
        ("When do you want to leave, and where from?", [K.DATE, K.PLACE]),
        ("What day and time suit you?", [K.DATE, K.TIME]),
        (
            "Please provide:\n1. Your order number\n2. Your email\n- Your city",
            [K.CODE, K.EMAIL, K.PLACE],
        ),
        ("What's your name? And your city?", [K.NAME, K.PLACE]),
    ],
)
def test_several_things_at_once(text, kinds):
    """Each is told."""
    assert [question.kind for question in read_questions(text)] == kinds


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Which city are you leaving from?", AskFlag.START),
        ("What is the pick-up time?", AskFlag.START),
        ("Where are you travelling to?", AskFlag.END),
        ("When would you like to return?", AskFlag.END),
        ("What is the name of the second passenger?", AskFlag.MORE),
        ("What's the new date?", AskFlag.MORE),
        ("Are you allergic to nuts?", AskFlag.CLOSED),
        ("Please confirm your email address.", AskFlag.CHECK),
        ("What type of room is it?", AskFlag.SORT),
    ],
)
def test_how_it_is_asked(text, flag):
    """Ends, further ones, yes-or-no, checks and sorts are told apart."""
    (question,) = read_questions(text)
    assert question.flags == flag


@pytest.mark.parametrize(
    "text",
    [
        "Is there anything else I can help you with?",
        "Anything else?",
        "How can I help you?",
        "How would you like to proceed?",
        "Shall I book it?",
        "Would you like me to send it to your email address?",
        "Is that right?",
        "Did you say Leeds?",
        "You are leaving on Monday, right?",
        "Your order number is 4471, correct?",
        "Please confirm to proceed.",
        "Let me confirm the details: order, date and place.",
        "I could not find it. Could you please double-check the order number?",
        "Please let me know if you have any further questions.",
        "When you have the order number, we can go on.",
        "I will verify your account number now.",
        "Press 1 for billing or 2 for repairs.",
        "Who doesn't like pizza?",
        "Isn't that great?",
        "Why is that?",
        "Never share your account number.",
        "You will need your account number to log in.",
        "Thank you for your order number.",
        "\u00bfCu\u00e1l es su n\u00famero de cuenta?",
        "",
    ],
)
def test_what_is_not_asked_for(text):
    """Offers, confirmations, menus, rhetoric, statements and other languages ask for nothing."""
    assert read_questions(text) == []


def test_kept_asks_can_be_compared_with_words():
    """A topic is the head of a word's digest; its direction is that of the asking words."""
    (ask,) = READER.read("What is your account number?").asked
    words = READER.read("account")
    assert ask.topics == (words.words[:3],)
    assert ask.kind is K.CODE
    assert len(ask.vector) == ASK_VECTOR_BYTES
    assert any(ask.vector)


@given(text=st.text(st.characters(exclude_categories=())) | st.text("what is your? .,:\n1-"))
def test_any_text_can_be_read(text):
    """Bounds hold, whatever was written."""
    questions = read_questions(text)
    assert len(questions) <= MAX_ASKS
    assert all(len(question.topics) <= MAX_TOPICS for question in questions)
    assert len(READER.read(text).asked) == len(questions)


@pytest.mark.parametrize(
    "text",
    [
        "Is there a second parcel? If so, what's its tracking number?",
        "Do you have another card? What's its number?",
        "If you have further returns, please give me the order number.",
    ],
)
def test_another_one(text):
    """What is asked for on the condition that there is another one is not the same again."""
    assert all(AskFlag.MORE in question.flags for question in read_questions(text)[-1:])
    assert read_questions(text)


@given(words=st.lists(st.sampled_from(["please", "and", "what", "is", "number", "of", "or", "?"])))
def test_telling_words_in_any_order(words):
    """However they stand together, they are read."""
    text = " ".join(words)
    assert len(read_questions(text)) <= MAX_ASKS
