""" "It agreed to a refund, then two turns later denied the policy existed."

Ten dialogues in which something is agreed and later denied, and five healthy twins, all written
for this test. Each is a list of lines: the user's, the assistant's, the user's, and so on.
"""

import pytest

DIALOGUES = {
    "refund": [
        "Hi, the kettle I bought from you arrived with a crack in the lid.",
        "I'm sorry to hear that! Could you tell me when it was delivered?",
        "Last Thursday. I'd like my money back please.",
        "Of course. Since it arrived damaged, I'll refund the full price to your card.",
        "Great. How long does that take?",
        "Usually three to five working days, depending on your bank.",
        "OK. And do I have to send the kettle back before you refund me?",
        "I'm afraid we don't have a refund policy for kitchen appliances.",
    ],
    "hotel-upgrade": [
        "We're staying from the 9th to the 12th, and it is our anniversary.",
        "Congratulations! We can offer you a complimentary upgrade to a suite for your stay.",
        "Oh how lovely, yes please!",
        "My pleasure. Will you be arriving before six in the evening?",
        "Around four. Does the suite have a bath?",
        "All our suites have a bath and a balcony.",
        "Perfect. Please confirm that the suite costs nothing extra.",
        "I never mentioned an upgrade. Your booking is for a standard double room.",
    ],
    "visa-appointment": [
        "My passport expires soon and I need the visa interview moved to April.",
        "I have moved your interview to April 14 at 10:30 and you will get a letter about it.",
        "Thank you. Can I bring my daughter to it?",
        "Yes, one accompanying person may wait in the hall.",
        "And where do I find the letter with the April date?",
        "It is not possible to move an interview once it has been scheduled.",
    ],
    "warranty": [
        "The hinge of my laptop broke after seven months. Is that under warranty?",
        "Yes, hinges are covered for two years. The repair will be free of charge.",
        "Great, so what do I do?",
        "Pack the laptop well and note the serial number that is printed underneath.",
        "Done. I have got it in a box now.",
        "Very good. Is the charger in the box too?",
        "No. Where do I send it to get the hinge repaired?",
        "Unfortunately hinge repairs are not covered by the warranty. It costs 180 dollars.",
    ],
    "insurance": [
        "A storm tore tiles off my roof and the bedroom is soaked.",
        "That sounds awful. Your claim for the roof has been approved and we'll pay the roofer.",
        "What a relief. Shall I have them invoice me or you?",
        "As per our terms, storm damage to roofs isn't something we pay for.",
    ],
    "subscription": [
        "You charged me for another year though I wanted to leave.",
        "I understand. I've cancelled the renewal and you will be reimbursed for the whole year.",
        "And my files, will they be gone?",
        "Your files stay available for 30 days after the end of your plan.",
        "When will I see the reimbursement?",
        "Renewals are final and cannot be reimbursed.",
    ],
    "bank-fee": [
        "Why is there a 35 dollar overdraft fee? My salary was a day late.",
        "I see. As a courtesy I can waive that fee for you. Shall I go ahead?",
        "Yes please, that would be great.",
        "Done! Anything else I can help you with?",
        "Just checking, so the fee won't show up on my statement?",
        "Overdraft fees can't be waived. It will show up on your statement.",
    ],
    "gym": [
        "I broke my ankle. Can I pause my membership for two months?",
        "Sure, no problem at all. Get well soon!",
        "Thanks. Will I be charged while it is paused?",
        "We don't offer pauses. The monthly payments go on as usual.",
    ],
    "flight-voucher": [
        "My connection was cancelled and I had to pay for a night in Lisbon.",
        "I apologize for the trouble. You're entitled to a 200 euro voucher as compensation.",
        "Can I use it for my parents' tickets?",
        "Vouchers can be used for anyone you book for.",
        "Good. Then please send me the voucher code.",
        "There must be a misunderstanding, no such voucher was ever offered.",
    ],
    "software-credit": [
        "The export API was down for six hours and our launch slipped. What will you do about it?",
        "We're going to credit one month of service to your account to make up for the outage.",
        "Appreciated. Is the incident closed now?",
        "Yes, it has been stable since 14:00 UTC, and a report follows tomorrow.",
        "Thanks. Which invoice will the credit be on?",
        "I'm sorry, but I'm unable to provide service credits for outages.",
    ],
}

DENIED_IN_TURN = {
    "refund": 4,
    "hotel-upgrade": 4,
    "visa-appointment": 3,
    "warranty": 4,
    "insurance": 2,
    "subscription": 3,
    "bank-fee": 3,
    "gym": 2,
    "flight-voucher": 3,
    "software-credit": 3,
}

TWINS = {
    # The user turns out to have had it longer than was thought.
    "refund": [
        *DIALOGUES["refund"][:6],
        "OK. I just looked it up, it was delivered in March last year, not Thursday. Sorry!",
        "Thanks for telling me. In that case a refund isn't possible: the 60 days are over.",
    ],
    # The user wants something else instead.
    "hotel-upgrade": [
        *DIALOGUES["hotel-upgrade"][:6],
        "On second thought, forget the upgrade, we'd rather keep our old room with the garden.",
        "No problem, your booking stays as it was and nothing is upgraded.",
    ],
    # The offer was on a condition, and it was not met.
    "warranty": [
        "The hinge of my laptop broke after seven months. Is that under warranty?",
        "If the laptop was not dropped, the repair is covered and free of charge.",
        "It did fall off the table once, the corner is bent too.",
        "Then I'm afraid the warranty does not cover the repair, because it was damaged by a fall.",
    ],
    # Something else is refused.
    "bank-fee": [
        *DIALOGUES["bank-fee"][:4],
        "Could you raise my card limit to 9000 as well?",
        "I can't change card limits in this chat. Please visit a branch with your ID.",
    ],
    # All is well to the end.
    "software-credit": [
        *DIALOGUES["software-credit"][:5],
        "The credit will be on the invoice of next month. It does not need any action from you.",
        "Perfect, bye",
        "Thank you for your patience. Goodbye!",
    ],
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_denial_of_what_was_agreed_is_found_where_it_happens(warned, name):
    """Not earlier, not later, and as a warning at least."""
    turns = [turn for turn, signal in warned(DIALOGUES[name]) if signal == "commitment_reversed"]
    assert turns == [DENIED_IN_TURN[name]]


@pytest.mark.parametrize("name", TWINS)
def test_a_healthy_twin_is_silent(warned, name):
    """New information, another wish, an unmet condition and a kept word warn of nothing."""
    assert warned(TWINS[name]) == []


@pytest.mark.parametrize(
    "promised",
    [
        "Let me check if we can refund that.",
        "I'll ask my manager whether we can refund you.",
        "Let me see what I can do about a refund.",
    ],
)
@pytest.mark.parametrize(
    "denied",
    [
        "Unfortunately refunds aren't possible for this item.",
        "I'm sorry, we don't offer refunds on sale items.",
    ],
)
def test_what_is_only_looked_into_is_not_agreed(warned, promised, denied):
    """Who asks whether it is possible has promised nothing but to ask."""
    lines = ["Please refund the fee of 40 euros.", promised, "Thanks, I'm waiting."]
    lines += ["Thank you for your patience.", "Any news?", denied]
    assert warned(lines) == []
