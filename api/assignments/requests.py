"""Request schemas of absences and reassignment."""

from typing import Annotated

from fastapi import Path
from pydantic import Field, StringConstraints

from api.http.schema import Code, Day, Line, Login, RequestSchema

AbsenceId = Annotated[str, Path(title="Номер отсутствия", pattern=r"^[A-Za-z0-9-]{1,36}$")]
TaskId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class NewAbsence(RequestSchema):
    """An absence of an employee; both days are included."""

    person: Login = Field(title="Кто отсутствует", examples=["onecMoscow"])
    substitute: Login | None = Field(None, title="Кто замещает", examples=["onecKazan"])
    first_day: Day = Field(title="Первый день", examples=["2026-11-23"])
    last_day: Day = Field(title="Последний день, включительно", examples=["2026-11-30"])
    reason: Line = Field("", title="Причина", max_length=255, examples=["Отпуск"])


class TaskReassignment(RequestSchema, title="TaskWish"):
    """A task to reassign."""

    id: TaskId = Field(title="Номер задачи")
    to: Login | None = Field(
        None, title="Кому", description="Не указано: кому решит правило; null: группе."
    )
    seen: Login | None = Field(None, title="У кого она была, когда вы смотрели")


class ReassignmentRequest(RequestSchema, title="ReassignWish"):
    """Tasks to reassign: either listed, or all that the review finds for a shipping direction and
    a role."""

    tasks: list[TaskReassignment] | None = Field(None, title="Задачи", min_length=1, max_length=200)
    direction: Code | None = Field(None, title="Направление отгрузки")
    role: Code | None = Field(None, title="Роль", examples=["onecOperators"])
