"""What every form promises: its file, the step it shows, the variables it submits."""

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from forms import DIRECTORY

ELEMENT = "deal-form"


class FormBroken(ValueError):
    """A form file is not one `<deal-form step="…" submits="…">`; the message names the file."""


@dataclass(frozen=True)
class Form:
    """One embedded form. ``submits`` are exactly the variables its buttons send, always all."""

    path: Path
    step: str
    submits: frozenset[str]

    @property
    def name(self) -> str:
        """The name in the deployment, after "embedded:deployment:"."""
        return self.path.name


def load_forms(directory: Path = DIRECTORY) -> tuple[Form, ...]:
    """Every form of a directory, by name. Raises: FormBroken."""
    return tuple(read_form(path) for path in sorted(directory.glob("*.html")))


def read_form(path: Path) -> Form:
    """Raises: FormBroken."""
    elements = _Elements()
    elements.feed(path.read_text(encoding="utf-8"))
    if len(elements.found) != 1:
        raise FormBroken(f"{path}: expected one <{ELEMENT}>, found {len(elements.found)}")
    attributes = elements.found[0]
    step, submits = attributes.get("step"), attributes.get("submits")
    if not step or submits is None:
        raise FormBroken(f"{path}: <{ELEMENT}> needs the attributes step and submits")
    return Form(path, step, frozenset(submits.split()))


class _Elements(HTMLParser):
    """Collects the attributes of our element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == ELEMENT:
            self.found.append(dict(attrs))
