"""Stores: what the stores hold in which applications keep their conversations.

Theirs is the first ceiling that a growing session hits. Nothing is known of a store that is not
given to `otel_sessions.observe_store()`.
"""

from collections.abc import Iterable

from dashboards.boards.panels import Builder, Question, lines, profile
from dashboards.boards.queries import (
    RANGE,
    RATE,
    Query,
    counted,
    newest,
    of_service,
    quantile,
    share,
)
from dashboards.prometheus_names import metric_name
from otel_sessions import names

NO_APP_STORE = "No store of the application is observed: otel_sessions.observe_store() does that."
STORE = names.LABEL_STORE


def panels() -> Iterable[Builder]:
    """Make the panels of one row, or two."""
    where = of_service()
    by = STORE
    shown = f"{{{{{STORE}}}}}"
    yield lines(
        Question(
            "How big is a stored session?",
            "bytes",
            "What the application wrote or read of one session: half is below the lower line of a "
            "store, all but 1 % below the upper one.",
            [
                Query(quantile(names.APP_STORE_SIZE, rank, where, by=by), f"{shown}, {rank:.0%}")
                for rank in (0.5, 0.99)
            ],
            width=6,
            empty=NO_APP_STORE,
        )
    )
    yield lines(
        Question(
            "How much does a turn add to it?",
            "bytes",
            "95th percentile of what a turn added to the stored session.",
            [Query(quantile(names.APP_STORE_GROWTH, 0.95, where, by=by), shown)],
            width=6,
            empty=NO_APP_STORE,
        )
    )
    yield lines(
        Question(
            "How full is the store's memory?",
            "percentunit",
            "Share of its memory limit that the store uses; a store without a limit is left out.",
            [Query(newest(names.APP_STORE_UTILIZATION, where, combine="max", by=by), shown)],
            width=6,
            limits=((0.7, "orange"), (0.9, "red")),
            highest=1,
            empty=NO_APP_STORE,
        )
    )
    yield lines(
        Question(
            "When is it full?",
            "s",
            "Forecast of the time until the store reaches its memory limit, from its growth. "
            "Nothing is shown while it does not grow.",
            [Query(newest(names.APP_STORE_TIME_TO_FULL, where, combine="min", by=by), shown)],
            width=6,
            base="red",
            limits=((3600, "orange"), (86400, "green")),
            empty="No observed store with a memory limit grows.",
        )
    )
    lookups = counted(names.APP_STORE_LOOKUPS, where, by=by)
    missed = counted(names.APP_STORE_LOOKUPS, of_service(**{names.LABEL_RESULT: "miss"}), by=by)
    yield lines(
        Question(
            "How many lookups find nothing?",
            "percentunit",
            "Share of lookups without a session. A new one is not found either; a rise is a loss.",
            [Query(share(missed, lookups), shown)],
            width=6,
            highest=1,
            empty=NO_APP_STORE,
        )
    )
    yield profile(
        Question(
            "Which sessions were lost, and why?",
            "short",
            "Sessions that had turns and were not found when they went on, within the time range.",
            [
                Query(
                    counted(
                        names.APP_STORE_LOST, where, by=f"{STORE}, {names.LABEL_CAUSE}", over=RANGE
                    ),
                    f"{shown}: {{{{{names.LABEL_CAUSE}}}}}",
                )
            ],
            width=6,
            decimals=0,
            limits=((1, "red"),),
            empty="No session was lost by an observed store in this time range.",
        )
    )
    evictions = f"{metric_name(names.APP_STORE_EVICTIONS)}{{{where}}}{RATE}"
    yield lines(
        Question(
            "How many keys does it evict?",
            "cps",
            "Keys that the store threw out for want of memory, for each second; every process "
            "tells the same figure, so the highest is shown.",
            [Query(f"max by ({STORE}) (rate({evictions}))", shown)],
            width=6,
            limits=((1, "orange"),),
            empty=NO_APP_STORE,
        )
    )
    yield lines(
        Question(
            "How slow is it?",
            "s",
            "99th percentile of an operation of the application on its store; users wait for it.",
            [
                Query(
                    quantile(
                        names.APP_STORE_DURATION,
                        0.99,
                        where,
                        by=f"{STORE}, {names.LABEL_OPERATION}",
                    ),
                    f"{shown}: {{{{{names.LABEL_OPERATION}}}}}",
                )
            ],
            width=6,
            empty=NO_APP_STORE,
        )
    )
