"""Fixtures: the project's folders on the path, promtool, and the generated rules."""

import os
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# Last, so that an installed otel_sessions comes before the one beside these folders.
sys.path += [str(ROOT), str(Path(__file__).parent)]

from collector.programs import MissingProgramError, provide  # noqa: E402 - needs the path


@pytest.fixture(scope="session")
def promtool():
    """Path of the real promtool; its absence fails in CI and skips elsewhere."""
    try:
        return provide("promtool")
    except MissingProgramError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def root():
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def groups():
    """The groups of the generated rules, as users get them."""
    return yaml.safe_load((ROOT / "dashboards/prometheus/rules.yaml").read_text())["groups"]
