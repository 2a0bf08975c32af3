"""Act phrases: what English speakers say when they complain, promise, refuse or ask for a person.

All are in the plain form of `text/phrasing.py`; `.` is the end or the start of a sentence, and
`[a|b|]` stands for any of these, an empty one included. The lists are ours.
"""

from otel_sessions.records import Act
from otel_sessions.text.phrasing import INSTEAD, Phrases

PHRASES = Phrases(
    [
        (
            Act.QUESTION,
            """
            i would [like|love], i want, i need, i am [looking for|trying|wondering], i was
            wondering, looking for, [tell|give|show|send|help] me, let me know, [how|what] about,
            please
            """,
        ),
        (
            Act.CORRECTION,
            """
            i meant, . [no|sorry|well] i mean, make [it|that], change [it|that] to, rather than,
            instead, correction, not what i, [is|was|are|were] [wrong|incorrect|not right],
            mistyped, typo, . [actually|wait|oops], . [no|nope|sorry] [it is|it should|its|the], .
            [no|nope|sorry] [that|this] is not [right|correct|it|what|my|the], . [no|nope]
            [not|this|i want|i wanted|i said|i asked|make|change|wrong|my], [that|it|this] is
            [still|way|much|far|a bit|] too, . [still|way|much|] too
            [expensive|heavy|far|late|early|long|big|small|complicated|dear|much], i need something,
            not for me
            """,
        ),
        (
            Act.OBJECTION,
            """
            . [no|nope|but|well no|no no] i meant, [that|this|it] [is|was] not what i
            [asked|meant|said|wanted|want|ordered|am asking|was asking|mean], . not what i
            [asked|meant|said|am asking], you [have|] [misunderstood|misread|misheard], you
            [got|have got|are getting] [it|that|this|me|my] [all|completely|totally|] wrong, .
            [no|nope|sorry|but|] [that|this] is [wrong|incorrect|false|not right|not correct], .
            [no|nope|sorry|but|] that is not [right|correct|true|it|my|the one], . [still|no|] wrong
            ., . [incorrect|not correct|not right] ., you are [still|]
            [wrong|mistaken|incorrect|confusing], i [did not|never]
            [ask|asked|say|said|mean|meant|request|requested] [you|] [that|this|for|about|it|to],
            [did|do|does|have|has|are|is|was|were] not [answer|answered|answering] [my|the|]
            [question|questions], . [no|] not that one, you [mixed|confused|messed] up, you
            [mixed|confused] [my|the], [still|again] [have|got|gave
            me|has|show|shows|use|using|wrote] the wrong, . [but|] you [just|] [said|told
            me|promised|agreed], but you [just|] [said|told me|promised], read [the|my] question
            [again|carefully|properly], nothing to do with [my|what|the question], [that|it] has
            nothing to do with, you [forgot|missed|skipped|ignored] [the|my|to|what|that|one|step],
            [stop|quit] changing the [subject|topic], . what are you talking about, that is not an
            answer, . [just|please|] answer my question, . no . i said,
            [earlier|before|previously|ago|first|thought] you [said|told], did not you [just|] say,
            contradict yourself, contradicting yourself, opposite of what you, [but|and] now you
            say, . [no|] wrong
            [date|name|person|order|file|city|one|number|address|day|time|answer|question] .,
            [that|this|it] is the wrong, you [got|have got|have|gave me|used|picked|took|chose|sent
            me] the wrong, you [got|have] [the|my]
            [name|date|address|order|number|time|city|day|amount|price] wrong, . [no|no no|] i
            meant, . i mean [the|my], . no no [the|not|it|i|that|my], i was not asking [about|for],
            [this|that|it] is not my
            [question|order|name|address|account|number|email|request|flight|card|booking|
            reservation], that was not my [request|question], [did|do] not understand [my|the]
            question, you are [mixing|confusing], read [it|that|] again, [does|did] not answer
            [what|my], why did you [change|cancel|remove|delete|book|add|send|charge|order], who
            told you to
            """,
        ),
        (
            Act.COMPLAINT,
            """
            waste of [my|] time ., wasting my time, . what a waste of [my|] time, are you
            [even|actually|] [kidding|joking], are you [even|] serious [.|right now], are you
            [even|actually] [listening|reading|paying|human|real], are you listening [.|to me], are
            not [even|actually|really|] [listening|reading|paying], you [do|did] not [even|seem
            to|really|] [understand|listen|get it|get me|care], [clearly|obviously] do not
            [understand|listen|care|know], do you even [listen|understand|read|know], do you
            understand english, [going|talking|running] [around|] in circles, [we are|this is|you
            are|am] [going|getting] nowhere, [sick|tired] of [this|you|your], fed up, .
            [just|please|] answer [my|the] [damn|] question, [losing|lost|running out of] [my|]
            patience, why is this so [hard|difficult], how hard [can|is] [it|this] [be|], .
            [that|this|it|you] [does|do|did] not make [any|] sense, you do not make [any|] sense,
            you make no sense, that makes no sense, [is|are] [wrong|the matter] with you,
            [that|this|it|you|which] [does|did|do|is|are] not [help|helping] [me|at all|.],
            [are|were] not helping, you are [of|] no help, no help at all, . no help .,
            [worst|terrible|horrible|awful|pathetic|lousy|what kind of] [customer|]
            [service|bot|chatbot|support|assistant|ai|system], . worst, . [oh|] come on ., stop
            [lying|wasting], not happy [with|about] [this|you|your], [you are|this is|what] a
            [joke|disgrace|nightmare|disaster], no more [questions|mistakes|excuses], why can not
            you [just|], just [do|cancel|fix|give|answer|process|get] [it|this|that|me]
            [already|done], you never [listen|understand|help|answer], never listen to me, you are
            the worst, to be kidding, can not be serious, driving me [crazy|nuts|insane|mad], done
            with [this|you] ., had enough [of this|of you|.], . enough ., can not believe [this|it]
            ., . [this is|that is|] unbelievable ., taking [forever|ages], [why is|this is|it is]
            [this|it|] taking [so|too] long, not have [time|all day] for [this|that], a straight
            answer, [can|could|would] you [please|] just answer, can not you do anything, so hard to
            [understand|answer|get], . can you [even|] read ., you have no [idea|clue], you still do
            not [get|understand], thanks for nothing, makes me [so|really|very|]
            [angry|mad|furious], this is bs, what is your problem, [nobody|no one] [helps|is
            helping|listens], i am [so|really|very] angry ., . [absolutely|completely|totally|]
            [pathetic|ridiculous|useless] .
            """,
        ),
        (
            Act.ANGER,
            """
            what the [hell|heck|fuck|f], [the|bloody|fucking] hell, go to hell, wtf, wth, fuck,
            fucking, fucked, fuckin, shit, shitty, bullshit, bitch, asshole, bastard, f***, f**k,
            f*ck, sh*t, bullsh*t, bull****, b*tch, goddamn, dammit, damnit, damn [it|you],
            [the|this|your|my] damn, [is|are|was] [such|] crap, [full|load|piece] of crap,
            [shut|screw|piss] [up|you|it|off],
            [you|this|it|bot|chatbot|service|support|app|assistant|ai] [suck|sucks], for [gods|god]
            sake, for gods sake, for [heavens|christs|fucks] sake, i hate [you|this bot|this thing]
            """,
        ),
        (
            Act.ESCALATION,
            """
            . [a|] [real|actual|live] [person|human|agent|operator] [please|.|now], .
            [human|representative|operator|supervisor|manager] ., .
            [human|agent|representative|operator|supervisor|manager] please, someone who can
            [actually|] help [me|.], . [please|yes|yes please|] escalate [this|it|my|.],
            [can|could|would] you [please|] escalate, [want|like|going|need] to
            [file|make|lodge|submit|raise] a [formal|] complaint, [i am|we are] [now|]
            [transferring|connecting|escalating|forwarding], i will [now|] transfer you, i will
            [now|] [connect|hand] you [over|to|with], [i|we] have [already|now|just|successfully|]
            [escalated|transferred|forwarded] [you|your|this|the], [are|being|been] transferred to
            [a|an|our|the], [team|agent|representative|colleague] will [contact|call|reach out|get
            back], [person|human|someone|somebody|manager|supervisor|agent] [that|] i [can|could]
            [talk|speak], number [i can|to|that i can] call [.|you], [can|could|have]
            [someone|somebody|a person|an agent] call me, not want to [talk|speak|chat] [to|with] a
            [bot|machine|robot|computer|chatbot], transfer me, put me through, [can|could] a
            [person|human] [look|help|check], [want|like|going] to complain, [do|can|could] i
            complain
            """,
        ),
        (
            Act.GIVING_UP,
            """
            . [ok|okay|no|just|oh|well|fine|ugh|so|please|] [just|] forget [it|about it|this|that]
            ., . [just|] forget it, . [ok|oh|well|just|ah|] never mind, i give up, . whatever ., i
            will [just|] do it myself ., i will just do it myself, i am done [here|with this|with
            you], i will [just|] [call|phone|ring|email|go to|try] [them|the|your|someone|somewhere|
            another|a different|instead|support|customer], never mind i will, [go|look|shop|buy|try]
            [somewhere else|elsewhere], business elsewhere, [is|was] pointless, i am leaving
            [.|now|this], do not bother, screw it, cancel my account then, i am out ., let us stop
            here, . i quit ., . [ok|] forget it then, i will [just|] [figure|find|work] it out
            [myself|on my own], [find|ask|try] [someone|somebody] else, i will [just|] use google,
            not worth it, . no point ., do not care anymore, i will just call [you|them|the], . drop
            it .
            """,
        ),
        (
            Act.PUZZLED,
            """
            . [what|who|huh|pardon|eh|hm what|sorry what|wait what] ., what do you mean, i do not
            [get|understand] [it|you|that|this|what you|your|.], what is that supposed to mean, what
            are you talking about, . [that is|this is] [so|very|really|] [random|confusing], i am
            [so|very|really|now|] confused, you lost me, . come again ., what does that have to do
            with, what has that to do with
            """,
        ),
        (
            Act.TURNING,
            """
            also, another, else, instead, by the way, btw, one more, move on, in that case,
            [other|different|new|next] [question|topic|subject|thing|matter|order], change [the|]
            [topic|subject], switch [topics|subjects|gears], changed my mind, reminds me, while [i
            am|we are|you are] at it, separately, additionally, besides, unrelated, anyway
            """,
        ),
        (
            Act.APOLOGY,
            """
            i am [so|very|really|truly|terribly|extremely|] sorry, . [so|very|really|] sorry
            [for|about|but|that|i|we|if|.], we are sorry, [i|we] [do|sincerely|really|] apologize,
            [my|our|sincere] apologies, apologies for, . apologies, my mistake, my bad, forgive me,
            we regret, i regret
            """,
        ),
        (
            Act.ADMISSION,
            """
            [apologize|apologies|sorry] for [the|any|my|that|this|our|] [earlier|previous|]
            [confusion|mistake|error|misunderstanding|oversight|incorrect|wrong|inaccuracy|
            repeated|mix up|mixup|misinformation], my [mistake|error|fault|bad|oversight],
            [made|was] [a mistake|an error|my mistake], i [was|stand]
            [wrong|mistaken|incorrect|corrected], you are [absolutely|completely|totally|quite|]
            right [.|i|my|that|and|about|this|the], i
            [misread|misunderstood|misspoke|overlooked|mixed up], i [got|had] [that|it|this] wrong,
            i should have [checked|said|been|asked|noticed|mentioned|read|given|told|caught]
            """,
        ),
        (
            Act.REFUSAL,
            """
            unfortunately, there [is|are] [no|not], [we|i] have no, [i|we|you|still|also]
            [can|could] not, can not be
            [canceled|cancelled|changed|modified|processed|refunded|exchanged|returned|added|combined|completed|done|found|booked|removed|updated|split|applied|used|made|provided|verified|located|accessed|shared|delivered|undone],
            [am|are|was|were|is] [currently|] [unable|not able|not allowed] to, not
            [possible|available|eligible|permitted|supported], do not
            [have|support|offer|allow|provide], did not find, against [our|the|my] policy,
            [must|have to] decline, outside [of|] [what i|my|our], beyond [what i|my|our], as an ai,
            i am afraid
            """,
        ),
        (
            Act.PROMISE,
            """
            [i|we|you] will, [i|we] can offer, [i|we] promise, guarantee, [i|we] guarantee,
            [have|has been|is] approved, [i|we] have [approved|agreed|arranged|scheduled], you [are
            eligible|are entitled|qualify] [for|to], [i am|we are] going to, [i|we] can
            [refund|waive|give you|replace|credit]
            """,
        ),
        (
            Act.DENIAL,
            """
            no such [policy|offer|agreement|promise|discount|option|deal|thing|rule|refund|order],
            [i|we] [never|did not] [say|said|agree|agreed|promise|promised|offer|offered|told|tell|
            mention|mentioned|approve|approved|state|stated|claim|confirm|confirmed], no record
            [of|that], [we|i] do not [offer|provide|have a|have any|give|issue|do], [was|were] never
            [approved|agreed|offered|promised|said|possible], [is|are] not [entitled|eligible|our
            policy|something we|covered|possible], not aware of any, there is no
            [policy|record|refund|discount|offer|agreement]
            """,
        ),
        (
            Act.REMINDER,
            """
            [how many|how many more] times [do|must|should|will|did|have|am] i, repeat myself,
            [have|need|has] to [repeat|say|type|write|tell|explain]
            [it|that|this|myself|everything|you] [all|] [again|once more|twice|], [need|have|want]
            to repeat, must i repeat, . [once|] again [my|i|the|it|for|no], . once again ., . again
            . [the|my|it|i|for|a|we], . for the [last|second|third|fourth|fifth|2nd|3rd|
            hundredth|tenth|nth] time, [did|do|can|have] [you not|not you] [even|] [read|see|hear]
            [what|my|it|that|the|me], did you [even|] [read|see] [what i|my], read [what i|my
            [message|messages]], [my|the] [first|previous|last|earlier]
            [message|messages|reply|answer|question] ., my
            [first|previous|last|earlier|initial|original] [message|messages|reply|request], scroll
            up, . see above, [was|were|is|are|it] [given|stated|mentioned|provided] above,
            [been|went|gone] [over|through] this [already|before|again|.], [went|gone|been] over
            [that|it] [already|before], already [went|been|gone] [over|through], that is what i
            [just|] [said|told|wrote|asked], we just [talked|discussed|spoke], asking [me|] [for|]
            the same, the same question [again|], the same thing [again|over and over],
            [second|third|fourth|fifth|2nd|3rd] time [you|i|that i|that you|i have|i am], [did|have]
            you [forget|forgotten] [that|what|my|i|me|about], you [have forgotten|forgot]
            [that|what|my|i], do you not remember, do not you remember, remember i
            [said|told|asked|wrote|mentioned], did not i [just|already|]
            [say|tell|mention|explain|ask], did i not [just|already|] [say|tell|
            mention|explain|ask], i did [already|] [tell|give|send] you, [as|like] i [have|] [said|
            mentioned|stated|told you|wrote] my, asked and answered, you [already|] have
            [my|it|that|this] [name|number|email|address|details|data|info|
            information|order|account|] already, you already have [my|it|that|this], repeating
            [yourself|yourselves|what|me], . as [mentioned|stated|said|explained]
            [before|above|earlier|previously|already], you already [said|asked|told|tried|
            suggested|mentioned], over and over again, for the umpteenth time, contradict yourself,
            contradicting yourself, contradicted yourself, we [just|already|have|have already]
            [talked|spoke|spoken|been talking] about, we already discussed, you asked [me|]
            [that|this] ., . same question, stop [saying|asking|repeating] [that|this|me|it|for],
            you [always|just|] repeat yourself, . i said [no|yes|nothing] ., . [but|no|] i said i
            [want|need|am|do|have|can|would], . i repeat, let me [repeat|say it again|say that
            again], you have all my, what did i just say, . what did i say ., . as previously
            [mentioned|stated|said], the opposite of what you [said|told]
            """,
        ),
        (
            Act.RECALL,
            """
            [as|like] i [have|had|already|just|]
            [said|mentioned|told|stated|wrote|explained|noted|described|pointed out], as
            [mentioned|stated|said|explained|described|noted]
            [before|above|earlier|previously|already], . [but|and|] i [said|mentioned|told you],
            [the way|what|exactly what|all] i [said|mentioned], i told you, you said, you told me,
            you promised, we agreed, earlier i [said|asked|mentioned|told], did not you [just|] say,
            you just [said|told]
            """,
        ),
        (
            INSTEAD,
            """
            [i am|we are] [so|very|really|truly|terribly|extremely|] sorry [to hear|you|that you|
            that this|this|for your loss|about your loss|that it], . [so|very|] sorry [to hear|you|
            that you|that this|for your loss], [i|we|you|] can not [wait|miss|agree more], [i|we|]
            could not agree more, why can not [i|we|my], damn
            [good|great|nice|fine|well|right|cool], holy shit, will not regret, you will not, you
            are [absolutely|] right to, [i|we|you] will need, [i|we] will be [happy|glad],
            [if|when|glad|happy|that|until|unless|because] i told you, i never said no, i never
            mind, i said [hi|hello|to], [we|i] have no
            [doubt|idea|problem|problems|worries|question|questions|preference], you said it
            [well|best|all], did you forget to, once again [thank|thanks], . i meant to, i meant to,
            . never mind the, never mind the, i did not mean to
            """,
        ),
        (INSTEAD | Act.REFUSAL, "[i|we] will not"),
    ]
)
