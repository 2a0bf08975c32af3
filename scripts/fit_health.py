"""Fit the weights of health on labelled sessions, starting from what people thought.

    python scripts/fit_health.py --data ../shared/data/dev [--check]

A logistic regression says how likely a session fails, from how much there was of each signal (the
sum over its turns of the severity, half of it below a warning; of what is said of the session as a
whole, the highest). Each set has a level of its own,
because some are harder than others, and counts as much as any other. A weight is pulled towards the
prior below and kept within bounds: what is critical makes its turn unhealthy. So a signal that the
data hardly have keeps its prior. The result is rounded to 0.05.

Prints the weights and, for each set, the AUROC of health against the label with the priors, with
weights fitted on the other half of the sessions, and with those of `health.py`. Halves are by the
checksum of `split_key`. With `--check` the exit status is 1 if `health.py` has other weights.
About 2 min on two cores.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.signals.ablation import Judged, auroc, collect, health
from benchmarks.signals.pools import cores
from benchmarks.signals.sessions import data_files
from otel_sessions.health import OF_THE_SESSION, WEIGHTS
from otel_sessions.signals import WARNING

PRIOR: Mapping[str, float] = {
    # Facts, and the user has no answer or talks to somebody else.
    "call_failed": 1.0,
    "context_overflow": 1.0,
    "context_reset": 1.0,
    "context_truncated": 1.0,
    # A fact, and the user has a part or broke it off.
    "partial_response": 0.9,
    # Conclusions, sometimes wrong.
    "commitment_reversed": 0.85,
    "repeated_question": 0.8,
    "tool_loop": 0.8,
    "information_rerequested": 0.8,
    "fact_mismatch": 0.8,
    "contradiction": 0.75,
    "answer_irrelevant": 0.75,
    "topic_drift": 0.75,
    "instruction_drift": 0.75,
    "error_compounding": 0.7,
    "tool_failed": 0.7,
    # The user says so.
    "user_reminder": 0.8,
    "user_abandoned": 0.8,
    "escalation_requested": 0.75,
    "user_correction": 0.7,
    "user_frustration": 0.7,
    "premature_commitment": 0.7,
    # The assistant says so.
    "assistant_apology": 0.65,
    "assistant_refusal": 0.65,
    # The answer is there, it only took longer.
    "repeated_answer": 0.7,
    "latency_growth": 0.7,
    "response_growth": 0.65,
    # Nothing has happened yet.
    "context_pressure": 0.65,
    # Of the session as a whole.
    "slow_progress": 1.0,
    "loose_replies": 1.0,
}
SETS = ("agentclinic", "dbdc3", "tau1", "tau2_retail")
"""Those of whose sessions somebody said how they ended, many of either kind."""
LEAST, MOST = 0.65, 1.0
"""Bounds of a weight: at 0.65 a severity of 0.8 leaves 0.48, less than `HEALTHY_ABOVE`."""
UNHARMFUL = ("context_compacted",)
"""Told only so that what follows can be understood; they weigh nothing."""
PULL = 100.0
"""How strongly a weight is pulled to its prior, in sessions. Less pulls more out of these sets and
tells nothing more of the other half (30 and 5 were tried)."""
STEP = 0.05
_ROUNDS = 4_000
_RATE = 0.02


def main() -> int:
    """Fit and print; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the dev sets")
    parser.add_argument("--check", action="store_true", help="compare with health.py")
    options = parser.parse_args()
    judged = collect(data_files(options.data, SETS), cores())
    fitted = fit(judged)
    print(f"{'signal':<26}prior  fitted  health.py  sessions")
    for name, weight in fitted.items():
        seen = sum(any(name in t for t in s.turns) for found in judged.values() for s in found)
        print(f"{name:<26}{PRIOR[name]:>5.2f}{weight:>8.2f}{WEIGHTS.get(name, 0):>11.2f}{seen:>10}")
    by_half = [fit(_half(judged, half)) for half in (0, 1)]
    print(f"\n{'AUROC':<16}sessions  prior  fitted on the other half  health.py")
    for name, sessions in judged.items():
        crossed = np.mean([_auroc(_half(judged, half)[name], by_half[1 - half]) for half in (0, 1)])
        prior, kept = _auroc(sessions, PRIOR), _auroc(sessions, WEIGHTS)
        print(f"{name:<16}{len(sessions):>8}{prior:>7.3f}{crossed:>26.3f}{kept:>11.3f}")
    expected = {**fitted, **dict.fromkeys(UNHARMFUL, 0.0)}
    if options.check and expected != dict(WEIGHTS):
        print("health.py has other weights", file=sys.stderr)
        return 1
    return 0


def fit(judged: Mapping[str, Sequence[Judged]]) -> dict[str, float]:
    """Return the weight of each signal, rounded to `STEP`."""
    names = list(PRIOR)
    prior = np.array(list(PRIOR.values()))
    sets = [
        (
            np.array([_amounts(session, names) for session in sessions]),
            np.array([session.failed for session in sessions], float),
        )
        for sessions in judged.values()
    ]
    weights, levels, scale = prior.copy(), np.full(len(sets), -1.0), 1.0
    total = sum(len(failed) for _, failed in sets)
    for _ in range(_ROUNDS):
        toward = PULL * (weights - prior) / total
        along = 0.0
        for at, (amounts, failed) in enumerate(sets):
            missed = 1 / (1 + np.exp(-(levels[at] + scale * amounts @ weights))) - failed
            toward += scale * amounts.T @ missed / len(failed) / len(sets)
            along += float((amounts @ weights * missed).mean()) / len(sets)
            levels[at] -= missed.mean()
        scale = max(0.0, scale - _RATE * along)
        weights = np.clip(weights - _RATE * toward, LEAST, MOST)
    rounded = np.round(np.round(weights / STEP) * STEP, 2)
    return dict(zip(names, map(float, rounded), strict=True))


def _amounts(session: Judged, names: Sequence[str]) -> list[float]:
    return [_amount([turn.get(name, 0.0) for turn in session.turns], name) for name in names]


def _amount(severities: Sequence[float], name: str) -> float:
    if name in OF_THE_SESSION:
        return max(severities)
    return sum(severity if severity >= WARNING else severity / 2 for severity in severities)


def _half(judged: Mapping[str, Sequence[Judged]], half: int) -> dict[str, list[Judged]]:
    return {
        name: [s for s in sessions if crc32(s.split_key.encode()) % 2 == half]
        for name, sessions in judged.items()
    }


def _auroc(sessions: Sequence[Judged], weights: Mapping[str, float]) -> float:
    scores = np.array([1 - health(session.turns, weights) for session in sessions])
    return auroc(scores, np.array([session.failed for session in sessions]))


if __name__ == "__main__":
    sys.exit(main())
