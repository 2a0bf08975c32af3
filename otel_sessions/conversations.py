"""Conversations: which session a message list belongs to, and what it does there.

With a stated id the question is only how the list goes on. Without one, the session is found by
the newest reply in the list and what stands around it, and confirmed by comparing chains: two
users who both say "hi" stay two, and a list that lost its head is still found. A list without any
reply starts a session; a history that is lost completely can therefore be seen only under a
stated id.

A list that has nothing in common with its session is set aside; `asides.py` decides on those.
"""

import math
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import get_args

from otel_sessions.asides import Aside, Asides, Conversation, Decided
from otel_sessions.calls import Call, GivenId
from otel_sessions.digests import digest
from otel_sessions.identity import new_id
from otel_sessions.indexes import ListIndex
from otel_sessions.lineage import Chain, Match
from otel_sessions.listings import Listing
from otel_sessions.placements import Placement
from otel_sessions.searches import places, search
from otel_sessions.sessions import IdSource
from otel_sessions.turns import ContextChange, ContextKind, lost_history

_MAX_CANDIDATES = 16
_RESUMABLE_PER_SESSION = 4
"""Replies, on average, from which a session may go on by their id; 0.2 KiB each."""

_WITHOUT_LOSS: dict[ContextKind, ContextChange] = {
    kind: ContextChange(kind) for kind in get_args(ContextKind)
}
"""One for all turns: most lose nothing."""


class Conversations:
    """All conversations of the process, the least recent forgotten first."""

    def __init__(
        self,
        key: bytes,
        *,
        max_sessions: int,
        instance: str = "",
        started_s: float = 0.0,
        expiry_s: float = math.inf,
    ) -> None:
        """Start without any conversation.

        Args:
            key: what digests depend on.
            max_sessions: conversations known at a time.
            instance: names this process, `host:anything`.
            started_s: Unix time at which this process started.
            expiry_s: silence after which a lost history counts as expired, in seconds.

        """
        self._key = key
        self._max_sessions = max_sessions
        self.instance = instance
        self._guests: tuple[Conversation, ...] = ()
        self._resumable_at: tuple[int, ...] = ()
        self._known: OrderedDict[str, Conversation] = OrderedDict()
        self._index = ListIndex()
        self._resumable: OrderedDict[str, str] = OrderedDict()
        self._asides = Asides(key, started_s=started_s, expiry_s=expiry_s)

    def place(self, call: Call, listing: Listing | None) -> Placement:
        """Find the call's session and take its list and reply in."""
        placement = self._place(call, listing)
        self._guests = ()
        self._resumable_at = ()
        if call.reply.resumable and call.reply.id:
            self._resumable_at = (self._resumable_place(call.reply.id),)
            self._resumable[call.reply.id] = placement.session_id
            if len(self._resumable) > _RESUMABLE_PER_SESSION * self._max_sessions:
                self._resumable.popitem(last=False)
        return placement

    def _place(self, call: Call, listing: Listing | None) -> Placement:
        given = call.given_id
        if call.request.remembered:
            return self._place_remembered(call, listing)
        if listing is None or not len(listing):
            return self._place_unread(given)
        if given is not None:
            return self._place_given(given, call, listing)
        return self._place_found(call, listing)

    def stale(self, call: Call, listing: Listing | None) -> str | None:
        """Name the session of which it matters whether another process went on with it.

        `None` if the list goes straight on from what is known here, or if no session is known.
        """
        given = call.given_id
        if given is not None:
            conversation = self._known.get(given.value)
            if conversation is None or listing is None or not len(listing):
                return given.value
            match = conversation.chain.compare(listing)
            return None if _straight_on(listing, match) else given.value
        if listing is None or call.request.remembered or not len(listing):
            return None
        found = search(listing, partial(self._candidates, call.lane))
        if found is None or _straight_on(listing, found[1]):
            return None
        return found[0].session_id

    def sought(self, call: Call, listing: Listing | None) -> tuple[int, ...]:
        """Give the places at which another process may have left the session of this list.

        None if an id is stated, if the session is known here, or if it cannot be known.
        """
        if call.given_id is not None:
            return ()
        previous = call.request.previous_reply_id
        if call.request.remembered and previous is not None:
            return () if previous in self._resumable else (self._resumable_place(previous),)
        if listing is None or not len(listing):
            return ()
        known = search(listing, partial(self._candidates, call.lane))
        return () if known is not None else places(listing)

    def invite(self, session_id: str) -> Conversation:
        """Consider a conversation of another process for the next call that is placed."""
        conversation = self.conversation(session_id)
        self._guests = (*self._guests, conversation)
        return conversation

    def resume(self, call: Call, session_id: str) -> None:
        """Say that the reply from which a call goes on belongs to a session."""
        if call.request.remembered and call.request.previous_reply_id:
            self._resumable[call.request.previous_reply_id] = session_id

    def places(self, session_id: str) -> tuple[int, ...]:
        """Give the places at which another process can find a session that has no stated id."""
        return (*self._index.places(session_id), *self._resumable_at)

    def parted(self, lists: Chain, listing: Listing) -> bool:
        """Tell whether a list has nothing of what another process had in the same session."""
        return lists.compare(listing).relation == "unrelated"

    def _resumable_place(self, reply_id: str) -> int:
        return digest(self._key, "resumable", reply_id)

    def get(self, session_id: str) -> Conversation | None:
        """Look a conversation up."""
        return self._known.get(session_id)

    def forget(self, session_id: str) -> None:
        """Let a conversation go."""
        self._known.pop(session_id, None)
        self._index.forget(session_id)

    def undecided(self, session_id: str) -> tuple[int, str | None] | None:
        """At a session's end: the turn, and its cause, that looks like a start from nothing."""
        conversation = self._known.get(session_id)
        return None if conversation is None else self._asides.undecided(conversation)

    def started_over(self, session_id: str) -> int | None:
        """Name the turn of the newest list set aside, if it may be a start from nothing.

        It has the conversation's system prompt and holds only what the user said.
        """
        conversation = self._known.get(session_id)
        if conversation is None or not conversation.asides:
            return None
        aside = conversation.asides[-1]
        return aside.key if aside.bare and aside.prompt == conversation.prompt else None

    def _place_unread(self, given: GivenId | None) -> Placement:
        session_id = given.value if given else new_id()
        source: IdSource = given.source if given else "new"
        conversation = self.conversation(session_id)
        conversation.generation += 1
        conversation.turn_key = digest(
            self._key, "unread", self.instance, str(conversation.generation)
        )
        return Placement(
            session_id, source, "turn", conversation.turn_key, ContextChange("continued")
        )

    def _place_remembered(self, call: Call, listing: Listing | None) -> Placement:
        """Place a request that holds only what is new, since the provider keeps the history."""
        given, previous = call.given_id, call.request.previous_reply_id
        found = self._resumable.get(previous or "")
        source: IdSource = given.source if given else "lineage" if found else "new"
        conversation = self.conversation(given.value if given else found or new_id())
        request_at = None
        if listing is not None:
            request_at = next(listing.newest_first("user"), None)
        if request_at is None and conversation.turn_key:
            key = conversation.turn_key
        else:
            conversation.generation += previous is None
            newest = listing.digest(len(listing) - 1) if listing else 0
            at = previous or str(conversation.generation)
            key = digest(self._key, "remembered", at, str(newest))
        repeated = request_at is not None and key == conversation.turn_key
        opens = key != conversation.turn_key
        conversation.turn_key = key
        return Placement(
            conversation.session_id,
            source,
            "turn" if opens else "same_turn",
            key,
            ContextChange("continued"),
            listing.lead if listing else 0,
            request_at,
            repeated,
        )

    def _place_given(self, given: GivenId, call: Call, listing: Listing) -> Placement:
        conversation = self.conversation(given.value)
        match = conversation.chain.compare(listing)
        beside = self._asides.best(conversation, listing)
        if beside is not None and beside[1].shared_tokens > match.shared_tokens:
            return self._place_beside(conversation, given.source, call, listing, beside)
        # Who begins again with the same "hi" has it in common with the start of what was lost.
        begins_again = match.relation == "earlier" and len(listing) - listing.lead == 1
        if match.relation == "unrelated" or (begins_again and conversation.chain.answered > 1):
            return self._set_aside(conversation, given.source, call, listing)
        if match.relation not in ("earlier", "repeated"):
            conversation.asides.clear()
        return self._take(conversation, given.source, call, listing, match)

    def _place_beside(
        self,
        conversation: Conversation,
        source: IdSource,
        call: Call,
        listing: Listing,
        beside: tuple[Aside, Match],
    ) -> Placement:
        aside, match = beside
        if not self._asides.may_lead(conversation, aside, match, listing):
            aside.chain.advance(listing, match, call.reply.message, self._key)
            return Placement(
                conversation.session_id, source, "aside", aside.key, new_from=match.new_from
            )
        decided = self._asides.lead(conversation, aside)
        return _with(decided, self._take(conversation, source, call, listing, match))

    def _set_aside(
        self, conversation: Conversation, source: IdSource, call: Call, listing: Listing
    ) -> Placement:
        bare = all(listing.role(i) in ("user", "system") for i in range(len(listing)))
        if bare and conversation.forgets and self._asides.prompt(listing) == conversation.prompt:
            return self._start_over(conversation, source, call, listing)
        aside, match, decided = self._asides.add(
            conversation, call, listing, bare=bare, instance=self.instance
        )
        request_at = next(listing.newest_first("user"), None)
        placement = Placement(
            conversation.session_id,
            source,
            "aside",
            aside.key,
            new_from=match.new_from,
            request_at=request_at,
        )
        return _with(decided, placement)

    def _start_over(
        self, conversation: Conversation, source: IdSource, call: Call, listing: Listing
    ) -> Placement:
        """Take a list from nothing for the next turn, as the application is known to do that."""
        decided = tuple(aside.key for aside in conversation.asides if aside.bare)
        gone = conversation.chain.sent
        conversation.asides.clear()
        conversation.chain = Chain()
        conversation.generation += 1
        first = conversation.chain.compare(listing)
        placement = self._take(conversation, source, call, listing, first)
        if conversation.forgets == "always":
            return replace(placement, joined=decided)
        change = lost_history(gone, "unknown")
        return replace(placement, change=change, lost=decided, lost_cause=change.cause)

    def _outside(self, conversation: Conversation, source: IdSource) -> Placement:
        return Placement(conversation.session_id, source, "outside", conversation.turn_key)

    def _place_found(self, call: Call, listing: Listing) -> Placement:
        found = search(listing, partial(self._candidates, call.lane))
        if found is None:
            conversation = self.conversation(new_id())
            match = conversation.chain.compare(listing)
            return self._take(conversation, "new", call, listing, match)
        conversation, match = found
        if match.relation == "forked":
            fork = self.conversation(new_id())
            first = fork.chain.compare(listing)
            placement = self._take(fork, "new", call, listing, first)
            return replace(
                placement,
                previous_id=conversation.session_id,
                change=ContextChange("forked"),
            )
        return self._take(conversation, "lineage", call, listing, match)

    def _candidates(self, lane: int, key: int) -> list[Conversation]:
        """Give the conversations at a place, those of the caller's thread or task first."""
        ids = islice(self._index.newest_first(key), _MAX_CANDIDATES)
        found = [*self._guests, *(self._known[session_id] for session_id in ids)]
        return sorted(found, key=lambda conversation: conversation.lane != lane)

    def _take(
        self,
        conversation: Conversation,
        source: IdSource,
        call: Call,
        listing: Listing,
        match: Match,
    ) -> Placement:
        chain = conversation.chain
        chain.advance(listing, match, call.reply.message, self._key)
        if match.relation == "earlier":
            return self._outside(conversation, source)
        request_at = next(listing.newest_first("user", since=match.new_from), None)
        repeated = match.relation == "repeated"
        opens = not repeated and (request_at is not None or conversation.turn_key == 0)
        if opens:
            conversation.turn_key = self._asides.turn_key(conversation, listing, 0)
        if not repeated:
            conversation.prompt = self._asides.prompt(listing)
        if match.relation not in ("first", "repeated"):
            conversation.forgets = None
        conversation.instance, conversation.lane = self.instance, call.lane
        conversation.ended_s = call.ended_ns / 1e9
        self._index.put(conversation.session_id, listing, chain.replies)
        return Placement(
            conversation.session_id,
            source,
            "turn" if opens else "same_turn",
            conversation.turn_key,
            self._change(chain, match),
            match.new_from,
            request_at,
            repeated,
        )

    def _change(self, chain: Chain, match: Match) -> ContextChange:
        relation = match.relation
        if relation == "earlier" or relation == "unrelated":  # noqa: PLR1714 - mypy narrows by it
            return ContextChange("continued")
        if not chain.dropped_messages:
            return _WITHOUT_LOSS[relation]
        return ContextChange(
            relation,
            dropped_messages=chain.dropped_messages,
            newly_dropped_messages=len(match.dropped),
            lost_share=chain.lost_share,
        )

    def conversation(self, session_id: str) -> Conversation:
        """Look a conversation up, or begin it."""
        conversation = self._known.get(session_id)
        if conversation is None:
            conversation = self._known[session_id] = Conversation(session_id)
            while len(self._known) > self._max_sessions:
                self.forget(next(iter(self._known)))
        self._known.move_to_end(session_id)
        return conversation


def _with(decided: Decided, placement: Placement) -> Placement:
    return replace(placement, lost=decided.lost, joined=decided.joined, lost_cause=decided.cause)


def _straight_on(listing: Listing, match: Match) -> bool:
    """Tell whether nothing can have happened elsewhere that the list knows of."""
    if match.relation not in ("continued", "repeated") or match.dropped:
        return False
    asked = listing.newest_first("user", since=match.new_from)
    return len(list(islice(asked, 2))) <= 1
