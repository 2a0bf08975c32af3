"""Command line: `otel-sessions`, one file per command.

A command is a module with `NAME`, `SUMMARY`, `add_arguments(parser)` and `run(arguments) -> exit
code`. What needs an extra is imported when a command runs, so that help works without it.
Exit codes: 0 as expected, 1 not as expected, 2 the command could not start.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from otel_sessions.cli import demo, export, replay, sidecar
from otel_sessions.cli.errors import CommandError

COMMANDS = (demo, replay, sidecar, export)

_EXTRAS = {
    "openai": "demo",
    "rich": "demo",
    "starlette": "sidecar",
    "uvicorn": "sidecar",
}
"""Extra of each package that a command may lack, by import name."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        print(
            f"otel-sessions {arguments.command} needs the package {package}: "
            f'pip install "otel-sessions[{_EXTRAS[package]}]"',
            file=sys.stderr,
        )
        return 2
    except CommandError as error:
        print(f"otel-sessions {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # what shells report for a program that Ctrl-C ended


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="otel-sessions",
        description="See how healthy LLM sessions are. Nothing leaves this machine unasked.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version(parser.prog)}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        added = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=command.DESCRIPTION,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(added)
        added.set_defaults(run=command.run)
    return parser
