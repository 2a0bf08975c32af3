""" "I told the bot my account number three times. It just asked me again."

Ten dialogues in which the assistant asks for what the user gave, and five healthy twins, all
written for this test. Each is a list of lines: the user's, the assistant's, the user's, and so on.
"""

import pytest

DIALOGUES = {
    "account-number": [
        "Hello, my broadband has been down since this morning.",
        "I'm sorry about that! Could you give me your account number, please?",
        "It's 40718265.",
        "Thank you. Is the light on the router red or off?",
        "It is red. I have restarted it twice already.",
        "I understand. So that I can run a line test, what is your account number?",
    ],
    # Volunteered before anybody asked.
    "order-number": [
        "Hi! Order number 5530912 came with two left shoes. I'd like a right one.",
        "Oh no, that must be annoying. Let me help you to get the right pair.",
        "Yes please. My size is 42.",
        "Got it, size 42. Could you tell me your order number?",
    ],
    "e-mail": [
        "I can't log in to my photo album any more.",
        "Let's look into it. What's the email address you signed up with?",
        "rosa.quint@example.org",
        "Thanks! Do you see an error message when you log in?",
        "It says that the session has ended, every time.",
        "I see. Please clear the cache of your browser and try it once more.",
        "Did that, same thing.",
        "Alright, I can reset your session for you. Please provide your email address.",
    ],
    "date-of-birth": [
        "I need a new prescription for my asthma spray.",
        "Of course. May I have your full name and date of birth?",
        "Ingrid Solheim, 12 May 1979.",
        "Thank you, Ingrid. Which spray do you use at the moment?",
        "The blue one, two puffs when I need it.",
        "Noted. Before I send this to the doctor, what is your date of birth?",
    ],
    "departure-city": [
        "I want to take the night train to Vienna next Friday.",
        "Lovely choice! Which city will you be leaving from?",
        "I'm leaving from Hamburg.",
        "There is a train with couchettes and one with sleepers. Which do you prefer?",
        "A sleeper, please.",
        "Great. From which city would you like to depart?",
    ],
    "party-size": [
        "Can I book a table for Saturday evening?",
        "Gladly! How many people will be coming?",
        "Six people, two of them children.",
        "Would you rather sit inside or on the terrace?",
        "On the terrace if the weather is good.",
        "Noted. And how many people are you?",
    ],
    "policy-number": [
        "Somebody scratched my parked car, the whole left side.",
        "I'm sorry to hear that. To open a claim I need your policy number.",
        "KX-229-8107",
        "Thank you. When did it happen?",
        "Yesterday between 9 and 11 in the morning.",
        "And was there a witness?",
        "A neighbour saw a white van.",
        "That helps a lot. To open the claim, please share your policy number.",
    ],
    "phone-number": [
        "Please have somebody call me about the heating. My phone number is 0151 447 9320.",
        "Sure, a technician can call you. What is wrong with the heating?",
        "It is cold upstairs and boiling downstairs.",
        "That sounds like a valve. When is a good time for the call?",
        "Any day after five.",
        "Perfect. What phone number can we reach you on?",
    ],
    "booking-reference": [
        "I need to add a bag to my flight.",
        "I can do that. What's your booking reference?",
        "J7KQ2M",
        "Thank you. A checked bag of up to 23 kg costs 35 dollars. Shall I add it?",
        "Yes, one bag.",
        "Great, could you give me your booking reference again?",
    ],
    "delivery-address": [
        "I'd like to send flowers to my mother for her birthday.",
        "How thoughtful! Where should we deliver them?",
        "To 14 Birch Lane, Oxford.",
        "And which flowers would you like?",
        "Yellow roses, about twenty.",
        "Beautiful. A card with it?",
        "Yes: Happy birthday from Tom.",
        "Wonderful. What address should we deliver the flowers to?",
    ],
}

ASKED_AGAIN_IN_TURN = {
    "account-number": 3,
    "order-number": 2,
    "e-mail": 4,
    "date-of-birth": 3,
    "departure-city": 3,
    "party-size": 3,
    "policy-number": 4,
    "phone-number": 3,
    "booking-reference": 3,
    "delivery-address": 4,
}

TWINS = {
    # It is read back and used.
    "account-number": [
        *DIALOGUES["account-number"][:5],
        "I understand. I am running a line test for account 40718265, is that the right one?",
        "Yes",
        "The test shows a fault in your street. It will be repaired by tonight.",
    ],
    # The user does not have it at first.
    "e-mail": [
        "I can't log in to my photo album any more.",
        "Let's look into it. What's the email address you signed up with?",
        "I don't know, I have several of them.",
        "No problem, take your time. Do you see an error message when you log in?",
        "It says that the session has ended. I will look for the email.",
        "Have you found it? What is the email address of your account?",
        "rosa.quint@example.org",
        "Thank you, I have reset your session.",
    ],
    # The way back is asked for, not the way there.
    "departure-city": [
        *DIALOGUES["departure-city"][:5],
        "Great, I have noted the sleeper from Hamburg. On which day do you want to return?",
        "On Monday",
        "Thank you. And which city will you return to?",
        "Hamburg as well",
        "All booked. Have a good trip!",
    ],
    # The number was not found, and that is said.
    "policy-number": [
        *DIALOGUES["policy-number"][:3],
        "I'm sorry, I could not find a policy with that number. Could you please check it again?",
        "Oh, it is KX-229-8170",
        "Thank you, now I have it. When did it happen?",
        "Yesterday between 9 and 11 in the morning.",
        "I have opened the claim for you.",
    ],
    # Another booking.
    "booking-reference": [
        *DIALOGUES["booking-reference"][:5],
        "Done, the bag is on your booking. Is there anything else I can do for you?",
        "Yes, my husband needs a bag as well, he booked separately.",
        "Happy to help. What is the reference of the other booking?",
        "P3XW8T",
        "Done, both of you have a bag now.",
    ],
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_question_for_what_was_given_is_found_where_it_is_asked(warned, name):
    """Not earlier, not later, and as a warning at least."""
    turns = [
        turn for turn, signal in warned(DIALOGUES[name]) if signal == "information_rerequested"
    ]
    assert turns == [ASKED_AGAIN_IN_TURN[name]]


@pytest.mark.parametrize("name", TWINS)
def test_a_healthy_twin_is_silent(warned, name):
    """A read-back, an honest failure, a late answer and another value warn of nothing."""
    assert warned(TWINS[name]) == []
