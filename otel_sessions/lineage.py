"""Lineage: how a message list relates to those that a session had before.

Where the newest list simply goes on, which is the usual case, that is confirmed at a few places:
its head, its seam with the last request, and probes in between that move from turn to turn. So the
cost follows the new messages and not the history. Where it does not, all of it is compared.
The newest 640 messages of a session are compared, at about 12 bytes each.

What is not a loss: a retry, a regenerated reply, an edited last message, another format of the
same content, another system prompt, a message rewritten in its place.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from otel_sessions.calls import Message
from otel_sessions.listings import SYSTEM, Listing, message_digest, message_tokens
from otel_sessions.turns import ContextKind

KEPT_MESSAGES = 640
KEPT_MISSING = 32
"""Dropped messages that are remembered one by one, the newest; older ones are only counted."""
KEPT_REPLIES = 16
"""Replies to one list that are remembered, the newest: any of them may be gone on from."""
SUMMARY_TOKENS = 20
"""New text of at least this size in the place of dropped messages is read as their summary."""
DISTINCT_TOKENS = 6
"""A reply of at least this size is hardly in two conversations by chance."""
_TRIMMED_MESSAGES = 64
"""How many more than `KEPT_MESSAGES` there may be before they are let go, together."""
_PROBES = 3
_STRIDE = 7919
"""A prime, so that probes of following turns fall in different places."""

Relation = ContextKind | Literal["earlier", "unrelated"]
"""`repeated`: the same list as last time. `earlier`: only the first messages of what there was (a
side call, or an old reply made again). `forked`: the newest messages were replaced.
`unrelated`: no message in common."""


@dataclass(frozen=True, slots=True)
class Match:
    """How a list relates to a chain."""

    relation: Relation
    new_from: int
    """Index of the first message that the session had not yet."""
    dropped: tuple[tuple[int, int], ...] = ()
    """Digest and tokens of messages that this list is the first to lack."""
    restored: tuple[int, ...] = ()
    """Digests of dropped messages that are back."""
    whole: bool = False
    """The list was compared as a whole."""
    shared_tokens: int = 0
    """Tokens of the messages in common, as far as they were compared."""


@dataclass(slots=True)
class Chain:
    """The newest list of a conversation, its replies, and what was lost before."""

    digests: "array[int]" = field(default_factory=lambda: array("Q"))
    """Of the newest list, its replies not included."""
    tokens: "array[int]" = field(default_factory=lambda: array("I"))
    base: int = 0
    """Index, in the list, of the first digest kept."""
    lead: int = 0
    lead_tokens: int = 0
    replies: dict[int, int] = field(default_factory=dict)
    """Digest and tokens of the newest replies to that list; more than one if it was repeated."""
    answered: int = 0
    """Lists that got a reply and were gone on from."""
    missing: dict[int, int] = field(default_factory=dict)
    """Digest and tokens of messages that the newest list no longer has."""
    long_missing: int = 0
    """Number of messages that it has not had for long."""
    long_missing_tokens: int = 0
    _shown: dict[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        """Length of the newest list."""
        return self.base + len(self.digests)

    @property
    def shown_tokens(self) -> dict[str, int]:
        """Estimated tokens of the newest list by role."""
        system = self._shown.get("system", 0) + self.lead_tokens
        return self._shown | {"system": system} if system else dict(self._shown)

    @property
    def dropped_messages(self) -> int:
        """Messages that there were and that the newest list lacks."""
        return len(self.missing) + self.long_missing

    @property
    def lost_share(self) -> float:
        """Share of the known tokens that the newest list lacks: [0, 1]."""
        lost = sum(self.missing.values()) + self.long_missing_tokens
        if not lost:
            return 0.0
        pairs = zip(self.digests, self.tokens, strict=True)
        kept = sum(tokens for value, tokens in pairs if value != SYSTEM)
        return lost / (lost + kept)

    @property
    def size_bytes(self) -> int:
        """Memory taken, roughly."""
        return 12 * len(self.digests) + 100 * (len(self.missing) + len(self.replies))

    def compare(self, listing: Listing) -> Match:
        """Tell how `listing` relates to what there was."""
        if not self.digests:
            return Match("first", listing.lead, whole=True)
        return self._goes_on(listing) or _Alignment(self, listing).judge()

    def _goes_on(self, listing: Listing) -> Match | None:
        """Confirm the usual cases: all that was there and more, or the same again."""
        shift = listing.lead - self.lead
        sent = self.sent + shift
        if len(listing) < sent or not self._probes_hold(listing, shift):
            return None
        same_end = self._same(listing, sent - 1, shift)
        if len(listing) == sent:
            return self._match(listing, "repeated", sent, [sent - 1]) if same_end else None
        same_reply = listing.digest(sent) in self.replies
        if same_end:
            return self._match(listing, "continued", sent, [sent - 1, sent])
        # The application may rewrite its last message on the way into the history.
        if same_reply and listing.tokens(sent) >= DISTINCT_TOKENS:
            return self._match(listing, "continued", sent, [sent])
        return None

    def _match(self, listing: Listing, relation: Relation, sent: int, seam: list[int]) -> Match:
        is_reply = sent < len(listing) and listing.role(sent) == "assistant"
        tokens = sum(listing.tokens(i) for i in seam)
        return Match(relation, sent + is_reply, shared_tokens=tokens)

    def _same(self, listing: Listing, index: int, shift: int) -> bool:
        at = index - shift - self.base
        return 0 <= at < len(self.digests) and listing.digest(index) == self.digests[at]

    def _probes_hold(self, listing: Listing, shift: int) -> bool:
        """Compare the head and a few places before the last message."""
        first = max(self.lead, self.base) + shift
        span = self.sent + shift - 1 - first
        if span <= 0:
            return True
        moving = ((self.sent * (probe + 1) * _STRIDE) % span for probe in range(_PROBES))
        places = [first, *(first + place for place in moving)]
        return all(self._same(listing, place, shift) for place in places)

    def advance(self, listing: Listing, match: Match, reply: Message | None, key: bytes) -> None:
        """Take in the list that was compared, and the reply to it."""
        if match.relation != "earlier":
            self._take_list(listing, match)
            if reply is not None:
                self.replies[message_digest(reply, key)] = message_tokens(reply)
                if len(self.replies) > KEPT_REPLIES:
                    del self.replies[next(iter(self.replies))]

    def _take_list(self, listing: Listing, match: Match) -> None:
        self._take_losses(match)
        if match.relation != "repeated":
            self.answered += bool(self.replies) and match.relation != "first"
            self.replies = {}
        since = self.sent + listing.lead - self.lead
        if match.whole:
            since = self.base = max(0, len(listing) - KEPT_MESSAGES)
            self.digests, self.tokens, self._shown = array("Q"), array("I"), {}
        elif listing.lead != self.lead:
            self._shift_lead(listing.lead)
        for index in range(since, len(listing)):
            tokens = listing.tokens(index)
            self.digests.append(listing.digest(index))
            self.tokens.append(tokens)
            if index >= listing.lead:
                role = listing.role(index)
                self._shown[role] = self._shown.get(role, 0) + tokens
        self.lead, self.lead_tokens = listing.lead, listing.lead_tokens
        surplus = len(self.digests) - KEPT_MESSAGES
        if surplus > _TRIMMED_MESSAGES:
            self.base += surplus
            del self.digests[:surplus], self.tokens[:surplus]

    def _take_losses(self, match: Match) -> None:
        for value in match.restored:
            self.missing.pop(value, None)
        if match.restored and not self.missing:
            # The whole history is back, and with it what is only counted.
            self.long_missing = self.long_missing_tokens = 0
        self.missing.update(match.dropped)
        surplus = len(self.missing) - KEPT_MISSING
        if surplus > 0:
            missing = list(self.missing.items())
            self.long_missing += surplus
            self.long_missing_tokens += sum(tokens for _, tokens in missing[:surplus])
            # Made anew, because a dictionary does not shrink by what is taken out.
            self.missing = dict(missing[surplus:])

    def _shift_lead(self, lead: int) -> None:
        """Make room for more, or fewer, system messages at the head."""
        if self.base:
            self.base += lead - self.lead
            return
        self.digests = array("Q", [SYSTEM] * lead) + self.digests[self.lead :]
        self.tokens = array("I", [0] * lead) + self.tokens[self.lead :]


class _Alignment:
    """The comparison of a whole list with all that there was."""

    def __init__(self, chain: Chain, listing: Listing) -> None:
        self.chain = chain
        self.listing = listing
        start = max(0, len(listing) - KEPT_MESSAGES)
        self.cut = start > 0
        """The list is longer than what is compared, so what stood at the head is not looked for."""
        self.places = [i for i in range(start, len(listing)) if listing.digest(i) != SYSTEM]
        """Indices of the list's messages, system messages left out."""
        shown = {listing.digest(i) for i in self.places}
        pairs = zip(chain.digests, chain.tokens, strict=True)
        self.known = [(value, tokens) for value, tokens in pairs if value != SYSTEM]
        """Digest and tokens of what there was, with the reply that was gone on from."""
        replies = list(chain.replies.items())
        self.known += [reply for reply in replies if reply[0] in shown][:1] or replies[-1:]

    def judge(self) -> Match:
        """Find the messages in common, and decide what became of the others."""
        listing, places, known = self.listing, self.places, self.known
        prefix = self._prefix()
        if places and prefix == len(places):
            return Match("earlier", len(listing), whole=True)
        body = self._body(prefix)
        pairs = [(i, i) for i in range(prefix)] + self._embed(prefix, body)
        if not pairs:
            return Match("unrelated", listing.lead, whole=True)

        dropped, restored, summary = self._gaps(pairs)
        last_place, last_known = pairs[-1]
        behind = len(known) - 1 - last_known
        rewritten = body - 1 - last_place
        goes_on = rewritten >= behind
        if dropped:
            summary += max(0, listing.lead_tokens - self.chain.lead_tokens)
            relation: Relation = "compacted" if summary >= SUMMARY_TOKENS else "truncated"
        else:
            relation = "continued" if goes_on else "forked"
        return Match(
            relation,
            places[body - 1 if goes_on else last_place] + 1,
            tuple(dropped),
            tuple(restored),
            whole=True,
            shared_tokens=sum(known[at][1] for _, at in pairs),
        )

    def _prefix(self) -> int:
        """Count the first messages that are where they were."""
        for count, (place, (value, _)) in enumerate(zip(self.places, self.known, strict=False)):
            if self.listing.digest(place) != value:
                return count
        return min(len(self.places), len(self.known))

    def _body(self, prefix: int) -> int:
        """Count the messages that may have been there before: up to the last reply.

        What the user says after it is new, even if the words ("yes") were said before.
        """
        for count in range(len(self.places), prefix, -1):
            if self.listing.role(self.places[count - 1]) == "assistant":
                return count
        return prefix

    def _embed(self, prefix: int, body: int) -> list[tuple[int, int]]:
        """Match messages in order, newest first; gives pairs of indices, oldest first."""
        where: dict[int, list[int]] = {}
        for at in range(prefix, len(self.known)):
            where.setdefault(self.known[at][0], []).append(at)
        pairs: list[tuple[int, int]] = []
        limit = len(self.known)
        for i in range(body - 1, prefix - 1, -1):
            candidates: Sequence[int] = where.get(self.listing.digest(self.places[i]), ())
            fitting = [at for at in candidates if at < limit]
            if fitting:
                limit = fitting[-1]
                pairs.append((i, limit))
        return pairs[::-1]

    def _gaps(self, pairs: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], list[int], int]:
        """Walk over what lies between common messages.

        Gives what was dropped, what came back, and the tokens of new text in the dropped's place.
        """
        dropped: list[tuple[int, int]] = []
        restored: list[int] = []
        summary = 0
        last_i, last_at = -1, -1
        for i, at in pairs:
            between = [self.places[j] for j in range(last_i + 1, i)]
            back = [p for p in between if self.listing.digest(p) in self.chain.missing]
            fresh = [p for p in between if self.listing.digest(p) not in self.chain.missing]
            restored += [self.listing.digest(p) for p in back]
            gap = [] if self.cut and last_at < 0 else self.known[last_at + 1 : at]
            # A message that stands where another stood was rewritten, not dropped.
            lost = gap[: max(0, len(gap) - len(fresh))]
            if lost:
                summary += sum(self.listing.tokens(p) for p in fresh)
            dropped += lost
            last_i, last_at = i, at
        return dropped, restored, summary
