"""Checks against the catalog: stages, fields, directions and approval chains."""

import re
from collections.abc import Collection, Iterator

from bpmn.lint.finding import Finding, Violation
from bpmn.lint.integration.context import Check, LintContext
from bpmn.lint.rules.expressions import is_null
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES, RECIPIENTS
from bpmn.model.elements import Diagram
from db.domain.people.assignment import At

STAGE_COMPARISON = re.compile(r"\bstage\s*[!=]=\s*'([^']*)'")


def stages_known(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Conditions compare the stage with stage codes of the catalog only."""
    for flow in diagram.flows.values():
        for stage in STAGE_COMPARISON.findall(flow.condition or ""):
            if stage not in context.stages:
                yield flow.id, f"стадии «{stage}» нет ни в одном направлении; исправьте код"


def literals_known(diagram: Diagram, context: LintContext) -> Iterator[Violation]:
    """Constant input parameters name roles, fields and stages of the catalog."""
    catalog = context.catalog
    known: dict[str, Collection[str]] = {
        "role": context.roles,
        "recipient": {*context.roles, *RECIPIENTS},
        "field": catalog.fields,
        "toStage": context.stages,
        "at": [at.value for at in At],
    }
    for node in diagram.external_tasks:
        for name, value in node.inputs.items():
            if name in known and not is_null(node, name) and value not in known[name]:
                yield node.id, f"{name} «{value}» нет в каталоге; выберите значение каталога"


def directions_served(context: LintContext) -> Iterator[Finding]:
    """Each direction and approval chain of the catalog has a diagram, and each process that the
    workers start beside deals; the stages of a direction name activities of it.
    """
    wanted = [
        (f"направления {one.code}", one.process) for one in context.catalog.directions.values()
    ]
    wanted += [(f"согласования {one.code}", one.process) for one in context.catalog.chains.values()]
    wanted += [("побочной работы", process) for process in sorted(AUXILIARY_PROCESSES)]
    first = next(iter(context.diagrams.values()), None)
    for who, process in wanted:
        if first is not None and process not in context.diagrams:
            message = f"для {who} нужен процесс «{process}»; нарисуйте его"
            yield Finding(first.path.parent, 1, process, directions_served.__name__, message)
    for direction in context.catalog.directions.values():
        diagram = context.diagrams.get(direction.process)
        for stage in direction.stages if diagram else ():
            for activity in filter(None, (stage.activity, *stage.also)):
                if diagram and activity not in diagram.nodes:
                    message = (
                        f"здесь ждёт стадия {stage.code} ({direction.code}); нарисуйте этот шаг"
                    )
                    yield Finding(
                        diagram.path, diagram.line, activity, directions_served.__name__, message
                    )


CHECKS: tuple[Check, ...] = (
    stages_known,
    literals_known,
)
