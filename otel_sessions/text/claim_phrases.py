"""Claim phrases: the words with which English speakers promise, give, refuse and deny.

All are in the plain form of `text/phrasing.py`; `.` is the end or the start of a sentence, and
`[a|b|]` stands for any of these, an empty one included. The lists are ours.
"""

from otel_sessions.text.phrasing import Phrases
from otel_sessions.text.words import word_set

HARMLESS_AFTER = word_set(
    """
    problem problems worries doubt matter trouble wonder idea hurry need hesitate worry forget
    mention only just merely necessarily later more less fewer longer wait thank else cost charge
    charges fee fees extra additional hassle hesitation delay questions question bad thanks
    """
)
"""A negation before one of these denies nothing ("no problem", "without any charge")."""
HARMLESS_BEFORE = word_set("if why or whether")
"""Nor does one right after these ("or not", "why not")."""

DISAVOWED = Phrases(
    [
        (
            1,
            """
            never [said|say|agreed|promised|offered|told|mentioned|approved|claimed|confirmed|
            stated|made|suggested|granted|indicated|committed|guaranteed|discussed|gave|implied],
            [did|have|had] not
            [say|said|agree|agreed|promise|promised|offer|offered|tell|told|mention|mentioned|
            approve|approved|claim|claimed|confirm|confirmed|state|stated|suggest|suggested|grant|
            granted|indicate|indicated|commit|committed|guarantee|guaranteed|imply|implied],
            never [any|an|a] [agreement|promise|offer|commitment|such],
            [was|were|been|is] [never|not] [agreed|promised|offered|mentioned|approved|confirmed|
            discussed|granted|said|made],
            no record [that|of such|of that|of agreeing|of promising|of offering|of an agreement|
            of a promise|of any agreement|of any promise|of saying],
            no [such|] [agreement|promise|commitment] [was|were|exists|on],
            no such [promise|offer|agreement|commitment|conversation|statement],
            [you|there] [must|may|might|seem to] [be|have been|have] [mistaken|misunderstood|
            misheard|confused|a misunderstanding|some misunderstanding|some confusion|a mix up],
            [there is|this is] [a|some] [misunderstanding|confusion], not what i [said|meant],
            not [aware of|know of] [any|a|such|anything], do not recall, do not remember,
            not [see|find|have] any [record|mention|note|trace|sign] of
            """,
        )
    ]
)
"""That something was never said or agreed."""

REFUSED = word_set(
    """
    offer offers provide give grant issue allow allows permit permits accept cover covers
    cover waive refund reimburse compensate replace honor honour support exist exists apply qualify
    make do process possible available eligible entitled covered permitted allowed refundable
    offered included valid able applicable reimbursed refunded waived transferable returnable
    something policy policies promise extend credit upgrade pay exchange authorized option
    supported part provided granted given reversed changed cancelled canceled combined returned
    program scheme rule rules practice deal discount discounts refunds compensation agreement
    record records promised approved agreed issued guaranteed mentioned refundable hand arranged
    included returns free complimentary happen happening paid
    """
)
"""What is refused if a negation stands before it."""

REFUSING = word_set(
    """
    unable ineligible impossible unavailable declined rejected denied nonrefundable prohibited
    forbidden decline refuse exclude excluded excludes voided discontinued withdrawn
    """
)
"""What refuses without a negation."""

RULES = word_set("policy policies rule rules terms guidelines")
"""What something is against that is refused."""
TOLERANT = word_set("need want know see think expect require mind find believe charge recommend")
"""Verbs that refuse nothing after "we do not"."""

CONDITIONS = word_set(
    """
    if unless provided whether what depending depends subject maybe might possibly perhaps
    potentially could
    """
)
"""Words that make a promise conditional."""

ADVERBS = word_set(
    """
    just now already certainly definitely gladly happily also absolutely of course therefore
    then immediately personally fully indeed even still today right away successfully hereby
    certainly happily actually both all go gone went ahead and
    """
)
"""Words between who promises and what."""

GIVING = word_set(
    """
    offer give provide refund waive issue process arrange upgrade credit extend replace reimburse
    cover compensate return exchange honor honour match reverse include book reschedule move cancel
    pause freeze send add apply make do schedule approve grant rebook remove discount lower reduce
    restore deliver ship switch transfer pay let allow accept repair fix change update modify
    prioritize expedite escalate reserve reactivate unlock drop knock throw put hold keep get
    resend renew convert double raise increase
    """
)
"""What somebody who can do it gives or does for a customer."""

ROOTS = {
    "extension": "extend",
    "extensions": "extend",
    "cancellation": "cancel",
    "cancellations": "cancel",
    "cancelled": "cancel",
    "compensation": "compensate",
    "reservation": "reserve",
    "reservations": "reserve",
    "permission": "permit",
    "delivery": "deliver",
    "deliveries": "deliver",
    "exemption": "exempt",
    "exemptions": "exempt",
    "payment": "pay",
    "payments": "pay",
    "held": "hold",
    "kept": "keep",
    "given": "give",
    "brought": "bring",
    "paid": "pay",
    "repay": "pay",
    "repaid": "pay",
    "repayment": "pay",
    "sent": "send",
} | {
    stem + ending: verb
    for verb in GIVING
    for stem in {verb, verb.removesuffix("e")}
    for ending in ("able", "ment", "ments", "al", "als")
}
"""Verbs by the nouns and adjectives made of them, as far as common endings go: "refund" by
"refundable", "reimburse" by "reimbursement"."""

GIVEN = word_set(
    """
    approved agreed arranged issued processed refunded waived credited extended upgraded added
    scheduled reserved submitted cancelled canceled ordered confirmed applied booked replaced
    reimbursed granted accepted moved removed reversed sent changed updated rebooked rescheduled
    authorized paused frozen initiated set put made promised guaranteed switched transferred
    reactivated unlocked restored prioritized compensated given covered returned exchanged shipped
    secured renewed converted noted raised increased lowered reduced
    """
)
"""The same, done."""

PAYING = word_set(
    """
    refund reimburse waive compensate replace credit pay cover give offer grant provide guarantee
    repay honor honour deduct
    """
)
"""What somebody promises by saying that it is done as a rule ("we refund", "we pay for it")."""
NOT_GIVEN = word_set(
    """
    looked checked reviewed received noticed verified tried located listed asked needed mentioned
    explained identified attached encountered searched considered helped answered looked confirmed
    discussed assumed used allowed reached opened closed finished talked worked lived liked
    loved wanted learned enjoyed watched played visited stayed wished hoped failed missed detected
    determined experienced gathered analyzed calculated summarized described
    """
)
"""Past forms after "I have" that give nothing."""

GRANTED = GIVEN | word_set(
    """
    eligible entitled covered included possible allowed permitted free complimentary insured
    refundable available valid qualified welcome exempt owed protected
    """
)
"""What something is that is granted."""

RIGHTS = word_set(
    """
    return get claim have keep exchange cancel use bring change receive switch pause rebook expect
    enjoy move transfer redeem freeze upgrade take
    """
)
"""What somebody may do to whom it is granted."""

INSTRUCTED = word_set(
    """
    reach click tap press log sign type enter select choose read browse search track view open
    download install restart reset reply respond email write message scroll navigate submit upload
    learn compare consider imagine simply either
    """
)
"""What somebody is told to do, and not allowed, by "you can"."""

IDLE = word_set(
    """
    need look check see wait let try find know assume ask go come start continue explain
    proceed verify review walk guide require want be help assist understand note gather look
    not do confirm investigate transfer connect summarize list show tell say forward escalate raise
    relay
    """
)
"""Verbs of a promise that leads to nothing yet."""

SAME = {
    word: lead
    for lead, words in {
        "refund": "reimburse reimbursed reimbursement money repay repaid cashback",
        "deliver": "bring brought",
        "change": """
            correct corrected correction amend amended modify modified update updated edit edited
            move moved reschedule rescheduled rebook rebooked switch switched swap swapped""",
        "repair": "fix fixed mend",
        "pause": "freeze frozen suspend suspended",
        "discount": "reduction reduce reduced rebate lower lowered",
        "waive": "remove removed drop dropped",
        "replace": "substitute",
        "voucher": "coupon compensate compensation",
        "cancel": "terminate terminated termination",
        "free": "complimentary gratis",
    }.items()
    for word in words.split()
}
"""Words by another that may stand for the same gift."""

BLAND = word_set(
    """
    offer give provide issue process arrange apply make do set send add let allow approve get
    receive have policy policies possible available eligible entitled request requests currently
    unfortunately afraid sorry moment time today day days question information detail details
    company customer customers service team system option options able apologize understand
    approved issued processed applied arranged confirmed permitted allowed covered cover kind
    offered provided granted given happy glad pleased case cases terms conditions per rule rules
    case situation type types working business within soon shortly hour hours week weeks month
    months year years minute minutes support exist accept honor qualify something anything record
    misunderstanding agreement promise promised once since two three four five six mentioned offer
    statement believe hear following
    circumstance circumstances use used using find let's full fully total amount part valid
    automatically directly note know like happen happens happening answer live order orders item
    items way course absolutely definitely worries gone ahead seems already
    product products purchase account
    """
)
"""Words that do not say what a claim is about."""
