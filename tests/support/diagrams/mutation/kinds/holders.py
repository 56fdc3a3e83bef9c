"""Kinds of mistakes in whom something reaches: role, place, recipient, offered answer, moment."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, type-arg, union-attr, arg-type, no-any-return, no-redef, list-item, index, var-annotated, operator, attr-defined, func-returns-value, untyped-decorator"
# ruff: noqa: E501

from collections.abc import Iterator

from bpmn.model.elements import Diagram
from bpmn.model.reader import BPMN
from db.domain.shipping.delivery import Answer
from tests.support.diagrams.mutation.kinds.registry import kind
from tests.support.diagrams.mutation.places import Place, boundaries, steps, users

IN_LISTS = ("storekeepers", "drivers", "onecOperators", "serviceEngineers", "dispatchers")
OWNER_OF_GROUP = {"${headsGroup}": "${assignee}", "${assigneeGroup}": "${manager}"}


@kind("another role of the same list")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d):
        for role in IN_LISTS:
            if node.inputs.get("role", role) not in (role, "${null}"):
                yield node.id, lambda x, n=node.id, r=role: x.parameter(n, "role", r)


@kind("another end of the transfer")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "find-assignee", "advance-deal-stage"):
        for place in ("source", "receiver", "handOver"):
            if node.inputs["at"] not in (place, "${null}"):
                yield node.id, lambda x, n=node.id, p=place: x.parameter(n, "at", p)


@kind("somebody looked for whom no task awaits")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "advance-deal-stage"):
        if node.inputs["role"] == "${null}":
            for role in IN_LISTS[:3]:
                yield (
                    node.id,
                    lambda x, n=node.id, r=role: x.parameter(n, "role", r).parameter(
                        n, "at", "source"
                    ),
                )


@kind("nobody looked for whom a task awaits")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "find-assignee", "advance-deal-stage"):
        if node.inputs["role"] != "${null}":
            yield node.id, lambda x, n=node.id: x.parameter(n, "role", "${null}")


@kind("constant group of another role outside of approvals")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        group = task.candidate_groups[0]
        for role in (*IN_LISTS, "salesHeads", "commercialDirectors"):
            if "{" not in group and role != group:
                yield task.id, lambda x, t=task.id, r=role: x.camunda(t, "candidateGroups", r)


@kind("a second group beside the right one")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        group = task.candidate_groups[0]
        for role in ("salesManagers", "drivers"):
            both = f"{group},{role}"
            yield task.id, lambda x, t=task.id, g=both: x.camunda(t, "candidateGroups", g)


@kind("manager's task for a group")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        if task.attributes["assignee"] == "${manager}":
            for role in ("salesManagers", "lawyers"):
                yield (
                    task.id,
                    lambda x, t=task.id, r=role: x.camunda(t, "assignee", "${returnTo}").camunda(
                        t, "candidateGroups", r
                    ),
                )


@kind("group's task for the manager")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        if task.attributes["assignee"] != "${manager}":
            yield (
                task.id,
                lambda x, t=task.id: x.camunda(t, "assignee", "${manager}").camunda(
                    t, "candidateGroups", "${headsGroup}"
                ),
            )


@kind("assignee lost, the group stays")
def _(d: Diagram) -> Iterator[Place]:
    for task in users(d):
        if task.candidate_groups[0] in OWNER_OF_GROUP:
            yield task.id, lambda x, t=task.id: x.camunda(t, "assignee", "${returnTo}")


@kind("another recipient of a notification")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "notify"):
        for to in ("manager", "heads", "salesHeads", "onecOperators", "portalAdmins"):
            if to != node.inputs["recipient"]:
                yield node.id, lambda x, n=node.id, r=to: x.parameter(n, "recipient", r)


@kind("an answer more than the form offers")
def _(d: Diagram) -> Iterator[Place]:
    for node in steps(d, "record-delivery"):
        for answer in Answer:
            if answer not in node.inputs["answers"].split():
                more = f"{node.inputs['answers']} {answer.value}"
                yield node.id, lambda x, n=node.id, v=more: x.parameter(n, "answers", v)


def _wait(x, event, text):
    for found in x.find(event).iter(
        *(f"{BPMN}{tag}" for tag in ("timeDate", "timeDuration", "timeCycle"))
    ):
        found.text = text


@kind("timer waits for another moment")
def _(d: Diagram) -> Iterator[Place]:
    for node in d.nodes.values():
        if node.event and node.event.timer_kind == "timeDate":
            for name in ("dueAt", "escalateAt", "remindOn", "stageName"):
                yield node.id, lambda x, n=node.id, v=name: _wait(x, n, f"${{{v}}}")


@kind("constant time where a moment was found")
def _(d: Diagram) -> Iterator[Place]:
    for node in d.nodes.values():
        if node.event and node.event.timer_kind == "timeDate":
            yield node.id, lambda x, n=node.id: _wait(x, n, "2026-12-01T09:00:00")

            def edit(x, n=node.id):
                found = next(x.find(n).iter(f"{BPMN}timeDate"))
                found.tag, found.text = f"{BPMN}timeDuration", "P3D"

            yield node.id, edit


@kind("a named length of time in another unit")
def _(d: Diagram) -> Iterator[Place]:
    for node in boundaries(d, "timer"):
        for said, others in {
            "недел": ("PT7M", "PT7H", "P7M", "P70D"),
            "месяц": ("PT30M", "PT30H", "PT1M"),
            "минут": ("R/PT15H", "R/P15D"),
        }.items():
            for text in others if said in node.name else ():
                yield node.id, lambda x, n=node.id, v=text: _wait(x, n, v)


@kind("a worker's step waited for for days")
def _(d: Diagram) -> Iterator[Place]:
    for node in boundaries(d, "timer"):
        if d.nodes[node.attached_to].topic:
            for text in ("PT45H", "P45D"):
                yield node.id, lambda x, n=node.id, v=text: _wait(x, n, v)
