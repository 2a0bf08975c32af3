"""Asides: lists that have nothing in common with their session, until what follows decides.

Such a list is a side call (a title, a classifier, a sub-agent), or a conversation that lost its
history. If the user goes on from it, it was a loss; until then it is kept beside the list that
leads. An application may also start from nothing with each call, which several such lists in a row
tell.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

from otel_sessions.calls import Call
from otel_sessions.digests import digest
from otel_sessions.lineage import Chain, Match
from otel_sessions.listings import Listing

MAX_ASIDES = 4
"""Undecided lists of a session that are kept, the newest."""
_BARE_IN_A_ROW = 2
"""Bare lists in a row, each without what was before, from which an application starts from nothing
with each call. One more where there was a history, and one more where there is no prompt: title,
suggestions and the like are bare, too, and may have the conversation's prompt."""
_PROMPT_HEAD_CHARS = 80
"""System prompts that start alike are the same prompt; dates and names come later in it."""

Forgets = Literal["always", "now"] | None


@dataclass(slots=True)
class Aside:
    """A list that had nothing in common with its session, until what follows decides."""

    chain: Chain
    prompt: int
    key: int
    """Turn key of its first call."""
    bare: bool
    """It holds only what the user says: no reply, no tool result."""
    instance: str
    started_s: float = 0.0
    """Unix time at which its first call started."""


@dataclass(slots=True)
class Conversation:
    """What is known of the message lists of one session."""

    session_id: str
    chain: Chain = field(default_factory=Chain)
    prompt: int = 0
    turn_key: int = 0
    generation: int = 0
    """How often the history was lost."""
    instance: str = ""
    """The process that served its last call."""
    ended_s: float = 0.0
    """Unix time at which that call ended."""
    lane: int = 0
    asides: list[Aside] = field(default_factory=list)
    forgets: Forgets = None
    """Each call starts from nothing: from the first on, or since a history was lost."""
    former: Aside | None = None
    """The list that led before, while another that went on stands in its place."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What lists that were set aside have turned out to be, by their turn keys."""

    lost: tuple[int, ...] = ()
    """Turns whose history was lost."""
    joined: tuple[int, ...] = ()
    """Turns like any other."""
    cause: str | None = None
    """Why the history of those in `lost` was gone."""


class Asides:
    """Decides on the lists that were set aside."""

    def __init__(self, key: bytes, *, started_s: float = 0.0, expiry_s: float = math.inf) -> None:
        """Take what decisions rest on.

        Args:
            key: what digests depend on.
            started_s: Unix time at which this process started.
            expiry_s: silence after which a lost history counts as expired, in seconds.

        """
        self._key = key
        self._started_s = started_s
        self._expiry_s = expiry_s
        self._no_prompt = digest(key, "prompt", "")

    def prompt(self, listing: Listing) -> int:
        """Give the digest by which lists of the same system prompt are known."""
        return digest(self._key, "prompt", listing.lead_text[:_PROMPT_HEAD_CHARS])

    def turn_key(self, conversation: Conversation, listing: Listing, salt: int) -> int:
        """Give the key of the turn that a list opens; `salt` tells lists set aside apart."""
        at = len(listing) - listing.lead
        newest = listing.digest(len(listing) - 1)
        return digest(
            self._key, "turn", str(conversation.generation), str(at), str(newest), str(salt)
        )

    def best(self, conversation: Conversation, listing: Listing) -> tuple[Aside, Match] | None:
        """Find the list beside the leading one from which this one goes on."""
        former = [conversation.former] if conversation.former else []
        asides = [*former, *conversation.asides]
        matches = [(aside, aside.chain.compare(listing)) for aside in asides]
        related = [pair for pair in matches if pair[1].relation not in ("unrelated", "earlier")]
        return max(related, key=lambda pair: pair[1].shared_tokens, default=None)

    def may_lead(
        self, conversation: Conversation, aside: Aside, match: Match, listing: Listing
    ) -> bool:
        """Tell whether a list that goes on from one set aside is now the conversation."""
        by_user = next(listing.newest_first("user", since=match.new_from), None) is not None
        # Without a prompt of its own, an agent at work looks like any other.
        goes_on = by_user or aside.prompt != self._no_prompt
        same = aside.prompt == conversation.prompt
        first = aside is conversation.former
        allowed = same or first or not conversation.chain.answered
        return allowed and goes_on and match.relation != "repeated"

    def lead(self, conversation: Conversation, aside: Aside) -> Decided:
        """Put a list that was set aside in the place of the one that led."""
        same = aside.prompt == conversation.prompt
        first = aside is conversation.former
        # A list that never went on may itself have been a side call.
        prompted = same and aside.prompt != self._no_prompt
        was_lost = not first and (conversation.chain.answered > 0 or prompted)
        cause = self.cause(conversation, aside)
        conversation.former = None if same or first else _led(conversation)
        conversation.chain = aside.chain
        conversation.turn_key = aside.key
        conversation.generation += 1
        conversation.asides.clear()
        if was_lost:
            return Decided(lost=(aside.key,), cause=cause)
        return Decided(joined=(aside.key,))

    def add(
        self, conversation: Conversation, call: Call, listing: Listing, *, bare: bool, instance: str
    ) -> tuple[Aside, Match, Decided]:
        """Set a list aside, and decide if it shows that the application starts from nothing."""
        chain = Chain()
        match = chain.compare(listing)
        chain.advance(listing, match, call.reply.message, self._key)
        key = self.turn_key(conversation, listing, len(conversation.asides) + 1)
        aside = Aside(chain, self.prompt(listing), key, bare, instance, call.started_ns / 1e9)
        conversation.asides.append(aside)
        del conversation.asides[:-MAX_ASIDES]
        return aside, match, self._noticing_that_it_forgets(conversation)

    def _noticing_that_it_forgets(self, conversation: Conversation) -> Decided:
        """See whether the application starts from nothing with each call.

        Several bare lists in a row, alike in their prompt, are no side calls. If there was a
        history before, it was lost; if there never was one, these are its turns.
        """
        asides, prompt = conversation.asides, conversation.prompt
        if not all(aside.bare and aside.prompt == prompt for aside in asides):
            return Decided()
        had_history = conversation.chain.answered > 0
        if len(asides) < _BARE_IN_A_ROW + had_history + (prompt == self._no_prompt):
            return Decided()
        *earlier, newest = asides
        keys = tuple(aside.key for aside in earlier)
        if had_history:
            conversation.former = _led(conversation)
        conversation.forgets = "now" if had_history else "always"
        conversation.chain = earlier[-1].chain
        conversation.asides = [newest]
        conversation.generation += 1
        if had_history:
            return Decided(lost=keys, cause=self.cause(conversation, newest))
        return Decided(joined=keys)

    def undecided(self, conversation: Conversation) -> tuple[int, str | None] | None:
        """At a session's end: the turn, and its cause, that looks like a start from nothing.

        It is the newest list set aside, if it has the conversation's system prompt and holds only
        what the user said. `None` if there is none.
        """
        if not conversation.asides:
            return None
        if not conversation.chain.answered and conversation.forgets != "now":
            return None
        aside = conversation.asides[-1]
        if not aside.bare or aside.prompt != conversation.prompt:
            return None
        return aside.key, self.cause(conversation, aside)

    def cause(self, conversation: Conversation, aside: Aside) -> str:
        """Say why the history was gone when the list that was set aside began."""
        elsewhere = conversation.instance != aside.instance
        same_host = _host(conversation.instance) == _host(aside.instance)
        if elsewhere and same_host and conversation.ended_s < self._started_s:
            return "process_restarted"
        if aside.started_s - conversation.ended_s >= self._expiry_s:
            return "expired"
        return "instance_changed" if elsewhere else "unknown"


def _led(conversation: Conversation) -> Aside:
    """Keep the list that has led so far, in case that it comes back."""
    return Aside(
        conversation.chain,
        conversation.prompt,
        conversation.turn_key,
        bare=False,
        instance=conversation.instance,
    )


def _host(instance: str) -> str:
    return instance.rpartition(":")[0]
