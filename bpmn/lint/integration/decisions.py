"""Checks of business rule tasks against the decision tables."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.model.elements import Diagram


def decisions_known(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """A business rule task names a table, and the step directly before it writes the variables
    that the table asks for."""
    for node in diagram.of_kind("businessRuleTask"):
        table = context.tables.get(node.attributes.get("decisionRef", ""))
        if table is None:
            known = ", ".join(sorted(context.tables)) or "нет"
            yield node.id, f"таблицы «{node.attributes.get('decisionRef')}» нет; таблицы: {known}"
            continue
        for step in steps_before(diagram, node):
            for name in sorted({one.variable for one in table.inputs} - context.results(step)):
                yield (
                    node.id,
                    f"«{table.id}» спрашивает {name}, а «{step.name or step.id}» это не пишет",
                )


CHECKS: tuple[Check, ...] = (decisions_known,)
