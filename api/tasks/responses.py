"""Response schemas of user tasks."""

from datetime import datetime

from pydantic import Field

from api.approvals.responses import ApprovalSchema, ReliabilitySchema
from api.deals.responses import DealSchema, FileFieldSchema, StageChoice
from api.http.schema import Named, PersonSchema, ResponseSchema


class TaskSchema(ResponseSchema, title="TaskShape"):
    """An open user task."""

    id: str = Field(title="Номер задачи")
    key: str = Field(title="Задача на схеме", examples=["Task_CollectDocuments"])
    name: str = Field(title="Задача", examples=["Собрать документы"])
    due_at: datetime | None = Field(title="Срок")
    assignee: str | None = Field(title="Логин исполнителя")
    mine: bool = Field(title="Задача ваша")


class WaitingTask(TaskSchema, title="WaitingTask"):
    """An open user task in the list of a deal."""

    created_at: datetime = Field(title="Создана")
    person: PersonSchema | None = Field(title="Исполнитель")


class TaskList(ResponseSchema):
    """Open user tasks of a deal."""

    items: list[WaitingTask] = Field(title="Открытые задачи")


class EarlierRepair(ResponseSchema):
    """Another request about the machine with the serial number of the deal."""

    deal_id: str = Field(title="Номер сделки")
    direction: str = Field(title="Направление")
    stage: str = Field(title="Стадия")
    created_at: datetime = Field(title="Принято")
    closed_at: datetime | None = Field(title="Закрыто")
    fault: str | None = Field(title="Неисправность")
    work: str | None = Field(title="Работы и запчасти")
    guaranteed: bool = Field(title="Гарантия на ремонт действует")


class TaskCard(ResponseSchema):
    """A user task with everything that its form shows."""

    task: TaskSchema = Field(title="Задача")
    deal: DealSchema = Field(title="Сделка")
    file_fields: list[FileFieldSchema] = Field(title="Документы направления")
    stages: list[StageChoice] = Field(title="Доступные стадии")
    lists: dict[str, list[Named]] = Field(title="Действующие значения списков")
    approval: ApprovalSchema = Field(title="Согласование")
    reliability: ReliabilitySchema | None = Field(title="Проверка на благонадёжность")
    earlier_repairs: list[EarlierRepair] = Field(title="Прежние обращения с этой техникой")
