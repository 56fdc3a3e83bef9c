"""What is wrong with a diagram, where, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bpmn.model.elements import Diagram

Violation = tuple[str, str]
"""Element id and a sentence that says what to do."""
Rule = Callable[[Diagram], Iterator[Violation]]


@dataclass(frozen=True)
class Finding:
    path: Path
    line: int
    element: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.element}: {self.message} [{self.rule}]"


def apply(rules: Iterable[Rule], diagram: Diagram) -> list[Finding]:
    """Findings of ``rules`` in the order of the rules; a rule is named as its function."""
    return [
        Finding(diagram.path, diagram.line_of(element), element, rule.__name__, message)
        for rule in rules
        for element, message in rule(diagram)
    ]
