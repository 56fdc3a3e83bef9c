"""Variables that the forms of user tasks submit, read from the diagrams."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from api.engine.gateway import EngineGateway
from bpmn.model.diagrams import DIRECTORY
from bpmn.model.elements import InvalidDiagram, Node
from bpmn.model.reader import read_diagrams

EMPTY_INPUT = "${null}"
"""Input mapping by which a user task declares a variable that its form fills."""
SET_BY_ENGINE = "decidedBy"
"""Declared in the same way, but set by a task listener: the login that completed the task."""
log = logging.getLogger(__name__)


def form_variables(folder: Path = DIRECTORY) -> frozenset[str]:
    """Names of the task-local variables that user tasks declare for their forms."""
    tasks = (task for diagram in read_diagrams(folder) for task in diagram.user_tasks)
    return _declared(tasks)


@dataclass(frozen=True)
class FormVariables:
    """Which variables a form may submit: known from the files, else from the deployed diagram.

    The diagram of a task may have been deployed from other files than those beside the API.
    """

    files: Collection[str]
    gateway: EngineGateway

    def declared(self, task_id: str, submitted: Collection[str]) -> Collection[str]:
        """Names that the form of the task may submit, all that matter for these ``submitted``.

        Raises: Unavailable.
        """
        if all(name in self.files for name in submitted):
            return self.files
        task = self.gateway.task_without_deal(task_id)
        if task is None:
            return self.files
        try:
            diagram = self.gateway.diagram_of(task.definition_id)
        except InvalidDiagram as error:
            log.warning("The deployed diagram of a task is not read: %s", error)
            return self.files
        return _declared(one for one in diagram.user_tasks if one.id == task.key)


def _declared(tasks: Iterable[Node]) -> frozenset[str]:
    names = {name for task in tasks for name, value in task.inputs.items() if value == EMPTY_INPUT}
    return frozenset(names - {SET_BY_ENGINE})
