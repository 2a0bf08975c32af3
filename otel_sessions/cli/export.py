"""Export: the collector's files, dashboards and rules, from the installed package into a folder.

So that who operates needs no clone: what is written is what this release was tested with. The files
lie in the wheel below `_bundled`, and beside the package in a clone.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from otel_sessions.cli.errors import CommandError

NAME = "export"
SUMMARY = "write the collector's files, dashboards and alert rules of this release into a folder"
DESCRIPTION = """\
Write what comes with this release into a folder, which is made if need be.

  collector    the OpenTelemetry Collector's configuration in layers, its builder manifest,
               compose.yaml, Kubernetes manifests
  dashboards   Grafana's dashboards and provisioning, Tempo's configuration
  rules        recording and alert rules, configurations of Prometheus and Alertmanager,
               objectives, runbooks
  all          everything, in the folders collector/ and dashboards/ as compose.yaml wants it

Exit status: 0 if all was written, 2 if nothing was."""

_PARTS = {
    "collector": ("collector/*.yaml", "collector/kubernetes/*.yaml"),
    "dashboards": ("dashboards/grafana/**/*", "dashboards/tempo/*"),
    "rules": ("dashboards/prometheus/*", "dashboards/runbooks/*", "dashboards/*.yaml"),
}
"""Of each part the files, as patterns below the folder that holds all."""
_KINDS = (".json", ".md", ".yaml")
_YOURS = ("mine.yaml", "alertmanager.yaml")
"""Files that users change: written if they are not there, and never again."""
_RUNBOOKS = "dashboards/runbooks"
"""Where the links of the alerts lead to in the files as they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("part", choices=[*_PARTS, "all"], help="what to write")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to")
    parser.add_argument(
        "--force",
        action="store_true",
        help=f"write into a folder that is not empty; {' and '.join(_YOURS)} stay as they are",
    )
    parser.add_argument(
        "--runbooks",
        metavar="URL",
        help="where you publish the runbooks, so that the links in alerts work in a message",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files, and say what was written."""
    folder: Path = arguments.folder
    _check(folder, force=arguments.force)
    files = dict(_files(arguments.part))
    runbooks = _runbooks(arguments.runbooks, arguments.part)
    kept = []
    for name, source in files.items():
        target = folder / name
        if target.name in _YOURS and target.exists():
            kept.append(name)
            continue
        text = source.read_text("utf-8").replace(f"{_RUNBOOKS}/", f"{runbooks}/")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        except OSError as error:
            message = f"cannot write {target}: {error.strerror}"
            raise CommandError(message) from None
    print(f"{len(files) - len(kept)} files written to {folder}")
    for name in kept:
        print(f"{name} was there already and is yours: not written")
    if arguments.runbooks is None and arguments.part != "dashboards":
        print(
            f"Links to runbooks lead to {runbooks}/: with --runbooks URL to where you publish them",
            file=sys.stderr,
        )
    return 0


def _check(folder: Path, *, force: bool) -> None:
    """Refuse what is no folder, and one in which something would be mixed up."""
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file: give a folder"
        raise CommandError(message)
    if folder.is_dir() and not force and any(folder.iterdir()):
        message = (
            f"{folder} is not empty: give another folder, or --force to replace files of the same "
            f"name ({' and '.join(_YOURS)} stay)"
        )
        raise CommandError(message)


def _files(part: str) -> Iterator[tuple[str, Path]]:
    """Give the files of a part by their paths in the user's folder."""
    root = _root()
    for name in _PARTS if part == "all" else (part,):
        for pattern in _PARTS[name]:
            for path in sorted(root.glob(pattern)):
                if path.is_file() and path.suffix in _KINDS:
                    below = path.relative_to(root)
                    yield str(below if part == "all" else Path(*below.parts[1:])), path


def _root() -> Path:
    """Find the folder that holds `collector/` and `dashboards/`."""
    package = Path(__file__).parents[1]
    for root in (package / "_bundled", package.parent):
        if (root / "collector" / "base.yaml").is_file():
            return root
    message = f"the files are missing from {package}: install otel-sessions again"
    raise CommandError(message)


def _runbooks(url: str | None, part: str) -> str:
    if url is not None:
        return url.rstrip("/")
    return "runbooks" if part == "rules" else _RUNBOOKS
