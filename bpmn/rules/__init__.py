"""Rules that a diagram must keep by itself; one function, one rule, its docstring the reason."""

from bpmn.finding import Finding, Rule, apply
from bpmn.model import Diagram
from bpmn.rules import execution, layout, names, people, structure

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *structure.RULES,
    *layout.RULES,
    *execution.RULES,
    *people.RULES,
)


def check(diagram: Diagram) -> list[Finding]:
    """Findings of all rules on one diagram."""
    return apply(RULES, diagram)
