"""Claim phrases: the words with which English speakers grant, refuse, concede and insist.

All are in the plain form of `text/phrasing.py`; `.` is the end or the start of a sentence, and
`[a|b|]` stands for any of these, an empty one included. The lists are ours.
"""

from otel_sessions.text.phrasing import INSTEAD, Phrases
from otel_sessions.text.words import word_set
from otel_sessions.texts import StanceFlag

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
            not [aware of|know of] [any|a|such|anything], do not recall, do not remember
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
    included returns
    """
)
"""What is refused if a negation stands before it."""

REFUSING = word_set(
    """
    unable ineligible impossible unavailable declined rejected denied nonrefundable prohibited
    forbidden decline refuse excluded excludes voided
    """
)
"""What refuses without a negation."""

RULES = word_set("policy policies rule rules terms guidelines")
"""What something is against that is refused."""
TOLERANT = word_set("need want know see think expect require mind find believe charge recommend")
"""Verbs that refuse nothing after "we do not"."""

CONDITIONS = word_set(
    "if unless provided depending depends subject maybe might possibly perhaps potentially could"
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
    refundable available valid qualified welcome
    """
)
"""What something is that is granted."""

RIGHTS = word_set(
    """
    return get claim have keep exchange cancel use bring change receive switch pause rebook expect
    enjoy move transfer redeem freeze upgrade
    """
)
"""What somebody may do to whom it is granted."""

IDLE = word_set(
    """
    need look check see wait let try find know assume take ask go come start continue explain
    proceed verify review walk guide require want be have help assist understand note gather look
    not do confirm investigate transfer connect summarize list show tell say
    """
)
"""Verbs of a promise that leads to nothing yet."""

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
    automatically directly note know like happen happens answer live order orders item items
    product products purchase account
    """
)
"""Words that do not say what a claim is about."""

STANCES = Phrases(
    [
        (INSTEAD, "you are right [to|next|there|here|on|in|at]"),
        (
            StanceFlag.CONCEDES,
            """
            [conclusion|summary|therefore|ultimately|overall|sum|short] while,
            [conclusion|summary|ultimately|overall] [although|though],
            valid [concern|concerns|criticism|criticisms|points|reasons]
            """,
        ),
        (
            StanceFlag.YIELDS,
            """
            you are [absolutely|completely|totally|quite|] [right|correct],
            i stand corrected, [upon|on] [further|] [reflection|reconsideration],
            i [was|am] [wrong|mistaken|incorrect], i [have|] [changed|reconsidered] my,
            i [apologize|am sorry] for [the|my|any|] [confusion|error|mistake|oversight|incorrect],
            i [now|] agree with you, you have convinced me, i take [it|that] back, i concede,
            [good|fair|excellent] point ., i have to admit, my [mistake|error|apologies],
            i [must|should] correct [myself|my], you have changed my mind, i see [now|] that i
            """,
        ),
        (
            StanceFlag.HOLDS,
            """
            [i|we] [still|] maintain, remain [convinced|committed|firm|confident], reiterate,
            reaffirm, uphold, [i|we] stand by, stand firm, firmly, strongly believe, convinced,
            in my view, my [view|position|stance|argument] [is|remains|stands|rests|holds],
            [i|we] still [hold|argue|stand], in defense of, in defence of, i [would|] contend,
            as i said, i hold that, i insist, my answer [remains|is still], still stands,
            the [evidence|case] [remains|is clear|is strong]
            """,
        ),
        (
            StanceFlag.OPPOSES,
            """
            counterargument, counterarguments, counterpoint, counterpoints, on the contrary,
            opposing [view|viewpoint|argument|arguments|perspective|side], the other side,
            [argue|arguments|case] against, the opposite, [the|an] alternative
            [view|viewpoint|perspective], [a|from a] different [perspective|view|viewpoint|stance]
            """,
        ),
        (
            StanceFlag.DISPUTES,
            """
            [i|we] [do not|still do not|can not|would not] [fully|really|quite|] agree, i [strongly|
            totally|completely|respectfully|] disagree, are you [really|absolutely|quite|100|]
            [sure|certain|positive], you sure ., . i [do not|still do not] think so .,
            [that|this|it|which] is [simply|just|clearly|] [not|] [wrong|incorrect|false|untrue],
            [that|this|it] is [not|simply not|just not] [right|correct|true|so|accurate|the case],
            [that|this|it] can not be [right|true|correct], you are [wrong|mistaken|incorrect],
            i [think|believe] [you are|that is|this is|it is] [wrong|incorrect|mistaken|false],
            i [do not|can not] [think|believe] [that|this|it|you] [is|are] [right|true|correct],
            i [highly|really|] doubt [it|that|this], [i am|still] not convinced, i beg to differ,
            i am [not|] [convinced|certain|pretty sure|quite sure] [you are|that you|it is] ,
            . wrong ., . [no way|nonsense|not true|that is false] ., think again, i object,
            i was told otherwise, does not [sound|seem|look] right, [why|how] can you say that
            """,
        ),
        (
            StanceFlag.RETRACTS,
            """
            never mind, forget [it|about|that|the], changed my mind, on second thought,
            on second thoughts, i [do not|no longer] [want|need] [it|that|the|a|this|any] ,
            i would rather [not|keep|have|stay|leave], [do not|no need to] [cancel|bother|send|do],
            [drop|scrap|skip] [it|that|the], leave it, instead of, let us not,
            no longer [want|need],
            i have decided [not|against], i take [that|it] back, after all,
            . [please|so|then|actually|just|ok|okay|no|and|] do not
            [refund|cancel|send|book|change|return|exchange|process|issue|upgrade|replace|ship|move|
            pause|extend|credit|order|renew|do|apply|reserve|schedule|make|give|pay|charge],
            no need [to|for], [i|we] will [just|] keep, not necessary [any|] [more|anymore|after]
            """,
        ),
        (
            StanceFlag.EXPLAINS,
            """
            [i|we] [have|] [just|] [checked|looked into|looked at|reviewed|verified|confirmed with],
            it turns out, [since|because|given that|now that] [you|your], in that case,
            [i|we] [can|now] see [now|] that, [i|we] [have|] [found|learned|noticed] that,
            according to [the|our|your] [records|system], that changes, thank you for letting,
            thanks for letting, as [mentioned|i mentioned|i said|explained|noted],
            thank you for [the|clarifying|telling|confirming], [system|tool]
            [shows|says|indicates], upon [checking|review], after [checking|reviewing], due to,
            thanks for [the|clarifying|telling|confirming], thank you for [that|this|your]
            [update|clarification|correction|information]
            """,
        ),
        (
            StanceFlag.CITES,
            """
            you [just|already|have|had|] [said|promised|agreed|offered|told me|confirmed|approved|
            assured|guaranteed|mentioned|stated], you were going to, [was|were] [told|promised],
            [as|like] you [said|promised|offered], [as|like] [promised|
            agreed|discussed|offered]
            """,
        ),
        (
            StanceFlag.OTHER_SIDE,
            """
            [devils|devil's] advocate, [argue|make the case|make a case|write] [for|against|from],
            the other side, [pretend|imagine] [to|you|that], role play, roleplay, act as, play the,
            [opposite|opposing|other] [side|view|viewpoint|position|stance|perspective],
            counterargument, counterarguments, pros and cons, now [argue|take|defend|convince],
            in the voice of, as if you were, switch sides, argue [the|that|why], steelman
            """,
        ),
        (
            StanceFlag.AGAIN,
            """
            repeat [that|it|this|them|again|what|the|your|please|everything|all],
            say [it|that|] again, once [more|again], one more time, come again, say again,
            [what|sorry] was that,
            what did you say, [can|could|will] you [please|] [repeat|resend],
            [tell|show|send|give|read|print|write|list|list them|post|explain] [me|us|it|them|that|
            this|] [the|that|this|it|] [again|once more], [start|try|do it|do that|go|run it]
            [over|again], regenerate, retry, did not [hear|catch|get|understand] [that|it|you],
            i [missed|lost] [that|it], remind me, . pardon ., again please, . again .,
            [copy|paste] [it|that] again, . what ., . huh ., recap, summarize, summary
            """,
        ),
        (
            StanceFlag.OTHER,
            """
            another, something else, anything else, [any|some|what|are there|the|have] other,
            any others, different one, alternatives, alternative, which one, what about, how about,
            [is|are] there [any|a|an] , instead, someone else, somewhere else, [closer|cheaper|next]
            one, [nearer|closer|cheaper|better|faster]
            """,
        ),
    ]
)
"""Where a text stands, anywhere in it."""

OPENING_FLAGS = Phrases(
    [
        (
            StanceFlag.CONCEDES,
            """
            while, . [although|though|granted|
            admittedly|despite], i [understand|acknowledge|recognize|appreciate|hear]
            [your|that|the|why|where|you|some|these|those], [valid|fair|good|legitimate]
            [point|points|concern|concerns|argument|criticism|question|reasons],
            you [raise|make] [a|an|some|valid|good|important],
            [it is|that is] true that, to be fair, some [argue|people|believe|would],
            [complex|nuanced] [issue|topic|question|and|one|matter], both sides
            """,
        ),
        (
            StanceFlag.YES,
            """
            . [yes|yeah|yep|sure|absolutely|certainly|definitely|of course|no problem|gladly|
            agreed|done|ok|okay|alright|right away|consider it done|by all means|with pleasure],
            [will|can] do ., [that is|it is|that would be|that will be|that sounds]
            [fine|no problem|possible|ok|okay|not a problem|all right]
            """,
        ),
        (StanceFlag.NO, ". [no|nope|nah|not really|definitely not|of course not]"),
    ]
)
"""Where a text stands, at its beginning."""

_AGAINST = """
    risk risks risky danger dangers dangerous harm harms harmful hurt damage damages damaging
    problem problems problematic issue issues concern concerns concerning drawback drawbacks
    downside downsides disadvantage disadvantages limit limits limited limitation limitations
    lack lacks lacking fail fails failed failure failures flaw flaws flawed difficult difficulty
    difficulties hard challenge challenges challenging barrier barriers costly expensive burden
    burdens unfair unjust inequality inequalities inequity wrong bad worse worst poor weak weakness
    weaknesses ineffective inefficient unreliable unsafe unnecessary threat threats threaten
    undermine undermines hinder hinders prevent insufficient inadequate negative negatively adverse
    unintended abuse misuse exploit exploitation exacerbate exacerbates stifle stifles loss losses
    lose waste error errors bias biased discrimination violate violates overlook overlooks neglect
    disrupt disruption impractical unproven unrealistic unable without against opponents critics
    however although despite not no never
"""
_IN_FAVOUR = """
    benefit benefits beneficial help helps helpful improve improves improved improving improvement
    improvements effective efficient efficiency success successful successfully advantage
    advantages opportunity opportunities support supports supporting supportive promote promotes
    promoting enhance enhances enhancing enable enables enabling empower empowers empowering strong
    stronger strengthen strengthens safe safer safety reliable valuable value essential necessary
    crucial vital important positive positively protect protects protecting protection fair
    fairness equity ensure ensures ensuring encourage encourages encouraging foster fosters
    fostering provide provides providing growth progress innovation solution solutions viable good
    better best great gain gains proven well robust secure sustainable healthy healthier freedom
    right rights contribute contributes reduce reduces reducing indeed truly powerful
"""
JUDGED = dict.fromkeys(_AGAINST.split(), -1) | dict.fromkeys(_IN_FAVOUR.split(), 1)
"""Words that judge: against, -1, or in favour, 1."""
