"""Response schemas of absences, assignee preview and reassignment."""

from datetime import date, datetime
from typing import Self

from pydantic import Field

from api.assignments.reassignment import MisassignedTask, Outcome, TaskResult
from api.engine.users import PersonNames
from api.http.schema import Named, PersonSchema, ResponseSchema
from db.domain.absences import Absence
from db.domain.assignment import Assignment, At
from db.domain.catalog import Catalog, ListAttribute
from db.domain.clock import today
from db.domain.delivery import DIRECTION, is_needed


class AbsenceSchema(ResponseSchema, title="AbsenceShape"):
    """An absence with its substitute."""

    id: str = Field(title="Номер")
    person: PersonSchema = Field(title="Кто отсутствует")
    substitute: PersonSchema | None = Field(title="Кто замещает; никто: задачи у группы")
    first_day: date = Field(title="Первый день")
    last_day: date = Field(title="Последний день")
    reason: str = Field(title="Причина")
    created_by: PersonSchema = Field(title="Кто записал")
    created_at: datetime = Field(title="Когда записано")
    cancelled_by: PersonSchema | None = Field(title="Кто отменил")
    cancelled_at: datetime | None = Field(title="Когда отменено")
    in_force: bool = Field(title="Действует сегодня")

    @classmethod
    def of(cls, absence: Absence, names: PersonNames) -> Self:
        return cls(
            id=absence.id,
            person=names.person(absence.person),
            substitute=_person(absence.substitute, names),
            first_day=absence.first_day,
            last_day=absence.last_day,
            reason=absence.reason,
            created_by=names.person(absence.created_by),
            created_at=absence.created_at,
            cancelled_by=_person(absence.cancelled_by, names),
            cancelled_at=absence.cancelled_at,
            in_force=absence.covers(today()),
        )


class AbsenceList(ResponseSchema):
    """Absences, latest first."""

    items: list[AbsenceSchema] = Field(title="Отсутствия, последние первыми")


class AssigneeSchema(ResponseSchema, title="AssigneeShape"):
    """The employee named for a role of a shipping direction, and the one who would get a task."""

    attribute: str = Field(title="Свойство значения", examples=["operator"])
    label: str = Field(title="Подпись", examples=["Оператор 1С"])
    role: Named = Field(title="Роль")
    at: At = Field(title="Чей склад: source отгружает, receiver получает")
    named: PersonSchema | None = Field(title="Кто назначен")
    person: PersonSchema | None = Field(title="Кто получит задачу")
    group: Named = Field(title="Если никто, чья это групповая задача")
    because: str = Field(title="Почему, код", examples=["substitute"])
    text: str = Field(title="Почему", examples=["назначен"])
    alerts: bool = Field(title="Администратору придёт предупреждение")

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        names: PersonNames,
        attribute: ListAttribute,
        assignment: Assignment,
        route: str | None,
    ) -> Self:
        return cls(
            attribute=attribute.code,
            label=attribute.label,
            role=_role(catalog, assignment.role),
            at=At.RECEIVER if attribute.code == At.RECEIVER else At.SOURCE,
            named=_person(assignment.named, names),
            person=_person(assignment.person, names),
            group=_role(catalog, assignment.group),
            because=assignment.because,
            text=assignment.words(names.of),
            alerts=assignment.alerts and is_needed(attribute.code, route),
        )


class AssigneeList(ResponseSchema):
    """Assignees of a shipping direction on a day."""

    on: date = Field(title="День")
    items: list[AssigneeSchema] = Field(title="Роли направления")


class ReviewedSchema(ResponseSchema, title="ReviewedShape"):
    """An open task whose assignee the assignment rule would not choose now."""

    id: str = Field(title="Номер задачи")
    key: str = Field(title="Задача на схеме", examples=["Task_EnterOnecContract"])
    name: str = Field(title="Задача", examples=["Завести контрагента в 1С"])
    deal: Named = Field(title="Сделка: номер и название")
    direction: str | None = Field(title="Направление отгрузки", examples=["moscowTransport"])
    role: Named = Field(title="Роль")
    now: PersonSchema = Field(title="У кого задача")
    would_be: PersonSchema | None = Field(title="Кому её дало бы правило; никому: группе")
    group: Named = Field(title="Группа, если правило не находит никого")
    why: str = Field(title="Почему", examples=["назначен"])

    @classmethod
    def of(cls, found: MisassignedTask, catalog: Catalog, names: PersonNames) -> Self:
        task, deal, assignment = found.task, found.deal, found.assignment
        return cls(
            id=task.id,
            key=task.key,
            name=task.name,
            deal=Named(code=deal.id, name=deal.title),
            direction=deal.values.get(DIRECTION),
            role=_role(catalog, assignment.role),
            now=names.person(task.assignee or ""),
            would_be=_person(assignment.person, names),
            group=_role(catalog, assignment.group),
            why=assignment.words(names.of),
        )


class Review(ResponseSchema):
    """Open tasks whose assignee the assignment rule would not choose now, oldest first."""

    items: list[ReviewedSchema] = Field(title="Задачи, старые первыми")


class ResultSchema(ResponseSchema, title="ResultShape"):
    """The outcome of the reassignment of one task."""

    id: str = Field(title="Номер задачи")
    outcome: Outcome = Field(title="Итог: done, changed, refused")
    person: PersonSchema | None = Field(title="У кого задача теперь; ни у кого: у группы")
    detail: str = Field(title="Что не получилось и что делать")

    @classmethod
    def of(cls, result: TaskResult, names: PersonNames) -> Self:
        person = _person(result.assignee, names)
        return cls(id=result.task_id, outcome=result.outcome, person=person, detail=result.detail)


class Results(ResponseSchema):
    """Outcomes of a reassignment, one per task."""

    items: list[ResultSchema] = Field(title="Итоги по задачам")


def _person(login: str | None, names: PersonNames) -> PersonSchema | None:
    return names.person(login) if login else None


def _role(catalog: Catalog, code: str) -> Named:
    return Named(code=code, name=catalog.roles[code].name)
