"""Response schemas of the load per person and of handovers."""

from datetime import date, datetime

from pydantic import Field

from api.http.schema import Named, PersonSchema, ResponseSchema


class PersonLoad(ResponseSchema):
    """Load of one person: deals, tasks, overdue tasks."""

    person: PersonSchema = Field(title="Сотрудник")
    roles: list[Named] = Field(title="Роли; пусто у того, кто больше не работает")
    deals: int = Field(title="Открытых сделок, которые ведёт")
    amount_text: str = Field(title="Их сумма", examples=["1 500 000 ₽"])
    tasks: int = Field(title="Задач в работе")
    overdue: int = Field(title="Из них просрочено")
    away_until: date | None = Field(title="Отсутствует по этот день")


class RoleLoad(ResponseSchema):
    """Tasks that nobody of a role has taken."""

    role: Named = Field(title="Роль")
    tasks: int = Field(title="Свободных задач")
    overdue: int = Field(title="Из них просрочено")


class OverdueTask(ResponseSchema):
    """An overdue task."""

    id: str = Field(title="Номер задачи")
    name: str = Field(title="Задача")
    due: datetime = Field(title="Срок")
    person: PersonSchema | None = Field(title="У кого; ни у кого: у группы")
    groups: list[Named] = Field(title="Чья задача")
    deal: Named = Field(title="Сделка: номер и название")
    stage: Named = Field(title="Стадия")


class Workload(ResponseSchema):
    """Load per person and role, and the overdue tasks."""

    people: list[PersonLoad] = Field(title="Сотрудники, у кого просрочено больше, первыми")
    groups: list[RoleLoad] = Field(title="Свободные задачи ролей")
    overdue: list[OverdueTask] = Field(title="Просроченные задачи, самые давние первыми")
    overdue_count: int = Field(title="Сколько задач просрочено")


class HandedDeals(ResponseSchema):
    """Open deals of one direction that a person leads."""

    direction: Named = Field(title="Направление")
    deals: int = Field(title="Открытых сделок")
    fits: bool = Field(title="Их может вести тот, кому передают")


class HandedTask(ResponseSchema):
    """A task that a person has, besides those that go with the deals."""

    id: str = Field(title="Номер задачи")
    name: str = Field(title="Задача")
    deal: Named = Field(title="Сделка: номер и название")
    groups: list[Named] = Field(title="Чья задача")
    fits: bool = Field(title="Её может выполнить тот, кому передают; иначе она вернётся группе")


class HandoverPreview(ResponseSchema):
    """Preview of a handover: deals by direction, tasks, lists that name the person."""

    person: PersonSchema = Field(title="Чьи дела")
    to: PersonSchema | None = Field(title="Кому")
    deals: list[HandedDeals] = Field(title="Сделки по направлениям")
    tasks: list[HandedTask] = Field(title="Задачи")
    lists: list[str] = Field(
        title="Значения списков, в которых сотрудник назначен: правит их администратор"
    )


class HandoverResult(ResponseSchema):
    """Result of a handover; repeat the call for the deals that are left."""

    deals: int = Field(title="Передано сделок")
    tasks: int = Field(title="Передано задач")
    returned: int = Field(title="Задач вернулось группе")
    left: int = Field(title="Сделок осталось: повторите")
    refused: list[str] = Field(title="Что не передано и почему")
