"""Draw all boards: `python -m dashboards.pictures ANSWERS FOLDER`.

`ANSWERS` is written by `pytest tests/stack/boards` if `OTEL_SESSIONS_ANSWERS` names it. Needs
Debian's packages `chromium`, which takes the picture of each page, and `pngquant`, which makes it
small.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dashboards.pictures.pages import WIDTH, page
from dashboards.questions import boards


def main() -> int:
    """Draw each board into a folder."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.pictures", description=__doc__)
    parser.add_argument("answers", type=Path, help="what the boards show")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    given = parser.parse_args()
    missing = [program for program in ("chromium", "pngquant") if shutil.which(program) is None]
    if missing:
        print(f"{' and '.join(missing)} not found: install Debian's package", file=sys.stderr)
        return 2
    answers = json.loads(given.answers.read_text())
    with tempfile.TemporaryDirectory() as name:
        for board_name, board in boards().items():
            html, height = page(board_name, board, answers)
            source = Path(name) / f"{board_name}.html"
            source.write_text(html)
            picture = given.folder / f"board-{board_name.replace('_', '-')}.png"
            subprocess.run(
                [
                    *(
                        "chromium",
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--hide-scrollbars",
                    ),
                    *(f"--user-data-dir={name}/profile", f"--window-size={WIDTH},{height}"),
                    *(f"--screenshot={picture.absolute()}", source.as_uri()),
                ],
                check=True,
                capture_output=True,
                timeout=120,
            )
            small = ["pngquant", "--force", "--ext", ".png", "--nofs", "64", str(picture)]
            subprocess.run(small, check=True)
            print(f"{picture}: {WIDTH} x {height}, {picture.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
