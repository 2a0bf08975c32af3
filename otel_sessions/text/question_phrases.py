"""Question phrases: the words by which texts ask, and what each says of the value asked for.

English. All lists were written for this package.
"""

from collections.abc import Mapping

from otel_sessions.records import ValueKind
from otel_sessions.text.words import phrases, word_set

KINDS: Mapping[str, ValueKind] = {
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
            country state neighborhood neighbourhood street airport station born""",
        ValueKind.NUMBER: "duration length quantity age weight reading",
    }.items()
    for word in words.split()
}
_PEOPLE = word_set(
    """
    people person persons guest guests adult adults traveller travellers traveler travelers
    attendee attendees participant participants diner diners group party pax passenger passengers
    rider riders
    """
)
NAMING = {
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
    "age": "age",
    "weight": "weight",
    "reading": "reading",
    "address": "address",
    "postal": "zip",
    "why": "reason",
    "plate": "registration",
    "plates": "registration",
    "color": "colour",
    "colors": "colour",
    "acct": "account",
    "reg": "registration",
    "cust": "customer",
    "os": "system",
    "weigh": "weight",
    "weighs": "weight",
    **dict.fromkeys(("kg", "kilos", "kilograms", "lbs"), "weight"),
    **dict.fromkeys(("heavy", "weighing"), "weight"),
    **dict.fromkeys(("reservation", "confirmation", "pnr"), "booking"),
    **dict.fromkeys(("medicine", "medicines", "meds", "medications"), "medication"),
    **dict.fromkeys(("shop", "shops", "store", "stores", "branch", "branches"), "store"),
    **dict.fromkeys(("night", "nights"), "duration"),
    **dict.fromkeys(("parcel", "parcels", "packages", "shipment"), "package"),
    **dict.fromkeys(("membership", "members"), "member"),
    **dict.fromkeys(_PEOPLE, "people"),
}
"""Words that say which value it is, some of them also its kind; one word for all that mean it."""
NUMBER_NOUNS = word_set("number numbers digits")
OWNERS = word_set("your the his her their this that my our")
HOW = dict.fromkeys(word_set("many long old big large tall heavy far"), ValueKind.NUMBER)
HOW["much"] = ValueKind.MONEY
DURATION = word_set("long duration length")
ASKING = word_set(
    "what whats what's which whichever when when's where where's who who's whom whose how"
)
LINKING = word_set("when where who whose which how")
"""Of the asking words, those that also start a clause that only describes."""
SUBORDINATING = word_set("when where who")
"""Of the asking words, those that also open a clause of time or place."""
AFTER_ASKING = word_set("to else exactly then though from in at on")
BEFORE_ASKING = word_set("know me us tell say remember recall on at in for from to with")
CALLING = word_set("call reach ring text contact phone")
"""What is done with a number that makes it one of a telephone."""
ON_CONDITION = phrases("if so, if yes, if you do, if it is, if there is, in that case")
ANOTHER = word_set("another second other additional further also too")
"""Words that make it another one that a condition, or the sentence behind them, asks for."""
POINTING = word_set("its it that their they them his her he she those one ones")
"""Words that point back at what the sentence before is about."""
REQUESTING = word_set(
    """
    provide give tell share specify enter send state supply type choose select indicate
    include confirm verify giving telling sharing providing remind say repeat reply
    respond start begin describe explain
    """
)
"""Words behind which stands what is requested."""
FORBIDDING = word_set("never not don't dont")
CONDITIONS = word_set("if whether once")
DESCRIBING = word_set(
    """
    for so because if when while that you you'd you've i i'd we along with as to before after until
    """
)
"""Words that end the name of a value and start its description."""
OWNING = word_set("have know need get remember recall ask require")
ASKERS = word_set("i i'll i'd will would we we'll we'd to me us just")
"""Words before an owning word that make it a request ("may I have", "I'll need")."""
SPEAKERS = word_set("i i'll i've i'd we we'll we've we'd they it me us will")
"""Who does it itself, and does not request it."""
PURPOSES = word_set("to so because if when once until")
"""Words behind which stands what an id, a name or an address is needed for."""
LEADS = word_set(
    """
    and so but or also then now okay ok sure certainly alright all great good perfect thanks thank
    you please well no yes yeah of course in at on for from to by until till with under into about
    beautiful exactly just absolutely sorry hello hi again finally first lastly right
    """
)
REQUESTS = phrases(
    """
    please provide, please give, please tell, please share, please enter, please specify,
    please state, please say, please supply, please type, please send, please let me know,
    please choose, please select, please indicate, please include, please describe,
    please explain, describe the, describe your, provide me, provide your,
    provide the, give me, tell me, let me know, share your, share the, specify your, specify the,
    enter your, enter the, send me, may i have, can i have, could i have, can i get, could i get,
    may i get, may i know, i need your, i need to know, i'll need, i will need, i would need,
    i need the, i'd need, we'd need, i want to know, i'd like to know, i would like to know,
    need to have your,
    mind giving, mind telling, mind sharing, mind providing, able to provide, able to share,
    remind me, confirm your, verify your, confirm the, verify the, ask for your, ask for the,
    repeat your, repeat the, take your, me get your, me have your, i just need, i need both,
    going to need your, going to need the, we need your, we need the, we'll need your,
    we'll need the, require your, require the, type your, type in your, reply with your,
    respond with your, start with your, begin with your
    """
)
MANNERS = phrases(
    """
    how did you, how will you, how do you want to, how would you like to, how would you prefer to,
    how do you wish to, how are you going to, how are you planning to
    """
)
"""Asked for a way of doing something, and not how somebody is."""
PREFERENCES = phrases(
    """
    any particular, any specific, any certain, any preferred, any preference, a particular,
    a specific, a certain, a preferred, a preference, some specific, some particular, a favorite,
    a favourite, your preferred, your favorite, your favourite, in particular, do you prefer,
    any type, any kind, any sort, there a date, there a time, there a day, there a type,
    there a kind
    """
)
OFFERS = phrases(
    """
    there anything else, with anything else, anything else i, anything else you, anything else we,
    anything else today, what else, would you like to, would you like me to, would you like us to,
    do you want to, do you want me to, do you want us to, do you wish to, shall i, shall we,
    should i, should we, can i help, may i help, i help you, i assist you, i be of, i do for you,
    may i assist, like to proceed, want to proceed, wish to proceed, would you prefer to,
    are you ready, do you need help, do you need any, do you have any, to know more, how about,
    what about
    """
)
ADDITIONS = phrases(
    """
    to add, to include, to have, me to add, me to include, us to add, us to include, i add,
    i include, we add, we include
    """
)
"""Asked for whether it is wanted: less an offer of help than a question about what was ordered."""
CONFIRMATIONS = phrases(
    """
    is that right, is this right, is that correct, is this correct, is that ok, is that okay,
    is it correct, that right, that correct, did you say, did you mean, do you mean, are you sure,
    correct me, confirm that, does that, does this, do these, is that what, sound good, sounds good,
    okay with you, work for you, works for you, double check, check again, send again, try again
    """
)
CONFIRMED_LAST = word_set("right correct ok okay yes no")
TELLING_FIRST = word_set("you you'd you'll you're i i'll i've we it that this there here")
CLOSING_FIRST = word_set(
    """
    is are was were do does did have has had can could would will should may might isn't aren't
    don't doesn't didn't haven't hasn't wouldn't ought shall am
    """
)
CHECKS = word_set("confirm verify validate")
IDENTIFYING = (ValueKind.EMAIL, ValueKind.PHONE, ValueKind.CODE, ValueKind.NAME)
CHECKED = (*IDENTIFYING, ValueKind.DATE, ValueKind.PLACE)
"""What a text that asks to confirm something may ask for; of the rest it wants a yes."""
SORTS = word_set(
    "type types kind kinds sort sorts category categories genre genres style cuisine class"
)
STARTS = word_set(
    """
    from leave leaving depart departing departure origin start starting begin beginning pickup
    pick picking collect outbound checkin
    """
)
ENDS = word_set(
    """
    return returning back drop dropoff end ending until till arrive arriving arrival destination
    headed heading checkout inbound
    """
)
TRAVELLING = word_set(
    """
    go going travel traveling travelling head deliver delivered delivery ship shipped shipping send
    """
)
CHANGING = word_set("switch change upgrade downgrade exchange swap move")
"""What ends in a new value ("which plan would you like to switch to?")."""
OTHERS = word_set(
    """
    her his their hers theirs daughter's son's wife's husband's child's partner's mother's father's
    """
)
"""Whose value it is, if not the user's own."""
MORE = word_set("another second additional other next further new different more each instead")
FORMS = word_set(
    """
    prefer preferred prefers preference preferences particular specific certain specify provide
    share enter proceed interested category categories type types kind kinds sort sorts plan
    planning wish intend desire desired require required requires search searching find happy
    certainly assist verify identity following detail details information exactly convenient
    comfortable suitable best mind add adding include including associated file first confirm
    complete full valid current
    favorite favourite possible course hope hoping expect expected answer question problem
    absolutely handy hand regarding ur long whether ought set today now use work works remind ready
    moment digit digits character characters printed written shown listed displayed
    two three four five six seven eight nine ten describe explain exact
    """
)
