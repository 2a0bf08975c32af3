"""Acts that show how people fare: reminders, complaints, apologies, hand-overs and the like.

All sentences are made up for this table, with the slips that people make when they type.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_sessions.records import Act
from otel_sessions.text.acts import read_acts
from otel_sessions.text.words import split_words


def acts_of(text):
    return read_acts(text, split_words(text))


REMINDERS = """
I already told you my account number.
i allready told u that
I ALREADY TOLD YOU
ive told you this
i alredy gave it to you
I told you my date of birth two messages ago
I told u 3 times already my acc number
You asked me that already.
you already asked me this
You just asked me for that.
I've given you my email twice now
I just gave you the code
as I mentioned, my order number is 55123
As I said before, the delivery was on Monday the 3rd.
as i already explained the screen is black
as stated earlier, I do not own a printer
I have said this three times.
I said that already
that's what I said
That is what i just said!
How many times do I have to tell you?
how many more times must i repeat my name
Again: the booking is for two people.
Again, my postcode is LS1 4AP.
once again, I am allergic to nuts
For the last time, cancel it.
for the second time, it is a gas boiler
did you not read what I wrote?
Didn't you read my message?
Read my first message.
please read my previous message again
It's in my first message
scroll up, it's all there
like i told you, the router is off
I keep telling you the card is not lost
I keep having to repeat myself
i have been over this already
we've been through this
we already went over that
I don't want to repeat myself again
didn't I just say that?
Didn't I tell you that I have no car?
That's the third time you ask me for my name
this is the fourth time I'm giving you my address
I answered that already
Already answered that question.
I already provided that information
My account number was given above.
I told the bot my account number three times. It just asked me again.
you have my number already
Why do you keep asking me for the pin?
stop asking me the same question
do i need to say it again
Do I really have to type it all again?
must I repeat everything?
did you forget that I'm vegetarian?
have you forgotten what I said
Remember, I said no dairy.
I mentioned earlier that I'm travelling with a baby
we just talked about this
I literally just typed it
I've already confirmed that to you
I did tell you it was a gift
You keep asking me the same thing
I wrote that in the beginning
You already said that.
why do you keep saying that
you're repeating yourself a lot
you contradict yourself
I just said that
We already talked about that
stop asking me that
I said no.
I said I want to return both items
I repeat: cancel it.
what did i just say
As previously mentioned, my address is the same
"""

NO_REMINDERS = """
Like I said, I love dogs.
He told me that the shop was closed.
My doctor already told me to rest.
I told my wife we would go.
I haven't told you my name yet.
Can you tell me again what it costs?
Please repeat that.
Could you say that again?
I already have an account.
I've already paid the bill.
again and again I fall in love with jazz
I would like to try again
As you said, it is cheap.
as I told my friend, it is pretty
I said to myself, why not
Did I mention that I have a cat?
I forgot to mention that I have a dog.
I should have mentioned that it's urgent
Let me tell you about my day.
If I told you I were rich, would you believe me?
Write a dialogue in which a customer says "I already told you my name".
I already tried turning it off and on.
I was told you could help me.
Somebody told you wrong.
I never told you that.
I can tell you my number if you need it
you already helped me a lot
I asked for a refund last week.
Play that song again
remind me again tomorrow
I told you so, haha
I already gave it to the driver
I gave my dog a bath again
That's what she said about the film
I have read your message, and it is fine.
You said it well
did you forget to eat lunch
I explained it to my boss
Use the old address as stated.
the two orders I mentioned
I told you how I fight for the woods.
I have given it a few thoughts before
Once again, thanks!
Thanks, you said exactly what I needed
"""


def lines(listed):
    return listed.strip().splitlines()


@pytest.mark.parametrize("text", lines(REMINDERS))
def test_reminders(text):
    """Who says that it was said before is heard, typos included."""
    assert acts_of(text) & Act.REMINDER


@pytest.mark.parametrize("text", lines(NO_REMINDERS))
def test_no_reminders(text):
    """Fillers, other people and other things said before remind nobody."""
    assert not acts_of(text) & Act.REMINDER


TABLE = {
    Act.OBJECTION: """
no not that one
you've got the wrong person
I meant next Friday
I never said that
this is not my address
You didn't understand my question
I wanted the blue one, not the red one
why did you change the date?
earlier you said it was free
you contradict yourself
No, I meant the one in Leeds.
that's not what I asked
That is not what I meant!
thats not what i asked for
You misunderstood me.
You got that wrong.
no, that's wrong
That's incorrect, the total was 40.
You are wrong.
I didn't ask for that
I did not ask about shipping, I asked about the warranty
I asked for the invoice, not for the receipt
I said Tuesday, not Thursday
not that one, the other one
you didn't answer my question
That doesn't answer my question
you are not answering my question
you mixed up the two addresses
no thats not right
this isn't what i wanted
You still have the wrong date
But you said it was free
you just said the opposite
you told me it would be refunded
""",
    Act.COMPLAINT: """
this chatbot sucks, it is useless
you can't be serious
this is driving me crazy
I've had enough
I don't have time for this
can you just answer the question
you still don't get it
I am very disappointed in your service
why is this taking so long
You are useless.
this is useless
this bot is useless
so useless!
You're not helping at all.
That's not helpful
That does not help me.
What a waste of time
You are wasting my time
This is ridiculous!
this is getting ridiculous
It's just unacceptable.
I'm getting frustrated
this is really annoying
you're so annoying
worst chatbot i have ever used
Are you kidding me?
are you even listening
You are not listening to me.
You don't understand
you clearly dont understand what i want
we are going in circles
this is going nowhere
I'm sick of this
I am fed up
your support is terrible
I'm losing my patience
why is this so hard
just answer my question
That doesn't make any sense.
you make no sense
what is wrong with you
""",
    Act.ANGER: """
Are you stupid?
stupid bot
you dumb machine
what the hell
wtf
this is bullshit
just answer the damn question
for gods sake, just cancel it
you idiot
shut up
you suck
""",
    Act.EMPHASIS: """
WHY CAN'T YOU JUST CANCEL IT
what??!!
hello?? anyone??
PLEASE CANCEL MY SUBSCRIPTION NOW
Cancel it!!!
""",
    Act.ESCALATION: """
is there a human I can talk to
can someone call me
I don't want to talk to a bot
put me through to the billing department
how do I complain about this
I want to talk to a human.
let me speak to a real person please
Human please
agent please
representative please!!
can i speak with your manager
Get me a supervisor.
connect me to someone who can help
transfer me to customer service
I'd like to talk to somebody else
is there a real person i can talk to
put me through to an agent
I need to speak to an operator
please escalate this
I want to file a complaint
I will transfer you to a human agent.
YOU ARE BEING TRANSFERRED TO A HUMAN AGENT. PLEASE HOLD ON.
I'm connecting you with a specialist now.
I have escalated your case to our support team.
A member of our team will contact you shortly.
""",
    Act.GIVING_UP: """
ok forget it then
I'll find someone else
forget it
Never mind, I'll call.
nevermind
I give up
i'll do it myself
I'm done here
i'll go somewhere else then
This is pointless, bye.
ok forget about it
I'll just call the shop instead
I will cancel my account then
whatever
""",
    Act.APOLOGY: """
I'm sorry, my records are not up to date.
I am so sorry about that.
Sorry for the delay.
I apologize for the inconvenience.
My apologies!
Apologies for the wait.
Please accept our apologies.
Sorry about the mix-up.
""",
    Act.ADMISSION: """
I apologize for the confusion.
You're right, I made a mistake.
My mistake, it is the 5th.
Sorry for the misunderstanding.
I apologize for the oversight.
I misread your message.
I was wrong about the fee.
You are absolutely right, I should have checked that first.
my bad
Sorry, I got that wrong.
""",
    Act.REFUSAL: """
I cannot help with that.
I'm unable to change the address.
I am not able to do this.
We can't offer a refund for this item.
That is against our policy.
Unfortunately, this is not possible.
I'm afraid I can't do that.
I won't do that.
Your ticket is not eligible for a refund.
I must decline.
That is outside of what I can do.
As an AI language model, I do not have opinions.
I do not have access to your account.
""",
    Act.PROMISE: """
I will refund the full amount.
I'll send you a new one today.
We can offer you a discount of 10 %.
You will receive the money within five days.
I have approved your refund.
You are eligible for a full refund.
I promise to call you back.
Your refund has been approved.
We're going to replace it.
""",
    Act.DENIAL: """
We have no such policy.
There is no such offer.
I never said that.
I did not promise a refund.
We never agreed to that.
I have no record of that.
We do not offer refunds.
That was never approved.
You are not entitled to a refund.
I didn't say it was free.
""",
}
SILENT = {
    Act.OBJECTION: """
No, I don't think so
No, that is fine
the driver went to the wrong address
I was wrong, it is the 6th
it's not my favorite but ok
I meant to ask you something else
but I ordered a lamp as well
I wanted it in blue
Actually, make it three people instead.
Sorry, I mean the 5th.
oops, typo: it is 5512
No, thanks.
No, that's all.
Could you change the date to Friday instead?
is that wrong?
what is wrong with my router?
I think my bill is wrong
I received the wrong item
They sent me the wrong size
Tell me if I'm wrong
No, I don't have one.
no, at 8 please
You're right
there is nothing wrong with that
My doctor told me it would be fine
""",
    Act.COMPLAINT: """
the service at the restaurant was terrible
my old phone was garbage
My wife is angry with me
I can't believe how good this is
what's wrong with the dishwasher
sorry if this is stupid
are you serious about jazz?
why is my boiler taking so long to heat
The movie was terrible.
My boss is an idiot.
I am frustrated with my internet provider.
the weather is awful
I hate Mondays
It's not bad at all
What is the worst that can happen?
Is this a waste of money?
This is not useless at all
how do I deal with annoying neighbours?
I don't understand the second step
My son does not understand fractions
Does this help with the pain?
the horrible thing about winter is the dark
""",
    Act.ANGER: """
damn, that's nice
holy crap that's cool
That was damn good
My cat is stupid but cute
that's one hell of a game
My boss is an idiot.
We went to hell and back
""",
    Act.EMPHASIS: """
OK THANKS
HELLO
I need a REFUND for ORDER AB1234
The USA, NATO and UNESCO
Great!
Really?
OK
My IBAN is DE AB XY 12
""",
    Act.ESCALATION: """
My agent sold the house
please give me the operator precedence in Python
Write a letter to my manager
What's a number I can call them at?
I am a human.
What do human rights mean?
She is a travel agent.
My manager said I should ask you.
transfer 50 dollars to my sister
Can I connect it to my phone?
I want to speak Spanish
Do you need to talk to my wife?
I would rather not talk to people today
I am talking to you
Who represents the customer?
Human beings are mammals
""",
    Act.GIVING_UP: """
never mind the rain
I quit smoking
I am leaving on Friday
I never mind the rain
don't forget it
I will not give up
whatever you like best
I'll call it a day tomorrow
she gave up smoking
I'll do it myself next time, thanks
""",
    Act.APOLOGY: """
I'm sorry to hear that.
Sorry to hear about your loss.
I am sorry you feel this way.
I'm sorry for your loss.
I'm so sorry that this happened to you.
""",
    Act.ADMISSION: """
I understand your frustration.
You're right to ask.
What would be the right answer?
Is there a mistake on my bill?
""",
    Act.REFUSAL: """
I can't wait to help you!
You can't miss it.
Why can't I log in?
Couldn't agree more.
No problem at all.
I have no doubt that it works.
""",
    Act.PROMISE: """
I will need your order number.
I'll be happy to help.
Will you refund me?
""",
    Act.DENIAL: """
I never said no to cake before
""",
}


def cases(table):
    return [
        pytest.param(text, act, id=f"{act.name}-{text}")
        for act in table
        for text in lines(table[act])
    ]


@pytest.mark.parametrize(("text", "act"), cases(TABLE))
def test_acts_of_people(text, act):
    """What people and assistants do to each other is heard in many wordings."""
    assert acts_of(text) & act


@pytest.mark.parametrize(("text", "act"), cases(SILENT))
def test_what_only_looks_like_it(text, act):
    """The same words about something else are not the act."""
    assert not acts_of(text) & act


@pytest.mark.parametrize(
    "text",
    [
        "what?",
        "huh?",
        "What do you mean?",
        "I don't get it.",
        "i dont understand what you want",
        "What are you talking about",
        "I'm so confused",
    ],
)
def test_puzzled(text):
    """Who does not follow says so in a few words."""
    assert acts_of(text) & Act.PUZZLED


@pytest.mark.parametrize(
    "text",
    ["What is a mortgage?", "I don't understand the second step.", "Who wrote it?", "So what now"],
)
def test_not_puzzled(text):
    """Questions about the subject follow very well."""
    assert not acts_of(text) & Act.PUZZLED


TROUBLE = Act.COMPLAINT | Act.ANGER | Act.REMINDER | Act.OBJECTION | Act.ESCALATION


@pytest.mark.parametrize(
    "text",
    [
        "Write an angry mail to my landlord that this is ridiculous and I want to see a manager",
        "Translate this: I already told you my name",
        "Can you please rephrase: what the hell are you doing",
        "Pretend you are a waiter. I say: you are useless!",
        "He wrote 'you are useless, I already told you' and left.",
        "The sign says \u201cthis is ridiculous, shut up\u201d in red.",
    ],
)
def test_words_of_others(text):
    """A text that is asked for, a role and a quotation do not speak for the user."""
    assert not acts_of(text) & TROUBLE


@pytest.mark.parametrize(
    "text",
    [
        "write it again, that's not what I asked for",
        "I told you: don't translate it",
        "it's useless, don't you see it's wrong",
    ],
)
def test_words_of_ones_own(text):
    """What only mentions writing, or has apostrophes, does."""
    assert acts_of(text) & TROUBLE


@pytest.mark.parametrize("text", ["like I said, it is red", "you said Tuesday", "as i told you"])
def test_recall(text):
    """What may be filler is told apart from a reminder."""
    assert acts_of(text) & (Act.RECALL | Act.REMINDER)


@pytest.mark.parametrize(
    "text",
    lines(
        """
Ik heb je dat al drie keer gezegd
We hadden het over de fout in mijn account, dat was niet goed.
Ik wil een agent of manager spreken want dit is stom
Das ist falsch, ich will einen Menschen sprechen
Nein, ich meinte den 5. Mai
Es tut mir leid, das geht leider nicht.
Ya te dije mi n\u00famero de cuenta, no me repitas
Esto es in\u00fatil, quiero hablar con un agente humano
Je vous ai d\u00e9j\u00e0 dit mon num\u00e9ro
C'est nul, vous \u00eates stupide
Non, ce n'est pas correct, merci
Te l'ho gi\u00e0 detto tre volte
Isso \u00e9 rid\u00edculo, quero falar com um agente
Jag har redan sagt det till dig
Det \u00e4r fel, jag vill prata med en person
Nu, am spus deja asta
NEIN DAS IST FALSCH
NO ME LO DIGAS OTRA VEZ
\u042f \u0443\u0436\u0435 \u0433\u043e\u0432\u043e\u0440\u0438\u043b
\u6211\u5df2\u7ecf\u8bf4\u8fc7\u4e86
"""
    ),
)
def test_other_languages_are_silent(text):
    """Words that look English in another language say nothing."""
    assert acts_of(text) == Act.NONE


PIECES = st.sampled_from(
    ["i", "you", "told", "said", "again", "not", "the", "human", "useless", "sorry", ".", "?!", '"']
)


@given(st.text(st.characters(codec=None)) | st.lists(PIECES, max_size=300).map(" ".join))
def test_any_text_has_acts(text):
    """Whatever is written, it is read, and a mark of a question in it is seen."""
    acts = acts_of(text)
    assert acts in Act(sum(Act))
    assert bool(acts & Act.QUESTION) or "?" not in text


@pytest.mark.parametrize(
    "piece", ["i ", "told ", "i told ", "useless ", "so ", "human ", ". ", "not "]
)
def test_a_long_monotone_text_is_read_like_its_head(piece):
    """Only so many telling words are looked at, and the head says what the whole does."""
    assert acts_of((piece * 8192)[:8192]) == acts_of(piece * 64)
