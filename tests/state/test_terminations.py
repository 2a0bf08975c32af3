"""A process that is told to end at a bad moment still tells what it knows, and ends."""

import os
import signal
import subprocess
import sys

import pytest

LONG_S = 300
SCRIPT = """
import os, signal, sys, threading
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
import otel_sessions

class Asking(SpanExporter):
    '''Asks before it exports, and says what it has exported.'''

    def export(self, spans):
        print("may I?", flush=True)
        sys.stdin.readline()
        print(*(span.name for span in spans), flush=True)
        return SpanExportResult.SUCCESS

provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(BatchSpanProcessor(Asking(), schedule_delay_millis=3_600_000))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider())
_logs.set_logger_provider(LoggerProvider())
handle = otel_sessions.instrument(providers=[], flush_timeout_s=6 if "hangs" in sys.argv else 120)
provider.get_tracer("application").start_span("waits").end()
"""
ENDS = ""
HANGS = """
handle.monitor.pipeline.submit(type("Hanging", (), {
    "span": provider.get_tracer("application").start_span("never analysed"),
    "outcome": "completed", "ended_ns": 1, "read": lambda self: threading.Event().wait()})())
"""
LEAVES_IN_A_THREAD = """
threading.Thread(target=otel_sessions.uninstrument).start()
threading.Event().wait()
"""
IS_TOLD = """
os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.fixture
def environ():
    return {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}


@pytest.mark.parametrize("code", [ENDS, LEAVES_IN_A_THREAD, IS_TOLD])
def test_a_process_that_is_told_while_it_finishes(environ, code):
    """At its end, in a thread, or because it was told before: it finishes and ends by the signal.

    `timeout` tells its child twice, once by itself and once as one of its group.
    """
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT + code],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "may I?\n"
        process.send_signal(signal.SIGTERM)
        output, log = process.communicate("you may\n", timeout=LONG_S)
    assert (process.returncode, output, log) == (-signal.SIGTERM, "waits\n", "")


def test_an_analysis_that_takes_all_of_the_time(environ):
    """What needs none of it is exported all the same, for which some time is kept."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + HANGS, "hangs"],
        env=environ,
        input="you may\n",
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "may I?\nwaits\n"
