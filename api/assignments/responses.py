"""Response schemas of absences, assignee preview and reassignment."""

from datetime import date, datetime

from pydantic import Field

from api.assignments.reassignment import Outcome
from api.http.schema import Named, PersonSchema, ResponseSchema
from db.domain.people.assignment import At


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


class Review(ResponseSchema):
    """Open tasks whose assignee the assignment rule would not choose now, oldest first."""

    items: list[ReviewedSchema] = Field(title="Задачи, старые первыми")


class ResultSchema(ResponseSchema, title="ResultShape"):
    """The outcome of the reassignment of one task."""

    id: str = Field(title="Номер задачи")
    outcome: Outcome = Field(title="Итог: done, changed, refused")
    person: PersonSchema | None = Field(title="У кого задача теперь; ни у кого: у группы")
    detail: str = Field(title="Что не получилось и что делать")


class Results(ResponseSchema):
    """Outcomes of a reassignment, one per task."""

    items: list[ResultSchema] = Field(title="Итоги по задачам")
