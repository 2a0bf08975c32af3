"""A server that switches us on when it starts, while it listens to SIGTERM already.

It makes one span, says so, and prints its spans when they are exported, which by itself is never.
"""

import sys
from contextlib import asynccontextmanager

import uvicorn
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from starlette.applications import Starlette

import otel_sessions


class Printer(SpanExporter):
    def export(self, spans):
        sys.stdout.write("".join(f"{span.name}\n" for span in spans))
        sys.stdout.flush()
        return SpanExportResult.SUCCESS


@asynccontextmanager
async def lifespan(_):
    otel_sessions.instrument()
    trace.get_tracer("application").start_span("waits").end()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    yield


def main():
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Printer(), schedule_delay_millis=3_600_000))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider())
    _logs.set_logger_provider(LoggerProvider())
    uvicorn.run(Starlette(lifespan=lifespan), port=0, log_level="error")


main()
