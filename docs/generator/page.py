"""Generated page and helpers that render Markdown."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One generated file; ``path`` is relative to `docs/`, e.g. `reference/topics.md`."""

    path: str
    text: str


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a Markdown table; cells may contain Markdown and line breaks."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell(text) for text in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Return ``text`` on one line, with vertical bars escaped."""
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


def code(text: object) -> str:
    """Return ``text`` in backticks; an empty string for None and an empty text."""
    return f"`{text}`" if text not in (None, "") else ""


def codes(names: Iterable[object]) -> str:
    """Return names in backticks, separated by commas."""
    return ", ".join(code(name) for name in names)


def docstring(documented: object) -> str:
    """Return the docstring with reStructuredText literals turned into Markdown."""
    return (inspect.getdoc(documented) or "").replace("``", "`")


def summary(documented: object) -> str:
    """Return the first paragraph of the docstring on one line."""
    return " ".join(docstring(documented).split("\n\n")[0].split())


def anchor(name: str) -> str:
    """Attribute list that gives a heading a fixed anchor."""
    return f"{{ #{name} }}"
