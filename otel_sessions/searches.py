"""Searches: the session of a message list for which nobody stated one.

Candidates come from the index; each is confirmed by comparing its chain with the list. The likely
cases come first: a session that waits for just this continuation, then one that sent the same list
last, then one whose reply the list contains though it is not as it was.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from otel_sessions.indexes import SURE_TOKENS, position_key, reply_key, state_key
from otel_sessions.lineage import Chain, Match, Relation
from otel_sessions.listings import Listing

_BY_LIKELIHOOD: tuple[Relation, ...] = (
    "continued",
    "truncated",
    "compacted",
    "repeated",
    "earlier",
    "forked",
)


class Chained(Protocol):
    """What is searched for: something with a chain."""

    @property
    def chain(self) -> Chain:
        """The newest list and its replies."""
        ...


_C = TypeVar("_C", bound=Chained)
Candidates = Callable[[int], Sequence[_C]]
"""Index key -> what stands there, the newest first."""


def places(listing: Listing) -> tuple[int, ...]:
    """Give the index keys under which `search` looks, as far as another process may know them.

    None if there is no reply in the list: two users may well open alike.
    """
    newest = next(listing.newest_first("assistant", since=listing.lead), None)
    if newest is None:
        return ()
    sent = position_key(listing, len(listing))
    return (
        state_key(listing, newest),
        sent,
        reply_key(listing, newest),
        position_key(listing, newest),
    )


def search(listing: Listing, candidates: Candidates[_C]) -> tuple[_C, Match] | None:
    """Find whose list it is, and how it relates to the chain; `None` if it is a new one."""
    newest = next(listing.newest_first("assistant", since=listing.lead), None)
    sent = position_key(listing, len(listing))
    if newest is None:
        return _retried(listing, candidates(sent))
    return (
        _open(listing, candidates(state_key(listing, newest)))
        or _retried(listing, candidates(sent))
        or _best(listing, candidates(reply_key(listing, newest)))
        or _only(listing, candidates(position_key(listing, newest)))
    )


def _open(listing: Listing, found: Sequence[_C]) -> tuple[_C, Match] | None:
    """Choose one that waits for just this continuation; equal ones may stand for each other."""
    for candidate in found:
        match = candidate.chain.compare(listing)
        if match.relation == "continued":
            return candidate, match
    return None


def _retried(listing: Listing, found: Sequence[_C]) -> tuple[_C, Match] | None:
    """Choose one that sent this list last.

    It had no answer yet, or the list goes on from one: two users may well open alike.
    """
    for candidate in found:
        if candidate.chain.answered or not candidate.chain.replies:
            match = candidate.chain.compare(listing)
            if match.relation == "repeated":
                return candidate, match
    return None


def _best(listing: Listing, found: Sequence[_C]) -> tuple[_C, Match] | None:
    """Choose among those that made the newest reply, though the list is not as it was."""
    matches = [(candidate, candidate.chain.compare(listing)) for candidate in found]
    sure = [
        (candidate, match)
        for candidate, match in matches
        if match.relation in _BY_LIKELIHOOD
        and match.shared_tokens >= SURE_TOKENS
        and (match.relation != "repeated" or candidate.chain.answered)
    ]
    return min(sure, key=lambda pair: _BY_LIKELIHOOD.index(pair[1].relation), default=None)


def _only(listing: Listing, found: Sequence[_C]) -> tuple[_C, Match] | None:
    """Choose the one whose reply the application rewrote, if there is just one."""
    matches = [(candidate, candidate.chain.compare(listing)) for candidate in found]
    sure = [
        (candidate, match)
        for candidate, match in matches
        if match.relation == "continued" and match.shared_tokens >= SURE_TOKENS
    ]
    return sure[0] if len(sure) == 1 else None
