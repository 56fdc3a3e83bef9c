"""Rules for a single diagram; one function per rule, its docstring is the documentation."""

from bpmn.lint.finding import Finding, Rule, Severity, apply
from bpmn.lint.rules import execution, layout, naming, structure, user_tasks
from bpmn.model.elements import Diagram

RULES: tuple[Rule, ...] = (
    *naming.RULES,
    *structure.RULES,
    *layout.RULES,
    *execution.RULES,
    *user_tasks.RULES,
)


WARNINGS: tuple[Rule, ...] = (*structure.WARNINGS, *layout.WARNINGS)
"""Rules whose findings do not forbid a deployment."""


def warnings(diagram: Diagram) -> list[Finding]:
    """Run the rules that only warn."""
    return apply(WARNINGS, diagram, Severity.WARNING)


def check(diagram: Diagram) -> list[Finding]:
    """Run all rules on one diagram."""
    return apply(RULES, diagram)
