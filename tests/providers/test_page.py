"""The page about clients says what is so."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_current():
    """`docs/clients.md` is made from the providers and the versions that CI tests."""
    made = subprocess.run(
        [sys.executable, "scripts/make_clients.py", "--check"], cwd=ROOT, check=False
    )
    assert made.returncode == 0
