"""Response schemas of user tasks."""

from datetime import datetime

from pydantic import Field

from api.approvals.responses import ApprovalSchema, ReliabilitySchema
from api.deals.requirements import RequirementSchema
from api.deals.responses import DealSchema, FileFieldSchema, StageChoice
from api.http.schema import Named, PersonSchema, ResponseSchema
from api.repairs.responses import CostOfferSchema, PartsOrderSchema


class TaskSchema(ResponseSchema, title="TaskShape"):
    """An open user task."""

    id: str = Field(title="Номер задачи")
    key: str = Field(title="Задача на схеме", examples=["Task_CollectDocuments"])
    name: str = Field(title="Задача", examples=["Собрать документы"])
    due_at: datetime | None = Field(title="Срок")
    assignee: str | None = Field(title="Логин исполнителя")
    mine: bool = Field(title="Задача ваша")
    description: str | None = Field(title="Что нужно сделать")


class WaitingTask(TaskSchema, title="WaitingTask"):
    """An open user task in the list of a deal."""

    created_at: datetime = Field(title="Создана")
    person: PersonSchema | None = Field(title="Исполнитель")
    groups: list[Named] = Field(title="Роли, сотрудники которых могут её выполнить")


class TaskList(ResponseSchema):
    """Open user tasks of a deal."""

    items: list[WaitingTask] = Field(title="Открытые задачи")


class QueuedDeal(ResponseSchema):
    """Deal of a task in the queue."""

    id: str = Field(title="Номер сделки", examples=["D-2026-00001"])
    client: str = Field(title="Клиент или тема", examples=["ООО «Садовый мир»"])
    direction: Named = Field(title="Направление")
    stage: Named = Field(title="Стадия")
    amount: str = Field(title="Сумма для чтения", examples=["1 500 000 ₽"])
    round: int | None = Field(title="Круг согласования")


class QueuedTask(TaskSchema, title="QueuedTask"):
    """A task in the queue of a person."""

    created_at: datetime = Field(title="Создана")
    overdue: bool = Field(title="Просрочена")
    groups: list[Named] = Field(title="Роли, сотрудники которых могут её выполнить")
    can_return: bool = Field(title="Можно вернуть в группу")
    deal: QueuedDeal | None = Field(title="Сделка")


class QueueCounts(ResponseSchema):
    """Numbers of tasks; those above the items are not shown."""

    mine: int = Field(title="Ваших задач")
    group: int = Field(title="Свободных задач ваших групп")
    overdue: int = Field(title="Просроченных из показанных")


class TaskQueue(ResponseSchema):
    """Everything that waits for a person, the most urgent first."""

    items: list[QueuedTask] = Field(title="Задачи")
    counts: QueueCounts = Field(title="Сколько")


class HandedOver(ResponseSchema):
    """A task and who has it now."""

    id: str = Field(title="Номер задачи")
    assignee: str | None = Field(title="Логин исполнителя; нет: свободна для группы")


class Colleague(PersonSchema, title="Colleague"):
    """An employee to whom a task may be given."""

    role: str = Field(title="Роль", examples=["Юрист"])


class Colleagues(ResponseSchema):
    """Employees to whom a task may be given, by name."""

    items: list[Colleague] = Field(title="Сотрудники")


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
    required: list[RequirementSchema] = Field(title="Нужно на нынешней стадии")
    lists: dict[str, list[Named]] = Field(title="Действующие значения списков")
    approval: ApprovalSchema = Field(title="Согласование")
    reliability: ReliabilitySchema | None = Field(title="Проверка на благонадёжность")
    earlier_repairs: list[EarlierRepair] = Field(title="Прежние обращения с этой техникой")
    parts: list[PartsOrderSchema] = Field(title="Заказанные для ремонта запчасти")
    cost_offer: CostOfferSchema | None = Field(title="Стоимость, отправленная клиенту письмом")
    onec_is_simulated: bool = Field(title="1С показательная: документы в ней создаёт форма")
