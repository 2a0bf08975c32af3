# One-liners for who works on this; `.ci/run` runs the same.

# linters, types, layers
check:
    ruff check .
    ruff format --check .
    mypy
    lint-imports
    python scripts/make_tables.py --check
    python scripts/make_signals.py --check

test:
    python -m pytest

# alerts and collector, on the real programs
rules:
    .ci/programs
    python -m pytest tests/rules tests/stack

# docs/board-*.png: the boards with data of a replay; needs chromium and pngquant
pictures:
    OTEL_SESSIONS_ANSWERS=answers.json python -m pytest tests/stack/boards
    python -m dashboards.pictures answers.json docs
    rm answers.json

# generated files
dashboards:
    python -m dashboards.build
    python scripts/make_tables.py
    python scripts/make_signals.py
