"""Readings: from a call, which holds text, to a turn, which does not.

Each new text is read once, here, and let go. About 0.6 ms for two messages of 80 tokens.

System messages are read in a session's first call and where they changed. They may be long and the
same in each call; that they are, their length and eight places in them tell (3 µs). Where they do
change in each call, because the time or what was retrieved is in them, they are read four times and
then at every eighth call.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from otel_sessions.calls import Call
from otel_sessions.digests import digest
from otel_sessions.faults import contained
from otel_sessions.listings import Listing, canonical_arguments
from otel_sessions.models import find_model
from otel_sessions.placements import Placement
from otel_sessions.records import WORD_BYTES
from otel_sessions.text.features import FeatureReader
from otel_sessions.text.results import reads_like_error
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import KEPT_TOOL_VALUES, ToolUse, Turn, pack_tools

_UNUSED_BITS = 32
"""Of the 64 of a digest: the tool uses of one session are told apart by the others."""

KEPT_PROMPTS = 10_000
"""Sessions whose system messages are known, at about 300 bytes each; the oldest go first."""
_FIRST_READINGS = 4
_CALLS_A_READING = 8
_PROBES = 8
_PROBE_CHARACTERS = 64


@dataclass(slots=True)
class _Prompt:
    """The system messages of one session, as far as they are known again."""

    mark: int
    calls: int = 0
    readings: int = 1


class CallReader:
    """Reads calls with one key and one encoder."""

    def __init__(
        self,
        key: bytes,
        encode: Callable[[str], bytes],
        *,
        windows: Callable[[str], int | None] = lambda _: None,
        instance: str = "",
    ) -> None:
        """Take what all readings share.

        Args:
            key: what digests depend on, 1 to 64 bytes.
            encode: text to a vector; see `FeatureReader`.
            windows: a model's window in tokens, if the user stated it.
            instance: names this process.

        """
        self._key = key
        self._features = FeatureReader(key, _contained(encode))
        self._windows = windows
        self.instance = instance
        self._prompts: OrderedDict[str, _Prompt] = OrderedDict()

    def listing(self, call: Call) -> Listing | None:
        """Open the call's messages for reading; `None` if they cannot be read."""
        messages = call.request.messages
        return None if messages is None else Listing(messages, self._key)

    def turn(self, call: Call, listing: Listing | None, placement: Placement) -> Turn:
        """Make the turn of one call, to be joined with the turn's other calls."""
        request_text = None
        if listing is not None and placement.request_at is not None:
            request_text = listing.message(placement.request_at).text
        reply = call.reply.message
        tool_calls = reply.tool_calls if reply else ()
        streamed_s = None
        if call.first_chunk_ns is not None:
            streamed_s = (call.first_chunk_ns - call.started_ns) / 1e9
        return Turn(
            session_id=placement.session_id,
            key=placement.turn_key,
            started_s=call.started_ns / 1e9,
            ended_s=call.ended_ns / 1e9,
            complete=call.outcome != "failed" and not tool_calls,
            instance=self.instance,
            provider=call.provider,
            model=_once(call.request.model),
            retries=int(placement.repeated),
            request=self._features.read(request_text) if request_text else None,
            system=self._system(listing, placement),
            reply=self._features.read(reply.text) if reply and reply.text else None,
            context=placement.change,
            messages_sent=len(listing) if listing is not None else None,
            input_tokens=call.reply.usage.input_tokens,
            output_tokens=call.reply.usage.output_tokens,
            window=self._window(call),
            duration_s=(call.ended_ns - call.started_ns) / 1e9,
            time_to_first_chunk_s=streamed_s,
            outcome=call.outcome,
            finish_reason=_once(next(iter(call.reply.finish_reasons), None)),
            error_type=_once(call.error_type),
            failures=int(call.outcome == "failed"),
            overflow=call.overflow,
            packed_tools=pack_tools(
                ToolUse(
                    self._digest("id", tool_call.id or f"{placement.turn_key}/{at}"),
                    self._digest("name", tool_call.name),
                    self._digest("call", tool_call.name, canonical_arguments(tool_call)),
                )
                for at, tool_call in enumerate(tool_calls)
            ),
            tool_results=self._tool_results(listing, placement),
            tool_values=self._tool_values(listing, placement),
        )

    def _system(self, listing: Listing | None, placement: Placement) -> TextFeatures | None:
        """Read the system messages if they are new to the session."""
        if listing is None or not listing.lead or placement.part not in ("turn", "same_turn"):
            return None
        text = listing.lead_text
        mark = _mark(text)
        known = self._prompts.get(placement.session_id)
        if known is None:
            self._prompts[placement.session_id] = _Prompt(mark)
            if len(self._prompts) > KEPT_PROMPTS:
                self._prompts.popitem(last=False)
            return self._features.read(text) if text else None
        self._prompts.move_to_end(placement.session_id)
        known.calls += 1
        due = known.readings - _FIRST_READINGS < known.calls // _CALLS_A_READING
        if known.mark == mark or not due:
            return None
        known.mark = mark
        known.readings += 1
        return self._features.read(text) if text else None

    def _tool_results(
        self, listing: Listing | None, placement: Placement
    ) -> tuple[tuple[int, int, bool], ...]:
        if listing is None or placement.part != "same_turn":
            return ()
        results = []
        for at in listing.newest_first("tool", since=placement.new_from):
            message = listing.message(at)
            failed = reads_like_error(message.text)
            use_id = self._digest("id", message.tool_call_id or "")
            results.append((use_id, self._digest("result", message.text), failed))
        return tuple(results)

    def _tool_values(self, listing: Listing | None, placement: Placement) -> bytes:
        if listing is None or placement.part != "same_turn":
            return b""
        results = [
            self._features.figures(listing.message(at).text, KEPT_TOOL_VALUES)
            for at in listing.newest_first("tool", since=placement.new_from)
        ]
        return b"".join(reversed(results))[-KEPT_TOOL_VALUES * WORD_BYTES :]

    def _digest(self, *parts: str) -> int:
        return digest(self._key, *parts) >> _UNUSED_BITS

    def _window(self, call: Call) -> int | None:
        for name in (call.reply.model, call.request.model):
            if name:
                known = self._windows(name)
                if known is None:
                    model = find_model(name, call.provider)
                    known = model.window if model else None
                if known is not None:
                    return known
        return None


def _once(text: str | None) -> str | None:
    """Keep equal texts of many calls once."""
    return None if text is None else sys.intern(text)


def _mark(text: str) -> int:
    """Hash a text's length and a few places in it, so that the cost does not grow with it."""
    step = max(1, (len(text) - _PROBE_CHARACTERS) // (_PROBES - 1))
    places = [text[at * step : at * step + _PROBE_CHARACTERS] for at in range(_PROBES)]
    return hash((len(text), *places))


def _contained(encode: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """Make a fault of the encoder cost the vector and nothing else."""

    def encode_or_nothing(text: str) -> bytes:
        with contained("encoding a text"):
            return encode(text)
        return b""

    return encode_or_nothing
