"""Monitor: the board that answers "is the monitor itself healthy?".

If it is not, the other boards show less than there is.
"""

from collections.abc import Iterable

from dashboards.boards.frames import Board, service_choices
from dashboards.boards.panels import Builder, Link, Question, layers, lines, number, overall
from dashboards.boards.queries import (
    PROCESS,
    RANGE,
    RATE,
    Query,
    counted,
    newest,
    of_service,
    quantile,
    share,
)
from dashboards.objectives import Setting
from dashboards.prometheus_names import label_name
from otel_sessions import names

UID = "llm-sessions-monitor"
ERROR = label_name(names.ERROR_TYPE)
KINDS = {"spans": "spans", "metric_points": "points of metrics", "log_records": "events"}
"""What goes through the collector, and what people call it."""
NO_COLLECTOR = "The collector's own metrics are not scraped."
NO_QUEUE = "No exporter of the collector has a queue: the overlay otlp.yaml gives it one."


def build(setting: Setting) -> Board:
    """Say what is on the board."""
    return Board(
        uid=UID,
        title="LLM sessions: is the monitor healthy?",
        about="Whether calls are analysed, and whether what is found gets to where it is seen.",
        rows=(
            ("Do the other boards show all there is?", _totals()),
            ("Are calls analysed?", _pipeline()),
            ("Does the monitor's store keep up?", _store()),
            ("Does the collector pass on what it gets?", _collector()),
        ),
        variables=service_choices(),
        links=(Link("Runbooks", setting.runbooks),),
    )


def _lost() -> str:
    return of_service(**{names.LABEL_RESULT: "!analysed"})


def _totals() -> Iterable[Builder]:
    seen = counted(names.PIPELINE_CALLS, of_service(), over=RANGE)
    yield overall(
        Question(
            "Which share of calls was analysed?",
            "percentunit",
            "Of the calls of the time range. The others were served all the same, but not seen.",
            [Query(f"1 - {share(counted(names.PIPELINE_CALLS, _lost(), over=RANGE), seen)}", "")],
            width=6,
            base="red",
            limits=((0.99, "orange"), (0.999, "green")),
            highest=1,
            decimals=2,
        )
    )
    yield number(
        Question(
            "How many calls wait?",
            "short",
            "The longest queue of any process now. 10,000 wait at most by default.",
            [Query(newest(names.PIPELINE_QUEUE, of_service(), combine="max"), "waiting")],
            width=6,
            limits=((1000, "orange"), (8000, "red")),
        )
    )
    yield number(
        Question(
            "Does Prometheus reach the collector?",
            "percentunit",
            "Share of the collector's pages that answered when they were scraped last.",
            [Query('avg(up{job=~"llm-sessions|collector"})', "answered")],
            width=6,
            base="red",
            limits=((1, "green"),),
            highest=1,
            empty="Prometheus scrapes no job llm-sessions or collector.",
        )
    )
    refused = " + ".join(_collected("receiver_refused", kind, over=RANGE) for kind in KINDS)
    yield overall(
        Question(
            "What did the collector refuse?",
            "short",
            "Spans, points and events of the time range that came while its memory was full.",
            [Query(refused, "refused")],
            width=6,
            limits=((1, "red"),),
            empty=NO_COLLECTOR,
        )
    )


def _pipeline() -> Iterable[Builder]:
    result = names.LABEL_RESULT
    yield layers(
        Question(
            "What became of the calls that were seen?",
            "cps",
            "Analysed, dropped because the queue was full, or failed by a fault of the monitor.",
            [Query(counted(names.PIPELINE_CALLS, of_service(), by=result), f"{{{{{result}}}}}")],
            width=8,
        )
    )
    yield lines(
        Question(
            "How many calls wait for analysis?",
            "short",
            "Queue of each process. A queue that stays long ends in dropped calls.",
            [
                Query(
                    newest(names.PIPELINE_QUEUE, of_service(), combine="max", by=PROCESS),
                    f"{{{{{PROCESS}}}}}",
                )
            ],
            width=8,
        )
    )
    yield layers(
        Question(
            "What became of the turns chosen for the judge?",
            "cps",
            "Judged, skipped for want of budget, or failed. Without a judge there is nothing.",
            [Query(counted(names.JUDGE_CALLS, of_service(), by=result), f"{{{{{result}}}}}")],
            width=8,
            empty="No judge is set, or no turn was chosen for it in this time range.",
        )
    )


def _store() -> Iterable[Builder]:
    operation = f"{names.LABEL_BACKEND}, {names.LABEL_OPERATION}"
    shown = f"{{{{{names.LABEL_BACKEND}}}}}: {{{{{names.LABEL_OPERATION}}}}}"
    yield lines(
        Question(
            "How slow is the session store?",
            "s",
            "99th percentile by operation. It delays the analysis, never the application's call.",
            [Query(quantile(names.STORE_DURATION, 0.99, of_service(), by=operation), shown)],
            width=8,
        )
    )
    yield lines(
        Question(
            "How often is it asked?",
            "ops",
            "Operations for each second.",
            [Query(counted(names.STORE_DURATION, of_service(), by=operation), shown)],
            width=8,
        )
    )
    yield lines(
        Question(
            "Which of its operations fail?",
            "ops",
            "Failed operations for each second, by error; the analysis goes on from a local copy.",
            [
                Query(
                    counted(
                        names.STORE_DURATION,
                        of_service(**{ERROR: "!"}),
                        by=f"{operation}, {ERROR}",
                    ),
                    f"{shown}: {{{{{ERROR}}}}}",
                )
            ],
            width=8,
            limits=((0.01, "red"),),
            empty="No operation of the store failed in this time range.",
        )
    )


def _collected(part: str, kind: str, *, by: str = "", over: str = RATE) -> str:
    """Ask for one of the collector's own counters."""
    rate = "increase" if over == RANGE else "rate"
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} ({rate}(otelcol_{part}_{kind}{over}))"


def _collector() -> Iterable[Builder]:
    for title, part, about, empty in (
        (
            "What comes in?",
            "receiver_accepted",
            "Accepted by the collector for each second.",
            NO_COLLECTOR,
        ),
        (
            "What goes out?",
            "exporter_sent",
            "Sent on to Prometheus' page, Tempo and other backends for each second.",
            NO_COLLECTOR,
        ),
        (
            "What could not be sent?",
            "exporter_send_failed",
            "Given up for each second, after all tries: it is lost.",
            "Nothing failed, or the collector's own metrics are not scraped.",
        ),
    ):
        yield lines(
            Question(
                title,
                "cps",
                about,
                [Query(_collected(part, kind), said) for kind, said in KINDS.items()],
                width=8,
                empty=empty,
            )
        )
    of_exporter = "exporter, data_type"
    shown = "{{exporter}}: {{data_type}}"
    yield lines(
        Question(
            "How full are the queues to the backends?",
            "percentunit",
            "Batches that wait, as a share of what the queue holds. A full queue loses data.",
            [
                Query(
                    f"max by ({of_exporter}) (otelcol_exporter_queue_size)"
                    f" / max by ({of_exporter}) (otelcol_exporter_queue_capacity)",
                    shown,
                )
            ],
            width=8,
            limits=((0.5, "orange"), (0.9, "red")),
            highest=1,
            empty=NO_QUEUE,
        )
    )
    yield lines(
        Question(
            "How much memory does the collector take?",
            "bytes",
            "Resident memory. From OTEL_SESSIONS_MEMORY_MIB on, 512 MiB by default, it refuses.",
            [Query(f"max by ({PROCESS}) (otelcol_process_memory_rss)", f"{{{{{PROCESS}}}}}")],
            width=8,
            empty=NO_COLLECTOR,
        )
    )
    yield lines(
        Question(
            "Since when does it run?",
            "s",
            "Time since the collector started; a saw tooth means that it dies again and again.",
            [Query(f"max by ({PROCESS}) (otelcol_process_uptime)", f"{{{{{PROCESS}}}}}")],
            width=8,
            empty=NO_COLLECTOR,
        )
    )
