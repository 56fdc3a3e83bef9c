"""Index of the decision records in `docs/adr/`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.generator.page import Page, table

FOLDER = Path(__file__).parents[1] / "adr"
PARTS = ("Context", "Decision", "Consequences", "Alternatives")
TITLE = re.compile(r"# (\d{4})\. (.+)")
STATUS = re.compile(r"^\*\*Status:\*\* (.+)$", re.MULTILINE)

INTRODUCTION = """# Decisions

Architecture decision records: what was decided, why, at what cost, and what was not chosen. A
record is not rewritten when a decision changes; a new record replaces it and the old one says so.
Copy [the template](template.md) for a new one.

"""


@dataclass(frozen=True)
class Record:
    """One decision record."""

    number: int
    title: str
    status: str
    file: str


def records() -> list[Record]:
    """All records by number. Raises: ValueError naming the file that has no title or status."""
    found = []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        title, status = TITLE.match(text), STATUS.search(text)
        if title is None or status is None:
            raise ValueError(f"{path}: needs «# 0001. Title» and «**Status:** …»")
        found.append(Record(int(title[1]), title[2], status[1], path.name))
    return found


def pages() -> Iterator[Page]:
    """The page `adr/index.md`."""
    rows = [(f"{one.number:04d}", f"[{one.title}]({one.file})", one.status) for one in records()]
    yield Page("adr/index.md", INTRODUCTION + table(("no.", "decision", "status"), rows))
