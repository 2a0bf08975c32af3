"""Fixtures: the project's folders on the path."""

import sys
from pathlib import Path

# Last, so that an installed otel_sessions comes before the one beside these folders.
sys.path.append(str(Path(__file__).parents[2]))
