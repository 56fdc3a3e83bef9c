"""Findings of the gate and the signature of a rule."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from bpmn.lint.reasons import reason_of
from bpmn.model.elements import Diagram

Violation = tuple[str, str]
"""Element id, and a message with the fault and the correction."""
Rule = Callable[[Diagram], Iterator[Violation]]


PAGE = "reference/gate.html"
"""Page of the documentation site that describes every rule, with a faulty example."""


class Severity(Enum):
    """Severity of a finding, as in SARIF; errors forbid a deployment."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """A violation of a rule at a place in a file."""

    path: Path
    line: int
    element: str
    rule: str
    message: str
    name: str = ""
    """Russian label of the element."""
    reason: str = ""
    """Why the rule matters, a Russian sentence."""
    severity: Severity = Severity.ERROR

    @property
    def page(self) -> str:
        """Address of the rule's description on the documentation site."""
        return f"{PAGE}#{self.rule}"

    def __str__(self) -> str:
        label = f" «{self.name}»" if self.name else ""
        why = f" {self.reason}" if self.reason else ""
        sentence = self.message[:1].upper() + self.message[1:]
        return f"{self.path}:{self.line}: {self.element}{label}: {sentence}.{why} ({self.page})"


def found(
    diagram: Diagram,
    element: str,
    rule: Callable[..., Any],
    message: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding of a rule, whose id is the name of its function."""
    return Finding(
        path=diagram.path,
        line=diagram.line_of(element),
        element=element,
        rule=rule.__name__,
        message=message,
        name=diagram.name_of(element),
        reason=reason_of(rule),
        severity=severity,
    )


def apply(
    rules: Iterable[Rule], diagram: Diagram, severity: Severity = Severity.ERROR
) -> list[Finding]:
    """Run ``rules`` on a diagram."""
    return [
        found(diagram, element, rule, message, severity)
        for rule in rules
        for element, message in rule(diagram)
    ]
