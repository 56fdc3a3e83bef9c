"""Checks of business rule tasks against the decision tables."""

from collections.abc import Iterator

from bpmn.lint.finding import Violation
from bpmn.lint.integration.context import Check, LintContext, steps_before
from bpmn.lint.integration.graph import asked_behind
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


def decisions_asked(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """The question right behind a business rule task asks for its result."""
    for node in diagram.of_kind("businessRuleTask"):
        result = node.attributes.get("resultVariable", "")
        if result and not asked_behind(diagram, node, result):
            yield node.id, f"ответ таблицы {result} никто не спрашивает; поставьте развилку за ней"


CHECKS: tuple[Check, ...] = (decisions_known, decisions_asked)
