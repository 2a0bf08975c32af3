"""Costs: `python -m benchmarks.signals.costs` says what features and detectors take, in µs.

Each reader of texts reads a message of 80 tokens; each detector judges the newest of 20 turns of
a conversation with such messages, tools and questions. The texts are written for this file.
Medians of CPU time over many rounds, in which all parts take turns, so that a slow moment slows all
alike; warm, as in a worker that runs for long. The newest turn is another one in each round,
because production judges none twice. `features` and `detectors` are measured as a whole;
their parts need not add up to it. About 5 s.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from otel_sessions.detectors import DETECTORS
from otel_sessions.text.acts import read_acts
from otel_sessions.text.claims import read_claims
from otel_sessions.text.embedding import encode
from otel_sessions.text.features import FeatureReader
from otel_sessions.text.questions import read_questions
from otel_sessions.text.quotes import own_words
from otel_sessions.text.tokens import estimate_tokens
from otel_sessions.text.values import read_values
from otel_sessions.text.words import sentence_frame, split_words
from otel_sessions.texts import TextFeatures
from otel_sessions.turns import ToolUse, Turn, pack_tools

TURNS = 20
VARIANTS = 12
"""Newest turns, so that no detector finds again what it has kept of one."""
SUBJECTS = ("parcel", "invoice", "booking", "router", "ticket")
REQUEST = (
    "Hello again, I am writing about the {subject} with the number {number}, which I ordered from "
    "you on the 3rd of May this year. It was meant to arrive within five days, but the page still "
    "says that it is being prepared, and the person I spoke to on Friday could not tell me more. "
    "Could you please find out where the {subject} is now, and can you send it to 12 Mill Road "
    "instead, since I have moved?"
)
REPLY = (
    "Thank you for waiting. I have looked up the {subject} {number}: it left our warehouse in "
    "Leeds on Tuesday and is with the carrier now, so it should reach you by Thursday evening. I "
    "can change the address to 12 Mill Road as long as it has not been loaded, and I will refund "
    "the fee of $4.50 if it comes later than that. Could you confirm your postcode, so that I can "
    "enter the change?"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    options = parser.parse_args(arguments)
    costs = measure(max(1, options.rounds))
    for title, parts in costs.items():
        print(f"{title}, µs (median of {options.rounds})")
        for name, cost_us in parts.items():
            print(f"  {name:<24}{cost_us:>9.1f}")
    if options.json:
        options.json.write_text(json.dumps(costs, indent=2) + "\n", "utf-8")
    return 0


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Give the median cost of each part, in µs, the whole first."""
    reader = FeatureReader(b"benchmark", encode)
    turns = conversation(reader.read)
    newest = cycle([_newest(turns[-1], reader.read, number) for number in range(VARIANTS)])

    def judge(*detectors: Callable[[Sequence[Turn]], object]) -> Callable[[], float]:
        def timed() -> float:
            recent = (*turns[:-1], next(newest))
            started_s = time.thread_time()
            for detector in detectors:
                detector(recent)
            return time.thread_time() - started_s

        return timed

    text = REQUEST.format(subject=SUBJECTS[0], number="LX-20417")
    return {
        f"features of a message of {estimate_tokens(text)} tokens": _medians(
            {"features": _timed(lambda: reader.read(text))}
            | {name: _timed(read) for name, read in _readers(text).items()},
            rounds,
        ),
        f"detectors on {len(turns)} turns": _medians(
            {"detectors": judge(*DETECTORS)}
            | {getattr(detector, "__name__", "?"): judge(detector) for detector in DETECTORS},
            rounds,
        ),
    }


def conversation(read: Callable[[str], TextFeatures]) -> list[Turn]:
    """Make the turns that the detectors judge, oldest first."""
    turns = []
    for number in range(1, TURNS + 1):
        subject = SUBJECTS[number % len(SUBJECTS)]
        name = f"LX-{20417 + number % 7}"
        tools = [ToolUse(number * 10 + at, at, number * at, number * at) for at in range(2)]
        turns.append(
            Turn(
                session_id="s",
                key=number,
                number=number,
                model="gpt-test",
                request=read(REQUEST.format(subject=subject, number=name)),
                reply=read(REPLY.format(subject=subject, number=name)),
                messages_sent=2 * number,
                input_tokens=200 * number,
                output_tokens=90,
                window=128_000,
                duration_s=1.0 + number % 3 / 10,
                finish_reason="stop",
                packed_tools=pack_tools(tools),
            )
        )
    return turns


def _readers(text: str) -> Mapping[str, Callable[[], object]]:
    words = split_words(text)
    return {
        "own_words": lambda: own_words(text),
        "split_words": lambda: split_words(text),
        "sentence_frame": lambda: sentence_frame(words),
        "estimate_tokens": lambda: estimate_tokens(text),
        "encode": lambda: encode(text),
        "read_values": lambda: list(read_values(text)),
        "read_questions": lambda: list(read_questions(text)),
        "read_claims": lambda: read_claims(text, lambda _: b"abc"),
        "read_acts": lambda: read_acts(text, words),
    }


def _newest(turn: Turn, read: Callable[[str], TextFeatures], number: int) -> Turn:
    """Give a turn about something else that was talked about before."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    name = f"LX-{20417 + number % 7}"
    return replace(
        turn,
        request=read(REQUEST.format(subject=subject, number=name)),
        reply=read(REPLY.format(subject=subject, number=name)),
    )


def _timed(run: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        started_s = time.thread_time()
        run()
        return time.thread_time() - started_s

    return timed


def _medians(parts: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, timed in parts.items():
            times[name].append(timed())
    return {name: round(statistics.median(found) * 1e6, 1) for name, found in times.items()}


if __name__ == "__main__":
    sys.exit(main())
