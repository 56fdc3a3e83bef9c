"""Diagram and catalogue: stages, steps and fields exist, and every direction has its process."""

import re
from collections.abc import Collection, Iterator

from bpmn.lint.finding import Complaint, Finding
from bpmn.lint.integration.context import Check, Surroundings
from bpmn.lint.worker_contracts import RECIPIENTS
from bpmn.model.elements import Diagram
from db.domain.assignment import At

STAGE_ASKED = re.compile(r"\bstage\s*[!=]=\s*'([^']*)'")


def stages_known(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """Stage codes in conditions are in the catalogue."""
    for flow in model.flows.values():
        for stage in STAGE_ASKED.findall(flow.condition or ""):
            if stage not in around.stages:
                yield flow.id, f"no direction has a stage «{stage}»"


def literals_known(model: Diagram, around: Surroundings) -> Iterator[Complaint]:
    """Roles, approval steps and fields named as constants are in the catalogue."""
    catalogue = around.catalogue
    known: dict[str, Collection[str]] = {
        "role": around.roles,
        "recipient": {*around.roles, *RECIPIENTS},
        "step": catalogue.approval_steps,
        "field": catalogue.fields,
        "toStage": around.stages,
        "at": [at.value for at in At],
    }
    for node in model.external_tasks:
        for name, value in node.inputs.items():
            if name in known and "{" not in value and value not in known[name]:
                yield node.id, f"{name} «{value}» is not in the catalogue"


def directions_served(around: Surroundings) -> Iterator[Finding]:
    """Every direction of the catalogue has its process, and its repairs start on its diagram."""
    for direction in around.catalogue.directions.values():
        model = around.models.get(direction.process)
        if model is None:
            first = next(iter(around.models.values()), None)
            if first is not None:
                message = f"direction {direction.code} asks for process «{direction.process}»"
                yield Finding(
                    first.path.parent, 1, direction.process, directions_served.__name__, message
                )
            continue
        for stage in direction.stages:
            for activity in filter(None, (stage.activity, *stage.also)):
                if activity not in model.nodes:
                    message = f"stage {stage.code} of {direction.code} waits in it; it is not drawn"
                    yield Finding(
                        model.path, model.line, activity, directions_served.__name__, message
                    )


CHECKS: tuple[Check, ...] = (
    stages_known,
    literals_known,
)
