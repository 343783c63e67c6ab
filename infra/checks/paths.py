"""Checks that every path which a page names in back-ticks exists.

    python3 infra/checks/paths.py docs/ARCHITECTURE.md
"""

import re
import sys
from pathlib import Path

# What looks like a path: it has a slash or an ending that files have, and no space, placeholder or scheme.
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
ENDINGS = {".md", ".rs", ".py", ".json", ".toml", ".yaml"}


def named(page: Path) -> list[tuple[int, str]]:
    """The paths in a page, with their lines. Blocks of code show, they do not name."""
    found = []
    in_block = False
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        if line.startswith("```"):
            in_block = not in_block
        elif not in_block:
            found += [(number, text) for text in re.findall(r"`([^`]+)`", line) if is_path(text)]
    return found


def is_path(text: str) -> bool:
    return PATH.fullmatch(text) is not None and ("/" in text or Path(text).suffix in ENDINGS)


def main(pages: list[str]) -> int:
    faults = 0
    checked = 0
    for page in map(Path, pages):
        if not page.is_file():
            sys.exit(f"error: {page} does not exist")
        for line, path in named(page):
            checked += 1
            if not Path(path).exists():
                faults += 1
                print(f"error: {page}:{line}: `{path}` does not exist", file=sys.stderr)
    if checked == 0:
        sys.exit("error: no path was found to check")
    if not faults:
        print(f"paths: {checked} paths named in {', '.join(pages)}, all there")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
