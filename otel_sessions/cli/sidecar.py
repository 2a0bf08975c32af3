"""Sidecar: sessions of applications in any language, from the spans they send."""

import argparse
import os
import signal
import socket
import sys

from opentelemetry.util.re import parse_env_headers

from otel_sessions.cli.errors import CommandError
from otel_sessions.config import Config
from otel_sessions.errors import ConfigError

NAME = "sidecar"
SUMMARY = "take OTLP, complete the spans of LLM calls, pass everything on"
DESCRIPTION = """Takes what an application exports by OTLP over HTTP, finds the sessions in its LLM
spans (OpenTelemetry GenAI, OpenLLMetry, OpenInference; the application must capture messages),
adds session, turn, health and signals to them, removes the messages, and passes everything on.
Metrics and session spans go to the next hop, too, as OTEL_SERVICE_NAME.

Settings are OTEL_SESSIONS_* and OTEL_EXPORTER_OTLP_*, as for an application. Runs until Ctrl-C or
SIGTERM. Needs the extra: pip install "otel-sessions[sidecar]".

Exit status: 0 if it was told to end, 2 if it could not start."""

_DEFAULT_FORWARD = "http://localhost:4318"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--listen",
        default="127.0.0.1:4319",
        metavar="HOST:PORT",
        help="where to take OTLP over HTTP (default: %(default)s; port 0: any free one)",
    )
    parser.add_argument(
        "--forward",
        default=os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", _DEFAULT_FORWARD),
        metavar="URL",
        help="next hop, without /v1/traces (default: OTEL_EXPORTER_OTLP_ENDPOINT, or "
        f"{_DEFAULT_FORWARD})",
    )
    parser.add_argument(
        "--keep-content", action="store_true", help="leave users' texts in spans and logs"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    import uvicorn  # noqa: PLC0415 - of the extra, see cli/__init__.py

    from otel_sessions.app_stores import AppStores  # noqa: PLC0415 - loads the SDK
    from otel_sessions.emit.metrics import Waiting  # noqa: PLC0415 - loads the SDK
    from otel_sessions.monitors import Monitor  # noqa: PLC0415 - loads the SDK
    from otel_sessions.sidecar.server import NextHop, make_app  # noqa: PLC0415 - of the extra

    if not arguments.forward.startswith(("http://", "https://")):
        message = f"--forward {arguments.forward!r}: must start with http:// or https://"
        raise CommandError(message)
    listening = _listen(arguments.listen)
    # Our own telemetry goes the same way as what is passed on.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", arguments.forward)
    try:
        monitor = Monitor(Config.load(os.environ, providers=()), AppStores(), Waiting())
    except ConfigError as error:
        listening.close()
        raise CommandError(str(error)) from None
    next_hop = NextHop(
        arguments.forward,
        headers=parse_env_headers(os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""), liberal=True),
        certificate=os.environ.get("OTEL_EXPORTER_OTLP_CERTIFICATE"),
    )
    app = make_app(monitor, next_hop, keep_content=arguments.keep_content)
    # The server ends in order and then raises the signal again, which would end us by it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host, port = listening.getsockname()[:2]
    print(f"listening on http://{host}:{port}, passing on to {arguments.forward}", file=sys.stderr)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
    return 0


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        message = f"--listen {address!r}: must be HOST:PORT, such as 127.0.0.1:4319"
        raise CommandError(message)
    try:
        return socket.create_server((host.strip("[]"), int(port)), backlog=128)
    except (OSError, OverflowError) as error:
        message = f"--listen {address}: {error}"
        raise CommandError(message) from None
