"""Stance phrases: the words with which English speakers grant, insist, dispute and judge.

All are in the plain form of `text/phrasing.py`; `.` is the end or the start of a sentence, and
`[a|b|]` stands for any of these, an empty one included. The lists are ours.
"""

from otel_sessions.records import StanceFlag
from otel_sessions.text.phrasing import INSTEAD, Phrases

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
            agreed|discussed|offered], . so, [to be|being|make] sure
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
            one, [nearer|closer|cheaper|better|faster], too ., as well, also
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
            . [we|you|it|they] [do|can|may|does|is|are] .,
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
