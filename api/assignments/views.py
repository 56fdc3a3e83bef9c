"""Assignment views: build the responses of absences, assignee preview and reassignment."""

from api.assignments.reassignment import MisassignedTask, TaskResult
from api.assignments.responses import AbsenceSchema, AssigneeSchema, ResultSchema, ReviewedSchema
from api.engine.users import PersonNames
from api.http.schema import Named, PersonSchema
from db.domain.catalog import Catalog, ListAttribute
from db.domain.clock import today
from db.domain.people.absences import Absence
from db.domain.people.assignment import Assignment, At
from db.domain.shipping.delivery import DIRECTION, is_needed


def absence_view(absence: Absence, names: PersonNames) -> AbsenceSchema:
    """One absence."""
    return AbsenceSchema.of(
        absence,
        person=names.person(absence.person),
        substitute=_person(absence.substitute, names),
        created_by=names.person(absence.created_by),
        cancelled_by=_person(absence.cancelled_by, names),
        in_force=absence.covers(today()),
    )


def assignee_view(
    catalog: Catalog,
    names: PersonNames,
    attribute: ListAttribute,
    assignment: Assignment,
    route: str | None,
) -> AssigneeSchema:
    """The assignee for one attribute of a shipping direction with a ``route``."""
    return AssigneeSchema(
        attribute=attribute.code,
        label=attribute.label,
        role=Named.of(catalog.roles[assignment.role]),
        at=At.RECEIVER if attribute.code == At.RECEIVER else At.SOURCE,
        named=_person(assignment.named, names),
        person=_person(assignment.person, names),
        group=Named.of(catalog.roles[assignment.group]),
        because=assignment.because,
        text=assignment.words(names.of),
        alerts=assignment.alerts and is_needed(attribute.code, route),
    )


def reviewed_task(found: MisassignedTask, catalog: Catalog, names: PersonNames) -> ReviewedSchema:
    """A task with its present assignee and the one whom the rule would choose."""
    task, deal, assignment = found.task, found.deal, found.assignment
    return ReviewedSchema.of(
        task,
        deal=Named(code=deal.id, name=deal.title),
        direction=deal.values.get(DIRECTION),
        role=Named.of(catalog.roles[assignment.role]),
        now=names.person(task.assignee or ""),
        would_be=_person(assignment.person, names),
        group=Named.of(catalog.roles[assignment.group]),
        why=assignment.words(names.of),
    )


def result_view(result: TaskResult, names: PersonNames) -> ResultSchema:
    """The outcome for one task."""
    return ResultSchema.of(result, id=result.task_id, person=_person(result.assignee, names))


def _person(login: str | None, names: PersonNames) -> PersonSchema | None:
    return names.person(login) if login else None
