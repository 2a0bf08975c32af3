# ruff: noqa: INP001 - a folder of configuration with one script, not a package
"""Programs: the real collector, Prometheus and Alertmanager, for tests and for trying things out.

`python -m collector.programs [NAME ...]` prints a JSON object from name to path, and first provides
what is missing: Debian's packages are downloaded and unpacked, the collector is built with Go.
Nothing is installed, no service is started and no root is needed. Everything goes to a cache
(`$XDG_CACHE_HOME/otel-sessions/programs`, 200 MB) and is found there the next time.

The first build of the collector takes three minutes on two cores, the packages five seconds.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MANIFEST = Path(__file__).with_name("builder.yaml")

PACKAGES = {
    "prometheus": ("prometheus", "usr/bin/prometheus"),
    "promtool": ("prometheus", "usr/bin/promtool"),
    "alertmanager": ("prometheus-alertmanager", "usr/bin/prometheus-alertmanager"),
    "amtool": ("prometheus-alertmanager", "usr/bin/amtool"),
}
"""Of each program its Debian package and its place in it."""
NAMES = (*PACKAGES, "otelcol")


class MissingProgramError(Exception):
    """A program is not here and cannot be provided; the message says why."""


def provide(name: str) -> Path:
    """Return the path of a program, after getting it if need be.

    A tool that is needed for it is missing or fails: `MissingProgramError`.
    """
    cache = _cache()
    with _one_at_a_time(cache / "lock"):
        if name == "otelcol":
            return _built(cache)
        package, path = PACKAGES[name]
        return _unpacked(package, cache) / path


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(base) / "otel-sessions" / "programs"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Let two test runs share one build instead of making it twice."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpacked(package: str, cache: Path) -> Path:
    """Return the folder that holds the files of a Debian package."""
    folder = cache / package
    if folder.exists():
        return folder
    _need("apt-get", "dpkg")
    with _new_folder(folder) as new:
        if not _works("apt-get", "download", package, cwd=new):
            _run("apt-get", "update", cwd=new)
            _run("apt-get", "download", package, cwd=new)
        (archive,) = new.glob("*.deb")
        _run("dpkg", "-x", str(archive), str(new), cwd=new)
        archive.unlink()
    return folder


def _built(cache: Path) -> Path:
    """Return the collector that the manifest describes; another manifest is another collector."""
    manifest = MANIFEST.read_text()
    folder = cache / f"otelcol-{hashlib.sha256(manifest.encode()).hexdigest()[:16]}"
    if not folder.exists():
        _need("go")
        version = _version(manifest)
        builder = f"go.opentelemetry.io/collector/cmd/builder@v{version}"
        with _new_folder(folder) as new:
            local = new / "builder.yaml"
            local.write_text(manifest.replace("output_path: ./build", f"output_path: {new}"))
            _run("go", "run", builder, "--config", str(local), cwd=new)
    return folder / "otelcol-sessions"


def _version(manifest: str) -> str:
    """Read the version by hand, so that this script needs nothing but Python."""
    (line,) = (line for line in manifest.splitlines() if line.startswith("  version: "))
    return line.partition(": ")[2]


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder that appears under its name only when it is complete."""
    new = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        yield new
        new.chmod(0o755)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _need(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        message = f"{', '.join(missing)} not found: install it, or put the program into the cache"
        raise MissingProgramError(message)


def _works(*command: str, cwd: Path) -> bool:
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)  # noqa: S603 - ours
    return done.returncode == 0


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-5:])
        message = f"`{' '.join(command)}` failed with {done.returncode}:\n{tail}"
        raise MissingProgramError(message)


def main() -> int:
    """Provide the programs that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m collector.programs", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(NAMES)}; all if none is given")
    names = parser.parse_args().name or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"unknown program {unknown[0]!r}: choose from {', '.join(NAMES)}")
    try:
        paths = {name: str(provide(name)) for name in names}
    except MissingProgramError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{json.dumps(paths, indent=2)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
