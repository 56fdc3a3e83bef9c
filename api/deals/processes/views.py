"""Process views: build the responses of processes from the engine's history."""

from collections.abc import Mapping, Sequence

from api.deals.processes.responses import ProcessLine, ProcessPicture, ProcessStep
from api.engine.users import PersonNames
from bpmn.camunda.client.rest import Passage, PastInstance
from bpmn.camunda.course import Mark, course_of
from bpmn.model.elements import Diagram
from bpmn.model.picture import draw

COLORS = {Mark.CURRENT: "#b4540a", Mark.PASSED: "#1d7a3e", Mark.CANCELED: "#8a96a3"}
STEPS = frozenset({"userTask", "serviceTask", "callActivity", "receiveTask"})
"""Types of activities that are steps to a reader; gateways and events are seen in the picture."""


def process_line(instance: PastInstance, names: Mapping[str, str]) -> ProcessLine:
    """A process as an entry of the list; ``names``: process key → Russian name."""
    return ProcessLine.of(
        instance,
        process=instance.process_key,
        name=names.get(instance.process_key) or instance.process_key,
        state=_state(instance),
    )


def process_picture(
    instance: PastInstance,
    diagram: Diagram,
    passages: Sequence[Passage],
    names: PersonNames,
    *,
    complete: bool,
) -> ProcessPicture:
    """A process with its marked diagram and its steps; ``complete``: all of them were read."""
    course = course_of(diagram, passages)
    marks = {node: COLORS[mark] for node, mark in course.nodes.items()}
    marks |= dict.fromkeys(course.flows, COLORS[Mark.PASSED])
    return ProcessPicture.of(
        instance,
        process=instance.process_key,
        name=diagram.name or instance.process_key,
        state=_state(instance),
        svg=draw(diagram, marks),
        steps=[_step(one, diagram, names) for one in passages if _is_step(one)],
        complete=complete,
    )


def _state(instance: PastInstance) -> str:
    if instance.ended_at is None:
        return "running"
    return "completed" if instance.completed else "canceled"


def _is_step(passage: Passage) -> bool:
    """Whether readers are told of it: a step, or an event in which the process waits now."""
    return passage.kind in STEPS or (passage.ended_at is None and bool(passage.name))


def _step(passage: Passage, diagram: Diagram, names: PersonNames) -> ProcessStep:
    return ProcessStep.of(
        passage,
        name=diagram.name_of(passage.activity) or passage.name or passage.activity,
        person=None if passage.assignee is None else names.person(passage.assignee),
    )
