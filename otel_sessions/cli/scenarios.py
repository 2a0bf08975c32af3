"""Scenarios: the conversations of the demo. Data only; `scripts.py` says what the fields mean.

Long because conversations are. Three are healthy, each of the others degrades in one way; about
half name their session, the others leave it to the library. Delays are real, in seconds.
"""

from otel_sessions.cli.replies import OVERFLOW, Failure, Reply
from otel_sessions.cli.scripts import Script, Step, dialogue

_OVERLOADED = Failure(503, "The engine is currently overloaded, please try again later")


def _call(name: str, arguments: str, call_id: str) -> Reply:
    function = {"name": name, "arguments": arguments}
    return Reply(tool_calls=({"id": call_id, "type": "function", "function": function},))


_SLOW = Script(
    "growing latency",
    "You help to plan a garden.",
    (
        Step(
            "What could I plant on a balcony that gets sun until noon?",
            Reply(
                "Lettuce, chives, strawberries and fuchsias like morning sun.", (), 900, None, 0.2
            ),
        ),
        Step(
            "How deep must the boxes be for strawberries?",
            Reply("At least 20 cm, with holes so that water can drain.", (), 2_400, None, 0.2),
        ),
        Step(
            "Which soil do you recommend?",
            Reply("Potting soil with a third of compost and some sand.", (), 4_200, None, 0.22),
        ),
        Step(
            "When do I plant them out?",
            Reply("From mid April, once the nights stay above freezing.", (), 6_300, None, 0.25),
        ),
        Step(
            "Do they need fertiliser in summer?",
            Reply("A little berry fertiliser every two weeks until August.", (), 9_000, None, 0.5),
        ),
        Step(
            "My neighbour warns of slugs, even on the third floor.",
            Reply("They come with bought plants. A copper band helps.", (), 14_000, None, 0.8),
        ),
        Step(
            "Can I keep the plants over the winter?",
            Reply("Yes. Wrap the box, put it against the wall.", (), 21_000, None, 1.1),
            shows=("latency_growth",),
        ),
        Step(
            "Make me a calendar of all this, please.",
            Reply("March: fill boxes. April: plant. June: harvest.", (), 30_000, None, 1.4),
            shows=("latency_growth",),
        ),
    ),
    session_id="garden-2231",
)

_SHORT = Script(
    "healthy, short",
    "You answer questions about the public library.",
    dialogue(
        "Hello, is the library open on Sunday?",
        "Good morning! On Sundays we are open from 11 to 17, the reading room only.",
        "Can I return books then?",
        "Yes, the machine beside the entrance takes returns at any hour of the day.",
        "Great, thanks!",
        "You are welcome. Enjoy your Sunday!",
    ),
)

_LONG = Script(
    "healthy, long",
    "You help to set up a home router, one step at a time.",
    dialogue(
        "Hi, I bought a new router and want to set it up.",
        "Happy to help. Is the box unpacked and the power cable at hand?",
        "yes",
        "Good. Plug in the power and wait until the front light stops blinking.",
        "ok",
        "Now connect the grey cable to the port marked WAN and to the wall socket.",
        "done",
        "On your laptop, look for the wireless network printed on the label below the router.",
        "found it",
        "Join it with the key on the same label. A setup page should open by itself.",
        "ok thanks",
        "Does the page ask for a language?",
        "yes",
        "Choose yours, then press Next. It will look for the type of your connection.",
        "go on",
        "It should say DSL or fibre. Which one do you see?",
        "fibre",
        "Then the provider's data are read from the line; nothing to type. Press Next again.",
        "ok",
        "Pick a name for your wireless network. Anything without your own name is fine.",
        "done",
        "Now a password: 16 characters or more, perhaps four words that you remember.",
        "done",
        "The router restarts now. That takes about two minutes; the light turns white.",
        "it is white",
        "Join the new network on the laptop with your new password.",
        "works, thank you",
        "Shall we also switch on the guest network for visitors?",
        "yes please",
        "Open Wireless, then Guests, and move the switch. Visitors cannot see your devices there.",
        "ok, go on",
        "Last one: under System, allow automatic updates at night.",
        "done",
        "That was all. Your network is up, protected, and keeps itself current.",
        "perfect, bye",
        "Goodbye, and have fun with it!",
    ),
    session_id="router-setup-88",
    style="streamed",
)

_AGENT = Script(
    "healthy, with tools",
    "You are the travel desk. Look up trains with find_trains and book with book_train.",
    (
        Step(
            "I need to be in Hamburg on Tuesday before ten, from Berlin.",
            _call(
                "find_trains", '{"from": "Berlin", "to": "Hamburg", "arrive_before": "10:00"}', "t1"
            ),
        ),
        Step(
            None,
            Reply("There are two: 06:42, arriving 08:29, and 07:34, arriving 09:21. Which one?"),
            ('[{"train": "ICE 802", "dep": "06:42"}, {"train": "ICE 804", "dep": "07:34"}]',),
        ),
        Step(
            "The later one, with a seat at the window.",
            _call("book_train", '{"train": "ICE 804", "seat": "window"}', "t2"),
        ),
        Step(
            None,
            Reply("Booked: ICE 804, coach 7, seat 41 at the window. The ticket is in your mail."),
            ('{"coach": 7, "seat": 41, "status": "booked"}',),
        ),
        Step(
            "And what is the weather there going to be?",
            Reply("I can't see forecasts, but Hamburg in November is a good place for a raincoat."),
        ),
    ),
    session_id="travel-517",
    style="async",
)

_REPEATED = Script(
    "question asked three times",
    "You are the assistant of a web shop.",
    (
        *dialogue(
            "Hi, I ordered a blue lamp last week.",
            "Thank you for your order! Our lamps are made by hand in small series.",
            "When will my parcel with the lamp arrive?",
            "We ship with several carriers, and each parcel gets a tracking number.",
        ),
        Step(
            "I would like to know when the parcel with my lamp will arrive.",
            Reply("You find general information on shipping on our help pages."),
            shows=("repeated_question",),
        ),
        *dialogue(
            "The number is 20-4471, if you need it.",
            "Thanks, I have noted the order number 20-4471.",
        ),
        Step(
            "So on which day will the parcel with my lamp arrive here?",
            Reply("Delivery times depend on the carrier and on the region."),
            shows=("repeated_question",),
        ),
    ),
)

_RESTART = Script(
    "restart lost the history",
    "You help with claims of a travel insurance.",
    (
        *dialogue(
            "Good morning, my suitcase did not arrive with flight LH 1830 yesterday.",
            "I am sorry to hear that. Did the airline give you a report with a reference?",
            "Yes, it is FRALH48213.",
            "Thank you. Which things did you have to buy until now, and for how much?",
            "A jacket for 89 euros and some underwear for 35.",
            "That is covered up to 500 euros. Please keep both receipts.",
            "I have them as photos.",
            "Perfect, you may upload them at the end of this chat.",
        ),
        Step(
            "How long does it take until you pay?",
            Reply("Hello! I am happy to help. What happened on your trip?"),
            forgets=slice(0, None),
            shows=("context_reset",),
        ),
        *dialogue(
            "We were just talking about my suitcase. Do you not see that?",
            "I am afraid that I see no earlier messages. Could you describe the case?",
            "It was lost on flight LH 1830, and I have a report.",
            "Thank you. What is the reference of the report?",
        ),
    ),
    session_id="claim-60417",
)

_CUT = Script(
    "history cut without a word",
    "You help to cook.",
    (
        *dialogue(
            "I want to cook for six on Saturday; two of them eat no meat, one has coeliac disease.",
            "Then a vegetable curry with rice suits all: no meat, no gluten, easy to make for six.",
            "Sounds good. I have two large pots and one oven, and about two hours.",
            "That is plenty. Rice in one pot, curry in the other; the oven stays free for dessert.",
            "Which vegetables would you take in autumn?",
            "Pumpkin, carrots, cauliflower, and spinach at the end; all are in season.",
            "How much pumpkin do I need?",
            "One Hokkaido pumpkin of about 1.2 kg; its skin can be eaten, so no need to peel it.",
            "And for dessert?",
            "Baked apples with almonds: 40 minutes in the oven, and free of flour.",
        ),
        Step(
            "Write me a shopping list for everything.",
            Reply(
                "Apples, almonds, butter, cinnamon. Was there anything else that you plan to cook?"
            ),
            forgets=slice(0, 8),
            shows=("context_truncated",),
        ),
        *dialogue(
            "The main course, of course!",
            "Which main course would you like? A lasagne with minced meat is always welcome.",
        ),
    ),
)

_FILLING = Script(
    "window fills up",
    "You read contracts and answer questions about them.",
    (
        Step(
            "Here is part one of the lease. What is the notice period?",
            Reply("Three months to the end of a quarter, says clause 4.", input_tokens=21_000),
        ),
        Step(
            "Part two. Who pays for repairs of the lift?",
            Reply(
                "The landlord; clause 11 excludes it from the shared costs.", input_tokens=46_500
            ),
        ),
        Step(
            "Part three, the annexes. Is there a list of the keys?",
            Reply("Annex C lists 14 keys, two of them for the cellar.", input_tokens=70_200),
        ),
        Step(
            "Now the lease of the second building, first half. Same landlord?",
            Reply("No, it names a different company in clause 1.", input_tokens=97_800),
            shows=("context_pressure",),
        ),
        Step(
            "And its second half. Which deposit do they ask for?",
            Reply("Three monthly rents, payable in three instalments.", input_tokens=119_400),
            shows=("context_pressure",),
        ),
    ),
    session_id="lease-review-9",
)

_OVERFLOW = Script(
    "window overflows",
    "You find faults in log files.",
    (
        *dialogue(
            "Our checkout service answers slowly since noon.",
            "Please paste the part of its log around noon; lines with WARN or ERROR are enough.",
            "12:01 WARN pool exhausted, 12:02 WARN pool exhausted, 12:03 ERROR timeout after 30 s",
            "The database pool runs empty. Did a release go out shortly before?",
        ),
        Step(
            "I don't know. Here is the complete log of the day.",
            OVERFLOW,
            shows=("context_overflow",),
        ),
    ),
)

_ABORTED = Script(
    "user stops the reply",
    "You write letters.",
    (
        *dialogue(
            "I need a letter to my landlord about the broken heating.",
            "Gladly. Since when is it broken, and did you report it before?",
        ),
        Step(
            "Since Monday, and yes, by phone.",
            Reply(
                "Dear Sir or Madam, since last Monday the heating in my flat has been off. "
                "I told you so by phone on the same day and have had no answer since then. "
                "I ask you to have it repaired within three days."
            ),
            leaves_after=4,
            shows=("partial_response",),
        ),
        *dialogue(
            "Stop, please make it less formal.",
            "Hello Mr Brandt, the heating has been cold since Monday, as I said on the phone.",
        ),
    ),
    style="streamed",
)

_BROKEN = Script(
    "connection lost in a reply",
    "You explain physics to pupils.",
    (
        *dialogue(
            "Why is the sky blue?",
            "Air scatters short waves more than long ones, and blue light has short waves.",
        ),
        Step(
            "Then why is it red in the evening?",
            Reply(
                "In the evening the light comes a much longer way through the air, and on that way "
                "nearly all of the blue has been scattered to the side, and red is what remains.",
                breaks_after=3,
            ),
            shows=("partial_response",),
        ),
        *dialogue(
            "Hello? Your answer ended in the middle.",
            "Sorry! The long way through the air removes the blue, and the red remains.",
        ),
    ),
    session_id="physics-12",
    style="async streamed",
)

_LOOP = Script(
    "tool loop",
    "You are the assistant of a bank. Use get_balance and get_transfer.",
    (
        Step(
            "Good evening, what is the balance of my account?",
            _call("get_balance", '{"account": "main"}', "b1"),
        ),
        Step(None, Reply("Your balance is 1,204.10 euros."), ('{"balance": 1204.10}',)),
        Step(
            "Did the transfer to my sister go out?",
            _call("get_transfer", '{"to": "sister", "days": 7}', "c1"),
        ),
        Step(
            None,
            _call("get_transfer", '{"days": 7, "to": "sister"}', "c2"),
            ('{"error": "name is ambiguous"}',),
        ),
        Step(
            None,
            _call("get_transfer", '{"to": "sister", "days": 7}', "c3"),
            ('{"error": "name is ambiguous"}',),
        ),
        Step(
            None,
            _call("get_transfer", '{"to": "sister",  "days": 7}', "c4"),
            ('{"error": "name is ambiguous"}',),
            shows=("tool_loop",),
        ),
        Step(
            None,
            Reply("I could not find out. Which name is on the account of your sister?"),
            ('{"error": "name is ambiguous"}',),
        ),
    ),
)

_FAILED = Script(
    "server overloaded",
    "You translate into French.",
    (
        *dialogue(
            "How do I say: where is the station?",
            "Où est la gare ?",
            "And: I have a reservation?",
            "J'ai une réservation.",
        ),
        Step("And now: the train was late.", _OVERLOADED),
        Step(None, _OVERLOADED, shows=("call_failed",)),
        *dialogue(
            "Shall I wait a minute?",
            "I am back: le train avait du retard.",
        ),
    ),
    style="async",
)

SCENARIOS: tuple[Script, ...] = (
    _SLOW,  # first, because it takes longest
    _SHORT,
    _LONG,
    _AGENT,
    _REPEATED,
    _RESTART,
    _CUT,
    _FILLING,
    _OVERFLOW,
    _ABORTED,
    _BROKEN,
    _LOOP,
    _FAILED,
)
