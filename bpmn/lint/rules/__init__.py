"""Rules that a diagram must keep by itself; one function, one rule, its docstring the reason."""

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
    """Findings of all rules on one diagram."""
    return apply(RULES, diagram)
