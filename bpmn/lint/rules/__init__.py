"""Rules for a single diagram; one function per rule, its docstring is the documentation."""

from bpmn.lint.finding import Finding, Rule, apply
from bpmn.lint.rules import execution, layout, naming, structure, user_tasks
from bpmn.model.elements import Diagram

RULES: tuple[Rule, ...] = (
    *naming.RULES,
    *structure.RULES,
    *layout.RULES,
    *execution.RULES,
    *user_tasks.RULES,
)


def check(diagram: Diagram) -> list[Finding]:
    """Run all rules on one diagram."""
    return apply(RULES, diagram)
