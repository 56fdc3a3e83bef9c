"""Findings of the gate and the signature of a rule."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bpmn.model.elements import Diagram

Violation = tuple[str, str]
"""Element id, and a message with the fault and the correction."""
Rule = Callable[[Diagram], Iterator[Violation]]


@dataclass(frozen=True)
class Finding:
    """A violation of a rule at a place in a file."""

    path: Path
    line: int
    element: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.element}: {self.message} [{self.rule}]"


def apply(rules: Iterable[Rule], diagram: Diagram) -> list[Finding]:
    """Run ``rules`` on a diagram; the rule id of a finding is the name of the function."""
    return [
        Finding(diagram.path, diagram.line_of(element), element, rule.__name__, message)
        for rule in rules
        for element, message in rule(diagram)
    ]
